const { randomUUID } = require('node:crypto');
const { createTable, noWayBack, seedRow } = require('./schema/create-table.cjs');

/** What is known of this life of the data. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'meta',
    columns: { name: 'VARCHAR(64) NOT NULL', value: 'VARCHAR(255) NOT NULL' },
    primary: ['name'],
  });
  // Consistency tokens carry it: after a restore from a backup it is another.
  await seedRow(knex, 'meta', { name: 'epoch' }, { value: randomUUID() });
  // Which deployment this is, whatever becomes of its addresses: cookies of two on one host are told apart by it.
  await seedRow(knex, 'meta', { name: 'deployment' }, { value: randomUUID() });
  // When the last epoch began, by the database's clock: servers that notice the same loss begin one together.
  await seedRow(knex, 'meta', { name: 'epoch_began_at' }, { value: '0' });
  // A counter of each server, which it raises every few seconds: one that has gone back tells that the database has.
  await createTable(knex, {
    name: 'server_pulses',
    columns: { server: 'VARCHAR(64) NOT NULL', beats: 'BIGINT NOT NULL', beaten_at: 'BIGINT NOT NULL' },
    primary: ['server'],
  });
  // The servers that run now: each says every few seconds how it is. Rows of those that are gone are dropped.
  await createTable(knex, {
    name: 'nodes',
    columns: { node: 'VARCHAR(64) NOT NULL', seen_at: 'BIGINT NOT NULL', report: 'TEXT NOT NULL' },
    primary: ['node'],
  });
  // The keys of all per-user tables begin with the partition, so their number can never change.
  await seedRow(knex, 'meta', { name: 'partitions' }, { value: '4096' });
  // The oldest schema number whose release may still run on this schema; raised by migrations that contract.
  await seedRow(knex, 'meta', { name: 'schema_compatibility' }, { value: '1' });
};

exports.down = noWayBack;
