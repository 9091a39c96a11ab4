import type { Dialect } from '../../engine/dialect.js';
import { USER_KEY } from '../../engine/user-keys.js';

/** The tables that a user's state, and timer, are read from. Rows of {@link userStateQuery} name theirs by these numbers. */
export const PROFILE = 0;
export const ACCESS = 1;
export const STAGE = 2;
export const TOTAL = 3;
export const DAY = 4;
export const UNLOCK = 5;
export const TIMER = 6;

/** A row of any of these tables, its columns put under common names: strings and whole numbers. */
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
  readonly n5: number;
  readonly n6: number;
  readonly s5: string;
  readonly s6: string;
  readonly s7: string;
  readonly n7: number;
}

export interface UserStateTable {
  readonly kind: number;
  readonly name: string;
  /** The columns that name the user. */
  readonly key: readonly string[];
}

interface SelectedTable extends UserStateTable {
  columns(dialect: Dialect): string;
}

const TABLES: readonly SelectedTable[] = [
  {
    kind: PROFILE,
    name: 'users',
    key: ['part', 'id'],
    // The first SELECT of a UNION names the columns.
    columns: () =>
      'id AS user_id, organization_id AS s1, roles AS s2, attributes AS s3, stage AS s4, revision AS n1, ' +
      'joined_at AS n2, email_verified + 2 * identified + ' +
      '4 * (derived_revision < (SELECT actions_derived FROM configuration_revision WHERE id = 1)) AS n3, ' +
      'stage_entered_at AS n4, COALESCE(deleted_at, 0) AS n5, updated_at AS n6, expected_organization AS s5, ' +
      'time_zone AS s6, day_zone AS s7, day_zone_since AS n7',
  },
  {
    kind: ACCESS,
    name: 'user_access',
    key: USER_KEY,
    columns: () => "user_id, flag_id, managed_by, effect, '', enabled, 0, 0, 0, 0, 0, '', '', '', 0",
  },
  {
    kind: STAGE,
    name: 'stages_reached',
    key: USER_KEY,
    columns: () => "user_id, stage, '', '', '', reached_at, 0, seq, 0, 0, 0, '', '', '', 0",
  },
  {
    kind: TOTAL,
    name: 'action_totals',
    key: USER_KEY,
    columns: ({ asText }) =>
      `user_id, action, ${asText('recent_days')}, ${asText('value_sum')}, ${asText('day_sum')}, ` +
      "event_count, active_days, first_at, last_at, day_count, last_day, streaks, '', '', 0",
  },
  {
    kind: DAY,
    name: 'action_days',
    key: USER_KEY,
    columns: ({ asText }) =>
      `user_id, action, '', ${asText('value_sum')}, '', event_count, 0, day, 0, 0, 0, '', '', '', 0`,
  },
  {
    kind: UNLOCK,
    name: 'unlocks',
    key: USER_KEY,
    columns: () => "user_id, flag_id, rule_id, kind, '', rule_version, earned_at, seq, 0, 0, 0, '', '', '', 0",
  },
  {
    kind: TIMER,
    name: 'timers',
    key: USER_KEY,
    columns: () => "user_id, '', '', '', '', due_at, 0, 0, 0, 0, 0, '', '', '', 0",
  },
];

/**
 * The statement that reads everything about some users: by one statement, so that all is of one instant and costs one round
 * trip. `conditionOf` says which rows of a table are read; a table without a condition is left out, except the first. Values
 * are bound in the order of the tables' numbers.
 */
export function userStateQuery(dialect: Dialect, conditionOf: (table: UserStateTable) => string | undefined): string {
  return TABLES.flatMap((table) => {
    const condition = conditionOf(table);
    if (condition === undefined) return [];
    const select = table.kind === PROFILE ? `SELECT ${PROFILE} AS kind, ` : `SELECT ${table.kind}, `;
    return [`${select}${table.columns(dialect)} FROM ${table.name}${dialect.useIndex('PRIMARY')} WHERE ${condition}`];
  }).join(' UNION ALL ');
}
