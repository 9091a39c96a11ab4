import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Backfill, OverviewWork } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { useMay } from '../../parts/page/session-context.js';
import { Moment } from '../../parts/time/moment.js';
import { ScheduledIcon } from '../../ui/icons.js';
import { words } from '../../words/today-words.js';
import { useBackfills } from './use-backfills.js';

/** How many schedules are shown, of as many as are looked at. */
const SHOWN = 5;
const LOOKED_AT = 200;

/** What runs for a while and ends by itself, and what opens next. */
export function Running({ work }: { readonly work: OverviewWork }) {
  const { running: text } = words.today;
  const backfills = useBackfills(work.backfills);
  const { opening, more } = useOpening();
  const waiting = work.unfinished_backfills - work.backfills.length;
  const notices = [
    ...(work.filling_search ? [{ what: text.fillingSearch, done: work.search_filled, said: text.parts }] : []),
    ...(work.settling_derived_actions ? [{ what: text.settling, done: undefined, said: text.parts }] : []),
    ...(work.reviewing_flags ? [{ what: text.reviewing, done: work.flags_reviewed, said: text.done }] : []),
  ];
  const quiet = backfills.length === 0 && notices.length === 0 && opening.length === 0;
  return (
    <section className="today-part" aria-label={text.title}>
      <header className="today-head">
        <h2>{text.title}</h2>
      </header>
      {quiet && <p className="today-card today-quiet">{text.none}</p>}
      {!quiet && (
        <ul className="today-card today-running">
          {backfills.map((backfill) => (
            <BackfillLine key={backfill.id} backfill={backfill} />
          ))}
          {waiting > 0 && <li className="soft">{text.more(waiting)}</li>}
          {notices.map(({ what, done, said }, at) => (
            <li key={what} className="today-backfill">
              <p className="soft" id={`runs-${at}`}>
                {what}
              </p>
              <progress
                aria-labelledby={`runs-${at}`}
                {...(done === undefined ? {} : { max: Math.max(1, done.of), value: done.done })}
              />
              <p className="soft numbers">{done === undefined ? text.uncounted : said(done.done, done.of)}</p>
            </li>
          ))}
          {opening.map(({ key, starts_at }) => (
            <li key={key} className="today-opens">
              <ScheduledIcon aria-hidden />
              <p>
                <Link to="/flags/$key" params={{ key }}>
                  {key}
                </Link>{' '}
                {text.opens} <Moment at={starts_at} />
              </p>
            </li>
          ))}
          {more > 0 && (
            <li>
              <Link to="/flags" search={{ state: 'scheduled' }}>
                {text.scheduledMore(more)}
              </Link>
            </li>
          )}
        </ul>
      )}
      {backfills.length > 0 && <p className="soft">{text.right}</p>}
    </section>
  );
}

function BackfillLine({ backfill }: { readonly backfill: Backfill }) {
  const { running: text } = words.today;
  const { flag_key, reason, state, total, done, unlocked, time_left } = backfill;
  const ended = backfill.finished_at !== undefined;
  const seconds = Math.ceil(Number.parseFloat(time_left ?? ''));
  const numbers = [
    total === undefined ? text.waiting : text.done(done, total),
    text.unlocked(unlocked),
    ended ? text.ended : Number.isFinite(seconds) && state === 'BACKFILL_STATE_RUNNING' ? text.left(seconds) : '',
  ].filter((each) => each !== '');
  return (
    <li className="today-backfill">
      <p>
        <Link to="/flags/$key" params={{ key: flag_key }}>
          {flag_key}
        </Link>{' '}
        <span className="soft">{text.reasons[reason]}</span>
      </p>
      <progress
        aria-label={flag_key}
        {...(total === undefined && !ended
          ? {}
          : { max: Math.max(1, total ?? 1), value: ended ? Math.max(1, total ?? 1) : done })}
      />
      <p className="soft numbers">{numbers.join(' · ')}</p>
    </li>
  );
}

/** The flags whose window opens, the next one first, and how many more there are. */
function useOpening() {
  const may = useMay('ListFlags');
  const { data } = useQuery({
    queryKey: ['flags', 'scheduled'],
    queryFn: ({ signal }) =>
      call('GET /api/admin/flags', {
        query: { states: ['FLAG_STATE_SCHEDULED'], page_size: LOOKED_AT },
        signal,
      }),
    enabled: may,
  });
  const all = (data?.flags ?? [])
    .flatMap(({ key, starts_at }) => (starts_at === undefined ? [] : [{ key, starts_at }]))
    .toSorted((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
  return { opening: all.slice(0, SHOWN), more: Math.max(0, (data?.total ?? all.length) - SHOWN) };
}
