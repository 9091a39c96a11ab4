/**
 * Creates a table with its keys, unless it is there. On MySQL and MariaDB one statement makes the table and all of its
 * indexes, on SQLite each index asks for itself: so a migration that was killed half-way can simply run again, although
 * data definition is not transactional everywhere.
 *
 * Strings compare by their bytes (`Alice` and `alice` are two users) on every engine.
 *
 * @param {import('knex').Knex} knex
 * @param {{
 *   name: string,
 *   columns: Record<string, string>,
 *   primary: string[],
 *   unique?: Record<string, string[]>,
 *   indexes?: Record<string, string[]>,
 *   counted?: boolean,
 * }} table `counted`: the one primary column is numbered by the engine.
 */
exports.createTable = async function createTable(knex, { name, columns, primary, unique = {}, indexes = {}, counted }) {
  const lines = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
  const keyList = primary.join(', ');
  if (knex.client.driverName === 'better-sqlite3') {
    if (counted) lines.unshift(`${keyList} INTEGER PRIMARY KEY AUTOINCREMENT`);
    else lines.push(`PRIMARY KEY (${keyList})`);
    await knex.raw(`CREATE TABLE IF NOT EXISTS ${name} (${lines.join(', ')})${counted ? '' : ' WITHOUT ROWID'}`);
    for (const [index, on] of Object.entries(unique)) {
      await knex.raw(`CREATE UNIQUE INDEX IF NOT EXISTS ${index} ON ${name} (${on.join(', ')})`);
    }
    for (const [index, on] of Object.entries(indexes)) {
      await knex.raw(`CREATE INDEX IF NOT EXISTS ${index} ON ${name} (${on.join(', ')})`);
    }
    return;
  }
  if (counted) lines.unshift(`${keyList} BIGINT NOT NULL AUTO_INCREMENT`);
  lines.push(`PRIMARY KEY (${keyList})`);
  for (const [index, on] of Object.entries(unique)) lines.push(`UNIQUE KEY ${index} (${on.join(', ')})`);
  for (const [index, on] of Object.entries(indexes)) lines.push(`KEY ${index} (${on.join(', ')})`);
  await knex.raw(
    `CREATE TABLE IF NOT EXISTS ${name} (${lines.join(', ')}) ` +
      'ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  );
};

/**
 * Inserts a row unless one with that key is there.
 *
 * @param {import('knex').Knex} knex
 */
exports.seedRow = async function seedRow(knex, table, key, row) {
  const found = await knex(table).where(key).first();
  if (found === undefined) await knex(table).insert({ ...key, ...row });
};

/** Migrations only go forward: the previous release runs on the next one's schema, so nothing has to be undone. */
exports.noWayBack = async function noWayBack() {
  throw new Error('migrations only go forward; restore a backup to go back');
};
