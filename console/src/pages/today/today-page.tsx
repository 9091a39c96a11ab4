import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { GetOverviewResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { FlagStateMark, shortName } from '../../parts/flag-state.js';
import { Allowed } from '../../parts/page/allowed.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay } from '../../parts/page/session-context.js';
import { Patiently, Skeleton } from '../../ui/page-states.js';
import { AttentionList } from './attention-list.js';
import { FirstSteps } from './first-steps.js';
import { LiveUnlocks } from './live-unlocks.js';
import { RecentChanges } from './recent-changes.js';
import { Running } from './running.js';
import '../../parts/list/page-line.css';
import { words } from '../../words/today-words.js';
import './today.css';

/** What is asked for anew however little the stream tells: some things become late by themselves. */
const EVERY_MS = 30_000;

/** What is happening, and what needs somebody: where whoever administers the platform begins. */
export function TodayPage() {
  const { today } = words.pages;
  return (
    <>
      <PageHead name={today.name} question={today.question} />
      <Allowed operation="GetOverview">
        <Today />
      </Allowed>
    </>
  );
}

function Today() {
  const mayWatch = useMay('WatchAdmin');
  const { data, error, refetch } = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => call('GET /api/admin/overview', { signal }),
    refetchInterval: EVERY_MS,
  });
  if (data === undefined && error !== null) return <Failure error={error} onAgain={() => void refetch()} />;
  if (data === undefined)
    return (
      <Patiently>
        <div className="today" aria-busy>
          {[60, 80, 45].map((width) => (
            <Skeleton key={width} width={`${width}%`} />
          ))}
        </div>
      </Patiently>
    );
  const { work, changes, not_told, flags } = data;
  const isNew = flags.every(({ count }) => count === 0);
  return (
    <div className="today">
      <div className="today-main">
        {isNew && <FirstSteps />}
        <AttentionList overview={data} />
        {work !== undefined && <Running work={work} />}
        {data.store_reachable && !not_told.includes('OVERVIEW_TOPIC_CHANGES') && <RecentChanges entries={changes} />}
        {!data.store_reachable && <p className="soft">{words.today.storeAway}</p>}
      </div>
      <div className="today-side">
        {mayWatch && <LiveUnlocks />}
        {!isNew && <FlagCounts flags={flags} />}
      </div>
    </div>
  );
}

/** How many flags are in each state, each leading to their list. */
function FlagCounts({ flags }: Pick<GetOverviewResponse, 'flags'>) {
  const { flags: text } = words.today;
  const all = flags.reduce((sum, { count }) => sum + count, 0);
  return (
    <section className="today-part" aria-label={text.title}>
      <header className="today-head">
        <h2>{text.title}</h2>
        <Link to="/flags" search={{}} className="today-all">
          {text.all(all)}
        </Link>
      </header>
      <ul className="today-card today-states">
        {flags
          .filter(({ count }) => count > 0)
          .map(({ state, count }) => (
            <li key={state}>
              <Link to="/flags" search={(search) => ({ ...search, state: shortName(state) as never })}>
                <FlagStateMark state={state} />
                <span className="numbers">{words.number(count)}</span>
              </Link>
            </li>
          ))}
      </ul>
    </section>
  );
}
