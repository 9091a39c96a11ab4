import type { Flag } from '../../../core/flags/flag.js';
import type { ConfigurationReader, FlagFilter } from '../../configuration-store.js';
import type { Page, PageRequest } from '../../page.js';
import { pageOf } from '../engine/page-of.js';
import type { Engine, Sql, SqlValue } from '../engine/sql.js';
import { flagsWithoutRows, listAccess } from './access-listing.js';
import { loadConfiguration, readRevision } from './configuration-load.js';
import { findFlag } from './find-flag.js';
import { FLAG_COLUMNS, type FlagRow, flagOf } from './flag-row.js';

export function configurationReader(engine: Engine): ConfigurationReader {
  return {
    revision: () => readRevision(engine.read),
    load: () => engine.snapshot(loadConfiguration),
    flag: (idOrKey) => findFlag(engine.read, idOrKey),
    flags: (page, filter) => listFlags(engine.read, page, filter),
    access: (flagId, page) => listAccess(engine.read, flagId, page),
    withoutRows: (flagIds) => flagsWithoutRows(engine.read, flagIds),
  };
}

async function listFlags(sql: Sql, page: PageRequest, filter: FlagFilter): Promise<Page<Flag>> {
  const conditions = ['flag_key > ?'];
  const values: SqlValue[] = [page.after ?? ''];
  if (filter.archived !== undefined) {
    conditions.push('archived = ?');
    values.push(Number(filter.archived));
  }
  if (filter.tag !== undefined) {
    conditions.push('id IN (SELECT flag_id FROM flag_tags WHERE tag = ?)');
    values.push(filter.tag);
  }
  const rows = await sql.rows<FlagRow>(
    `SELECT ${FLAG_COLUMNS.join(', ')} FROM flags WHERE ${conditions.join(' AND ')} ORDER BY flag_key LIMIT ?`,
    [...values, page.limit + 1],
  );
  return pageOf(rows, page.limit, flagOf, (row) => row.flag_key);
}
