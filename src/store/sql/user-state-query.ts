import type { Sql } from './sql.js';
import { USER_KEY } from './user-keys.js';

/** The tables a user's state is made of; each has its number in the rows of {@link userStateQuery}. */
export const PROFILE = 0;
export const ACCESS = 1;
export const STAGE = 2;
export const TOTAL = 3;
export const DAY = 4;
export const UNLOCK = 5;

/** A row of any of these tables, its columns put under common names: strings, whole numbers and one fraction. */
export interface UserStateRow {
  readonly kind: number;
  readonly user_id: string;
  readonly s1: string;
  readonly s2: string;
  readonly s3: string;
  readonly s4: string;
  readonly n1: number;
  readonly n2: number | null;
  readonly n3: number;
  readonly n4: number | null;
  readonly d1: number;
}

/** How often the users' keys are bound: once for each table. */
export const USER_STATE_TABLES = 6;

/** Everything about `count` users in one statement: one instant, and one round trip however many tables. */
export function userStateQuery(sql: Sql, count: number): string {
  const { asText, isOneOf, useIndex } = sql.dialect;
  const from = (table: string, columns: readonly string[]): string =>
    `FROM ${table}${useIndex('PRIMARY')} WHERE ${isOneOf(columns, count)}`;
  const [part] = USER_KEY;
  return [
    `SELECT ${PROFILE} AS kind, id AS user_id, organization_id AS s1, roles AS s2, attributes AS s3, stage AS s4, ` +
      'revision AS n1, joined_at AS n2, email_verified AS n3, stage_entered_at AS n4, COALESCE(deleted_at, 0) + 0e0 AS d1 ' +
      from('users', [part, 'id']),
    `SELECT ${ACCESS}, user_id, flag_id, managed_by, effect, '', enabled, 0, 0, 0, 0e0 ${from('user_access', USER_KEY)}`,
    `SELECT ${STAGE}, user_id, stage, '', '', '', reached_at, 0, seq, 0, 0e0 ${from('stages_reached', USER_KEY)}`,
    `SELECT ${TOTAL}, user_id, action, ${asText('recent_days')}, '', '', event_count, active_days, first_at, last_at, ` +
      `value_sum ${from('action_totals', USER_KEY)}`,
    `SELECT ${DAY}, user_id, action, '', '', '', event_count, 0, day, 0, value_sum ${from('action_days', USER_KEY)}`,
    `SELECT ${UNLOCK}, user_id, flag_id, rule_id, kind, '', rule_version, earned_at, seq, 0, 0e0 ` +
      from('unlocks', USER_KEY),
  ].join(' UNION ALL ');
}
