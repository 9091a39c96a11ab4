import { laneOf } from '../../core/values/partition.js';
import type { Store } from '../../store/store.js';

/** A lane in which events wait to be counted. */
export interface LaneBacklog {
  readonly lane: number;
  /** When the event was received that has waited longest. */
  readonly oldestReceivedAt: number;
}

/** The lanes in which events wait, by lane, from the oldest event that waits in each partition. */
export function laneBacklogs(
  pending: readonly { readonly partition: number; readonly receivedAt: number }[],
  lanes: number,
): readonly LaneBacklog[] {
  const oldest = new Map<number, number>();
  for (const { partition, receivedAt } of pending) {
    const lane = laneOf(partition, lanes);
    oldest.set(lane, Math.min(receivedAt, oldest.get(lane) ?? receivedAt));
  }
  return [...oldest].sort(([a], [b]) => a - b).map(([lane, oldestReceivedAt]) => ({ lane, oldestReceivedAt }));
}

/** For how long the event has waited that has waited longest, in milliseconds; 0 where none waits. */
export function inboxLagMs(backlogs: readonly LaneBacklog[], now: number): number {
  return backlogs.reduce((longest, { oldestReceivedAt }) => Math.max(longest, now - oldestReceivedAt), 0);
}

/** Since when the message to a webhook waits that has waited longest; undefined where none does. Those to disabled webhooks wait on purpose. */
export async function oldestMessageAt(
  store: Pick<Store, 'outbound' | 'webhooks' | 'deliveries'>,
): Promise<number | undefined> {
  const [unshared, endpoints, standings] = await Promise.all([
    store.outbound.oldestAt(),
    store.webhooks.list(),
    store.deliveries.standings(),
  ]);
  const enabled = new Set(endpoints.filter((endpoint) => endpoint.enabled).map(({ id }) => id));
  const waiting = standings.filter(({ endpointId }) => enabled.has(endpointId)).map((one) => one.oldestPendingAt);
  const known = [unshared, ...waiting].filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
