import type { PreviewResult } from '../../../../../src/protocol/gen/admin-json.js';
import { words } from '../../../words/people-words.js';
import type { FixEffect } from './use-fix-effect.js';

/** Whom a fix would let in and keep out, over all people, with names: the server's preview of it. */
export function EffectOnOthers({ effect: { others, flip, asking } }: { readonly effect: FixEffect }) {
  const { preview } = words.person;
  if (others === 'none') return null;
  const title = flip === undefined && !asking ? preview.everybody : preview.title;
  if (others === 'untold')
    return (
      <section className="effect" aria-label={title}>
        <p>{preview.untold}</p>
      </section>
    );
  const { progress, error } = others ?? {};
  // Until it is known how the flag stands for the person, they may be among those who are counted.
  const result = asking ? undefined : others?.result;
  return (
    <section className="effect" aria-label={title} aria-busy={result === undefined && error === undefined}>
      <h3 className="effect-title">{title}</h3>
      {error !== undefined ? (
        <p className="field-fault" role="alert">
          {error.message}
        </p>
      ) : result === undefined ? (
        <div className="bulk-progress">
          <progress
            aria-label={title}
            {...(progress === undefined ? {} : { max: Math.max(1, progress.total), value: progress.done })}
          />
          <span className="numbers">{preview.running(progress?.done ?? 0, progress?.total ?? 0)}</span>
        </div>
      ) : (
        <Result result={result} />
      )}
    </section>
  );
}

function Result({ result }: { readonly result: PreviewResult }) {
  const { preview } = words.person;
  const { counts, would_unlock, would_lose, blocked } = result;
  const groups = [
    { text: preview.unlock(counts?.would_unlock ?? 0), all: counts?.would_unlock ?? 0, samples: would_unlock },
    { text: preview.lose(counts?.would_lose ?? 0), all: counts?.would_lose ?? 0, samples: would_lose },
  ];
  return (
    <div role="status" className="effect-result">
      {groups.map(({ text, all, samples }) => (
        <div key={text}>
          <strong className="numbers">{text}</strong>
          {samples.length > 0 && (
            <ul className="effect-names">
              {samples.map(({ user_id }) => (
                <li key={user_id} title={user_id}>
                  <bdi>{user_id}</bdi>
                </li>
              ))}
              {all > samples.length && <li>{preview.others(all - samples.length)}</li>}
            </ul>
          )}
        </div>
      ))}
      <p className="numbers">{preview.stay(counts?.stay_on ?? 0, counts?.stay_off ?? 0)}</p>
      {blocked !== 'BLOCKED_UNSPECIFIED' && <p>{preview.forced}</p>}
    </div>
  );
}
