import { searchedValues } from '../../../core/states/searched-attributes.js';
import { PARTITIONS } from '../../../core/values/partition.js';
import type { SearchFill } from '../../search-fill.js';
import type { Dialect } from '../engine/dialect.js';
import { runAgain } from '../engine/run-again.js';
import { type Engine, firstRow, parseJson, type Sql } from '../engine/sql.js';
import { putSearched } from './searched-users.js';

interface FillRow {
  readonly revision: number;
  readonly part: number;
  readonly user_id: string;
  readonly finished: number;
}

interface SettingRow {
  readonly search_changed: number;
  readonly search_attributes: string;
}

export function searchFill({ dialect, read, transaction }: Engine): SearchFill {
  return {
    isComplete: async () => (await partitionsDone(read)) === PARTITIONS,
    partitionsDone: () => partitionsDone(read),
    step: (limit) => runAgain(dialect, () => transaction((sql) => step(sql, limit))),
  };
}

async function partitionsDone(sql: Sql): Promise<number> {
  const fill = await firstRow<FillRow>(sql, 'SELECT revision, part, finished FROM user_search_fill WHERE id = 1');
  const { search_changed } = await setting(sql);
  if (fill === undefined) return 0;
  if (fill.finished !== 0 && fill.revision >= search_changed) return PARTITIONS;
  // Some of the partition at which it is may not be done; another setting than the one that was being filled begins anew.
  return fill.revision === search_changed ? Math.max(0, fill.part) : 0;
}

async function step(sql: Sql, limit: number): Promise<boolean> {
  const fill = await lockFill(sql, sql.dialect);
  if (fill === undefined) return false;
  const { search_changed: revision, search_attributes: attributes } = await setting(sql);
  if (fill.finished !== 0 && fill.revision >= revision) return false;
  // Another setting than the one that was being filled begins anew.
  const [part, userId] = fill.revision === revision ? [fill.part, fill.user_id] : [-1, ''];
  const { users, finished } = await lockAfter(sql, { part, userId, limit });
  const paths = parseJson<readonly string[]>(attributes);
  const searched = users.map(({ part, id, organization_id, attributes }) => ({
    key: [part, id] as const,
    organizationId: organization_id,
    values: searchedValues(parseJson(attributes), paths),
  }));
  if (searched.length > 0) await putSearched(sql, searched);
  const last = users.at(-1);
  await sql.run('UPDATE user_search_fill SET revision = ?, part = ?, user_id = ?, finished = ? WHERE id = 1', [
    revision,
    ...[last?.part ?? part, last?.id ?? userId],
    Number(finished),
  ]);
  return !finished;
}

/** The one row, which is held until the transaction ends; undefined where another server holds it. */
function lockFill(sql: Sql, { forUpdateOfFree }: Dialect): Promise<FillRow | undefined> {
  return firstRow(sql, `SELECT revision, part, user_id, finished FROM user_search_fill WHERE id = 1${forUpdateOfFree}`);
}

async function setting(sql: Sql): Promise<SettingRow> {
  const text = 'SELECT search_changed, search_attributes FROM configuration_revision WHERE id = 1';
  return (await firstRow<SettingRow>(sql, text)) ?? { search_changed: 0, search_attributes: '[]' };
}

interface UserRow {
  readonly part: number;
  readonly id: string;
  readonly organization_id: string;
  readonly attributes: string;
}

const PROFILE = 'part, id, organization_id, attributes';

interface After {
  readonly part: number;
  readonly userId: string;
  readonly limit: number;
}

/**
 * Locks the next users in the order of their keys, so that whoever writes one of them waits, and writes it anew. The first one is waited
 * for, with no other one locked; it ends before the next one that somebody else holds. Nobody waits for one user because of another.
 */
async function lockAfter(
  sql: Sql,
  after: After,
): Promise<{ readonly users: readonly UserRow[]; readonly finished: boolean }> {
  const { forUpdate, forUpdateOfFree } = sql.dialect;
  const [first] = await usersAfter<UserRow>(sql, { ...after, limit: 1 }, { columns: PROFILE, lock: forUpdate });
  if (first === undefined) return { users: [], finished: true };
  const limit = after.limit - 1;
  if (limit === 0) return { users: [first], finished: false };
  const others = { part: first.part, userId: first.id, limit };
  const free = await usersAfter<UserRow>(sql, others, { columns: PROFILE, lock: forUpdateOfFree });
  // Read after they were locked: whom somebody has added meanwhile stands among these, and is waited for the next time.
  const all = await usersAfter<Pick<UserRow, 'part' | 'id'>>(sql, others, { columns: 'part, id', lock: '' });
  const held = all.findIndex(({ part, id }, i) => free[i]?.part !== part || free[i].id !== id);
  return { users: [first, ...free.slice(0, held < 0 ? all.length : held)], finished: held < 0 && all.length < limit };
}

function usersAfter<Row extends object>(
  sql: Sql,
  { part, userId, limit }: After,
  { columns, lock }: { readonly columns: string; readonly lock: string },
): Promise<readonly Row[]> {
  return sql.rows<Row>(
    `SELECT ${columns} FROM users${sql.dialect.useIndex('PRIMARY')} ` +
      `WHERE part >= ? AND (part, id) > (?, ?) AND part < ? ORDER BY part, id LIMIT ?${lock}`,
    [part, part, userId, PARTITIONS, limit],
  );
}
