import type { AccessRow, Action, Flag, Segment } from '../../../core/flags/flag.js';
import { type ConfigurationWriter, type Confirmed, KeyTaken } from '../../configuration-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { dropByKey } from '../engine/rows-by-key.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { flagsWithoutRows } from './access-listing.js';
import { type ActionRow, actionOf, loadConfiguration, loadRoleAccess, readRevision } from './configuration-load.js';
import { findFlag } from './find-flag.js';
import { FLAG_COLUMNS, flagValues } from './flag-row.js';
import { SEGMENT_COLUMNS, segmentValues } from './segment-row.js';
import { putStages, readStages } from './stage-list.js';

const ROLE_ACCESS_KEY = ['flag_id', 'role', 'managed_by'] as const;

export function configurationWriter(sql: Sql): ConfigurationWriter {
  const { forUpdate, forShare } = sql.dialect;
  return {
    confirmRevision: async () => {
      const { nowMs } = sql.dialect;
      const text = `SELECT revision, ${nowMs} AS now FROM configuration_revision WHERE id = 1${forShare}`;
      const row = await firstRow<Confirmed>(sql, text);
      return { revision: Number(row?.revision ?? 0), now: Number(row?.now) };
    },
    holdRevision: async () => {
      await sql.rows(`SELECT revision FROM configuration_revision WHERE id = 1${forUpdate}`);
    },
    advance: async () => {
      await sql.run('UPDATE configuration_revision SET revision = revision + 1 WHERE id = 1');
      return readRevision(sql);
    },
    lockFlag: (idOrKey) => findFlag(sql, idOrKey, forUpdate),
    putFlag: (flag) => putFlag(sql, flag),
    load: () => loadConfiguration(sql),
    putSegment: (segment) => putSegment(sql, segment),
    dropSegment: async (key) => {
      await sql.run('DELETE FROM segments WHERE segment_key = ?', [key]);
    },
    stages: () => readStages(sql),
    putStages: (list) => putStages(sql, list),
    putActions: (actions) => putActions(sql, actions),
    dropAction: async (name) => {
      const text = `SELECT name, client_trackable FROM actions WHERE name = ?${forUpdate}`;
      const row = await firstRow<ActionRow>(sql, text, [name]);
      await sql.run('DELETE FROM actions WHERE name = ?', [name]);
      return row && actionOf(row);
    },
    roleAccess: (flagId) => loadRoleAccess(sql, flagId),
    putRoleAccess: (rows) => putRoleAccess(sql, rows),
    dropRoleAccess: (rows) => dropByKey(sql, 'role_access', ROLE_ACCESS_KEY, rows.map(roleAccessKey)),
    withoutRows: (flagIds) => flagsWithoutRows(sql, flagIds),
  };
}

async function putFlag(sql: Sql, flag: Flag): Promise<void> {
  const there = await firstRow(sql, `SELECT id FROM flags WHERE id = ?${sql.dialect.forUpdate}`, [flag.id]);
  const values = flagValues(flag);
  try {
    // Not an upsert: one that finds the key under another id would overwrite that other flag.
    if (there === undefined) {
      await insertRows(sql, { table: 'flags', columns: FLAG_COLUMNS, keyLength: 1, rows: [values] });
    } else {
      const assignments = FLAG_COLUMNS.map((column) => `${column} = ?`).join(', ');
      await sql.run(`UPDATE flags SET ${assignments} WHERE id = ?`, [...values, flag.id]);
    }
  } catch (error) {
    throw sql.dialect.failureOf(error) === 'duplicate' ? new KeyTaken(flag.key) : error;
  }
  await sql.run('DELETE FROM flag_tags WHERE flag_id = ?', [flag.id]);
  const tags = flag.tags.map((tag) => [flag.id, tag]);
  await insertRows(sql, {
    table: 'flag_tags',
    columns: ['flag_id', 'tag'],
    keyLength: 2,
    rows: tags,
    existing: 'keep',
  });
}

async function putSegment(sql: Sql, segment: Segment): Promise<void> {
  await insertRows(sql, {
    table: 'segments',
    columns: SEGMENT_COLUMNS,
    keyLength: 1,
    rows: [segmentValues(segment)],
    existing: {
      id: 'replace',
      name: 'replace',
      conditions: 'replace',
      version: 'replace',
      created_at: 'replace',
      updated_at: 'replace',
    },
  });
}

async function putActions(sql: Sql, actions: readonly Action[]): Promise<void> {
  await insertRows(sql, {
    table: 'actions',
    columns: ['name', 'client_trackable'],
    keyLength: 1,
    rows: actions.map(({ name, clientTrackable }) => [name, Number(clientTrackable)]),
    existing: { client_trackable: 'replace' },
  });
}

async function putRoleAccess(sql: Sql, rows: readonly AccessRow[]): Promise<void> {
  await insertRows(sql, {
    table: 'role_access',
    columns: [...ROLE_ACCESS_KEY, 'effect', 'enabled'],
    keyLength: ROLE_ACCESS_KEY.length,
    rows: rows.map((row) => [...roleAccessKey(row), row.effect, Number(row.enabled)]),
    existing: { effect: 'replace', enabled: 'replace' },
  });
}

function roleAccessKey(row: AccessRow): readonly string[] {
  return [row.flagId, row.role, row.managedBy];
}
