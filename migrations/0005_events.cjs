const { createTable, noWayBack, seedRow } = require('./schema/create-table.cjs');

/**
 * The durable inbox, which is also the record of what was seen and of what was counted, and the rows that workers lock. Since when
 * and from which days on what users did is known by day.
 */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'events',
    columns: {
      part: 'SMALLINT NOT NULL',
      // 4 bytes of a hash over the user, and 12 of one over user, source and id: one short key for three long strings, in which a
      // user's events stand beside one another.
      dedupe: 'BINARY(16) NOT NULL',
      user_id: 'VARCHAR(191) NOT NULL',
      source: 'VARCHAR(191) NOT NULL',
      event_id: 'VARCHAR(191) NOT NULL',
      action: 'VARCHAR(128) NOT NULL',
      occurred_at: 'BIGINT NOT NULL',
      // In millionths.
      value: 'BIGINT NOT NULL',
      properties: 'MEDIUMTEXT',
      // The source and id of the event that this one takes back, as JSON.
      reverses: 'TEXT',
      received_at: 'BIGINT NOT NULL',
      // The event's place among those of the same instant: it grows within a call, and from call to call of one server.
      place: 'BIGINT NOT NULL',
      // Says which call inserted the row, when calls race with the same event.
      receipt: 'BIGINT NOT NULL',
      // 0 pending, 1 done, 2 dead, 3 reversed: it counts as nothing, whether it has come yet or not.
      state: 'SMALLINT NOT NULL',
      // The zone in whose days it was counted; '' for UTC.
      day_zone: "VARCHAR(64) NOT NULL DEFAULT ''",
      // Of a user's event: the organization that it is of, where it was said, or where it counts for one.
      organization_id: "VARCHAR(128) NOT NULL DEFAULT ''",
      // Of an event that counts for an organization, whose id `user_id` is then: who did it, until that user is deleted.
      contributor: "VARCHAR(191) NOT NULL DEFAULT ''",
      batch: 'VARCHAR(64)',
      reason: 'TEXT',
    },
    primary: ['part', 'dedupe'],
    indexes: { events_state: ['state', 'part', 'received_at', 'place'] },
  });
  await createTable(knex, { name: 'lanes', columns: { lane: 'SMALLINT NOT NULL' }, primary: ['lane'] });

  // From now on every action is counted, and its values are added up, by day. Of values something may be known for a shorter time
  // than of counts, where a later migration changes how they are stored.
  const now = String(Date.now());
  await seedRow(knex, 'meta', { name: 'days_counted_since' }, { value: now });
  await seedRow(knex, 'meta', { name: 'days_summed_since' }, { value: now });
  // The revision up to which every user has been brought up to how actions are derived.
  await seedRow(knex, 'meta', { name: 'derived_through' }, { value: '0' });
  await createTable(knex, {
    name: 'organization_actions',
    // Since when an action counts for organizations: some rule has read it of them ever since, or has read it last from then on.
    columns: { action: 'VARCHAR(128) NOT NULL', counted_since: 'BIGINT NOT NULL' },
    primary: ['action'],
  });
  await createTable(knex, {
    name: 'kept_days',
    // The first day, in days since 1970, of which nothing has been dropped: of an action that some rule windows, and under '' of all
    // others. It never goes back.
    columns: { action: 'VARCHAR(128) NOT NULL', first_day: 'BIGINT NOT NULL' },
    primary: ['action'],
  });
  await createTable(knex, {
    name: 'action_volume',
    // How often an action was done on a UTC day, in days since 1970, by all users together; kept for some weeks.
    columns: { action: 'VARCHAR(128) NOT NULL', day: 'BIGINT NOT NULL', times: 'BIGINT NOT NULL' },
    primary: ['action', 'day'],
    indexes: { action_volume_day: ['day'] },
  });
};

exports.down = noWayBack;
