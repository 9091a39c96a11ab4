import type { Cause, LedgerEntry, LedgerKind } from '../../../../core/states/ledger.js';
import type { Earner } from '../../../../core/states/user-state.js';
import { isOrganizationPartition } from '../../../../core/values/partition.js';
import type { Page, PageRequest } from '../../../page.js';
import type { LedgerOrder, UserLedgerEntry } from '../../../user-store.js';
import type { SqlValue } from '../../engine/dialect.js';
import { insertRows } from '../../engine/insert-rows.js';
import { joinPosition, numberAfter, pageOf, splitPosition } from '../../engine/page-of.js';
import { rowsByKey } from '../../engine/rows-by-key.js';
import { parseJson, type Sql } from '../../engine/sql.js';
import { USER_KEY, type UserKey, userKey, userKeys } from '../../engine/user-keys.js';
import type { LockedUsers } from '../state/locked-users.js';
import { storedCause, withContributors } from './stored-cause.js';

interface UnlockRow {
  readonly seq: number;
  readonly flag_id: string;
  readonly rule_id: string;
  readonly rule_version: number;
  readonly kind: LedgerKind;
  readonly earned_at: number;
  readonly recorded_at: number;
  readonly cause: string;
}

const UNLOCK_COLUMNS = 'seq, flag_id, rule_id, rule_version, kind, earned_at, recorded_at, cause';

interface Appending {
  readonly locked: LockedUsers;
  readonly earner: Earner;
}

/** Appends entries in their order within each user. The users must be locked, so that sequence numbers can be given here. */
export async function appendLedger(
  sql: Sql,
  entries: readonly UserLedgerEntry[],
  { locked, earner }: Appending,
): Promise<void> {
  const ids = new Set(entries.map((entry) => entry.userId));
  const sequence = await sequencesOf(sql, ids, { locked, earner });
  const rows = entries.map((entry) => {
    const seq = (sequence.get(entry.userId) ?? 0) + 1;
    sequence.set(entry.userId, seq);
    const known = locked.of(entry.userId);
    if (known !== undefined) known.sequence = seq;
    const { flagId, ruleId, ruleVersion, kind, earnedAt, recordedAt, cause } = entry;
    const key = userKey(entry.userId, earner);
    const stored = JSON.stringify(earner === 'user' ? cause : storedCause(entry.userId, cause));
    return [...key, seq, flagId, ruleId, ruleVersion, kind, earnedAt, recordedAt, stored];
  });
  await insertRows(sql, {
    table: 'unlocks',
    columns: [
      ...['part', 'user_id', 'seq', 'flag_id', 'rule_id', 'rule_version', 'kind'],
      ...['earned_at', 'recorded_at', 'cause'],
    ],
    keyLength: 3,
    rows,
  });
}

/** The highest sequence number of each user; without a query where all are known, so that the inserts need not wait. */
function sequencesOf(
  sql: Sql,
  userIds: ReadonlySet<string>,
  { locked, earner }: Appending,
): Map<string, number> | Promise<Map<string, number>> {
  const known = [...userIds].map((id) => [id, locked.of(id)?.sequence] as const);
  if (known.every(([, sequence]) => sequence !== undefined)) return new Map(known as [string, number][]);
  return readSequences(sql, userKeys(userIds, earner));
}

async function readSequences(sql: Sql, keys: readonly UserKey[]): Promise<Map<string, number>> {
  const newest = await rowsByKey<{ user_id: string; seq: number }>(
    sql,
    USER_KEY,
    keys,
    (condition) =>
      `SELECT user_id, MAX(seq) AS seq FROM unlocks${sql.dialect.useIndex('PRIMARY')} WHERE ${condition} ` +
      'GROUP BY part, user_id',
  );
  return new Map(newest.map((row) => [row.user_id, row.seq]));
}

/** A page of a user's ledger, or an organization's, oldest first. */
export async function readLedger(sql: Sql, [part, userId]: UserKey, page: PageRequest): Promise<Page<LedgerEntry>> {
  const rows = await sql.rows<UnlockRow>(
    `SELECT ${UNLOCK_COLUMNS} FROM unlocks WHERE part = ? AND user_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
    [part, userId, numberAfter(page.after, 0), page.limit + 1],
  );
  const ledger = pageOf(rows, page.limit, entryOf, (row) => String(row.seq));
  if (!isOrganizationPartition(part)) return ledger;
  return { ...ledger, items: await withContributors(sql, part, ledger.items) };
}

function entryOf(row: Omit<UnlockRow, 'seq'>): LedgerEntry {
  return {
    flagId: row.flag_id,
    ruleId: row.rule_id,
    ruleVersion: row.rule_version,
    kind: row.kind,
    earnedAt: row.earned_at,
    recordedAt: row.recorded_at,
    cause: parseJson<Cause>(row.cause),
  };
}

interface FlagUnlockRow extends UnlockRow {
  readonly part: number;
  readonly user_id: string;
}

const KEY = ['recorded_at', 'part', 'user_id', 'seq'] as const;

/** A page of a flag's entries of all users and organizations, ordered by when they were recorded. */
export async function readFlagLedger(
  sql: Sql,
  flagId: string,
  page: PageRequest,
  order: LedgerOrder,
): Promise<Page<UserLedgerEntry>> {
  const [beyond, direction] = order === 'oldest' ? ['>', 'ASC'] : ['<', 'DESC'];
  const from = keyOf(page.after);
  // With a condition on the first column alone, the engine begins in the middle of its index.
  const condition =
    from === undefined
      ? ''
      : ` AND recorded_at ${beyond}= ? AND (${KEY.join(', ')}) ${beyond} (${KEY.map(() => '?').join(', ')})`;
  const rows = await sql.rows<FlagUnlockRow>(
    `SELECT part, user_id, ${UNLOCK_COLUMNS} FROM unlocks${sql.dialect.useIndex('unlocks_flag')} ` +
      `WHERE flag_id = ?${condition} ORDER BY ${KEY.map((column) => `${column} ${direction}`).join(', ')} LIMIT ?`,
    [flagId, ...(from === undefined ? [] : [from[0]!, ...from]), page.limit + 1],
  );
  return pageOf(
    rows,
    page.limit,
    (row) => ({
      userId: row.user_id,
      ...entryOf(row),
      ...(isOrganizationPartition(row.part) && { earner: 'organization' }),
    }),
    (row) => joinPosition([String(row.recorded_at), String(row.part), row.user_id, String(row.seq)]),
  );
}

function keyOf(after: string | undefined): readonly SqlValue[] | undefined {
  const [recordedAt, part, userId = '', seq] = splitPosition(after, 4) ?? [];
  if (recordedAt === undefined) return undefined;
  return [Number(recordedAt) || 0, Number(part) || 0, userId, Number(seq) || 0];
}
