const { createTable, noWayBack } = require('./schema/create-table.cjs');

/** What is announced to other systems: to whom, what waits to be shared out, and each delivery. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'webhook_endpoints',
    columns: {
      id: 'VARCHAR(64) NOT NULL',
      url: 'TEXT NOT NULL',
      description: 'TEXT NOT NULL',
      types: 'TEXT NOT NULL',
      enabled: 'SMALLINT NOT NULL',
      disabled_at: 'BIGINT',
      secrets: 'TEXT NOT NULL',
      created_at: 'BIGINT NOT NULL',
      updated_at: 'BIGINT NOT NULL',
    },
    primary: ['id'],
  });
  await createTable(knex, {
    name: 'outbound_events',
    counted: true,
    columns: {
      event_id: 'VARCHAR(64) NOT NULL',
      type: 'VARCHAR(64) NOT NULL',
      // Partition 0 and no user where an event is about none.
      part: 'SMALLINT NOT NULL',
      user_id: 'VARCHAR(191) NOT NULL',
      subject: 'VARCHAR(191) NOT NULL',
      payload: 'MEDIUMTEXT NOT NULL',
      created_at: 'BIGINT NOT NULL',
    },
    primary: ['id'],
    indexes: { outbound_events_user: ['part', 'user_id', 'id'] },
  });
  await createTable(knex, {
    name: 'deliveries',
    columns: {
      // In the order of their making.
      id: 'VARCHAR(64) NOT NULL',
      endpoint_id: 'VARCHAR(64) NOT NULL',
      event_id: 'VARCHAR(64) NOT NULL',
      type: 'VARCHAR(64) NOT NULL',
      part: 'SMALLINT NOT NULL',
      user_id: 'VARCHAR(191) NOT NULL',
      payload: 'MEDIUMTEXT NOT NULL',
      state: 'VARCHAR(16) NOT NULL',
      attempts: 'INT NOT NULL',
      next_attempt_at: 'BIGINT',
      attempt_log: 'TEXT NOT NULL',
      created_at: 'BIGINT NOT NULL',
      // Since when it waits to be delivered: since it was made, or last replayed.
      pending_since: 'BIGINT NOT NULL',
      finished_at: 'BIGINT',
    },
    primary: ['id'],
    indexes: {
      deliveries_due: ['endpoint_id', 'state', 'next_attempt_at'],
      deliveries_since: ['endpoint_id', 'state', 'pending_since'],
      deliveries_listing: ['endpoint_id', 'id'],
      deliveries_state: ['endpoint_id', 'state', 'id'],
      deliveries_user: ['part', 'user_id', 'id'],
      deliveries_finished: ['finished_at'],
    },
  });
};

exports.down = noWayBack;
