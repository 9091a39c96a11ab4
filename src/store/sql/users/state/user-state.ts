import type { Effect } from '../../../../core/flags/flag.js';
import { foldLedger, type LedgerFold, type LedgerKind } from '../../../../core/states/ledger.js';
import {
  type ActionDay,
  type ActionNames,
  type ActionTotal,
  type Earner,
  lastDayMember,
  lastDayOf,
  type UserAccess,
  type UserState,
  unknownEarner,
  unknownUser,
} from '../../../../core/states/user-state.js';
import { commaSeparated, type SqlValue } from '../../engine/dialect.js';
import { chunksOf } from '../../engine/rows-by-key.js';
import { parseJson, type Sql } from '../../engine/sql.js';
import { userKeys } from '../../engine/user-keys.js';
import type { LockedUsers } from './locked-users.js';
import {
  ACCESS,
  DAY,
  PROFILE,
  STAGE,
  TIMER,
  TOTAL,
  UNLOCK,
  type UserStateRow,
  userStateQuery,
} from './user-state-query.js';

/**
 * How many users a prepared statement reads: one of few numbers, so that there are few statements. Where there are fewer users, the
 * last one stands several times.
 */
const USERS_PER_STATEMENT = [500, 350, 250, 175, 125, 90, 65, 50, 35, 25, 18, 12, 8, 5, 3, 2, 1];

export interface LoadedUsers {
  readonly states: ReadonlyMap<string, UserState>;
  /** Those for whom some action was counted when it was derived otherwise, or not derived; see `bringUp`. */
  readonly behind: readonly UserState[];
}

/** Users' states, one for each id, with the days of some actions, or of all. */
export async function loadUsers(
  sql: Sql,
  ids: Iterable<string>,
  daysOf?: ActionNames,
  earner: Earner = 'user',
): Promise<LoadedUsers> {
  return loadedFrom(await readRows(sql, ids, { timers: false, daysOf, prepared: true, earner }), daysOf, earner);
}

/** The states of users whom the transaction has locked; adds to `locked` what else of them it may need. */
export async function loadLocked(
  sql: Sql,
  ids: Iterable<string>,
  { locked, daysOf, earner }: Pick<Reading, 'daysOf' | 'earner'> & { readonly locked: LockedUsers },
): Promise<LoadedUsers> {
  const rowsOf = await readRows(sql, ids, { timers: true, daysOf, prepared: false, earner });
  for (const [id, rows] of rowsOf) locked.read(id, rows);
  return loadedFrom(rowsOf, daysOf, earner);
}

interface Reading {
  readonly timers: boolean;
  readonly daysOf: ActionNames | undefined;
  readonly prepared: boolean;
  readonly earner: Earner;
}

async function readRows(
  sql: Sql,
  ids: Iterable<string>,
  { timers, daysOf, prepared, earner }: Reading,
): Promise<ReadonlyMap<string, UserStateRow[]>> {
  const { dialect } = sql;
  const rowsOf = new Map<string, UserStateRow[]>();
  for (const id of ids) rowsOf.set(id, []);
  for (const some of chunksOf(userKeys(rowsOf.keys(), earner), USERS_PER_STATEMENT[0]!)) {
    const users = prepared ? USERS_PER_STATEMENT.findLast((number) => number >= some.length)! : some.length;
    const keys = some.flat();
    for (let i = some.length; i < users; i++) keys.push(...some.at(-1)!);
    const values: SqlValue[] = [];
    const query = userStateQuery(dialect, ({ kind, key }) => {
      const actions = kind === DAY ? daysOf : undefined;
      if ((kind === TIMER && !timers) || actions?.size === 0) return undefined;
      values.push(...keys);
      const isUser = dialect.isOneOf(key, users);
      if (actions === undefined) return isUser;
      values.push(...actions.keys());
      return `${isUser} AND ${isOneAction(actions.size, users)}`;
    });
    for (const row of await sql.rows<UserStateRow>(query, values, { prepared })) rowsOf.get(row.user_id)?.push(row);
  }
  return rowsOf;
}

/**
 * How many places in the index one statement may ask for: an engine that is asked for too many looks through the whole table. Beyond
 * it the days of the users are found by the index, and those of the actions among them.
 */
const MOST_PLACES = 5_000;

function isOneAction(actions: number, users: number): string {
  const column = actions * users > MOST_PLACES ? "COALESCE(action, '')" : 'action';
  return `${column} IN (${commaSeparated('?', actions)})`;
}

function loadedFrom(
  rowsOf: ReadonlyMap<string, UserStateRow[]>,
  daysOf: ActionNames | undefined,
  earner: Earner,
): LoadedUsers {
  const states = new Map<string, UserState>();
  const behind: UserState[] = [];
  const known = daysOf === undefined ? {} : { daysOf };
  for (const [id, rows] of rowsOf) {
    const state = rows.length === 0 ? unknown(id, earner) : { ...userStateOf(id, rows, daysOf, earner), ...known };
    states.set(id, state);
    if (rows.some(isBehind)) behind.push(state);
  }
  return { states, behind };
}

/** Whether a row is of a user for whom some action was counted when it was derived otherwise. */
export function isBehind({ kind, n3 }: UserStateRow): boolean {
  return kind === PROFILE && (n3 & 4) !== 0;
}

/** A state from its rows, in any order, with the days of some actions, or of all. */
export function userStateOf(
  id: string,
  rows: readonly UserStateRow[],
  named: ActionNames | undefined,
  earner: Earner = 'user',
): UserState {
  const actions = new Map<string, ActionTotal>();
  const access: UserAccess[] = [];
  const [stages, days, unlocks]: readonly [UserStateRow[], UserStateRow[], UserStateRow[]] = [[], [], []];
  let profile: Partial<UserState> | undefined;
  for (const row of rows) {
    if (row.kind === TOTAL) actions.set(row.s1, totalOf(row));
    else if (row.kind === PROFILE) profile = profileOf(row);
    else if (row.kind === ACCESS) access.push(accessOf(row));
    else if (row.kind === STAGE) stages.push(row);
    else if (row.kind === DAY) days.push(row);
    else if (row.kind === UNLOCK) unlocks.push(row);
  }
  const allDays = actionDays(days, actions, named ?? actions);
  return {
    ...unknownUser(id),
    ...profile,
    // An organization has no profile as an earner, and is in itself.
    ...(earner === 'organization' && { organizationId: id }),
    ...(access.length > 0 && { access }),
    ...(stages.length > 0 && {
      stagesReached: stages.sort(bySequence).map((row) => ({ stage: row.s1, reachedAt: row.n1 })),
    }),
    ...(actions.size > 0 && { actions }),
    ...(allDays.size > 0 && { actionDays: allDays }),
    ...(unlocks.length > 0 && { ledger: foldLedger(unlocks.sort(bySequence).map(entryOf)) }),
  };
}

function unknown(id: string, earner: Earner): UserState {
  return earner === 'user' ? unknownUser(id) : unknownEarner(id);
}

function accessOf(row: UserStateRow): UserAccess {
  return { flagId: row.s1, managedBy: row.s2, effect: row.s3 as Effect, enabled: row.n1 !== 0 };
}

function entryOf(row: UserStateRow): LedgerFold {
  return {
    flagId: row.s1,
    ruleId: row.s2,
    kind: row.s3 as LedgerKind,
    ruleVersion: row.n1,
    earnedAt: row.n2 ?? 0,
  };
}

function profileOf(row: UserStateRow): Partial<UserState> {
  return {
    organizationId: row.s1,
    roles: parseJson<readonly string[]>(row.s2),
    attributes: parseJson(row.s3),
    stage: row.s4,
    revision: row.n1,
    // A row that was only locked so far has been written by nobody.
    ...(row.n1 > 0 && { writtenAt: row.n6 }),
    ...(row.n2 !== null && { joinedAt: row.n2 }),
    emailVerified: (row.n3 & 1) !== 0,
    ...((row.n3 & 2) !== 0 && { identified: true }),
    ...(row.s5 !== '' && { expectedOrganization: row.s5 }),
    ...(row.s6 !== '' && { timeZone: row.s6 }),
    ...(row.s7 !== '' && { dayZone: { zone: row.s7, since: row.n7 } }),
    ...(row.n4 !== null && { stageEnteredAt: row.n4 }),
    ...(row.n5 !== 0 && { deletedAt: row.n5 }),
  };
}

function totalOf(row: UserStateRow): ActionTotal {
  return {
    count: row.n1,
    sum: BigInt(row.s3),
    activeDays: row.n2 ?? 0,
    firstAt: row.n3,
    lastAt: row.n4 ?? 0,
    ...lastDayMember(row.n6, row.n4 ?? 0),
    recentDays: BigInt(row.s2),
    ...(row.n5 > 0 && { openDay: { count: row.n5, sum: BigInt(row.s4) } }),
    ...(row.s5 !== '' && { streaks: row.s5 }),
  };
}

/** Days from their rows, and the last day of each of the named actions from its total. */
function actionDays(
  rows: readonly UserStateRow[],
  actions: ReadonlyMap<string, ActionTotal>,
  named: ActionNames,
): ReadonlyMap<string, readonly ActionDay[]> {
  const days = new Map<string, ActionDay[]>();
  for (const row of rows.toSorted(bySequence)) {
    const ofAction = days.get(row.s1) ?? [];
    days.set(row.s1, ofAction);
    ofAction.push({ day: row.n3, count: row.n1, sum: BigInt(row.s3) });
  }
  for (const action of named.keys()) {
    const total = actions.get(action);
    if (total?.openDay === undefined) continue;
    days.set(action, withDay(days.get(action) ?? [], { day: lastDayOf(total), ...total.openDay }));
  }
  return days;
}

/** Days with the last one after the others, or added to it where it has a row already. */
function withDay(days: readonly ActionDay[], last: ActionDay): ActionDay[] {
  const before = days.at(-1);
  if (before?.day !== last.day) return [...days, last];
  return [...days.slice(0, -1), { ...last, count: before.count + last.count, sum: before.sum + last.sum }];
}

/** The order of rows of one table: by `n3`, which is a sequence number or a day. */
function bySequence(a: UserStateRow, b: UserStateRow): number {
  return a.n3 - b.n3;
}
