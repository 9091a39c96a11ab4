/**
 * Adds columns and indexes to a table that is there, each unless it has been added: a migration that was killed half-way
 * can simply run again. Columns are nullable or have a default, so that the previous release goes on writing rows.
 *
 * @param {import('knex').Knex} knex
 * @param {{ name: string, columns?: Record<string, string>, indexes?: Record<string, string[]> }} table
 */
exports.expandTable = async function expandTable(knex, { name, columns = {}, indexes = {} }) {
  for (const [column, type] of Object.entries(columns)) {
    if (!(await knex.schema.hasColumn(name, column)))
      await knex.raw(`ALTER TABLE ${name} ADD COLUMN ${column} ${type}`);
  }
  for (const [index, on] of Object.entries(indexes)) {
    if (!(await hasIndex(knex, name, index))) await knex.raw(`CREATE INDEX ${index} ON ${name} (${on.join(', ')})`);
  }
};

/** `CREATE INDEX IF NOT EXISTS` is not understood everywhere. */
async function hasIndex(knex, table, index) {
  const found =
    knex.client.driverName === 'better-sqlite3'
      ? await knex('sqlite_master').where({ type: 'index', tbl_name: table, name: index }).first('name')
      : await knex('information_schema.statistics')
          .where({ table_name: table, index_name: index })
          .where('table_schema', knex.raw('DATABASE()'))
          .first('index_name');
  return found !== undefined;
}
