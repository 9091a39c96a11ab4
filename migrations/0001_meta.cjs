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
  // The keys of all per-user tables begin with the partition, so their number can never change.
  await seedRow(knex, 'meta', { name: 'partitions' }, { value: '4096' });
  // The oldest schema number whose release may still run on this schema; raised by migrations that contract.
  await seedRow(knex, 'meta', { name: 'schema_compatibility' }, { value: '1' });
};

exports.down = noWayBack;
