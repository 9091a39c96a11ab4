const { noWayBack } = require('./schema/create-table.cjs');

/** Streams read the outbox by user, from a position on. */
exports.up = async function up(knex) {
  const columns = 'outbox (part, user_id, id)';
  if (knex.client.driverName === 'better-sqlite3') {
    await knex.raw(`CREATE INDEX IF NOT EXISTS outbox_user ON ${columns}`);
    return;
  }
  // Killed half-way, it runs again: MySQL has no IF NOT EXISTS here.
  const there = 'SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND index_name = ?';
  const [rows] = await knex.raw(there, ['outbox_user']);
  if (rows.length === 0) await knex.raw(`CREATE INDEX outbox_user ON ${columns}`);
};

exports.down = noWayBack;
