import type { Effect } from '../../../core/flags/flag.js';
import { foldLedger, type LedgerKind } from '../../../core/states/ledger.js';
import { type ActionDay, type ActionTotal, type UserState, unknownUser } from '../../../core/states/user-state.js';
import { chunksOf } from '../engine/rows-by-key.js';
import { parseJson, type Sql, type SqlValue } from '../engine/sql.js';
import type { LockedUsers } from './locked-users.js';
import { userKeys } from './user-keys.js';
import {
  ACCESS,
  DAY,
  PROFILE,
  STAGE,
  TIMER,
  TOTAL,
  UNLOCK,
  type UserStateRow,
  type UserStateTable,
  userStateQuery,
} from './user-state-query.js';

const USERS_PER_STATEMENT = 500;

/** Users' states, one for each id. */
export async function loadUsers(sql: Sql, ids: Iterable<string>): Promise<ReadonlyMap<string, UserState>> {
  return statesOf(await readRows(sql, ids, isOfState));
}

/** The states of users whom the transaction has locked; adds to `locked` what else of them it may need. */
export async function loadLocked(
  sql: Sql,
  ids: Iterable<string>,
  locked: LockedUsers,
): Promise<ReadonlyMap<string, UserState>> {
  const rowsOf = await readRows(sql, ids, () => true);
  for (const [id, rows] of rowsOf) locked.read(id, rows);
  return statesOf(rowsOf);
}

const isOfState = ({ kind }: UserStateTable): boolean => kind !== TIMER;

async function readRows(
  sql: Sql,
  ids: Iterable<string>,
  isRead: (table: UserStateTable) => boolean,
): Promise<ReadonlyMap<string, UserStateRow[]>> {
  const { dialect } = sql;
  const rowsOf = new Map<string, UserStateRow[]>();
  for (const id of ids) rowsOf.set(id, []);
  for (const some of chunksOf(userKeys(rowsOf.keys()), USERS_PER_STATEMENT)) {
    const values: SqlValue[] = [];
    const query = userStateQuery(dialect, (table) => {
      if (!isRead(table)) return undefined;
      for (const key of some) values.push(...key);
      return dialect.isOneOf(table.key, some.length);
    });
    for (const row of await sql.rows<UserStateRow>(query, values)) rowsOf.get(row.user_id)?.push(row);
  }
  return rowsOf;
}

function statesOf(rowsOf: ReadonlyMap<string, UserStateRow[]>): ReadonlyMap<string, UserState> {
  return new Map([...rowsOf].map(([id, rows]) => [id, rows.length === 0 ? unknownUser(id) : userStateOf(id, rows)]));
}

/** A state from its rows, in any order. */
export function userStateOf(id: string, rows: readonly UserStateRow[]): UserState {
  const of = (kind: number): UserStateRow[] => rows.filter((row) => row.kind === kind);
  const [profile] = of(PROFILE);
  return {
    ...unknownUser(id),
    ...(profile && profileOf(profile)),
    access: of(ACCESS).map((row) => ({
      flagId: row.s1,
      managedBy: row.s2,
      effect: row.s3 as Effect,
      enabled: row.n1 !== 0,
    })),
    stagesReached: of(STAGE)
      .sort(bySequence)
      .map((row) => ({ stage: row.s1, reachedAt: row.n1 })),
    actions: new Map(of(TOTAL).map((row) => [row.s1, totalOf(row)])),
    actionDays: daysOf(of(DAY)),
    ledger: foldLedger(
      of(UNLOCK)
        .sort(bySequence)
        .map((row) => ({
          flagId: row.s1,
          ruleId: row.s2,
          kind: row.s3 as LedgerKind,
          ruleVersion: row.n1,
          earnedAt: row.n2 ?? 0,
        })),
    ),
  };
}

function profileOf(row: UserStateRow): Partial<UserState> {
  return {
    organizationId: row.s1,
    roles: parseJson<readonly string[]>(row.s2),
    attributes: parseJson(row.s3),
    stage: row.s4,
    revision: row.n1,
    ...(row.n2 !== null && { joinedAt: row.n2 }),
    emailVerified: (row.n3 & 1) !== 0,
    ...((row.n3 & 2) !== 0 && { identified: true }),
    ...(row.s5 !== '' && { expectedOrganization: row.s5 }),
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
    recentDays: BigInt(row.s2),
  };
}

function daysOf(rows: readonly UserStateRow[]): ReadonlyMap<string, readonly ActionDay[]> {
  const days = new Map<string, ActionDay[]>();
  for (const row of rows.toSorted(bySequence)) {
    const ofAction = days.get(row.s1) ?? [];
    days.set(row.s1, ofAction);
    ofAction.push({ day: row.n3, count: row.n1, sum: BigInt(row.s3) });
  }
  return days;
}

/** The order of rows of one table: by `n3`, which is a sequence number or a day. */
function bySequence(a: UserStateRow, b: UserStateRow): number {
  return a.n3 - b.n3;
}
