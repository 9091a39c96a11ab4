import { hash } from 'node:crypto';
import type { EventName } from '../../../core/states/ledger.js';
import { amountOf } from '../../../core/values/millionths.js';
import { murmur3 } from '../../../core/values/murmur3.js';
import { isOrganizationPartition, organizationPartitionOf, partitionOf } from '../../../core/values/partition.js';
import type { EventKey, KeptEvent, NewEvent, StoredEvent } from '../../event-store.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';

const DEDUPE_BYTES = 16;

/** The columns that name an event. */
export const EVENT_KEY = ['part', 'dedupe'] as const;

export interface HashedKey {
  readonly part: number;
  readonly dedupe: Uint8Array;
  /** The hash as text, as {@link dedupeText} gives it, for comparisons with rows. */
  readonly text: string;
}

/**
 * An event's key: its user's partition, and 16 bytes: the user's hash, from which the partition is made, and SHA-256 over user, source
 * and id, each with its length. So all events of a user stand beside one another.
 */
export function eventKeyOf({ userId, source, id, contribution }: EventKey): HashedKey {
  if (contribution !== undefined) {
    return {
      part: organizationPartitionOf(userId),
      dedupe: Buffer.from(contribution, 'hex'),
      text: contribution,
    };
  }
  return { part: partitionOf(userId), ...hashOf(userId, [source, id]) };
}

/** Likewise the key of a user's event in the inbox of an organization: nothing of it has to be known later but the hash. */
export function contributionKeyOf(of: EventKey & { readonly organizationId: string }): HashedKey {
  const { organizationId, userId, source, id } = of;
  return { part: organizationPartitionOf(organizationId), ...hashOf(organizationId, [userId, source, id]) };
}

function hashOf(owner: string, rest: readonly string[]): Omit<HashedKey, 'part'> {
  const named = [owner, ...rest].map((part) => `${part.length}:${part}`).join('');
  const dedupe = hash('sha256', named, 'buffer').subarray(0, DEDUPE_BYTES);
  dedupe.writeUInt32BE(murmur3(owner));
  return { dedupe, text: dedupe.toString('hex') };
}

/** The keys between which all events of a user, or an organization, are, both included; hardly ever another's. */
export function keyRangeOf([part, userId]: readonly [part: number, userId: string]): readonly [
  part: number,
  first: Uint8Array,
  last: Uint8Array,
] {
  const [first, last] = [Buffer.alloc(DEDUPE_BYTES, 0), Buffer.alloc(DEDUPE_BYTES, 0xff)];
  for (const end of [first, last]) end.writeUInt32BE(murmur3(userId));
  return [part, first, last];
}

/** The values to bind for the events' keys, each event once. */
export function distinctKeys(events: readonly EventKey[]): readonly (readonly [number, Uint8Array])[] {
  const keys = new Map(events.map(eventKeyOf).map((key) => [key.text, key]));
  return [...keys.values()].map(({ part, dedupe }) => [part, dedupe]);
}

/** The text of a hash that a driver gives. */
export function dedupeText(dedupe: Uint8Array): string {
  return Buffer.from(dedupe).toString('hex');
}

export const PENDING = 0;
export const DONE = 1;
export const DEAD = 2;
export const REVERSED = 3;

/** The columns of a row that hold the event. Those that name it are needed where it counts for an organization. */
export interface EventRow {
  readonly user_id: string;
  readonly source: string;
  readonly event_id: string;
  readonly action: string;
  readonly occurred_at: number;
  /** In millionths, as text: more digits than drivers give as a number. */
  readonly value: string;
  readonly properties: string | null;
  readonly received_at: number;
  /** The name of another event as JSON. */
  readonly reverses: string | null;
  readonly organization_id: string;
  readonly contributor: string;
  readonly part?: number;
  readonly dedupe?: Uint8Array;
}

export const EVENT_COLUMNS =
  'user_id, source, event_id, action, occurred_at, CAST(value AS CHAR) AS value, properties, received_at, reverses, ' +
  'organization_id, contributor';

/** What names an event among those of its user, or organization. */
export function nameOf(row: Pick<EventRow, 'source' | 'event_id' | 'part' | 'dedupe'>): EventName {
  const { source, event_id: id, part, dedupe } = row;
  const isContribution = part !== undefined && isOrganizationPartition(part);
  return { source, id, ...(isContribution && { contribution: dedupeText(dedupe!) }) };
}

export function eventOf(row: EventRow): NewEvent {
  const name = nameOf(row);
  return {
    ...name,
    userId: row.user_id,
    action: row.action,
    occurredAt: row.occurred_at,
    value: amountOf(BigInt(row.value)),
    properties: row.properties === null ? {} : parseJson(row.properties),
    receivedAt: row.received_at,
    ...(row.reverses === null ? {} : { reverses: parseJson<EventName>(row.reverses) }),
    ...(row.organization_id !== '' && { organizationId: row.organization_id }),
    ...(name.contribution !== undefined && { contributor: row.contributor }),
  };
}

export const STORED_COLUMNS = `${EVENT_COLUMNS}, part, dedupe, state, place, day_zone`;

/** A row with what has become of its event. */
export interface StoredRow extends EventRow {
  readonly dedupe: Uint8Array;
  readonly state: number;
  readonly place: number;
  readonly day_zone: string;
}

const STATES = { [PENDING]: 'pending', [DONE]: 'done', [DEAD]: 'dead', [REVERSED]: 'reversed' } as const;

function storedOf(row: StoredRow): StoredEvent {
  return {
    ...eventOf(row),
    properties: row.properties === null ? undefined : parseJson(row.properties),
    state: STATES[row.state as keyof typeof STATES],
    dayZone: row.day_zone || 'UTC',
  };
}

export function keptOf(row: StoredRow): KeptEvent {
  return { ...storedOf(row), place: row.place, key: dedupeText(row.dedupe) };
}

/** The events of these names as they are stored, in their order. */
export async function storedEvents(sql: Sql, keys: readonly EventKey[]): Promise<readonly (StoredEvent | undefined)[]> {
  const rows = await rowsByKey<StoredRow>(
    sql,
    EVENT_KEY,
    distinctKeys(keys),
    (condition) => `SELECT ${STORED_COLUMNS} FROM events${sql.dialect.useIndex('PRIMARY')} WHERE ${condition}`,
  );
  const found = new Map(rows.map((row) => [dedupeText(row.dedupe), storedOf(row)]));
  return keys.map((key) => found.get(eventKeyOf(key).text));
}
