import type { AccessRow, Action, Derivation, Flag, Segment } from '../../../core/flags/flag.js';
import { type ConfigurationWriter, type Confirmed, KeyTaken } from '../../configuration-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, dropByKey, rowsByKey } from '../engine/rows-by-key.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { flagsWithoutRows } from './access-listing.js';
import { markPart, PRESENT_REVISION } from './changed-revision.js';
import {
  ACTION_COLUMNS,
  type ActionRow,
  actionOf,
  loadChanges,
  loadConfiguration,
  loadRoleAccess,
  readRevision,
} from './configuration-load.js';
import { FLAG_COLUMNS, findFlag, flagValues } from './flag-row.js';
import { SEGMENT_COLUMNS, segmentValues } from './segment-row.js';
import { putStages, readStages } from './stage-list.js';

const ROLE_ACCESS_KEY = ['flag_id', 'role', 'managed_by'] as const;

export function configurationWriter(sql: Sql): ConfigurationWriter {
  const { forUpdate, forShare } = sql.dialect;
  let advanced = false;
  /** Runs a change, which is marked with the revision that this transaction makes. */
  const change = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!advanced) throw new Error('the configuration is changed before its revision was raised: call advance first');
    return work();
  };
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
      advanced = true;
      const raised = sql.run('UPDATE configuration_revision SET revision = revision + 1 WHERE id = 1');
      const [revision] = await Promise.all([readRevision(sql), raised]);
      return revision;
    },
    lockFlag: (idOrKey) => findFlag(sql, idOrKey, forUpdate),
    putFlag: (flag) => change(() => putFlag(sql, flag)),
    load: () => loadConfiguration(sql),
    changes: (since) => loadChanges(sql, since),
    putSegment: (segment) => change(() => putSegment(sql, segment)),
    dropSegment: (key) => change(() => dropSegment(sql, key)),
    stages: () => readStages(sql),
    putStages: (list) => change(() => putStages(sql, list)),
    putTimeZone: (zone) => change(() => putTimeZone(sql, zone)),
    putSearchAttributes: (paths) => change(() => putSearchAttributes(sql, paths)),
    putActions: (actions) => change(() => putActions(sql, actions)),
    dropAction: (name) => change(() => dropAction(sql, name)),
    roleAccess: (flagId) => loadRoleAccess(sql, flagId),
    putRoleAccess: (rows) => change(() => putRoleAccess(sql, rows)),
    dropRoleAccess: (rows) => change(() => dropRoleAccess(sql, rows)),
    withoutRows: (flagIds) => flagsWithoutRows(sql, flagIds),
  };
}

const FLAG_ASSIGNMENTS = FLAG_COLUMNS.map((column) => `${column} = ?`).join(', ');

async function putFlag(sql: Sql, flag: Flag): Promise<void> {
  const values = flagValues(flag);
  try {
    // Not an upsert: one that finds the key under another id would overwrite that other flag.
    const text = `UPDATE flags SET ${FLAG_ASSIGNMENTS}, changed_revision = ${PRESENT_REVISION} WHERE id = ?`;
    const found = await sql.run(text, [...values, flag.id]);
    // A row that is the same already may count as not changed.
    if (found > 0 || (await firstRow(sql, 'SELECT id FROM flags WHERE id = ?', [flag.id])) !== undefined) return;
    const expressions = { changed_revision: PRESENT_REVISION };
    await insertRows(sql, { table: 'flags', columns: FLAG_COLUMNS, keyLength: 1, rows: [values], expressions });
  } catch (error) {
    throw sql.dialect.failureOf(error) === 'duplicate' ? new KeyTaken(flag.key) : error;
  }
}

async function putSegment(sql: Sql, segment: Segment): Promise<void> {
  await insertRows(sql, {
    table: 'segments',
    columns: SEGMENT_COLUMNS,
    keyLength: 1,
    rows: [segmentValues(segment)],
    expressions: { changed_revision: PRESENT_REVISION },
    existing: {
      changed_revision: 'replace',
      id: 'replace',
      name: 'replace',
      conditions: 'replace',
      version: 'replace',
      created_at: 'replace',
      updated_at: 'replace',
    },
  });
}

async function dropSegment(sql: Sql, key: string): Promise<void> {
  await sql.run('DELETE FROM segments WHERE segment_key = ?', [key]);
  await markPart(sql, 'segments_dropped');
}

/** An action that was ever derived keeps its row, so that users forget what was counted of it. */
async function dropAction(sql: Sql, name: string): Promise<Action | undefined> {
  const text = `SELECT ${ACTION_COLUMNS} FROM actions WHERE name = ? AND declared = 1${sql.dialect.forUpdate}`;
  const row = await firstRow<ActionRow>(sql, text, [name]);
  await sql.run('DELETE FROM actions WHERE name = ? AND derived_changed = 0 AND derivation IS NULL', [name]);
  await sql.run('UPDATE actions SET declared = 0 WHERE name = ?', [name]);
  if (row !== undefined && row.derivation !== null) {
    const text = `UPDATE actions SET derivation = NULL, derived_changed = ${PRESENT_REVISION} WHERE name = ?`;
    await sql.run(text, [name]);
    await markPart(sql, 'actions_derived');
  }
  await markPart(sql, 'actions_changed');
  return row && actionOf(row);
}

async function putTimeZone(sql: Sql, zone: string): Promise<void> {
  await sql.run('UPDATE configuration_revision SET time_zone = ? WHERE id = 1', [zone]);
  await markPart(sql, 'time_zone_changed');
}

async function putSearchAttributes(sql: Sql, paths: readonly string[]): Promise<void> {
  await sql.run('UPDATE configuration_revision SET search_attributes = ? WHERE id = 1', [JSON.stringify(paths)]);
  await markPart(sql, 'search_changed');
}

async function putActions(sql: Sql, actions: readonly Action[]): Promise<void> {
  const before = await rowsByKey<ActionRow>(
    sql,
    ['name'],
    actions.map(({ name }) => [name]),
    (condition) => `SELECT ${ACTION_COLUMNS} FROM actions WHERE ${condition}`,
  );
  const derivations = new Map(before.map((row) => [row.name, row.derivation]));
  const isRederived = ({ name, derivation }: Action): boolean =>
    derivationText(derivation) !== (derivations.get(name) ?? null);
  const put = async (some: readonly Action[], rederived: boolean): Promise<void> => {
    await insertRows(sql, {
      table: 'actions',
      columns: ['name', 'client_trackable', 'derivation', 'declared'],
      keyLength: 1,
      rows: some.map((action) => [action.name, Number(action.clientTrackable), derivationText(action.derivation), 1]),
      ...(rederived && { expressions: { derived_changed: PRESENT_REVISION } }),
      existing: {
        client_trackable: 'replace',
        derivation: 'replace',
        declared: 'replace',
        ...(rederived && { derived_changed: 'replace' }),
      },
    });
  };
  const { true: rederived = [], false: others = [] } = Object.groupBy(actions, (action) => `${isRederived(action)}`);
  await put(others, false);
  await put(rederived, true);
  if (rederived.length > 0) await markPart(sql, 'actions_derived');
  await markPart(sql, 'actions_changed');
}

function derivationText(derivation: Derivation | undefined): string | null {
  return derivation === undefined ? null : JSON.stringify(derivation);
}

async function putRoleAccess(sql: Sql, rows: readonly AccessRow[]): Promise<void> {
  await insertRows(sql, {
    table: 'role_access',
    columns: [...ROLE_ACCESS_KEY, 'effect', 'enabled'],
    keyLength: ROLE_ACCESS_KEY.length,
    rows: rows.map((row) => [...roleAccessKey(row), row.effect, Number(row.enabled)]),
    existing: { effect: 'replace', enabled: 'replace' },
  });
  await markFlags(sql, rows);
}

async function dropRoleAccess(sql: Sql, rows: readonly AccessRow[]): Promise<readonly boolean[]> {
  const dropped = await dropByKey(sql, 'role_access', ROLE_ACCESS_KEY, rows.map(roleAccessKey));
  await markFlags(sql, rows);
  return dropped;
}

/** Rows of roles are read with their flags. */
async function markFlags(sql: Sql, rows: readonly AccessRow[]): Promise<void> {
  const keys = [...new Set(rows.map(({ flagId }) => flagId))].toSorted().map((id) => [id]);
  const text = (condition: string): string =>
    `UPDATE flags SET changed_revision = ${PRESENT_REVISION} WHERE ${condition}`;
  await changeByKey(sql, ['id'], keys, text);
}

function roleAccessKey(row: AccessRow): readonly string[] {
  return [row.flagId, row.role, row.managedBy];
}
