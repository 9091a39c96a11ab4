const { createTable, noWayBack, seedRow } = require('./schema/create-table.cjs');

/**
 * The partition leads every per-user key: it is the shard key, and keeps a lane's users together. Organizations that earn are in the same
 * tables, each in one of as many partitions after those of users: the partition tells the two kinds apart.
 */
const USER = { part: 'SMALLINT NOT NULL', user_id: 'VARCHAR(191) NOT NULL' };

/** Sums are whole millionths. A sum that the engine makes must fail where it would pass the bound, and never become a fraction. */
const MILLIONTHS = 'BIGINT NOT NULL CHECK (value_sum BETWEEN -9000000000000000000 AND 9000000000000000000)';

/** Everything about users. No foreign keys: cascades across partitions are chunked jobs. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'users',
    columns: {
      part: USER.part,
      id: USER.user_id,
      organization_id: "VARCHAR(128) NOT NULL DEFAULT ''",
      // Whether anybody has said who this is; until then one organization alone may, where one is expected.
      identified: 'SMALLINT NOT NULL DEFAULT 0',
      expected_organization: "VARCHAR(128) NOT NULL DEFAULT ''",
      roles: 'TEXT NOT NULL',
      joined_at: 'BIGINT',
      email_verified: 'SMALLINT NOT NULL DEFAULT 0',
      attributes: 'MEDIUMTEXT NOT NULL',
      time_zone: "VARCHAR(64) NOT NULL DEFAULT ''",
      // The zone in which the user's days were counted last, and since when; '' for UTC ever since.
      day_zone: "VARCHAR(64) NOT NULL DEFAULT ''",
      day_zone_since: 'BIGINT NOT NULL DEFAULT 0',
      stage: "VARCHAR(64) NOT NULL DEFAULT ''",
      stage_entered_at: 'BIGINT',
      // When the token was issued whose claims were last written to the user.
      claims_at: 'BIGINT',
      revision: 'BIGINT NOT NULL DEFAULT 0',
      // The configuration's revision up to which derived actions have been counted for the user.
      derived_revision: 'BIGINT NOT NULL DEFAULT 0',
      created_at: 'BIGINT NOT NULL DEFAULT 0',
      updated_at: 'BIGINT NOT NULL DEFAULT 0',
    },
    primary: ['part', 'id'],
    // Administrators find users by the beginning of their id, among all or in an organization, and by their stage.
    indexes: {
      users_id: ['id', 'part'],
      users_organization_id: ['organization_id', 'id'],
      users_stage: ['stage', 'id'],
    },
  });
  await createTable(knex, {
    name: 'user_search',
    // What users are found by: the beginning of the folded value of an attribute, where the deployment names any.
    columns: {
      ...USER,
      attribute: 'VARCHAR(100) NOT NULL',
      value: 'VARCHAR(100) NOT NULL',
      // The user's, so that who administers one organization finds its users without a look at all others.
      organization_id: 'VARCHAR(128) NOT NULL',
    },
    primary: ['part', 'user_id', 'attribute'],
    indexes: {
      user_search_value: ['attribute', 'value', 'user_id'],
      user_search_organization: ['organization_id', 'attribute', 'value', 'user_id'],
    },
  });
  await createTable(knex, {
    name: 'user_search_fill',
    // How far the table above is filled, by the attributes of which revision of the configuration.
    columns: {
      id: 'SMALLINT NOT NULL',
      revision: 'BIGINT NOT NULL',
      part: 'SMALLINT NOT NULL',
      user_id: 'VARCHAR(191) NOT NULL',
      finished: 'SMALLINT NOT NULL',
    },
    primary: ['id'],
  });
  await seedRow(knex, 'user_search_fill', { id: 1 }, { revision: 0, part: -1, user_id: '', finished: 1 });
  await createTable(knex, {
    name: 'memberships',
    // Since when a user was in which organization; '' in none. Before the first of them nothing is known.
    columns: { ...USER, since: 'BIGINT NOT NULL', organization_id: 'VARCHAR(128) NOT NULL' },
    primary: ['part', 'user_id', 'since'],
  });
  await createTable(knex, {
    name: 'user_roles',
    // The roles of members of an organization, as their profiles have them; nothing of who is in none.
    columns: { ...USER, role: 'VARCHAR(64) NOT NULL', organization_id: 'VARCHAR(128) NOT NULL' },
    primary: ['part', 'user_id', 'role'],
    indexes: { user_roles_organization: ['organization_id', 'role', 'part', 'user_id'] },
  });
  await createTable(knex, {
    name: 'user_access',
    columns: {
      ...USER,
      flag_id: 'VARCHAR(64) NOT NULL',
      managed_by: 'VARCHAR(128) NOT NULL',
      effect: 'VARCHAR(8) NOT NULL',
      enabled: 'SMALLINT NOT NULL',
    },
    primary: ['part', 'user_id', 'flag_id', 'managed_by'],
    indexes: { user_access_flag: ['flag_id', 'user_id', 'managed_by'] },
  });
  await createTable(knex, {
    name: 'stages_reached',
    columns: { ...USER, stage: 'VARCHAR(64) NOT NULL', seq: 'BIGINT NOT NULL', reached_at: 'BIGINT NOT NULL' },
    primary: ['part', 'user_id', 'stage'],
  });
  await createTable(knex, {
    name: 'stage_changes',
    columns: { ...USER, seq: 'BIGINT NOT NULL', stage: 'VARCHAR(64) NOT NULL', changed_at: 'BIGINT NOT NULL' },
    primary: ['part', 'user_id', 'seq'],
  });
  await createTable(knex, {
    name: 'action_totals',
    columns: {
      ...USER,
      action: 'VARCHAR(128) NOT NULL',
      event_count: 'BIGINT NOT NULL',
      value_sum: MILLIONTHS,
      active_days: 'BIGINT NOT NULL',
      first_at: 'BIGINT NOT NULL',
      last_at: 'BIGINT NOT NULL',
      // 62 bits: more than a double holds, so it travels as text.
      recent_days: 'BIGINT NOT NULL',
      // The last day on which it was done, in the zone in which it was counted; recent_days are counted back from it.
      last_day: 'BIGINT NOT NULL',
      // Of that day, which gets a row in action_days when a later day begins.
      day_count: 'BIGINT NOT NULL',
      day_sum: 'BIGINT NOT NULL',
      // What streaks came to before the recent days, in JSON, where some rule reads them; empty where none does.
      streaks: 'VARCHAR(1024) NOT NULL',
    },
    primary: ['part', 'user_id', 'action'],
  });
  await createTable(knex, {
    name: 'action_days',
    columns: {
      ...USER,
      action: 'VARCHAR(128) NOT NULL',
      day: 'BIGINT NOT NULL',
      event_count: 'BIGINT NOT NULL',
      value_sum: MILLIONTHS,
    },
    primary: ['part', 'user_id', 'action', 'day'],
    indexes: { action_days_action_day: ['action', 'day'] },
  });
  await createTable(knex, {
    name: 'distinct_values',
    columns: {
      ...USER,
      action: 'VARCHAR(128) NOT NULL',
      // The first 16 bytes of a hash over user, action and value.
      value_hash: 'BINARY(16) NOT NULL',
      // The key of the event that the value counts by, as in events.dedupe.
      counted_by: 'BINARY(16) NOT NULL',
    },
    primary: ['part', 'user_id', 'action', 'value_hash'],
  });
  await createTable(knex, {
    name: 'sequence_spans',
    // By derived action, when what must come first occurred: pairs of instants, few of them.
    columns: { ...USER, action: 'VARCHAR(128) NOT NULL', spans: 'TEXT NOT NULL' },
    primary: ['part', 'user_id', 'action'],
  });
  await createTable(knex, {
    name: 'unlocks',
    columns: {
      ...USER,
      seq: 'BIGINT NOT NULL',
      flag_id: 'VARCHAR(64) NOT NULL',
      rule_id: 'VARCHAR(128) NOT NULL',
      rule_version: 'BIGINT NOT NULL',
      kind: 'VARCHAR(16) NOT NULL',
      earned_at: 'BIGINT NOT NULL',
      recorded_at: 'BIGINT NOT NULL',
      cause: 'TEXT NOT NULL',
    },
    primary: ['part', 'user_id', 'seq'],
  });
  await createTable(knex, {
    name: 'timers',
    columns: { ...USER, due_at: 'BIGINT NOT NULL' },
    primary: ['part', 'user_id'],
    indexes: { timers_due_at: ['due_at'] },
  });
};

exports.down = noWayBack;
