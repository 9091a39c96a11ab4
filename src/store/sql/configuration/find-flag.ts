import type { Flag } from '../../../core/flags/flag.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { FLAG_COLUMNS, type FlagRow, flagOf } from './flag-row.js';

const FLAG_ID_PREFIX = 'flg_';

/** A flag by id or key, each through its own index: a condition with OR would read, and lock, the whole table. */
export async function findFlag(sql: Sql, idOrKey: string, lock = ''): Promise<Flag | undefined> {
  const columns = idOrKey.startsWith(FLAG_ID_PREFIX) ? ['id', 'flag_key'] : ['flag_key', 'id'];
  for (const column of columns) {
    const row = await firstRow<FlagRow>(
      sql,
      `SELECT ${FLAG_COLUMNS.join(', ')} FROM flags WHERE ${column} = ?${lock}`,
      [idOrKey],
    );
    if (row !== undefined) return flagOf(row);
  }
  return undefined;
}
