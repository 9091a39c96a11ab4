import { Link } from '@tanstack/react-router';
import type { SegmentInput } from '../../../../src/protocol/gen/admin-json.js';
import { previewOf, usePreview } from '../../parts/preview/preview-stream.js';
import { Button } from '../../ui/button.js';
import { words } from '../../words/segments-words.js';

/** A flag that nobody makes: who would have it by the segment alone is who is in the segment. */
const NO_FLAG = 'latchkey.who-is-in-a-segment';

interface MembersProps {
  readonly input: SegmentInput;
  /** Whether something is yet to be said before they can be counted. */
  readonly unfinished: boolean;
}

/** How many people are in the segment as it is drafted, with some of them by name. Counted where it is asked for: all are looked at. */
export function Members({ input, unfinished }: MembersProps) {
  const { members: text } = words.segments;
  const { preview, outdated: overtaken, start, stop } = usePreview(NO_FLAG);
  const draft = previewOf({ flag: { key: NO_FLAG, rules: [{ conditions: input.conditions ?? {} }] } }, 'KEEP');
  const ask = () => void start(draft);
  const { result, progress, error } = preview ?? {};
  const runs = preview !== undefined && result === undefined && error === undefined;
  const outdated = preview !== undefined && (preview.of !== draft || overtaken);
  const { would_unlock: inside = 0, stay_off: outside = 0 } = result?.counts ?? {};
  return (
    <section className="card" aria-label={text.title}>
      <header className="page-line">
        <h2>{text.title}</h2>
        <span className="push">
          {runs ? (
            <Button onClick={stop}>{text.stop}</Button>
          ) : (
            <Button disabled={unfinished} onClick={ask}>
              {preview === undefined ? text.ask : text.again}
            </Button>
          )}
        </span>
      </header>
      {preview === undefined && <p className="soft">{text.what}</p>}
      {outdated && !runs && (
        <p className="soft" role="status">
          {text.outdated}
        </p>
      )}
      {error !== undefined && (
        <p className="field-fault" role="alert">
          {error.message}
        </p>
      )}
      {runs && (
        <div className="segment-progress">
          <progress
            aria-label={text.title}
            {...(progress === undefined
              ? {}
              : { max: Math.max(1, Number(progress.total)), value: Number(progress.done) })}
          />
          <span className="soft numbers">
            {text.running(Number(progress?.done ?? 0), Number(progress?.total ?? 0))}
          </span>
        </div>
      )}
      {result !== undefined && (
        <div className="segment-members" role="status">
          <p className="numbers">
            <strong>{text.result(Number(inside), Number(inside) + Number(outside))}</strong>
          </p>
          <ul>
            {result.would_unlock.map(({ user_id }) => (
              <li key={user_id}>
                <Link to="/people/$id" params={{ id: user_id }} search={{}}>
                  <bdi>{user_id}</bdi>
                </Link>
              </li>
            ))}
            {Number(inside) > result.would_unlock.length && (
              <li className="soft">{text.more(Number(inside) - result.would_unlock.length)}</li>
            )}
          </ul>
        </div>
      )}
    </section>
  );
}
