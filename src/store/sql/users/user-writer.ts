import type { AccessRow } from '../../../core/flags/flag.js';
import { type Earner, NO_ACTIONS } from '../../../core/states/user-state.js';
import type { EarnerWriter, UserProfile, UserWriter } from '../../user-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, dropByKey } from '../engine/rows-by-key.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { USER_KEY, type UserKey, userKey, userKeys } from '../engine/user-keys.js';
import { bringUp, dropCounted, storeBroughtUp } from './counts/derived-actions.js';
import { addDistinctValues, dropDistinctValues, knownValues } from './counts/distinct-values.js';
import { firstAndLast, keptPage, lastEvents } from './counts/kept-events.js';
import { putSpans, readSpans } from './counts/sequence-spans.js';
import { addDays, dayRows, forgetActions, putTotals, takeDays } from './counts/totals.js';
import { timerWriter } from './ledger/timer-store.js';
import { appendLedger } from './ledger/unlock-ledger.js';
import { putMemberRoles } from './member-roles.js';
import { putMembership, readMemberships } from './memberships.js';
import { leaveSearched, putSearched } from './searched-users.js';
import { countedWhole, recounted } from './stages/counted-users.js';
import { putStage } from './stages/put-stage.js';
import type { StageCounts } from './stages/stage-counts.js';
import type { LockedUsers } from './state/locked-users.js';
import { loadLocked, loadUsers } from './state/user-state.js';
import { addDeleted, removeUser } from './user-removal.js';

const ACCESS_KEY = ['part', 'user_id', 'flag_id', 'managed_by'] as const;

export function userWriter(sql: Sql, locked: LockedUsers, counts: StageCounts): UserWriter {
  const subjects = subjectWriter(sql, locked, 'user');
  return {
    ...subjects,
    putProfiles: async (profiles) => {
      const keys = userKeys(profiles.map(({ userId }) => userId));
      const put = () => Promise.all([putProfiles(sql, profiles), putMemberRoles(sql, profiles)]);
      await recounted(sql, counts, keys, put);
    },
    claimsAt: async (userId) => {
      const query = 'SELECT claims_at FROM users WHERE part = ? AND id = ?';
      return (await firstRow<{ claims_at: number | null }>(sql, query, userKey(userId)))?.claims_at ?? undefined;
    },
    putClaimsAt: async (userId, issuedAt) => {
      await sql.run('UPDATE users SET claims_at = ? WHERE part = ? AND id = ?', [issuedAt, ...userKey(userId)]);
    },
    expect: async (userIds, organizationId) => {
      await changeByKey(
        sql,
        ['part', 'id'],
        userKeys(userIds),
        (condition) => `UPDATE users SET expected_organization = ? WHERE ${condition}`,
        [organizationId],
      );
    },
    leave: async (userIds) => {
      const leave = (condition: string): string => `UPDATE users SET organization_id = '' WHERE ${condition}`;
      const dropped = (condition: string): string => `DELETE FROM user_roles WHERE ${condition}`;
      const keys = userKeys(userIds);
      await recounted(sql, counts, keys, () =>
        Promise.all([
          changeByKey(sql, ['part', 'id'], keys, leave),
          changeByKey(sql, USER_KEY, keys, dropped),
          leaveSearched(sql, keys),
        ]),
      );
    },
    putSearched: (userId, found) => putSearched(sql, [{ key: userKey(userId), ...found }]),
    putMembership: async (userId, membership) => {
      await makeEarner(sql, membership.organizationId);
      await putMembership(sql, userId, membership);
    },
    memberships: (userIds) => readMemberships(sql, userIds),
    putStage: (userId, change) => putStage(sql, counts, userId, change),
    remove: (userId, removal) => countedWhole(sql, counts, [userKey(userId)], () => subjects.remove(userId, removal)),
    putAccess: async (rows) => {
      await insertRows(sql, {
        table: 'user_access',
        columns: [...ACCESS_KEY, 'effect', 'enabled'],
        keyLength: ACCESS_KEY.length,
        rows: rows.map((row) => [...accessKey(row), row.effect, Number(row.enabled)]),
        existing: { effect: 'replace', enabled: 'replace' },
      });
    },
    dropAccess: (rows) => dropByKey(sql, 'user_access', ACCESS_KEY, rows.map(accessKey)),
    countDeleted: () => addDeleted(sql, [{ kind: 'users', name: '', total: 1, sum: 0 }]),
  };
}

/** Organizations as earners: the same tables, and partitions of their own. */
export function earnerWriter(sql: Sql, locked: LockedUsers): EarnerWriter {
  return { ...subjectWriter(sql, locked, 'organization'), timers: timerWriter(sql, locked, 'organization') };
}

/** What is written about a subject of either kind. */
function subjectWriter(sql: Sql, locked: LockedUsers, earner: Earner): Omit<EarnerWriter, 'timers'> {
  return {
    read: async (ids) => (await loadUsers(sql, ids, NO_ACTIONS, earner)).states,
    lock: async (ids, daysOf) => {
      const locking = lockUsers(sql, ids, earner);
      const [, { states, behind }] = await Promise.all([locking, loadLocked(sql, ids, { locked, daysOf, earner })]);
      if (behind.length === 0) return states;
      const broughtUp = await bringUp(sql, behind, { earner });
      await storeBroughtUp(sql, broughtUp, earner);
      return new Map([...states, ...broughtUp.states]);
    },
    putTotals: (totals) => putTotals(sql, totals, earner),
    addDays: (days) => addDays(sql, days, earner),
    distinctValues: (values) => knownValues(sql, values, earner),
    addDistinctValues: (values) => addDistinctValues(sql, values, earner),
    dropCounted: (of) => dropCounted(sql, of, earner),
    spans: (of) => readSpans(sql, of, earner),
    putSpans: (spans) => putSpans(sql, spans, earner),
    lastEvents: (userId, actions, limit) => lastEvents(sql, userKey(userId, earner), { actions, limit }),
    firstAndLast: (userId, of) => firstAndLast(sql, userKey(userId, earner), of),
    kept: (userId, actions, page) => keptPage(sql, userKey(userId, earner), { actions, ...page }),
    dropDistinctValues: (values) => dropDistinctValues(sql, values, earner),
    dayRows: (userId, actions) => dayRows(sql, userKey(userId, earner), actions),
    takeDays: (days) => takeDays(sql, days, earner),
    forgetActions: (userId, actions) => forgetActions(sql, userKey(userId, earner), actions),
    putDayZone: async (userId, { zone, since }) => {
      const text = 'UPDATE users SET day_zone = ?, day_zone_since = ? WHERE part = ? AND id = ?';
      await sql.run(text, [zone, since, ...userKey(userId, earner)]);
    },
    appendLedger: (entries) => appendLedger(sql, entries, { locked, earner }),
    advance: (ids, writtenAt) => advance(sql, userKeys(ids, earner), writtenAt),
    remove: (userId, removal) => {
      locked.forget(userId);
      return removeUser(sql, userId, { ...removal, earner });
    },
  };
}

/** Locks users by one statement, in the order of their keys: an insert locks the row that it makes, or that it finds. */
export async function lockUsers(sql: Sql, ids: readonly string[], earner: Earner): Promise<void> {
  const { nowMs } = sql.dialect;
  await insertRows(sql, {
    table: 'users',
    columns: ['part', 'id', 'roles', 'attributes'],
    keyLength: 2,
    rows: userKeys(ids, earner).map((key) => [...key, '[]', '{}']),
    expressions: { created_at: nowMs, updated_at: nowMs },
    existing: 'keep',
  });
}

/** Gives an organization its row as an earner, so that whoever walks all of them comes past it. Nearly every one has it already. */
async function makeEarner(sql: Sql, organizationId: string): Promise<void> {
  if (organizationId === '') return;
  const key = userKey(organizationId, 'organization');
  const known = await firstRow<{ id: string }>(sql, 'SELECT id FROM users WHERE part = ? AND id = ?', key);
  if (known === undefined) await lockUsers(sql, [organizationId], 'organization');
}

async function advance(sql: Sql, keys: readonly UserKey[], writtenAt?: ReadonlyMap<string, number>): Promise<void> {
  if (writtenAt === undefined) {
    const raise = `UPDATE users SET revision = revision + 1, updated_at = ${sql.dialect.nowMs} WHERE `;
    await changeByKey(sql, ['part', 'id'], keys, (condition) => raise + condition);
    return;
  }
  // The rows are there, since the users are locked: of this insert only what becomes of existing rows happens.
  await insertRows(sql, {
    table: 'users',
    columns: ['part', 'id', 'roles', 'attributes', 'revision', 'updated_at'],
    keyLength: 2,
    rows: keys.map((key) => [...key, '[]', '{}', 1, writtenAt.get(key[1])!]),
    existing: { revision: 'add', updated_at: 'replace' },
  });
}

async function putProfiles(sql: Sql, profiles: readonly UserProfile[]): Promise<void> {
  await insertRows(sql, {
    table: 'users',
    columns: [
      ...['part', 'id', 'organization_id', 'roles', 'joined_at', 'email_verified', 'attributes'],
      ...['identified', 'expected_organization', 'time_zone'],
    ],
    keyLength: 2,
    rows: profiles.map((profile) => [
      ...userKey(profile.userId),
      profile.organizationId,
      JSON.stringify(profile.roles),
      profile.joinedAt ?? null,
      Number(profile.emailVerified),
      JSON.stringify(profile.attributes),
      Number(profile.identified ?? true),
      profile.expectedOrganization ?? '',
      profile.timeZone ?? '',
    ]),
    existing: {
      organization_id: 'replace',
      roles: 'replace',
      joined_at: 'replace',
      email_verified: 'replace',
      attributes: 'replace',
      identified: 'replace',
      expected_organization: 'replace',
      time_zone: 'replace',
    },
  });
}

function accessKey(row: AccessRow): readonly (string | number)[] {
  return [...userKey(row.userId), row.flagId, row.managedBy];
}
