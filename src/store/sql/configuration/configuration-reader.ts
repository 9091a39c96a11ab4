import type { Action, Segment } from '../../../core/flags/flag.js';
import { ANY_ACTION } from '../../../core/values/names.js';
import type { ConfigurationReader } from '../../configuration-store.js';
import type { Page, PageRequest } from '../../page.js';
import { pageOf } from '../engine/page-of.js';
import { beginsWith } from '../engine/prefix-range.js';
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
import { findFlag } from './flag-row.js';
import { SEGMENT_COLUMNS, type SegmentRow, segmentOf } from './segment-row.js';
import { readStages } from './stage-list.js';

const SEGMENTS = `SELECT ${SEGMENT_COLUMNS.join(', ')} FROM segments`;

export function configurationReader(engine: Engine): ConfigurationReader {
  return {
    revision: () => readRevision(engine.read),
    load: () => engine.snapshot(loadConfiguration),
    changes: (since) => engine.snapshot((sql) => loadChanges(sql, since)),
    flag: (idOrKey) => findFlag(engine.read, idOrKey),
    access: (flagId, page, filter = {}) => listAccess(engine.read, { flagId, ...filter }, page),
    withoutRows: (flagIds) => flagsWithoutRows(engine.read, flagIds),
    segment: async (key) => {
      const row = await firstRow<SegmentRow>(engine.read, `${SEGMENTS} WHERE segment_key = ?`, [key]);
      return row && segmentOf(row);
    },
    segments: (page, prefix = '') => listSegments(engine.read, page, prefix),
    stages: () => engine.snapshot(readStages),
    actions: (page) => listActions(engine.read, page),
  };
}

async function listSegments(sql: Sql, page: PageRequest, prefix: string): Promise<Page<Segment>> {
  const range = beginsWith('segment_key', prefix);
  const text = `${SEGMENTS} WHERE ${range.text} AND segment_key > ? ORDER BY segment_key LIMIT ?`;
  const rows = await sql.rows<SegmentRow>(text, [...range.values, page.after ?? '', page.limit + 1]);
  return pageOf(rows, page.limit, segmentOf, (row) => row.segment_key);
}

/** The action that stands for all is nobody's declaration. */
async function listActions(sql: Sql, page: PageRequest): Promise<Page<Action>> {
  const text = `SELECT ${ACTION_COLUMNS} FROM actions WHERE declared = 1 AND name > ? AND name <> ? ORDER BY name LIMIT ?`;
  const rows = await sql.rows<ActionRow>(text, [page.after ?? '', ANY_ACTION, page.limit + 1]);
  return pageOf(rows, page.limit, actionOf, (row) => row.name);
}
