import { millionthsOf } from '../../../core/values/millionths.js';
import { PARTITIONS } from '../../../core/values/partition.js';
import type { Contribution, EventKey } from '../../event-store.js';
import type { SqlValue } from '../engine/dialect.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, rowsByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';
import type { Places } from './event-inbox.js';
import { contributionKeyOf, DEAD, dedupeText, distinctKeys, EVENT_KEY, type HashedKey, PENDING } from './event-row.js';

export interface Contributing {
  /** When the events are received for their organizations. */
  readonly receivedAt: number;
  readonly places: Places;
}

/**
 * Has events of users count for organizations: each gets a row in the organization's partition. The user's own row notes which
 * organization it was, where that had to be looked up: it leads to the other one when the user is deleted.
 */
export async function contribute(
  sql: Sql,
  contributions: readonly Contribution[],
  { receivedAt, places }: Contributing,
): Promise<void> {
  const reaching = await reachingOrganizations(sql, contributions);
  if (reaching.length === 0) return;
  const first = places(reaching.length);
  const inserting = insertRows(sql, {
    table: 'events',
    columns: [
      ...EVENT_KEY,
      ...['user_id', 'contributor', 'source', 'event_id', 'action', 'occurred_at', 'value', 'properties'],
      ...['received_at', 'place', 'receipt', 'state', 'reverses'],
    ],
    keyLength: EVENT_KEY.length,
    rows: reaching.map(({ event, organizationId }, i) => {
      const { part, dedupe } = contributionKeyOf({ ...event, organizationId });
      return [
        ...[part, dedupe, organizationId, event.userId, event.source, event.id, event.action, event.occurredAt],
        ...[String(millionthsOf(event.value)), JSON.stringify(event.properties)],
        ...[receivedAt, first + i, 0, PENDING, reversedName({ event, organizationId })],
      ];
    }),
    // What somebody did before they were deleted, and who comes back and sends it again, has counted.
    existing: 'keep',
  });
  const looked = reaching.filter(({ event, organizationId }) => event.organizationId !== organizationId);
  const noting = Map.groupBy(looked, ({ organizationId }) => organizationId);
  const byKey = sql.dialect.useIndex('PRIMARY');
  const note = (condition: string): string => `UPDATE events${byKey} SET organization_id = ? WHERE ${condition}`;
  const notes = Array.from(noting, ([organizationId, some]) =>
    changeByKey(sql, EVENT_KEY, distinctKeys(some.map(({ event }) => event)), note, [organizationId]),
  );
  await Promise.all([inserting, ...notes]);
}

/** All but events that take back what has not counted for the organization. */
async function reachingOrganizations(
  sql: Sql,
  contributions: readonly Contribution[],
): Promise<readonly Contribution[]> {
  const reversing = contributions.filter(({ event }) => event.reverses !== undefined);
  if (reversing.length === 0) return contributions;
  const rows = await rowsByKey<{ dedupe: Uint8Array }>(
    sql,
    EVENT_KEY,
    reversing.map((one) => [originalKeyOf(one).part, originalKeyOf(one).dedupe]),
    (condition) => `SELECT dedupe FROM events${sql.dialect.useIndex('PRIMARY')} WHERE ${condition}`,
  );
  const there = new Set(rows.map(({ dedupe }) => dedupeText(dedupe)));
  return contributions.filter((one) => one.event.reverses === undefined || there.has(originalKeyOf(one).text));
}

/** The key that an event which takes back another has that one by, in the inbox of the organization. */
function originalKeyOf({ event, organizationId }: Contribution): HashedKey {
  const { source, id } = event.reverses!;
  return contributionKeyOf({ userId: event.userId, source, id, organizationId });
}

/** It leads to the other one even when it is not known any more whose they were. */
function reversedName(contribution: Contribution): string | null {
  const { reverses } = contribution.event;
  return reverses === undefined
    ? null
    : JSON.stringify({ source: reverses.source, id: reverses.id, contribution: originalKeyOf(contribution).text });
}

/** A user's event, by its own row, with the organization for which it counted. */
export type Contributed = EventKey & { readonly organizationId: string };

/**
 * Forgets who did these events, in the inbox of their organizations: what they count stays, and where they have been counted nothing
 * else of them is kept either.
 */
export async function forgetContributors(sql: Sql, contributed: readonly Contributed[]): Promise<void> {
  const keys = contributed.map((event): readonly SqlValue[] => {
    const { part, dedupe } = contributionKeyOf(event);
    return [part, dedupe];
  });
  const forget = (condition: string): string =>
    `UPDATE events${sql.dialect.useIndex('PRIMARY')} SET contributor = '', ` +
    `properties = CASE WHEN state = ${PENDING} THEN properties END WHERE ${condition}`;
  await changeByKey(sql, EVENT_KEY, keys, forget);
}

/** Likewise of dead letters, which stay when the user's own events have gone. There are few. */
export async function forgetContributorOfDead(sql: Sql, userId: string): Promise<void> {
  await sql.run(
    `UPDATE events${sql.dialect.useIndex('events_state')} SET contributor = '', properties = NULL ` +
      `WHERE state = ${DEAD} AND part >= ? AND contributor = ?`,
    [PARTITIONS, userId],
  );
}
