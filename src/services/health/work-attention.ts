import { MINUTE_MS } from '../../core/values/time/time.js';
import type { DeliveryStanding } from '../../store/delivery-store.js';
import type { DeadLetterBacklog } from '../../store/event-store.js';
import type { SeenNode } from '../../store/node-store.js';
import type { UserTimer } from '../../store/user-store.js';
import type { WebhookEndpoint } from '../../store/webhook-store.js';
import { type Attention, type AttentionTarget, counted, inUnits, named, TARGETS_TOLD } from './attention.js';
import type { LaneBacklog } from './backlog.js';

/** After how long it is told that an event, or a timer, waits; and that a delivery does, in milliseconds. */
export const LATE_MS = MINUTE_MS;
const DELIVERY_LATE_MS = 5 * MINUTE_MS;

/** What servers and the store say of work that is behind. What the caller is not told of is left out. */
export interface WorkQuestions {
  readonly now: number;
  readonly nodes: readonly SeenNode[];
  readonly lanes: readonly LaneBacklog[];
  /** Timers that were due {@link LATE_MS} ago, the longest first. */
  readonly lateTimers: readonly UserTimer[];
  readonly deadLetters?: DeadLetterBacklog;
  readonly webhooks?: {
    readonly endpoints: readonly WebhookEndpoint[];
    readonly standings: readonly DeliveryStanding[];
  };
}

/** Which work needs somebody. */
export function workAttention(asked: WorkQuestions): readonly Attention[] {
  const { now, deadLetters, webhooks } = asked;
  return [
    ...servers(asked),
    ...lateEvents(asked),
    ...lateTimers(asked),
    ...(deadLetters === undefined ? [] : putAside(deadLetters, now)),
    ...(webhooks === undefined ? [] : [...failing(webhooks, now), ...lateDeliveries(webhooks, now)]),
  ];
}

function servers({ nodes }: WorkQuestions): readonly Attention[] {
  const attention: Attention[] = [];
  if (!nodes.some(({ roles }) => roles.includes('worker'))) {
    const sentence =
      'no server has the role worker: events wait, timers do not fire, and nothing is sent; start one with ROLES=worker';
    attention.push({
      kind: 'NO_WORKER',
      sentence,
      count: nodes.length,
      targets: nodes.slice(0, TARGETS_TOLD).map(server),
    });
  }
  const cutOff = nodes.length > 1 ? nodes.filter(({ notifier }) => notifier === 'disconnected') : [];
  if (cutOff.length > 0) {
    const who = cutOff.length === 1 ? '1 server' : counted(cutOff.length, 'server');
    const verb = cutOff.length === 1 ? 'learns' : 'learn';
    const sentence = `notices of other servers do not reach ${who}, which ${verb} of changes some seconds late; look at its Redis`;
    attention.push({
      ...{ kind: 'SERVERS_CUT_OFF', sentence, count: cutOff.length },
      targets: cutOff.slice(0, TARGETS_TOLD).map(server),
    });
  }
  return attention;
}

function server({ id, roles, version }: SeenNode): AttentionTarget {
  return { kind: 'server', id, note: `${roles.join(', ')} ${version}`.trim() };
}

function lateEvents({ lanes, now }: WorkQuestions): readonly Attention[] {
  const late = lanes
    .filter(({ oldestReceivedAt }) => now - oldestReceivedAt > LATE_MS)
    .toSorted((a, b) => a.oldestReceivedAt - b.oldestReceivedAt);
  const [worst] = late;
  if (worst === undefined) return [];
  const waits = inUnits(now - worst.oldestReceivedAt);
  return [
    {
      kind: 'EVENTS_LATE',
      sentence: `events have waited for ${waits} to be counted, in ${counted(late.length, 'lane')}`,
      ...{ count: late.length, since: worst.oldestReceivedAt },
      targets: late.slice(0, TARGETS_TOLD).map(({ lane, oldestReceivedAt }) => ({
        ...{ kind: 'lane', id: String(lane), note: '', since: oldestReceivedAt },
      })),
    },
  ];
}

function lateTimers({ lateTimers: late, now }: WorkQuestions): readonly Attention[] {
  const [worst] = late;
  if (worst === undefined) return [];
  const overdue =
    late.length === 1 ? '1 timer is overdue,' : `${counted(late.length, 'timer')} are overdue, the oldest`;
  return [
    {
      kind: 'TIMERS_LATE',
      sentence: `${overdue} by ${inUnits(now - worst.dueAt)}: what time alone unlocks is not written down`,
      ...{ count: late.length, since: worst.dueAt },
      targets: late.slice(0, TARGETS_TOLD).map(({ userId, dueAt, earner }) => ({
        ...{ kind: earner === 'organization' ? 'organization' : 'user', id: userId, note: '', since: dueAt },
      })),
    },
  ];
}

function putAside({ count, oldestReceivedAt }: DeadLetterBacklog, now: number): readonly Attention[] {
  if (count === 0) return [];
  const were = count === 1 ? 'was' : 'were';
  const oldest = count === 1 ? 'it was received' : 'the oldest was received';
  const age = oldestReceivedAt === undefined ? '' : `; ${oldest} ${inUnits(now - oldestReceivedAt)} ago`;
  return [
    {
      kind: 'DEAD_LETTERS',
      sentence: `${counted(count, 'event')} could not be counted, and ${were} put aside${age}`,
      ...{ count, ...(oldestReceivedAt !== undefined && { since: oldestReceivedAt }), targets: [] },
    },
  ];
}

type Webhooks = NonNullable<WorkQuestions['webhooks']>;

function failing(webhooks: Webhooks, now: number): readonly Attention[] {
  // The newest failure first: that endpoint may still be down.
  const failed = standing(webhooks, ({ lastFailedAt }) => lastFailedAt).toReversed();
  const [newest] = failed;
  if (newest === undefined) return [];
  return [
    {
      kind: 'WEBHOOKS_FAILING',
      sentence: `deliveries to ${counted(failed.length, 'webhook')} were given up, the newest ${inUnits(now - newest.since)} ago: ${urls(failed)}`,
      ...{ count: failed.length, since: newest.since, targets: failed.slice(0, TARGETS_TOLD) },
    },
  ];
}

function lateDeliveries(webhooks: Webhooks, now: number): readonly Attention[] {
  const late = standing(webhooks, ({ oldestPendingAt }) => oldestPendingAt).filter(
    ({ since }) => now - since > DELIVERY_LATE_MS,
  );
  const [worst] = late;
  if (worst === undefined) return [];
  return [
    {
      kind: 'WEBHOOKS_LATE',
      sentence: `deliveries to ${counted(late.length, 'webhook')} have waited for ${inUnits(now - worst.since)}: ${urls(late)}`,
      ...{ count: late.length, since: worst.since, targets: late.slice(0, TARGETS_TOLD) },
    },
  ];
}

type Since = AttentionTarget & { readonly since: number };

/** The endpoints of which an instant is known, the earliest first. */
function standing(
  { endpoints, standings }: Webhooks,
  instantOf: (standing: DeliveryStanding) => number | undefined,
): readonly Since[] {
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return standings
    .flatMap((one): Since[] => {
      const [endpoint, since] = [byId.get(one.endpointId), instantOf(one)];
      if (endpoint === undefined || since === undefined) return [];
      const note = endpoint.enabled ? endpoint.url : `${endpoint.url} (disabled)`;
      return [{ kind: 'webhook', id: endpoint.id, note, since }];
    })
    .toSorted((a, b) => a.since - b.since);
}

function urls(targets: readonly AttentionTarget[]): string {
  return named(targets.map(({ note }) => note));
}
