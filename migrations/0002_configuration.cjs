const { createTable, noWayBack, seedRow } = require('./schema/create-table.cjs');

/** Flags, segments, stages, actions, platform-wide role rows, and the revision that all of them share. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'configuration_revision',
    columns: {
      id: 'SMALLINT NOT NULL',
      revision: 'BIGINT NOT NULL',
      stages_version: 'BIGINT NOT NULL',
      // At which revision each of these parts last changed; of segments, when one last went.
      segments_dropped: 'BIGINT NOT NULL DEFAULT 0',
      stages_changed: 'BIGINT NOT NULL DEFAULT 0',
      actions_changed: 'BIGINT NOT NULL DEFAULT 0',
      announced_changed: 'BIGINT NOT NULL DEFAULT 0',
      time_zone_changed: 'BIGINT NOT NULL DEFAULT 0',
      // Of users for whom neither they nor their organization have one.
      time_zone: "VARCHAR(64) NOT NULL DEFAULT 'UTC'",
      // The paths of the attributes that users are found by, a list in JSON.
      search_attributes: "VARCHAR(2048) NOT NULL DEFAULT '[]'",
      search_changed: 'BIGINT NOT NULL DEFAULT 0',
      // When an action was last derived otherwise than before: users who are not brought up to it are counted anew.
      actions_derived: 'BIGINT NOT NULL DEFAULT 0',
    },
    primary: ['id'],
  });
  await seedRow(knex, 'configuration_revision', { id: 1 }, { revision: 0, stages_version: 0 });

  await createTable(knex, {
    name: 'flags',
    columns: {
      id: 'VARCHAR(64) NOT NULL',
      flag_key: 'VARCHAR(128) NOT NULL',
      name: 'TEXT NOT NULL',
      description: 'TEXT NOT NULL',
      active: 'SMALLINT NOT NULL',
      is_enabled_globally: 'SMALLINT NOT NULL',
      archived: 'SMALLINT NOT NULL',
      version: 'BIGINT NOT NULL',
      salt: 'VARCHAR(128) NOT NULL',
      // JSON: variants, rules, prerequisites and whatever else only the whole flag needs.
      definition: 'MEDIUMTEXT NOT NULL',
      created_at: 'BIGINT NOT NULL',
      updated_at: 'BIGINT NOT NULL',
      // The revision at which it, or a row of its roles, last changed: whoever holds an older one reads it again.
      changed_revision: 'BIGINT NOT NULL',
    },
    primary: ['id'],
    unique: { flags_flag_key: ['flag_key'] },
    indexes: { flags_changed: ['changed_revision'] },
  });
  await createTable(knex, {
    name: 'segments',
    columns: {
      segment_key: 'VARCHAR(128) NOT NULL',
      id: 'VARCHAR(64) NOT NULL',
      name: 'TEXT NOT NULL',
      conditions: 'MEDIUMTEXT NOT NULL',
      version: 'BIGINT NOT NULL',
      created_at: 'BIGINT NOT NULL',
      updated_at: 'BIGINT NOT NULL',
      changed_revision: 'BIGINT NOT NULL',
    },
    primary: ['segment_key'],
    indexes: { segments_changed: ['changed_revision'] },
  });
  await createTable(knex, {
    name: 'stages',
    columns: { name: 'VARCHAR(64) NOT NULL', position: 'INT NOT NULL', self_settable: 'SMALLINT NOT NULL' },
    primary: ['name'],
  });
  await createTable(knex, {
    name: 'actions',
    columns: {
      name: 'VARCHAR(128) NOT NULL',
      client_trackable: 'SMALLINT NOT NULL',
      // JSON; nothing where events name the action.
      derivation: 'MEDIUMTEXT',
      // The revision at which that last changed; 0 where the action was never derived.
      derived_changed: 'BIGINT NOT NULL DEFAULT 0',
      // 0: no longer declared, but it was derived, and users may still have to forget what was counted.
      declared: 'SMALLINT NOT NULL DEFAULT 1',
    },
    primary: ['name'],
  });
  await createTable(knex, {
    name: 'role_access',
    columns: {
      flag_id: 'VARCHAR(64) NOT NULL',
      role: 'VARCHAR(64) NOT NULL',
      managed_by: 'VARCHAR(128) NOT NULL',
      effect: 'VARCHAR(8) NOT NULL',
      enabled: 'SMALLINT NOT NULL',
    },
    primary: ['flag_id', 'role', 'managed_by'],
  });
};

exports.down = noWayBack;
