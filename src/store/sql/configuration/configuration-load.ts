import type { AccessRow, Action, Configuration, Effect } from '../../../core/flags/flag.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { announcedTypes } from '../webhooks/webhooks.js';
import { FLAG_COLUMNS, type FlagRow, flagOf } from './flag-row.js';
import { SEGMENT_COLUMNS, type SegmentRow, segmentOf } from './segment-row.js';

export interface RoleAccessRow {
  readonly flag_id: string;
  readonly role: string;
  readonly managed_by: string;
  readonly effect: Effect;
  readonly enabled: number;
}

export interface ActionRow {
  readonly name: string;
  readonly client_trackable: number;
}

/** The newest revision that `sql` sees. */
export async function readRevision(sql: Sql): Promise<number> {
  const row = await firstRow<{ revision: number }>(sql, `SELECT revision FROM configuration_revision WHERE id = 1`);
  return row?.revision ?? 0;
}

/** All parts of the configuration; give it a snapshot, or a transaction. Lists by key, stages in their order. */
export async function loadConfiguration(sql: Sql): Promise<Configuration> {
  const revision = await readRevision(sql);
  const flags = await sql.rows<FlagRow>(`SELECT ${FLAG_COLUMNS.join(', ')} FROM flags ORDER BY flag_key`);
  const segments = await sql.rows<SegmentRow>(
    `SELECT ${SEGMENT_COLUMNS.join(', ')} FROM segments ORDER BY segment_key`,
  );
  const stages = await sql.rows<{ name: string; self_settable: number }>(
    'SELECT name, self_settable FROM stages ORDER BY position',
  );
  const actions = await sql.rows<ActionRow>('SELECT name, client_trackable FROM actions ORDER BY name');
  const roleAccess = await sql.rows<RoleAccessRow>(
    'SELECT flag_id, role, managed_by, effect, enabled FROM role_access ORDER BY flag_id, role, managed_by',
  );
  return {
    revision,
    flags: flags.map(flagOf),
    segments: segments.map(segmentOf),
    stages: stages.map((row) => ({ name: row.name, selfSettable: row.self_settable !== 0 })),
    actions: actions.map(actionOf),
    roleAccess: roleAccess.map(roleAccessOf),
    announced: await announcedTypes(sql),
  };
}

/** The platform-wide role rows of one flag. */
export async function loadRoleAccess(sql: Sql, flagId: string): Promise<readonly AccessRow[]> {
  const text =
    'SELECT flag_id, role, managed_by, effect, enabled FROM role_access WHERE flag_id = ? ORDER BY role, managed_by';
  return (await sql.rows<RoleAccessRow>(text, [flagId])).map(roleAccessOf);
}

function roleAccessOf(row: RoleAccessRow): AccessRow {
  return {
    flagId: row.flag_id,
    userId: '',
    role: row.role,
    organizationId: '',
    managedBy: row.managed_by,
    effect: row.effect,
    enabled: row.enabled !== 0,
  };
}

export function actionOf(row: ActionRow): Action {
  return { name: row.name, clientTrackable: row.client_trackable !== 0 };
}
