import type { Action, Flag, Segment } from '../../../core/flags/flag.js';
import { ANY_ACTION } from '../../../core/values/names.js';
import type { ConfigurationReader, FlagFilter } from '../../configuration-store.js';
import type { Page, PageRequest } from '../../page.js';
import type { SqlValue } from '../engine/dialect.js';
import { pageOf } from '../engine/page-of.js';
import { type Engine, firstRow, type Sql } from '../engine/sql.js';
import { flagsWithoutRows, listAccess } from './access-listing.js';
import {
  ACTION_COLUMNS,
  type ActionRow,
  actionOf,
  loadChanges,
  loadConfiguration,
  readRevision,
} from './configuration-load.js';
import { FLAG_COLUMNS, type FlagRow, findFlag, flagOf } from './flag-row.js';
import { SEGMENT_COLUMNS, type SegmentRow, segmentOf } from './segment-row.js';
import { readStages } from './stage-list.js';

const SEGMENTS = `SELECT ${SEGMENT_COLUMNS.join(', ')} FROM segments`;

export function configurationReader(engine: Engine): ConfigurationReader {
  return {
    revision: () => readRevision(engine.read),
    load: () => engine.snapshot(loadConfiguration),
    changes: (since) => engine.snapshot((sql) => loadChanges(sql, since)),
    flag: (idOrKey) => findFlag(engine.read, idOrKey),
    flags: (page, filter) => listFlags(engine.read, page, filter),
    access: (flagId, page, filter = {}) => listAccess(engine.read, { flagId, ...filter }, page),
    withoutRows: (flagIds) => flagsWithoutRows(engine.read, flagIds),
    segment: async (key) => {
      const row = await firstRow<SegmentRow>(engine.read, `${SEGMENTS} WHERE segment_key = ?`, [key]);
      return row && segmentOf(row);
    },
    segments: (page) => listSegments(engine.read, page),
    stages: () => engine.snapshot(readStages),
    actions: (page) => listActions(engine.read, page),
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

async function listSegments(sql: Sql, page: PageRequest): Promise<Page<Segment>> {
  const text = `${SEGMENTS} WHERE segment_key > ? ORDER BY segment_key LIMIT ?`;
  const rows = await sql.rows<SegmentRow>(text, [page.after ?? '', page.limit + 1]);
  return pageOf(rows, page.limit, segmentOf, (row) => row.segment_key);
}

/** The action that stands for all is nobody's declaration. */
async function listActions(sql: Sql, page: PageRequest): Promise<Page<Action>> {
  const text = `SELECT ${ACTION_COLUMNS} FROM actions WHERE declared = 1 AND name > ? AND name <> ? ORDER BY name LIMIT ?`;
  const rows = await sql.rows<ActionRow>(text, [page.after ?? '', ANY_ACTION, page.limit + 1]);
  return pageOf(rows, page.limit, actionOf, (row) => row.name);
}
