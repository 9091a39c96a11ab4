import type { PreviewResult, PreviewSample } from '../../../../src/protocol/gen/admin-json.js';
import { faultsSaid } from '../../api/api-error.js';
import { Button } from '../../ui/button.js';
import { WarnIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';
import { type Awaited, useAwaited } from '../loading/awaited.js';
import type { Preview } from './preview-stream.js';
import './preview.css';

export interface PreviewPanelProps {
  readonly preview: Preview;
  /** Whether it is of another draft than the present one. */
  readonly outdated: boolean;
  /** Left out where it is in sight anyway. */
  readonly awaited?: Awaited;
  /** Undefined while the present draft cannot be previewed. */
  readonly onAgain: (() => void) | undefined;
  readonly onStop: () => void;
}

const GROUPS = ['would_unlock', 'would_lose', 'stay_on', 'stay_off'] as const;

/** Who would gain the flag by the draft, and who would lose it, by name. */
export function PreviewPanel({ preview, outdated, awaited, onAgain, onStop }: PreviewPanelProps) {
  const { progress, result, error } = preview;
  const stage = (result ?? error) !== undefined ? 'done' : progress !== undefined ? 'coming' : 'asked';
  const panel = useAwaited(awaited, stage);
  const counts = result?.counts ?? progress?.counts;
  return (
    <section
      ref={panel}
      className="preview"
      aria-label={words.flag.previewTitle}
      data-outdated={outdated ? '' : undefined}
    >
      <header className="preview-head">
        <h2>{words.flag.previewTitle}</h2>
        {outdated && <span role="status">{words.flag.outdated}</span>}
        {outdated || result !== undefined || error !== undefined ? (
          outdated && onAgain !== undefined && <Button onClick={onAgain}>{words.flag.again}</Button>
        ) : (
          <Button onClick={onStop}>{words.flag.stop}</Button>
        )}
      </header>
      <p className="unseen" role="status">
        {result !== undefined && inWords(result)}
      </p>
      {error !== undefined && (
        <p className="field-fault" role="alert">
          {faultsSaid(error)}
        </p>
      )}
      {result === undefined && error === undefined && (
        <label className="preview-progress">
          <progress
            {...(progress === undefined
              ? {}
              : { max: Math.max(1, Number(progress.total)), value: Number(progress.done) })}
          />
          <span className="numbers">
            {words.flag.previewing(Number(progress?.done ?? 0), Number(progress?.total ?? 0))}
          </span>
        </label>
      )}
      {result !== undefined && result.blocked !== 'BLOCKED_UNSPECIFIED' && (
        <p className="preview-blocked">
          <WarnIcon aria-hidden />
          {words.flag.blocked[result.blocked]}
        </p>
      )}
      {counts !== undefined && (
        <div className="preview-groups">
          {GROUPS.map((group) => (
            <Group
              key={group}
              group={group}
              count={Number(counts[group])}
              samples={result?.[group] ?? []}
              done={result !== undefined}
            />
          ))}
        </div>
      )}
    </section>
  );
}

/** What it comes to as one sentence, for who does not see it come. */
function inWords({ blocked, counts }: PreviewResult): string {
  const said = GROUPS.map((group) => `${words.number(Number(counts?.[group] ?? 0))} ${words.flag.groups[group]}`);
  return blocked === 'BLOCKED_UNSPECIFIED' ? said.join(', ') : `${words.flag.blocked[blocked]} ${said.join(', ')}`;
}

interface GroupProps {
  readonly group: (typeof GROUPS)[number];
  readonly count: number;
  readonly samples: readonly PreviewSample[];
  readonly done: boolean;
}

/** One group: its number, and the first of its people. Whoever would lose it is shown at once. */
function Group({ group, count, samples, done }: GroupProps) {
  const head = (
    <>
      <strong className="numbers">{words.number(count)}</strong> <span>{words.flag.groups[group]}</span>
    </>
  );
  if (!done || samples.length === 0)
    return (
      <div className="preview-group" data-group={group} data-none={count === 0 ? '' : undefined}>
        <p className="preview-count">{head}</p>
      </div>
    );
  return (
    <details className="preview-group" data-group={group} open={group === 'would_lose' || group === 'would_unlock'}>
      <summary className="preview-count">{head}</summary>
      <ul>
        {samples
          .toSorted((one, other) => one.user_id.localeCompare(other.user_id))
          .map(({ user_id }) => (
            <li key={user_id}>
              <bdi>{user_id}</bdi>
            </li>
          ))}
      </ul>
      {count > samples.length && <p className="field-hint">{words.flag.moreThan(count - samples.length)}</p>}
    </details>
  );
}
