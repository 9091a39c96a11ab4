const { createTable, noWayBack } = require('./schema/create-table.cjs');

/** Organizations, the roles they define, and access rows that name them. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'organizations',
    columns: {
      id: 'VARCHAR(128) NOT NULL',
      attributes: 'MEDIUMTEXT NOT NULL',
      time_zone: "VARCHAR(64) NOT NULL DEFAULT ''",
      strict_roles: 'SMALLINT NOT NULL',
      version: 'BIGINT NOT NULL',
      revision: 'BIGINT NOT NULL',
    },
    primary: ['id'],
  });
  await createTable(knex, {
    name: 'organization_roles',
    columns: {
      organization_id: 'VARCHAR(128) NOT NULL',
      name: 'VARCHAR(64) NOT NULL',
      position: 'INT NOT NULL',
      inherits: 'TEXT NOT NULL',
      // The role to which those who have this one are being moved; '' where nobody is.
      moving_to: "VARCHAR(64) NOT NULL DEFAULT ''",
    },
    primary: ['organization_id', 'name'],
    indexes: { organization_roles_name: ['name', 'organization_id'] },
  });
  await createTable(knex, {
    name: 'organization_access',
    columns: {
      organization_id: 'VARCHAR(128) NOT NULL',
      role: 'VARCHAR(64) NOT NULL',
      flag_id: 'VARCHAR(64) NOT NULL',
      managed_by: 'VARCHAR(128) NOT NULL',
      effect: 'VARCHAR(8) NOT NULL',
      enabled: 'SMALLINT NOT NULL',
    },
    primary: ['organization_id', 'role', 'flag_id', 'managed_by'],
    indexes: {
      organization_access_flag: ['flag_id', 'organization_id', 'role', 'managed_by'],
      organization_access_role: ['role', 'organization_id'],
    },
  });
};

exports.down = noWayBack;
