const { createTable, noWayBack, seedRow } = require('./schema/create-table.cjs');
const { expandTable } = require('./schema/expand-table.cjs');

/** How many users have come how far in onboarding. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'onboarding_counts',
    columns: {
      // '' is everybody, organization or not.
      organization_id: 'VARCHAR(128) NOT NULL',
      // The week of joining, or one of two numbers below all weeks: for all of them together, and for who joined nobody knows when.
      week: 'INTEGER NOT NULL',
      stage: 'VARCHAR(64) NOT NULL',
      // What is counted: users who reached the stage, those now in it, or, from 0 on, first stays by how long they were.
      bucket: 'SMALLINT NOT NULL',
      // The same counter in several rows, by the user's partition, so that users do not wait for one another. Their sum counts.
      stripe: 'SMALLINT NOT NULL',
      n: 'BIGINT NOT NULL',
    },
    primary: ['organization_id', 'week', 'stage', 'bucket', 'stripe'],
  });
  await expandTable(knex, {
    name: 'stages_reached',
    columns: {
      // When the user left the stage for the first time.
      left_at: 'BIGINT',
      // Whether `onboarding_counts` has it: what was there before is counted by and by.
      counted: 'SMALLINT NOT NULL DEFAULT 0',
    },
  });
  await expandTable(knex, {
    name: 'users',
    // Who has been in a stage for longest, of all or of an organization.
    indexes: {
      users_stage_entered: ['stage', 'stage_entered_at', 'id'],
      users_organization_stage: ['organization_id', 'stage', 'stage_entered_at', 'id'],
    },
  });
  const before = await knex('stages_reached').where({ counted: 0 }).first('user_id');
  // Up to which user of those who were there before counting has come, in the order of their keys.
  await seedRow(knex, 'meta', { name: 'onboarding_counted' }, { value: before === undefined ? 'all' : '' });
};

exports.down = noWayBack;
