const { createTable, noWayBack } = require('./schema/create-table.cjs');
const { expandTable } = require('./schema/expand-table.cjs');

/** The ledger by flag, the outbox by user, and users who were deleted. */
exports.up = async function up(knex) {
  await expandTable(knex, {
    name: 'unlocks',
    indexes: { unlocks_flag: ['flag_id', 'recorded_at', 'part', 'user_id', 'seq'] },
  });
  // Of a deleted user only this row stays, emptied: events up to that instant are of the life that was deleted.
  await expandTable(knex, { name: 'users', columns: { deleted_at: 'BIGINT' } });
  // Streams read it by user, from a position on; a deletion removes what it holds of one.
  await expandTable(knex, { name: 'outbox', indexes: { outbox_user: ['part', 'user_id', 'id'] } });
  await createTable(knex, {
    name: 'deleted_totals',
    columns: {
      // `users`, or `flag` with its id, or `action` with its name.
      kind: 'VARCHAR(8) NOT NULL',
      name: 'VARCHAR(128) NOT NULL',
      total: 'BIGINT NOT NULL',
      // Whole millionths; of everybody together more than an integer holds, and no deletion may fail for that.
      value_sum: 'DOUBLE NOT NULL',
    },
    primary: ['kind', 'name'],
  });
};

exports.down = noWayBack;
