import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { LedgerEntry } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { Failure } from '../../parts/page/failure.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { Moment } from '../../parts/time/moment.js';
import { Button } from '../../ui/button.js';
import { BlockedIcon, EarnedIcon, PersonIcon, ScheduledIcon, TargetedIcon } from '../../ui/icons.js';
import { Notice, Patiently, Skeleton } from '../../ui/page-states.js';
import { words } from '../../words/people-words.js';
import { useLedger, usePerson } from './queries/person-queries.js';
import { KINDS, type Kind } from './queries/person-search.js';
import { type Happening, timelineOf } from './timeline.js';

export interface TimelineTabProps {
  readonly id: string;
  readonly kind: Kind | undefined;
  readonly onKind: (kind: Kind | undefined) => void;
}

/** What happened about a person: what they unlocked, the stages that they reached, what was done by hand. */
export default function TimelineTab({ id, kind, onKind }: TimelineTabProps) {
  const { timeline } = words.person;
  const session = useSession();
  const mayAudit = useMay('ListAudit');
  const person = usePerson(id);
  const ledger = useLedger(id);
  const audit = useAudit(id, mayAudit);
  const failed = [person, ledger, ...(mayAudit ? [audit] : [])].find(
    ({ error, data }) => error !== null && data === undefined,
  );
  const waiting = person.data === undefined || ledger.data === undefined || (mayAudit && audit.data === undefined);
  if (failed !== undefined) return <Failure error={failed.error} onAgain={() => void failed.refetch()} />;
  if (waiting)
    return (
      <Patiently>
        <Skeleton width="60%" />
      </Patiently>
    );
  const all = timelineOf({
    session,
    ledger: ledger.data ?? [],
    progress: person.data?.progress,
    audit: audit.data?.pages.flatMap(({ entries }) => entries) ?? [],
    moreAudit: audit.hasNextPage,
  });
  const shown = kind === undefined ? all : all.filter((each) => each.kind === kind);
  const kinds = KINDS.filter((each) => each !== 'audit' || mayAudit);
  return (
    <section className="person-part" aria-label={words.person.tabs.timeline}>
      <fieldset className="chips">
        <legend className="unseen">{timeline.kinds.label}</legend>
        {[undefined, ...kinds].map((each) => (
          <label key={each ?? 'all'} className="chip">
            <input type="radio" name="kind" className="unseen" checked={kind === each} onChange={() => onKind(each)} />
            {timeline.kinds[each ?? 'all']}
          </label>
        ))}
      </fieldset>
      {shown.length === 0 && !audit.hasNextPage ? (
        <Notice role="status" icon={<ScheduledIcon />} title={timeline.empty}>
          <p>{timeline.emptyWhat}</p>
        </Notice>
      ) : (
        <ol className="timeline" aria-label={timeline.label}>
          {shown.map((happening) => (
            <HappeningLine key={happening.key} id={id} happening={happening} />
          ))}
        </ol>
      )}
      {audit.hasNextPage && (
        <div className="people-more">
          <Button onClick={() => void audit.fetchNextPage()} disabled={audit.isFetching}>
            {timeline.older}
          </Button>
        </div>
      )}
      {!mayAudit && <p className="tree-note">{timeline.noAudit}</p>}
    </section>
  );
}

function HappeningLine({ id, happening }: { readonly id: string; readonly happening: Happening }) {
  const { at, text, why, flag, kind, ledger } = happening;
  const Icon = iconOf(kind, ledger);
  return (
    <li className="happening" data-kind={ledger ?? kind}>
      <Icon aria-hidden />
      <div className="happening-text">
        <p>
          {flag === undefined ? (
            text
          ) : (
            <>
              <Link to="/people/$id" params={{ id }} search={{ q: flag, flag }}>
                {flag}
              </Link>
              {text.slice(flag.length)}
            </>
          )}
        </p>
        {why !== '' && (
          <p className="happening-why">
            “<bdi>{why}</bdi>”
          </p>
        )}
      </div>
      <span className="happening-at">
        <Moment at={at} distance={false} />
      </span>
    </li>
  );
}

function iconOf(kind: Kind, ledger: LedgerEntry['kind'] | undefined) {
  if (kind === 'stage') return TargetedIcon;
  if (kind === 'audit') return PersonIcon;
  return ledger === 'KIND_REVOKED' || ledger === 'KIND_RELOCKED' ? BlockedIcon : EarnedIcon;
}

function useAudit(id: string, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ['user', id, 'audit'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call('GET /api/admin/audit', {
        query: { kind: 'user', subject: id, page_size: 50, page_token: pageParam },
        signal,
      }),
    getNextPageParam: ({ next_page_token }) => (next_page_token === '' ? undefined : next_page_token),
    enabled,
  });
}
