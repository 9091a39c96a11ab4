import { keptForSearch } from '../../../core/states/searched-attributes.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';
import { USER_KEY, type UserKey } from '../engine/user-keys.js';

/** By what a user is found. */
export interface Searched {
  readonly key: UserKey;
  readonly organizationId: string;
  /** Folded and whole, by attribute. */
  readonly values: ReadonlyMap<string, string>;
}

/** Replaces by what users are found. They must be locked. */
export async function putSearched(sql: Sql, users: readonly Searched[]): Promise<void> {
  const keys = users.map(({ key }) => key);
  const dropped = changeByKey(sql, USER_KEY, keys, (condition) => `DELETE FROM user_search WHERE ${condition}`);
  const rows = users.flatMap(({ key, organizationId, values }) =>
    Array.from(values, ([attribute, value]) => [...key, attribute, keptForSearch(value), organizationId]),
  );
  const columns = [...USER_KEY, 'attribute', 'value', 'organization_id'];
  await Promise.all([dropped, insertRows(sql, { table: 'user_search', columns, keyLength: 3, rows })]);
}

/** Users are in no organization any more. */
export async function leaveSearched(sql: Sql, keys: readonly UserKey[]): Promise<void> {
  const text = (condition: string): string => `UPDATE user_search SET organization_id = '' WHERE ${condition}`;
  await changeByKey(sql, USER_KEY, keys, text);
}
