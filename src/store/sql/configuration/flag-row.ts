import type { Flag } from '../../../core/flags/flag.js';
import type { Row } from '../engine/insert-rows.js';
import { firstRow, parseJson, type Sql } from '../engine/sql.js';

/** A flag as stored: columns for what is searched or read alone, JSON for the rest. */
export interface FlagRow {
  readonly id: string;
  readonly flag_key: string;
  readonly name: string;
  readonly description: string;
  readonly active: number;
  readonly is_enabled_globally: number;
  readonly archived: number;
  readonly version: number;
  readonly salt: string;
  readonly definition: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export const FLAG_COLUMNS = [
  'id',
  'flag_key',
  'name',
  'description',
  'active',
  'is_enabled_globally',
  'archived',
  'version',
  'salt',
  'definition',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof FlagRow)[];

interface FlagColumns {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly active: boolean;
  readonly isEnabledGlobally: boolean;
  readonly archived: boolean;
  readonly version: number;
  readonly salt: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

type FlagDefinition = Omit<Flag, keyof FlagColumns>;

export function flagOf(row: FlagRow): Flag {
  return {
    ...parseJson<FlagDefinition>(row.definition),
    id: row.id,
    key: row.flag_key,
    name: row.name,
    description: row.description,
    active: row.active !== 0,
    isEnabledGlobally: row.is_enabled_globally !== 0,
    archived: row.archived !== 0,
    version: row.version,
    salt: row.salt,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** In the order of {@link FLAG_COLUMNS}. */
export function flagValues(flag: Flag): Row {
  const {
    id,
    key,
    name,
    description,
    active,
    isEnabledGlobally,
    archived,
    version,
    salt,
    createdAt,
    updatedAt,
    ...rest
  } = flag;
  const definition: FlagDefinition = rest;
  return [
    id,
    key,
    name,
    description,
    Number(active),
    Number(isEnabledGlobally),
    Number(archived),
    version,
    salt,
    JSON.stringify(definition),
    createdAt,
    updatedAt,
  ];
}

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
