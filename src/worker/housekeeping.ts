import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { DAY_MS, dayNumber } from '../core/values/time.js';
import type { Store } from '../store/store.js';

export interface HousekeepingOptions {
  readonly store: Pick<Store, 'events' | 'outbox' | 'deliveries' | 'audit' | 'tokens' | 'backfills' | 'now'>;
  readonly keeper: ConfigurationKeeper;
  readonly retentionDays: number;
  /** How long the audit is kept, and with it tokens that were revoked or have expired; undefined for ever. */
  readonly auditRetentionDays: number | undefined;
}

/** Rows that one statement drops: few enough that it holds up nobody. */
const CHUNK = 1_000;
/** How long the outbox keeps its rows for streams that come back and are told what they missed. */
const OUTBOX_MS = DAY_MS;
/** How long finished deliveries can be looked at, and replayed. */
const DELIVERIES_MS = 7 * DAY_MS;
/** How long backfills that have ended can be looked at. */
const BACKFILLS_MS = 30 * DAY_MS;
/**
 * Keys are kept a day longer than events are taken: an event may be up to five minutes ahead when it arrives, and must
 * still be known as long as it could be sent again.
 */
const MARGIN_DAYS = 1;

/**
 * Drops what nobody needs any more: keys of old events, days beyond every window, old changes, old deliveries and those
 * of endpoints that are gone, backfills long ended, old entries of the audit, and tokens that long ago were revoked or
 * expired. Gives the rows dropped.
 */
export async function keepHouse(
  { store, keeper, retentionDays, auditRetentionDays }: HousekeepingOptions,
  signal?: AbortSignal,
): Promise<number> {
  const now = await store.now();
  const keptDays = retentionDays + MARGIN_DAYS;
  const today = dayNumber(now);
  const purgeChunk = async (): Promise<number> => {
    // Asked before each chunk: an older configuration may not know of a window whose days must stay.
    const { windowedActions } = await keeper.refresh();
    // A window of N days may be asked about an event that arrives at the end of the retention.
    const keepDaysFrom = new Map([...windowedActions].map(([action, days]) => [action, today - days - keptDays]));
    // Young days are kept of every action: a rule that windows it may have been added since, and events counted on them.
    const keepOtherDaysFrom = today - keptDays;
    const receivedBefore = now - keptDays * DAY_MS;
    return store.events.purge({ receivedBefore, keepDaysFrom, keepOtherDaysFrom, limit: CHUNK });
  };
  let dropped = 0;
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows) rows = await purgeChunk();
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.outbox.purge(now - OUTBOX_MS, CHUNK);
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.deliveries.purge(now - DELIVERIES_MS, CHUNK);
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.backfills.purge(now - BACKFILLS_MS, CHUNK);
  if (auditRetentionDays === undefined) return dropped;
  const auditedBefore = now - auditRetentionDays * DAY_MS;
  for (let rows = CHUNK; rows > 0 && !signal?.aborted; dropped += rows)
    rows = await store.audit.purge(auditedBefore, CHUNK);
  return dropped + (await store.tokens.purge(auditedBefore));
}
