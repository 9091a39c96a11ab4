import type { Membership } from '../../user-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { USER_KEY, userKey, userKeys } from '../engine/user-keys.js';

/** How many changes of a user's organization are kept, the newest ones: who goes back and forth for ever does not fill the table. */
const MEMBERSHIPS_KEPT = 1_000;

export async function putMembership(sql: Sql, userId: string, { organizationId, since }: Membership): Promise<void> {
  const key = userKey(userId);
  await insertRows(sql, {
    table: 'memberships',
    columns: [...USER_KEY, 'since', 'organization_id'],
    keyLength: 3,
    rows: [[...key, since, organizationId]],
    existing: { organization_id: 'replace' },
  });
  const oldest = await firstRow<{ since: number }>(
    sql,
    'SELECT since FROM memberships WHERE part = ? AND user_id = ? ORDER BY since DESC LIMIT 1 OFFSET ?',
    [...key, MEMBERSHIPS_KEPT],
  );
  if (oldest === undefined) return;
  await sql.run('DELETE FROM memberships WHERE part = ? AND user_id = ? AND since <= ?', [...key, oldest.since]);
}

interface MembershipRow {
  readonly user_id: string;
  readonly since: number;
  readonly organization_id: string;
}

export async function readMemberships(
  sql: Sql,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Membership[]>> {
  const rows = await rowsByKey<MembershipRow>(
    sql,
    USER_KEY,
    userKeys(userIds),
    (condition) => `SELECT user_id, since, organization_id FROM memberships WHERE ${condition}`,
  );
  const found = Map.groupBy(rows, (row) => row.user_id);
  return new Map(
    Array.from(found, ([userId, own]) => [
      userId,
      own
        .toSorted((one, other) => one.since - other.since)
        .map((row) => ({ organizationId: row.organization_id, since: row.since })),
    ]),
  );
}
