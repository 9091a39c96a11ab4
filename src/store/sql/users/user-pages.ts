import type { StateNeeds } from '../../../core/snapshot/state-needs.js';
import type { UserState } from '../../../core/states/user-state.js';
import { PARTITIONS } from '../../../core/values/partition.js';
import type { UserCursor, UserPage, UserPageRequest, UserPages } from '../../user-pages.js';
import { commaSeparated, type SqlValue } from '../engine/dialect.js';
import type { Engine, Sql } from '../engine/sql.js';
import { bringUp, countAs } from './derived-actions.js';
import type { UserKey } from './user-keys.js';
import { isBehind, userStateOf } from './user-state.js';
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
} from './user-state-query.js';

/** How many partitions the first statement of a count looks through, and about how many users each later one counts. */
const FIRST_PARTITIONS = 16;
const USERS_PER_COUNT = 5_000;
/** By how much a statement may look through more partitions than the one before, which may have found few users by chance. */
const MOST_GROWTH = 8;
/** The most actions that are read by name. Where more are needed, all actions are read, which costs less. */
const MOST_ACTIONS = 100;

/** The condition for users of whom something is stored: not what a deletion leaves, nor a row that was made to be locked. */
const IS_SOMEBODY =
  "(revision > 0 AND (deleted_at IS NULL OR organization_id <> '' OR roles <> '[]' OR joined_at IS NOT NULL OR " +
  "email_verified <> 0 OR attributes <> '{}' OR time_zone <> '' OR stage <> '' OR " +
  ['action_totals', 'unlocks', 'user_access']
    .map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE ${table}.part = users.part AND ${table}.user_id = users.id)`)
    .join(' OR ') +
  '))';

export function userPages(engine: Engine): UserPages {
  return {
    count: (organizationId, pause) => countUsers(engine.read, organizationId, pause),
    read: (request) => readPage(engine, request),
  };
}

async function countUsers(sql: Sql, organizationId: string, pause = letOthersRun): Promise<number> {
  const inOrganization = ofOrganization(organizationId);
  const index = indexFor(sql, organizationId);
  let users = 0;
  for (let first = 0, step = FIRST_PARTITIONS; first < PARTITIONS; ) {
    const [row] = await sql.rows<{ users: number }>(
      `SELECT COUNT(*) AS users FROM users${index} WHERE part >= ? AND part < ?${inOrganization.text} AND ${IS_SOMEBODY}`,
      [first, first + step, ...inOrganization.values],
    );
    const found = Number(row?.users ?? 0);
    users += found;
    first += step;
    step = Math.max(1, Math.floor(step * Math.min(MOST_GROWTH, USERS_PER_COUNT / Math.max(1, found))));
    await pause();
  }
  return users;
}

/** An embedded database answers within the call. */
function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function indexFor(sql: Sql, organizationId: string): string {
  return sql.dialect.useIndex(organizationId === '' ? 'PRIMARY' : 'users_organization');
}

/** A page, with derived actions counted anew for users who are behind: the page is then read again, as of one instant. */
async function readPage(engine: Engine, request: UserPageRequest): Promise<UserPage> {
  const { needs, countedAs } = request;
  const { actions } = needs;
  const { behind, ...page } = await pageAt(engine.read, request);
  if ((behind.length === 0 && countedAs === undefined) || actions?.size === 0) return page;
  return engine.snapshot(async (sql) => {
    const again = await pageAt(sql, request);
    const { states } = await bringUp(sql, again.behind, { only: actions });
    const users = again.users.map((user) => states.get(user.id) ?? user);
    return { ...again, users: countedAs === undefined ? users : await countAs(sql, users, countedAs) };
  });
}

async function pageAt(
  sql: Sql,
  request: UserPageRequest,
): Promise<UserPage & { readonly behind: readonly UserState[] }> {
  const { limit, needs } = request;
  const found = await keysAfter(sql, request);
  const keys = found.slice(0, limit);
  const last = keys.at(-1);
  if (last === undefined) return { users: [], timers: new Map(), next: undefined, behind: [] };
  const rowsOf = new Map<string, UserStateRow[]>();
  const timers = new Map<string, number>();
  const { text, values } = pageQuery(sql, { ...request, keys, needs });
  for (const row of await sql.rows<UserStateRow>(text, values)) {
    const rows = rowsOf.get(row.user_id);
    if (row.kind === TIMER) timers.set(row.user_id, row.n1);
    else if (rows === undefined) rowsOf.set(row.user_id, [row]);
    else rows.push(row);
  }
  // A user who is left out has no profile among the rows.
  const users = [...rowsOf].flatMap(([id, rows]) =>
    rows.some(({ kind }) => kind === PROFILE) ? [userStateOf(id, rows, needs.days)] : [],
  );
  const [partition, userId] = last;
  const behind = users.filter(({ id }) => rowsOf.get(id)!.some(isBehind));
  return { users, timers, next: found.length > limit ? { partition, userId } : undefined, behind };
}

/** The keys of a page, and of one more user where there is one. */
async function keysAfter(sql: Sql, { after, limit, organizationId }: UserPageRequest): Promise<readonly UserKey[]> {
  const inOrganization = ofOrganization(organizationId);
  // With the first condition every engine begins in the middle of its index.
  const rows = await sql.rows<{ part: number; id: string }>(
    `SELECT part, id FROM users${indexFor(sql, organizationId)} WHERE part >= ? AND (part, id) > (?, ?)${inOrganization.text} ` +
      'ORDER BY part, id LIMIT ?',
    [after.partition, after.partition, after.userId, ...inOrganization.values, limit + 1],
  );
  return rows.map(({ part, id }) => [part, id] as const);
}

interface Selection {
  readonly after: UserCursor;
  readonly keys: readonly UserKey[];
  readonly organizationId: string;
  readonly needs: StateNeeds;
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
  const { needs, organizationId } = selection;
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
      const inOrganization = ofOrganization(organizationId);
      return {
        text: `${who.text}${inOrganization.text} AND ${IS_SOMEBODY}`,
        values: [...who.values, ...inOrganization.values],
      };
    }
    default:
      return who;
  }
}

/** The condition for the users of a page: a range where it has all users, a list where it has an organization's. */
function whose(sql: Sql, columns: readonly string[], { after, keys, organizationId }: Selection): Condition {
  if (organizationId !== '') return { text: sql.dialect.isOneOf(columns, keys.length), values: keys.flat() };
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

function ofOrganization(organizationId: string): Condition {
  return organizationId === ''
    ? { text: '', values: [] }
    : { text: ' AND organization_id = ?', values: [organizationId] };
}
