import { Patiently } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import './working.css';

export interface WorkingProps {
  /** What is under way. */
  readonly label: string;
  /** How far it is; undefined where the server does it in one piece, and tells its end alone. */
  readonly progress?: { readonly done: number; readonly of: number } | undefined;
}

/** A bar of something that takes a while, with how many of how many are done where that is known; none of what is quick. */
export function Working({ label, progress }: WorkingProps) {
  const bar = (
    <div className="working" role="status">
      <progress
        aria-label={label}
        {...(progress === undefined ? {} : { max: Math.max(1, progress.of), value: progress.done })}
      />
      <span className="numbers">
        {progress === undefined ? words.dialog.underWay : words.dialog.working(progress.done, progress.of)}
      </span>
    </div>
  );
  return progress === undefined ? <Patiently afterMs={400}>{bar}</Patiently> : bar;
}
