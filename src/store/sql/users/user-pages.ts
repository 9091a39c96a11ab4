import type { StateNeeds } from '../../../core/snapshot/state-needs.js';
import type { Earner, UserState } from '../../../core/states/user-state.js';
import { PARTITIONS, type PartitionRange } from '../../../core/values/partition.js';
import { FIRST_USER, type UserCursor, type UserPage, type UserPageRequest, type UserPages } from '../../user-pages.js';
import { commaSeparated, type Dialect, type SqlValue } from '../engine/dialect.js';
import type { Engine, Sql } from '../engine/sql.js';
import { type UserKey, userKeys } from '../engine/user-keys.js';
import { bringUp, countAs } from './counts/derived-actions.js';
import { isBehind, userStateOf } from './state/user-state.js';
import {
  ACCESS,
  DAY,
  PROFILE,
  STAGE,
  TIMER,
  TOTAL,
  type UserStateRow,
  type UserStateTable,
  userStateQuery,
} from './state/user-state-query.js';

/** How many partitions the first statement of a count looks through, and about how many users each later one counts. */
const FIRST_PARTITIONS = 16;
const USERS_PER_COUNT = 5_000;
/** By how much a statement may look through more partitions than the one before, which may have found few users by chance. */
const MOST_GROWTH = 8;
/** The most actions that are read by name. Where more are needed, all actions are read, which costs less. */
const MOST_ACTIONS = 100;

/** The condition for those who were not deleted, or of whom something was stored since. */
const isLeft = (...more: readonly string[]): string =>
  `(${['deleted_at IS NULL', ...more, ...['action_totals', 'unlocks'].map(hasRow)].join(' OR ')})`;

function hasRow(table: string): string {
  return `EXISTS (SELECT 1 FROM ${table} WHERE ${table}.part = users.part AND ${table}.user_id = users.id)`;
}

/** Users of whom something is stored: not what a deletion leaves, nor a row that was made to be locked. */
export const IS_SOMEBODY =
  'revision > 0 AND ' +
  isLeft(
    ...["organization_id <> ''", "roles <> '[]'", 'joined_at IS NOT NULL', 'email_verified <> 0', "attributes <> '{}'"],
    ...["time_zone <> ''", "stage <> ''", hasRow('user_access')],
  );

/**
 * Of organizations those too that have counted nothing: they may earn by what is known of them. One that was deleted is there again
 * once it has members.
 */
const isOrganization = ({ useIndex }: Dialect): string =>
  isLeft(
    `EXISTS (SELECT 1 FROM users AS members${useIndex('users_organization')} WHERE members.organization_id = users.id)`,
  );

function isThere({ dialect }: Sql, { earner }: Whom): string {
  return earner === 'organization' ? isOrganization(dialect) : IS_SOMEBODY;
}

export function userPages(engine: Engine): UserPages {
  return {
    count: (organizationId, pause, earner = 'user') => countUsers(engine.read, { organizationId, earner }, pause),
    naming: (organizationId, partitions) => usersNaming(engine.read, organizationId, partitions),
    read: (request) => readPage(engine, request),
    named: (userIds, request) => readPage(engine, { ...NAMED, ...request, keys: userKeys(userIds) }),
  };
}

async function countUsers(sql: Sql, whom: Whom, pause = letOthersRun): Promise<number> {
  const inOrganization = ofOrganization(whom);
  const index = indexFor(sql, whom);
  const { first: from, last } = PARTITIONS_OF[whom.earner ?? 'user'];
  let users = 0;
  for (let first = from, step = FIRST_PARTITIONS; first <= last; ) {
    const [row] = await sql.rows<{ users: number }>(
      `SELECT COUNT(*) AS users FROM users${index} WHERE part >= ? AND part < ?${inOrganization.text} AND ${isThere(sql, whom)}`,
      [first, Math.min(first + step, last + 1), ...inOrganization.values],
    );
    const found = Number(row?.users ?? 0);
    users += found;
    first += step;
    step = Math.max(1, Math.floor(step * Math.min(MOST_GROWTH, USERS_PER_COUNT / Math.max(1, found))));
    await pause();
  }
  return users;
}

async function usersNaming(
  sql: Sql,
  organizationId: string,
  { first, last }: PartitionRange,
): Promise<readonly string[]> {
  const { useIndex } = sql.dialect;
  const rows = await sql.rows<{ id: string }>(
    `SELECT id FROM users${useIndex('users_organization')} WHERE organization_id = ? AND part BETWEEN ? AND ? ` +
      `UNION SELECT id FROM users${useIndex('PRIMARY')} WHERE part BETWEEN ? AND ? AND expected_organization = ? ` +
      `UNION SELECT user_id FROM user_access${useIndex('PRIMARY')} WHERE part BETWEEN ? AND ? AND managed_by = ?`,
    [...[organizationId, first, last], ...[first, last, organizationId], ...[first, last, organizationId]],
  );
  return rows.map(({ id }) => id);
}

/** An embedded database answers within the call. */
function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A page whose users are known: there is nothing to look for. */
type KnownPage = UserPageRequest & { readonly keys?: readonly UserKey[] };

const NAMED = { after: FIRST_USER, limit: Infinity, organizationId: '' } as const;

/** Whose pages: of all of a kind, or of an organization's users. */
type Whom = Pick<UserPageRequest, 'organizationId' | 'earner' | 'order'>;

const PARTITIONS_OF: Readonly<Record<Earner, PartitionRange>> = {
  user: { first: 0, last: PARTITIONS - 1 },
  organization: { first: PARTITIONS, last: 2 * PARTITIONS - 1 },
};

function indexFor(sql: Sql, { organizationId, earner, order }: Whom): string {
  const ofOrganization = (organizationId !== '' && earner !== 'organization') || order === 'members';
  return sql.dialect.useIndex(ofOrganization ? 'users_organization' : 'PRIMARY');
}

/** A page, with derived actions counted anew for users who are behind: the page is then read again, as of one instant. */
async function readPage(engine: Engine, request: KnownPage): Promise<UserPage> {
  const { needs, countedAs } = request;
  const { actions } = needs;
  const { behind, ...page } = await pageAt(engine.read, request);
  if ((behind.length === 0 && countedAs === undefined) || actions?.size === 0) return page;
  return engine.snapshot(async (sql) => {
    const again = await pageAt(sql, request);
    const { states } = await bringUp(sql, again.behind, { only: actions, earner: request.earner ?? 'user' });
    const users = again.users.map((user) => states.get(user.id) ?? user);
    return { ...again, users: countedAs === undefined ? users : await countAs(sql, users, countedAs) };
  });
}

async function pageAt(
  sql: Sql,
  { earner = 'user', keys: known, ...whole }: KnownPage,
): Promise<UserPage & { readonly behind: readonly UserState[] }> {
  const { first } = PARTITIONS_OF[earner];
  const members = whole.order === 'members';
  const after = whole.after.partition < first && !members ? { partition: first, userId: '' } : whole.after;
  const request = { ...whole, after, earner };
  const { limit, needs } = request;
  const found =
    known?.map(([part, id]): KeyRow => ({ part, id, organization_id: '' })) ?? (await keysAfter(sql, request));
  const rows = found.slice(0, limit);
  const keys = rows.map(({ part, id }): UserKey => [part, id]);
  const last = rows.at(-1);
  if (last === undefined) return { users: [], timers: new Map(), next: undefined, behind: [] };
  const rowsOf = new Map<string, UserStateRow[]>();
  const timers = new Map<string, number>();
  const { text, values } = pageQuery(sql, { ...request, keys, needs, listed: known !== undefined });
  for (const row of await sql.rows<UserStateRow>(text, values)) {
    const rows = rowsOf.get(row.user_id);
    if (row.kind === TIMER) timers.set(row.user_id, row.n1);
    else if (rows === undefined) rowsOf.set(row.user_id, [row]);
    else rows.push(row);
  }
  // A user who is left out has no profile among the rows.
  const all = [...rowsOf].flatMap(([id, rows]) =>
    rows.some(({ kind }) => kind === PROFILE) ? [userStateOf(id, rows, needs.days, earner)] : [],
  );
  const users = request.order === 'members' ? inOrderOf(rows, all) : all;
  const behind = users.filter(({ id }) => rowsOf.get(id)!.some(isBehind));
  return { users, timers, next: found.length > limit ? cursorAt(last, request) : undefined, behind };
}

interface KeyRow {
  readonly part: number;
  readonly id: string;
  readonly organization_id: string;
}

function cursorAt({ part, id, organization_id: organizationId }: KeyRow, { order }: UserPageRequest): UserCursor {
  return { partition: part, userId: id, ...(order === 'members' && { organizationId }) };
}

/** The users in the order of their keys, without those who are of another organization since the keys were read. */
function inOrderOf(rows: readonly KeyRow[], users: readonly UserState[]): readonly UserState[] {
  const found = new Map(users.map((user) => [user.id, user]));
  return rows.flatMap(({ id, organization_id: organizationId }) => {
    const user = found.get(id);
    return user?.organizationId === organizationId ? [user] : [];
  });
}

/** The keys of a page, and of one more user where there is one. */
async function keysAfter(sql: Sql, request: UserPageRequest): Promise<readonly KeyRow[]> {
  if (request.order === 'members') return membersAfter(sql, request);
  const { after, limit, earner = 'user' } = request;
  const inOrganization = ofOrganization(request);
  // With the first condition every engine begins in the middle of its index.
  return sql.rows<KeyRow>(
    `SELECT part, id, organization_id FROM users${indexFor(sql, request)} WHERE part >= ? AND (part, id) > (?, ?) AND part <= ?${inOrganization.text} ` +
      'ORDER BY part, id LIMIT ?',
    [after.partition, after.partition, after.userId, PARTITIONS_OF[earner].last, ...inOrganization.values, limit + 1],
  );
}

/** Likewise of members: by an index that has all that is asked for, and each organization's members together. */
async function membersAfter(sql: Sql, request: UserPageRequest): Promise<readonly KeyRow[]> {
  const { partition, userId, organizationId = '' } = request.after;
  const inOrganization = ofOrganization(request);
  return sql.rows<KeyRow>(
    `SELECT part, id, organization_id FROM users${indexFor(sql, request)} WHERE organization_id >= ? AND ` +
      `(organization_id, part, id) > (?, ?, ?) AND organization_id <> ''${inOrganization.text} ` +
      'ORDER BY organization_id, part, id LIMIT ?',
    [organizationId, organizationId, partition, userId, ...inOrganization.values, request.limit + 1],
  );
}

interface Selection extends Whom {
  readonly after: UserCursor;
  readonly keys: readonly UserKey[];
  readonly needs: StateNeeds;
  /** Whether the keys do not stand one after the other. */
  readonly listed: boolean;
}

interface Condition {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

function pageQuery(sql: Sql, selection: Selection): Condition {
  const values: SqlValue[] = [];
  const text = userStateQuery(sql.dialect, (table) => {
    const condition = conditionOf(sql, table, selection);
    if (condition !== undefined) values.push(...condition.values);
    return condition?.text;
  });
  return { text, values };
}

function conditionOf(sql: Sql, { kind, key }: UserStateTable, selection: Selection): Condition | undefined {
  const { needs } = selection;
  const who = whose(sql, key, selection);
  switch (kind) {
    case ACCESS:
      return needs.access ? who : undefined;
    case STAGE:
      return needs.stagesReached ? who : undefined;
    case TOTAL:
      return ofActions(who, needs.actions);
    case DAY:
      return ofActions(who, needs.days);
    case PROFILE: {
      const inOrganization = ofOrganization(selection);
      return {
        text: `${who.text}${inOrganization.text} AND ${isThere(sql, selection)}`,
        values: [...who.values, ...inOrganization.values],
      };
    }
    default:
      return who;
  }
}

/** The condition for the users of a page: a range where it has all users, a list where it has an organization's, or those asked for. */
function whose(
  sql: Sql,
  columns: readonly string[],
  { after, keys, organizationId, order, listed }: Selection,
): Condition {
  if (listed || organizationId !== '' || order === 'members')
    return { text: sql.dialect.isOneOf(columns, keys.length), values: keys.flat() };
  return rangeOf(columns, after, keys.at(-1)!);
}

/** The condition for users after one and up to another: a part for each partition, which every engine finds by its index. */
function rangeOf([part, user]: readonly string[], after: UserCursor, [lastPart, lastUser]: UserKey): Condition {
  if (after.partition === lastPart) {
    return { text: `(${part} = ? AND ${user} > ? AND ${user} <= ?)`, values: [lastPart, after.userId, lastUser] };
  }
  return {
    text: `((${part} = ? AND ${user} > ?) OR (${part} > ? AND ${part} < ?) OR (${part} = ? AND ${user} <= ?))`,
    values: [after.partition, after.userId, after.partition, lastPart, lastPart, lastUser],
  };
}

function ofActions(range: Condition, actions: ReadonlySet<string> | undefined): Condition | undefined {
  if (actions === undefined || actions.size > MOST_ACTIONS) return range;
  if (actions.size === 0) return undefined;
  return {
    text: `${range.text} AND action IN (${commaSeparated('?', actions.size)})`,
    values: [...range.values, ...actions],
  };
}

function ofOrganization({ organizationId, earner }: Whom): Condition {
  if (organizationId === '') return { text: '', values: [] };
  return { text: ` AND ${earner === 'organization' ? 'id' : 'organization_id'} = ?`, values: [organizationId] };
}
