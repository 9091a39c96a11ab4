import { isOrganizationPartition, PARTITIONS } from '../../../core/values/partition.js';
import { DAY_MS } from '../../../core/values/time/time.js';
import type { PurgeOptions } from '../../event-store.js';
import { changeByKey } from '../engine/rows-by-key.js';
import type { Engine } from '../engine/sql.js';
import { DONE, EVENT_KEY, REVERSED } from './event-row.js';

/** How many partitions one statement looks through: for each the engine searches the index. */
const PARTITIONS_PER_STATEMENT = 256;

/**
 * For how much shorter a time events that count for organizations are kept than those of users, which lead to them when the user is
 * deleted: none is left that nothing leads to.
 */
const SOONER_MS = DAY_MS;

/** Drops events that are done or reversed, `limit` rows at most; gives how many. */
export async function purgeEvents(engine: Engine, { receivedBefore, limit }: PurgeOptions): Promise<number> {
  const { isOneOf, useIndex } = engine.dialect;
  let gone = 0;
  for (let first = 0; first < 2 * PARTITIONS && gone < limit; first += PARTITIONS_PER_STATEMENT) {
    const before = isOrganizationPartition(first) ? receivedBefore + SOONER_MS : receivedBefore;
    const parts = Array.from({ length: PARTITIONS_PER_STATEMENT }, (_, i) => first + i);
    const rows = await engine.read.rows<{ part: number; dedupe: Uint8Array }>(
      `SELECT part, dedupe FROM events${useIndex('events_state')} WHERE state IN (${DONE}, ${REVERSED}) AND ` +
        `${isOneOf(['part'], parts.length)} AND received_at < ? LIMIT ?`,
      [...parts, before, limit - gone],
    );
    gone += await changeByKey(
      engine.write,
      EVENT_KEY,
      rows.map((row) => [row.part, row.dedupe]),
      (condition) => `DELETE FROM events WHERE ${condition}`,
    );
  }
  return gone;
}
