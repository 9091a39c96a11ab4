import { SESSION_IDLE_MS } from '../../calls/token-end.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import { DAY_MS, dayNumber } from '../../core/values/time/time.js';
import type { KeptDays } from '../../store/day-store.js';
import type { Store, Transaction } from '../../store/store.js';
import { settleDerived } from './settle-derived.js';

export interface HousekeepingOptions {
  readonly store: Pick<
    Store,
    | 'events'
    | 'days'
    | 'volume'
    | 'derived'
    | 'transaction'
    | 'outbox'
    | 'deliveries'
    | 'audit'
    | 'tokens'
    | 'backfills'
    | 'now'
  >;
  readonly keeper: ConfigurationKeeper;
  readonly retentionDays: number;
  /** For how long the audit is kept, and tokens that were revoked or have expired; undefined for ever. */
  readonly auditRetentionDays: number | undefined;
  /** Awaited between small steps of what takes long; left out, these come one after the other. */
  readonly giveWay?: () => Promise<void>;
}

const AT_ONCE = (): Promise<void> => Promise.resolve();

/** How many rows one statement drops: few enough not to hold up other statements. */
const CHUNK = 1_000;
/** For how long the outbox keeps rows, which streams that come back are told. */
const OUTBOX_MS = DAY_MS;
/** For how long finished deliveries are kept, to be read and replayed. */
const DELIVERIES_MS = 7 * DAY_MS;
/** For how long backfills that have ended are kept, to be read. */
const BACKFILLS_MS = 30 * DAY_MS;
/** For how many days it is kept how often actions were done. */
const VOLUME_DAYS = 45;
/**
 * For how many days events are kept beyond the retention, and days of actions with them. An event may be up to five minutes ahead when
 * it arrives, and its key must be known for as long as the event could be sent again.
 */
const MARGIN_DAYS = 1;
/**
 * For how many days more the events of users are kept. What of them counts for organizations goes a day before them, since they lead to it
 * when their user is deleted; with this it can be taken back for as long as they can.
 */
const LEADING_DAYS = 1;
/** By how many days the day where a user is may be behind that of UTC. */
const BEHIND_DAYS = 1;

/**
 * Drops what nobody needs any more: old events, days of actions beyond the retention and every window, old changes, old deliveries and those
 * of endpoints that are gone, backfills long ended, old entries of the audit, and tokens that long ago were revoked or
 * expired. Gives the rows dropped.
 */
export async function keepHouse(
  { store, keeper, retentionDays, auditRetentionDays, giveWay = AT_ONCE }: HousekeepingOptions,
  signal?: AbortSignal,
): Promise<number> {
  const now = await store.now();
  const keptDays = retentionDays + MARGIN_DAYS;
  let dropped = 0;
  // What a derived action is yet to be counted from stays.
  const settled = await settleDerived({ store, keeper, giveWay }, signal);
  for (let rows = CHUNK; settled && rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.events.purge({ receivedBefore: now - (keptDays + LEADING_DAYS) * DAY_MS, limit: CHUNK });
  const kept = await store.transaction((tx) => keepDays(tx, keeper, dayNumber(now) - keptDays - BEHIND_DAYS));
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows) rows = await store.days.purge(kept, CHUNK);
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.volume.purge(dayNumber(now) - VOLUME_DAYS, CHUNK);
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.outbox.purge(now - OUTBOX_MS, CHUNK);
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.deliveries.purge(now - DELIVERIES_MS, CHUNK);
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.backfills.purge(now - BACKFILLS_MS, CHUNK);
  // The audit has who signed in and out.
  dropped += await store.tokens.purgeSessions(now - DAY_MS, now - DAY_MS - SESSION_IDLE_MS);
  if (auditRetentionDays === undefined) return dropped;
  const auditedBefore = now - auditRetentionDays * DAY_MS;
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.audit.purge(auditedBefore, CHUNK);
  return dropped + (await store.tokens.purge(auditedBefore));
}

/**
 * Settles from which days on days of actions are kept. It is noted before any are dropped, in a transaction with the confirmed
 * configuration: whoever reads it later knows how far back a window can be trusted, also that of a rule which is written meanwhile.
 */
async function keepDays(tx: Transaction, keeper: ConfigurationKeeper, others: number): Promise<KeptDays> {
  const { snapshot } = await confirmSnapshot(tx, keeper);
  // An event may arrive at the end of the retention, and a timer may be fired late: the window may then begin that much earlier.
  const windowed = new Map<string, number>();
  for (const read of [snapshot.windowedActions, snapshot.organizationEarners?.judging.windowedActions ?? []])
    for (const [action, days] of read) windowed.set(action, Math.min(others - days, windowed.get(action) ?? others));
  return tx.days.keepFrom({ windowed, others });
}
