import { Link } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { liveState, onLiveState } from '../../api/live.js';
import { causeText } from '../../parts/ledger/cause-text.js';
import { useSession } from '../../parts/page/session-context.js';
import { Instant } from '../../parts/time/instant.js';
import { Button } from '../../ui/button.js';
import { EarnedIcon, ForwardIcon, PauseIcon } from '../../ui/icons.js';
import { words } from '../../words/today-words.js';
import type { ShownUnlock } from './ticker.js';
import { useTicker } from './use-ticker.js';

/** Who unlocks what, as it happens: some lines at a time, and all else in a number. It is not read out by itself. */
export function LiveUnlocks() {
  const { unlocks: text } = words.today;
  const { ticker, perMinute, act } = useTicker();
  const { shown, beyond, paused, waiting } = ticker;
  const live = useSyncExternalStore(onLiveState, liveState);
  return (
    <section className="today-part today-unlocks" aria-label={text.title}>
      <header className="today-head">
        <h2>{text.title}</h2>
        <Button
          kind="quiet"
          icon={paused ? <ForwardIcon aria-hidden /> : <PauseIcon aria-hidden />}
          aria-pressed={paused}
          onClick={() => act(paused ? { kind: 'resume' } : { kind: 'pause' })}
        >
          {paused ? text.resume : text.pause}
        </Button>
      </header>
      <div className="today-card">
        {perMinute !== undefined && perMinute > 0 && <p className="today-quiet numbers">{text.perMinute(perMinute)}</p>}
        {typeof live !== 'string' && <p className="today-quiet">{text.away}</p>}
        {paused && <p className="today-quiet">{text.paused(waiting)}</p>}
        {shown.length === 0 && !paused && typeof live === 'string' && <p className="today-quiet">{text.none}</p>}
        {shown.length > 0 && (
          <ol className="today-ticks" aria-label={text.list}>
            {shown.map((unlock) => (
              <Tick key={unlock.number} unlock={unlock} />
            ))}
          </ol>
        )}
        {beyond > 0 && <p className="today-quiet numbers">{text.beyond(beyond)}</p>}
      </div>
    </section>
  );
}

function Tick({ unlock: { user_id, flag_key, cause, at } }: { readonly unlock: ShownUnlock }) {
  const session = useSession();
  return (
    <li>
      <EarnedIcon aria-hidden />
      <p>
        <Link to="/people/$id" params={{ id: user_id }} search={{}}>
          <bdi>{user_id}</bdi>
        </Link>{' '}
        {words.today.unlocks.has}{' '}
        <Link to="/flags/$key" params={{ key: flag_key }}>
          {flag_key}
        </Link>
        {cause !== undefined && <span className="soft"> {causeText(session, cause)}</span>}
      </p>
      <Instant at={at} />
    </li>
  );
}
