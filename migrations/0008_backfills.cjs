const { createTable, noWayBack } = require('./schema/create-table.cjs');
const { expandTable } = require('./schema/expand-table.cjs');

/** Backfills and how far they are; an organization's users in the order of their keys. */
exports.up = async function up(knex) {
  await expandTable(knex, { name: 'users', indexes: { users_organization: ['organization_id', 'part', 'id'] } });
  await createTable(knex, {
    name: 'backfills',
    counted: true,
    columns: {
      backfill_id: 'VARCHAR(64) NOT NULL',
      flag_id: 'VARCHAR(64) NOT NULL',
      // '' for every user.
      organization_id: 'VARCHAR(128) NOT NULL',
      reason: 'VARCHAR(16) NOT NULL',
      // The configuration that it is about; whoever works on it knows that one or a later one.
      revision: 'BIGINT NOT NULL',
      state: 'VARCHAR(16) NOT NULL',
      // Everybody up to this user is done; (-1, '') before the first.
      cursor_part: 'SMALLINT NOT NULL',
      cursor_user_id: 'VARCHAR(191) NOT NULL',
      total: 'BIGINT',
      done: 'BIGINT NOT NULL',
      unlocked: 'BIGINT NOT NULL',
      relocked: 'BIGINT NOT NULL',
      failed: 'BIGINT NOT NULL',
      busy_ms: 'BIGINT NOT NULL',
      // Who works on it, and until when nobody else may.
      worker: 'VARCHAR(64) NOT NULL',
      leased_until: 'BIGINT NOT NULL',
      created_at: 'BIGINT NOT NULL',
      started_at: 'BIGINT',
      finished_at: 'BIGINT',
    },
    primary: ['id'],
    unique: { backfills_backfill_id: ['backfill_id'] },
    indexes: { backfills_flag: ['flag_id', 'id'], backfills_state: ['state', 'id'] },
  });
};

exports.down = noWayBack;
