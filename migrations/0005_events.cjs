const { createTable, noWayBack } = require('./schema/create-table.cjs');

/** The durable inbox, which is also the record of what was seen, and the rows that workers lock. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'events',
    columns: {
      part: 'SMALLINT NOT NULL',
      // The first 16 bytes of a hash over user, source and id: one short key for three long strings.
      dedupe: 'BINARY(16) NOT NULL',
      user_id: 'VARCHAR(191) NOT NULL',
      source: 'VARCHAR(191) NOT NULL',
      event_id: 'VARCHAR(191) NOT NULL',
      action: 'VARCHAR(128) NOT NULL',
      occurred_at: 'BIGINT NOT NULL',
      // In millionths.
      value: 'BIGINT NOT NULL',
      properties: 'MEDIUMTEXT',
      received_at: 'BIGINT NOT NULL',
      // Says which call inserted the row, when calls race with the same event.
      receipt: 'BIGINT NOT NULL',
      // 0 pending, 1 done, 2 dead.
      state: 'SMALLINT NOT NULL',
      batch: 'VARCHAR(64)',
      reason: 'TEXT',
    },
    primary: ['part', 'dedupe'],
    indexes: { events_state: ['state', 'part', 'received_at'] },
  });
  await createTable(knex, { name: 'lanes', columns: { lane: 'SMALLINT NOT NULL' }, primary: ['lane'] });
};

exports.down = noWayBack;
