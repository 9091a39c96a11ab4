import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { GetHealthResponse, Node, NodeCache } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { Failure } from '../../../parts/page/failure.js';
import { useMay } from '../../../parts/page/session-context.js';
import { clockTime, Instant } from '../../../parts/time/instant.js';
import { DoneIcon, FailedIcon, UnknownIcon, WarnIcon } from '../../../ui/icons.js';
import { Patiently } from '../../../ui/page-states.js';
import { settingsWords } from '../../../words/settings-words.js';
import { words } from '../../../words/words.js';
import { type Finding, findingsOf, isBehind, isSilent } from './health-findings.js';
import './health.css';

const text = settingsWords.health;
const EVERY_MS = 5_000;

/** How the deployment is: what is wrong and what helps, then the numbers. It is asked again every few seconds. */
export default function HealthTab() {
  const health = useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => {
      const answer = await call('GET /api/admin/health', { signal });
      return { answer, heardMs: Date.now() };
    },
    refetchInterval: EVERY_MS,
    staleTime: 0,
  });
  const mayOverview = useMay('GetOverview');
  const overview = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => call('GET /api/admin/overview', { signal }),
    refetchInterval: EVERY_MS,
    enabled: mayOverview,
  });
  if (health.data === undefined)
    return health.error === null ? (
      <Patiently>{words.states.loading}</Patiently>
    ) : (
      <Failure error={health.error} onAgain={() => void health.refetch()} />
    );
  const { answer, heardMs } = health.data;
  const findings = findingsOf(answer, overview.data?.attention ?? [], heardMs);
  const refused = !mayOverview || overview.errorUpdatedAt > overview.dataUpdatedAt;
  const attention = refused ? 'unknown' : overview.data === undefined ? 'asked' : 'known';
  return (
    <>
      <Verdict findings={findings} attention={attention} />
      <dl className="health-numbers">
        <Numbers health={answer} />
      </dl>
      <section className="page-part" aria-label={text.servers}>
        <h2>{text.servers}</h2>
        <Servers health={answer} />
      </section>
      <p className="soft">{text.asOf(clockTime(new Date(answer.at ?? '')), answer.answered_by)}</p>
    </>
  );
}

interface VerdictProps {
  readonly findings: readonly Finding[];
  /** Whether it is known of what the overview tells. */
  readonly attention: 'asked' | 'unknown' | 'known';
}

/** What is wrong, and what helps; or that nothing is, once that is known. Read out when it changes, and not each time it is asked. */
function Verdict({ findings, attention }: VerdictProps) {
  return (
    <section className="verdict" aria-label={text.verdict} role="status">
      {findings.length === 0 && attention === 'known' && (
        <p className="verdict-well">
          <DoneIcon aria-hidden />
          <strong>{text.well}</strong>
        </p>
      )}
      {findings.length === 0 && attention === 'asked' && <p className="verdict-asked soft">{words.states.loading}</p>}
      {(findings.length > 0 || attention === 'unknown') && (
        <ul>
          {findings.map(({ key, urgent, sentence, helps, tab }) => (
            <li key={key} className="finding" data-urgent={urgent ? '' : undefined}>
              {urgent ? <FailedIcon aria-hidden /> : <WarnIcon aria-hidden />}
              <div>
                <p className="finding-what">{sentence}</p>
                <p className="soft">
                  {helps}
                  {tab !== undefined && (
                    <>
                      {' '}
                      <Link to="/settings" search={{ tab }}>
                        {settingsWords.tabs[tab]}
                      </Link>
                    </>
                  )}
                </p>
              </div>
            </li>
          ))}
          {attention === 'unknown' && (
            <li className="finding">
              <UnknownIcon aria-hidden />
              <p className="soft">{text.partUnknown}</p>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function Numbers({ health }: { readonly health: GetHealthResponse }) {
  const { store_reachable: there } = health;
  const lagSeconds = Number.parseFloat(health.inbox_lag ?? '0');
  const hits = hitRateOf(health.nodes);
  return (
    <>
      <Figure name={text.store} ill={!there}>
        {there ? text.answers : text.away}
      </Figure>
      <Figure name={text.lag} ill={lagSeconds > 60}>
        {there ? text.seconds(lagSeconds) : text.unknown}
      </Figure>
      <Figure name={text.timers}>
        {there ? <SinceOr at={health.oldest_timer_due_at} otherwise={text.noTimer} /> : text.unknown}
      </Figure>
      <Figure name={text.message}>
        {there ? <SinceOr at={health.oldest_message_at} otherwise={text.noMessage} /> : text.unknown}
      </Figure>
      <Figure name={text.letters} ill={health.dead_letters > 0}>
        {there ? text.atLeast(health.dead_letters) : text.unknown}
      </Figure>
      <Figure name={text.hits}>{hits === undefined ? text.unknown : text.percent(hits)}</Figure>
    </>
  );
}

function Figure({
  name,
  ill = false,
  children,
}: {
  readonly name: string;
  readonly ill?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div className="health-number" data-ill={ill ? '' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function SinceOr({ at, otherwise }: { readonly at: string | undefined; readonly otherwise: string }) {
  return at === undefined ? otherwise : <Instant at={at} />;
}

/** Which part of the states that all servers needed they had in memory; undefined where none was needed yet. */
function hitRateOf(nodes: readonly Node[]): number | undefined {
  const caches = nodes.flatMap(({ users, organizations }) => [users, organizations]);
  const sum = (of: (cache: NodeCache) => number): number =>
    caches.reduce((total, cache) => total + (cache === undefined ? 0 : of(cache)), 0);
  const [hits, misses] = [sum((cache) => cache.hits), sum((cache) => cache.misses)];
  return hits + misses === 0 ? undefined : hits / (hits + misses);
}

function Servers({ health }: { readonly health: GetHealthResponse }) {
  const atMs = Date.parse(health.at ?? '');
  return (
    <PlainTable
      name={text.servers}
      columns={[
        { key: 'server', name: text.columns.server },
        { key: 'roles', name: text.columns.roles },
        { key: 'version', name: text.columns.version },
        { key: 'started', name: text.columns.started },
        { key: 'configuration', name: text.columns.configuration },
        { key: 'memory', name: text.columns.memory },
        { key: 'streams', name: text.columns.streams, numbers: true },
      ]}
      rows={health.nodes.map((node) => ({
        key: node.id,
        cells: {
          server: (
            <span className="badges">
              <code>{node.id}</code>
              {node.id === health.answered_by && health.nodes.length > 1 && (
                <span className="badge">{text.answered}</span>
              )}
              {node.test_overrides && <span className="badge">{text.takesOverrides}</span>}
              {isSilent(node, atMs) && (
                <span className="badge" data-tone="bad">
                  {text.silent}
                </span>
              )}
            </span>
          ),
          roles: node.roles.join(', '),
          version: node.version,
          started: <Instant at={node.started_at} />,
          configuration: (
            <span className="badges">
              <span className="badge" data-tone={isBehind(node, health) ? 'bad' : 'good'}>
                {isBehind(node, health) ? text.behind(health.revision - node.revision) : text.newest}
              </span>
              {!node.notifier_connected && (
                <span className="badge" data-tone="bad">
                  {text.cutOff}
                </span>
              )}
            </span>
          ),
          memory: <Memory node={node} />,
          streams: words.number(node.streams),
        },
      }))}
    />
  );
}

function Memory({ node: { users } }: { readonly node: Node }) {
  if (users === undefined) return <span className="soft">{text.unknown}</span>;
  return (
    <>
      {text.held(users.held, users.bytes)}
      {users.hit_rate !== undefined && <span className="soft"> {text.hit(users.hit_rate)}</span>}
    </>
  );
}
