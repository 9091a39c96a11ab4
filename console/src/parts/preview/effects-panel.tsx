import { Link } from '@tanstack/react-router';
import { faultsSaid } from '../../api/api-error.js';
import { Button } from '../../ui/button.js';
import { words } from '../../words/segments-words.js';
import { type Awaited, useAwaited } from '../loading/awaited.js';
import type { Effects, FlagEffect } from './effects.js';
import './effects-panel.css';

export interface EffectsPanelProps {
  readonly effects: Effects;
  /** Whether it is of another draft than the present one. */
  readonly outdated: boolean;
  /** Left out where it is in sight anyway. */
  readonly awaited?: Awaited;
  /** Undefined while the present draft cannot be previewed. */
  readonly onAgain: (() => void) | undefined;
  readonly onStop: () => void;
}

/** For each flag that refers to the segment, how many would gain it by the draft and how many would lose it, with some names. */
export function EffectsPanel({ effects, outdated, awaited, onAgain, onStop }: EffectsPanelProps) {
  const { effects: text } = words.segments;
  const { flags, ended, error } = effects;
  const panel = useAwaited(awaited, ended ? 'done' : flags !== undefined ? 'coming' : 'asked');
  return (
    <section ref={panel} className="card effects" aria-label={text.title} data-outdated={outdated ? '' : undefined}>
      <header className="page-line">
        <h2>{text.title}</h2>
        {outdated && (
          <span role="status" className="soft">
            {text.outdated}
          </span>
        )}
        <span className="push">
          {outdated
            ? onAgain !== undefined && <Button onClick={onAgain}>{text.again}</Button>
            : !ended && <Button onClick={onStop}>{text.stop}</Button>}
        </span>
      </header>
      <p className="unseen" role="status">
        {ended && !outdated && flags !== undefined && inWords(flags)}
      </p>
      {error !== undefined && (
        <p className="field-fault" role="alert">
          {faultsSaid(error)}
        </p>
      )}
      {flags === undefined && error === undefined && <p className="soft">{text.finding}</p>}
      {flags?.length === 0 && <p className="soft">{text.none}</p>}
      {flags !== undefined && flags.length > 0 && (
        <ul>
          {flags.map((effect) => (
            <li key={effect.flag}>
              <Link to="/flags/$key" params={{ key: effect.flag }} search={{}}>
                {effect.flag}
              </Link>
              <Effect effect={effect} />
            </li>
          ))}
        </ul>
      )}
      {ended &&
        !outdated &&
        flags?.some(({ result, error: failed }) => result === undefined && failed === undefined) && (
          <p className="soft">{text.stopped}</p>
        )}
    </section>
  );
}

/** What it comes to as one sentence, for who does not see it come. */
function inWords(flags: readonly FlagEffect[]): string {
  const { effects: text } = words.segments;
  if (flags.length === 0) return text.none;
  const said = flags.map(({ flag, result }) => {
    if (result === undefined) return text.unknownOf(flag);
    return text.countsOf(flag, Number(result.counts?.would_unlock ?? 0), Number(result.counts?.would_lose ?? 0));
  });
  return said.join('; ');
}

const list = new Intl.ListFormat('en');

function Effect({ effect: { flag, progress, result, error } }: { readonly effect: FlagEffect }) {
  const { effects: text } = words.segments;
  if (error !== undefined) return <p className="field-fault">{error.message}</p>;
  if (result === undefined)
    return progress === undefined ? (
      <p className="soft">{text.waits}</p>
    ) : (
      <div>
        <progress aria-label={flag} max={Math.max(1, Number(progress.total))} value={Number(progress.done)} />
        <span className="soft numbers">
          {words.segments.members.running(Number(progress.done), Number(progress.total))}
        </span>
      </div>
    );
  const groups = [
    { tone: 'gain', text: text.gain, n: Number(result.counts?.would_unlock ?? 0), of: result.would_unlock },
    { tone: 'lose', text: text.lose, n: Number(result.counts?.would_lose ?? 0), of: result.would_lose },
  ].filter(({ n }) => n > 0);
  if (groups.length === 0)
    return <p className="soft">{result.blocked === 'BLOCKED_UNSPECIFIED' ? text.neither : text.blocked}</p>;
  return groups.map(({ tone, text: say, n, of }) => (
    <p key={tone} data-tone={tone}>
      {say(n)}
      {of.length > 0 && (
        <span className="soft">
          <bdi>{text.names(list.format(of.map(({ user_id }) => user_id)), of.length === n)}</bdi>
        </span>
      )}
    </p>
  ));
}
