import { Patiently } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { Failure } from './failure.js';

export interface UnansweredProps {
  /** Why there is no answer; null while it is on its way. */
  readonly error: unknown;
  readonly onAgain: () => void;
}

/** Stands where an answer will be shown: that it is on its way, or why it did not come. */
export function Unanswered({ error, onAgain }: UnansweredProps) {
  return error === null ? <Patiently>{words.states.loading}</Patiently> : <Failure error={error} onAgain={onAgain} />;
}
