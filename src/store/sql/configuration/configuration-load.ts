import { ANNOUNCED_TYPES, type AnnouncedType } from '../../../core/flags/announcement.js';
import type {
  AccessRow,
  Action,
  Configuration,
  ConfigurationChanges,
  Derivation,
  Effect,
} from '../../../core/flags/flag.js';
import { firstRow, parseJson, type Sql } from '../engine/sql.js';
import type { PartMark } from './changed-revision.js';
import { FLAG_COLUMNS, type FlagRow, flagOf } from './flag-row.js';
import { SEGMENT_COLUMNS, type SegmentRow, segmentOf } from './segment-row.js';
import { type StageRow, stageOf } from './stage-list.js';

interface RoleAccessRow {
  readonly flag_id: string;
  readonly role: string;
  readonly managed_by: string;
  readonly effect: Effect;
  readonly enabled: number;
}

export interface ActionRow {
  readonly name: string;
  readonly client_trackable: number;
  readonly derivation: string | null;
}

export const ACTION_COLUMNS = 'name, client_trackable, derivation';

type Mark = Exclude<PartMark, 'actions_derived'>;
type RevisionRow = Readonly<Record<Mark | 'revision', number>> & {
  readonly time_zone: string;
  readonly search_attributes: string;
};

/** Before any revision: everything has changed since. */
const NEVER = -1;

/** The newest revision that `sql` sees. */
export async function readRevision(sql: Sql): Promise<number> {
  const row = await firstRow<{ revision: number }>(sql, `SELECT revision FROM configuration_revision WHERE id = 1`);
  return row?.revision ?? 0;
}

/** All parts of the configuration; give it a snapshot, or a transaction. Lists by key, stages in their order. */
export async function loadConfiguration(sql: Sql): Promise<Configuration> {
  const changes = await loadChanges(sql, NEVER);
  const { stages = [], actions = [], announced = [], timeZone = 'UTC', searchAttributes = [] } = changes;
  const { revision, flags, segments, roleAccess } = changes;
  return { revision, flags, segments, stages, actions, roleAccess, announced, timeZone, searchAttributes };
}

/**
 * What changed of the configuration after that revision; give it a snapshot, or a transaction. All is asked for at once, so
 * that it costs one way to the engine and back where statements go together. Flags and segments are sorted here: asked for
 * in the order of their keys, engines read the whole table in that order rather than the few rows by their index.
 */
export async function loadChanges(sql: Sql, since: number): Promise<ConfigurationChanges> {
  const rows = <Row extends object>(text: string): Promise<readonly Row[]> => sql.rows<Row>(text, [since]);
  const changed = (mark: PartMark): string => `(SELECT ${mark} FROM configuration_revision WHERE id = 1) > ?`;
  const [marks, flags, roleAccess, segments, segmentKeys, stages, actions, endpoints] = await Promise.all([
    firstRow<RevisionRow>(
      sql,
      'SELECT revision, segments_dropped, stages_changed, actions_changed, announced_changed, time_zone_changed, ' +
        'search_changed, time_zone, search_attributes FROM configuration_revision WHERE id = 1',
    ),
    rows<FlagRow>(`SELECT ${FLAG_COLUMNS.join(', ')} FROM flags WHERE changed_revision > ?`),
    rows<RoleAccessRow>(
      'SELECT flag_id, role, managed_by, effect, enabled FROM role_access ' +
        'WHERE flag_id IN (SELECT id FROM flags WHERE changed_revision > ?) ORDER BY flag_id, role, managed_by',
    ),
    rows<SegmentRow>(`SELECT ${SEGMENT_COLUMNS.join(', ')} FROM segments WHERE changed_revision > ?`),
    rows<SegmentRow>(`SELECT segment_key FROM segments WHERE ${changed('segments_dropped')}`),
    rows<StageRow>(`SELECT name, self_settable FROM stages WHERE ${changed('stages_changed')} ORDER BY position`),
    rows<ActionRow>(
      `SELECT ${ACTION_COLUMNS} FROM actions WHERE declared = 1 AND ${changed('actions_changed')} ORDER BY name`,
    ),
    rows<EndpointRow>(`SELECT types FROM webhook_endpoints WHERE enabled = 1 AND ${changed('announced_changed')}`),
  ]);
  const has = (mark: Mark): boolean => (marks?.[mark] ?? 0) > since;
  return {
    revision: marks?.revision ?? 0,
    flags: flags.map(flagOf).toSorted(byKey),
    roleAccess: roleAccess.map(roleAccessOf),
    segments: segments.map(segmentOf).toSorted(byKey),
    ...(has('segments_dropped') && { segmentKeys: segmentKeys.map((row) => row.segment_key) }),
    ...(has('stages_changed') && { stages: stages.map(stageOf) }),
    ...(has('actions_changed') && { actions: actions.map(actionOf) }),
    ...(has('announced_changed') && { announced: announcedBy(endpoints) }),
    ...(has('time_zone_changed') && { timeZone: marks!.time_zone }),
    ...(has('search_changed') && { searchAttributes: parseJson<readonly string[]>(marks!.search_attributes) }),
  };
}

/** The platform-wide role rows of one flag. */
export async function loadRoleAccess(sql: Sql, flagId: string): Promise<readonly AccessRow[]> {
  const text =
    'SELECT flag_id, role, managed_by, effect, enabled FROM role_access WHERE flag_id = ? ORDER BY role, managed_by';
  return (await sql.rows<RoleAccessRow>(text, [flagId])).map(roleAccessOf);
}

function byKey(one: { readonly key: string }, other: { readonly key: string }): number {
  return one.key < other.key ? -1 : 1;
}

interface EndpointRow {
  readonly types: string;
}

/** The types of events that some enabled endpoint wants, in a fixed order. */
function announcedBy(endpoints: readonly EndpointRow[]): readonly AnnouncedType[] {
  const wanted = new Set(endpoints.flatMap(({ types }) => parseJson<readonly string[]>(types)));
  return ANNOUNCED_TYPES.filter((type) => wanted.has(type));
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
  const derivation = row.derivation === null ? {} : { derivation: parseJson<Derivation>(row.derivation) };
  return { name: row.name, clientTrackable: row.client_trackable !== 0, ...derivation };
}
