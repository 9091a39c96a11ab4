import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { DAY_MS, dayNumber } from '../core/values/time.js';
import type { Store } from '../store/store.js';

export interface HousekeepingOptions {
  readonly store: Pick<Store, 'events' | 'outbox' | 'deliveries' | 'audit' | 'tokens' | 'backfills' | 'now'>;
  readonly keeper: ConfigurationKeeper;
  readonly retentionDays: number;
  /** For how long the audit is kept, and tokens that were revoked or have expired; undefined for ever. */
  readonly auditRetentionDays: number | undefined;
}

/** How many rows one statement drops: few enough not to hold up other statements. */
const CHUNK = 1_000;
/** For how long the outbox keeps rows, which streams that come back are told. */
const OUTBOX_MS = DAY_MS;
/** For how long finished deliveries are kept, to be read and replayed. */
const DELIVERIES_MS = 7 * DAY_MS;
/** For how long backfills that have ended are kept, to be read. */
const BACKFILLS_MS = 30 * DAY_MS;
/**
 * For how many days keys are kept beyond the retention. An event may be up to five minutes ahead when it arrives, and its key
 * must be known for as long as the event could be sent again.
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
    // The configuration is asked for before each chunk, since a new rule may need days that an older one does not.
    const { windowedActions } = await keeper.refresh();
    // An event may arrive at the end of the retention, and a window of N days may then begin N days before it.
    const keepDaysFrom = new Map([...windowedActions].map(([action, days]) => [action, today - days - keptDays]));
    // Recent days are kept of every action: a rule that reads a window of it may just have been added.
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
