import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { GetStageResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { Missing } from '../../parts/missing/missing.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay, useMayMakeFlags } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Instant } from '../../parts/time/instant.js';
import { Select } from '../../ui/field.js';
import { AddIcon, BackIcon } from '../../ui/icons.js';
import { words } from '../../words/customers-words.js';
import { missingWords } from '../../words/missing-words.js';
import type { StageSearch } from './onboarding-search.js';
import '../../parts/list/page-line.css';
import './stages-dialog.css';

const route = getRouteApi('/onboarding/$stage');
const DAYS = [1, 3, 7, 14, 30, 90] as const;

/** A stage: who is stuck in it, what they miss most, and what reaching it opens. */
export function StagePage() {
  const { stage: text } = words;
  const { stage } = route.useParams();
  const { days = 0, organization = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const mayMake = useMayMakeFlags();
  const { data, error, refetch } = useQuery({
    queryKey: ['onboarding', 'stage', stage, days, organization],
    queryFn: ({ signal }) =>
      call('GET /api/admin/onboarding/{stage}/report', {
        path: { stage },
        query: { stuck_days: days, organization_id: organization },
        signal,
      }),
    placeholderData: (before) => before,
  });
  const listed = useListedStages();
  const unknown = data?.stage?.reached === 0 && listed !== undefined && !listed.includes(stage);
  const choices = DAYS.some((n) => n === days) || days === 0 ? [...DAYS] : [...DAYS, days].toSorted((a, b) => a - b);
  return (
    <>
      <div>
        <Link to="/onboarding" search={organization === '' ? {} : { organization }} className="page-back">
          <BackIcon aria-hidden />
          {text.back}
        </Link>
        <PageHead name={stage} question={text.question}>
          {mayMake && (
            <Link
              to="/flags/new"
              search={{
                stage,
                ...(days === 0 ? {} : { days }),
                ...(organization === '' ? {} : { organization }),
              }}
              className="button button-primary"
            >
              <AddIcon aria-hidden />
              {text.make}
            </Link>
          )}
        </PageHead>
      </div>
      <div className="page-body">
        {unknown && (
          <Missing
            kind="stage"
            id={stage}
            make={
              <Link to="/onboarding" search={{}} className="button button-plain">
                {missingWords.make.stage}
              </Link>
            }
          />
        )}
        <search className="page-line">
          <Select
            label={text.days}
            value={String(days)}
            options={[
              { value: '0', label: text.anyDays },
              ...choices.map((n) => ({ value: String(n), label: text.atLeast(n) })),
            ]}
            onChoose={(chosen) =>
              void navigate({
                search: {
                  ...(chosen === '0' ? {} : { days: Number(chosen) }),
                  ...(organization === '' ? {} : { organization }),
                } satisfies StageSearch,
                replace: true,
              })
            }
          />
          {organization !== '' && <span className="badge">{text.of(organization)}</span>}
        </search>
        {data === undefined && <Unanswered error={error} onAgain={() => void refetch()} />}
        {data !== undefined && <Report report={data} />}
        <Stuck stage={stage} days={days} organization={organization} />
      </div>
    </>
  );
}

/** The names of the list of stages; undefined where there is none, so that any name is a stage, and to whoever may not read it. */
function useListedStages(): readonly string[] | undefined {
  const { data } = useQuery({
    queryKey: ['onboarding', 'listed'],
    queryFn: ({ signal }) => call('GET /api/admin/stages', { signal }),
    enabled: useMay('ListStages'),
  });
  return data === undefined || data.stages.length === 0 ? undefined : data.stages.map(({ name }) => name);
}

function Report({ report }: { readonly report: GetStageResponse }) {
  const { stage: text, onboarding } = words;
  const { stage, stuck, more_stuck, sampled, missed, flags_looked_at, flags_left_out, opens, opens_cut } = report;
  const median = stage?.median_seconds;
  return (
    <>
      <section className="card">
        <dl className="stage-numbers">
          <div>
            <dt>{text.numbers.reached}</dt>
            <dd>{words.number(stage?.reached ?? 0)}</dd>
          </div>
          <div>
            <dt>{text.numbers.now}</dt>
            <dd>{words.number(stage?.now ?? 0)}</dd>
          </div>
          <div>
            <dt>{text.numbers.stuck}</dt>
            <dd>{more_stuck ? text.moreStuck(stuck) : words.number(stuck)}</dd>
          </div>
          <div>
            <dt>{text.numbers.median}</dt>
            <dd>{median === undefined ? onboarding.unknownDuration : onboarding.duration(median)}</dd>
          </div>
        </dl>
      </section>
      <section className="page-part">
        <h2>{text.misses}</h2>
        {sampled === 0 || missed.length === 0 ? (
          <p className="soft">{sampled === 0 ? text.missesNobody : text.missesNothing}</p>
        ) : (
          <>
            <p className="page-what">{text.missesOf(sampled, flags_looked_at)}</p>
            <ol className="missed card">
              {missed.map(({ sentence, label, users, flag_keys }) => (
                <li key={`${sentence?.text} ${label} ${flag_keys.join(' ')}`}>
                  <p>{sentence?.text}</p>
                  <progress max={sampled} value={users} aria-label={sentence?.text ?? label} />
                  <p className="soft">{text.forFlags(flag_keys)}</p>
                </li>
              ))}
            </ol>
          </>
        )}
        {flags_left_out && <p className="soft">{text.flagsLeft}</p>}
      </section>
      <section className="page-part">
        <h2>{text.opens}</h2>
        {opens.length === 0 ? (
          <p className="soft">{text.opensNothing}</p>
        ) : (
          <ul className="missed card">
            {opens.map(({ kind, key, rule_id, sentence, alone }) => (
              <li key={`${kind} ${key} ${rule_id}`}>
                <p>
                  {sentence?.text}{' '}
                  {alone && (
                    <span className="badge" data-tone="good">
                      {text.alone}
                    </span>
                  )}
                </p>
              </li>
            ))}
          </ul>
        )}
        {opens_cut && <p className="soft">{text.opensCut}</p>}
      </section>
    </>
  );
}

interface StuckProps {
  readonly stage: string;
  readonly days: number;
  readonly organization: string;
}

function Stuck({ stage, days, organization }: StuckProps) {
  const { stage: text } = words;
  const { data, error, refetch, hasNextPage, ...pages } = usePaged(
    ['onboarding', 'stuck', stage, days, organization],
    (page_token, signal) =>
      call('GET /api/admin/onboarding/{stage}', {
        path: { stage },
        query: { stuck_days: days, organization_id: organization, page_token, page_size: 50 },
        signal,
      }),
  );
  const users = data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <section className="page-part">
      <h2>{text.who}</h2>
      {data === undefined && error !== null && <Failure error={error} onAgain={() => void refetch()} />}
      {data !== undefined && users.length === 0 && !hasNextPage && <p className="soft">{text.nobody}</p>}
      {users.length > 0 && (
        <PlainTable
          name={text.table}
          columns={[
            { key: 'person', name: text.columns.person },
            { key: 'organization', name: text.columns.organization },
            { key: 'since', name: text.columns.since },
          ]}
          rows={users.map(({ user_id, organization_id, entered_at }) => ({
            key: user_id,
            cells: {
              person: <bdi>{user_id}</bdi>,
              organization:
                organization_id === '' ? <span className="soft">{text.none}</span> : <bdi>{organization_id}</bdi>,
              since: <Instant at={entered_at} />,
            },
          }))}
        />
      )}
      <More hasNextPage={hasNextPage} {...pages} />
    </section>
  );
}
