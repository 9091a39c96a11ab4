import { useEffect, useState } from 'react';
import type { PreviewProgress, PreviewResult } from '../../../../../src/protocol/gen/admin-json.js';
import { callStream } from '../../../api/call-stream.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Button } from '../../../ui/button.js';
import { words } from '../../../words/people-words.js';
import type { FixDraft } from './fix-change.js';

export interface EffectOnOthersProps {
  readonly flag: string;
  /** Another draft is another component: give it a key. */
  readonly draft: FixDraft;
}

/** Nothing is asked while a number is still being typed. */
const TYPING_MS = 300;

/** Whom a draft of a flag, or of its rows, would let in and keep out, over all people, with names: the server's preview of it. */
export function EffectOnOthers({ flag, draft }: EffectOnOthersProps) {
  const { preview } = words.person;
  const may = useMay('PreviewRule');
  const [progress, setProgress] = useState<PreviewProgress>();
  const [result, setResult] = useState<PreviewResult>();
  const [failure, setFailure] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another draft is another component; another attempt asks again
  useEffect(() => {
    if (!may) return undefined;
    const stop = new AbortController();
    const ask = () =>
      callStream(
        'POST /api/admin/flags/{flag}/preview',
        { path: { flag }, body: { ...draft, sample_size: 10 }, signal: stop.signal },
        ({ progress: come, result: found }) => {
          if (come !== undefined) setProgress(come);
          if (found !== undefined) setResult(found);
        },
      ).catch((error: unknown) => {
        if (!stop.signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
      });
    const timer = setTimeout(() => void ask(), TYPING_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [attempt]);
  if (!may) return null;
  const again = () => {
    setFailure(undefined);
    setAttempt(attempt + 1);
  };
  return (
    <section className="effect" aria-label={preview.title} aria-busy={result === undefined && failure === undefined}>
      <h3 className="effect-title">{preview.title}</h3>
      {failure !== undefined ? (
        <div role="alert">
          <p className="field-fault">{failure}</p>
          <Button onClick={again}>{preview.again}</Button>
        </div>
      ) : result === undefined ? (
        <div className="bulk-progress">
          <progress
            aria-label={preview.title}
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
