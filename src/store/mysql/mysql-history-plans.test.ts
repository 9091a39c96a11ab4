import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import type { AuditFilter } from '../audit-store.js';
import { insertRows } from '../sql/engine/insert-rows.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import type { Engine } from '../sql/engine/sql.js';
import { auditReader, auditWriter } from '../sql/records/audit.js';
import { versionReader, versionWriter } from '../sql/records/versions.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';

/** Enough for the optimizer to mind a scan, and for a scan to be seen in the counters. */
const ENTRIES = 30_000;
const THINGS = 300;

describe('the audit and versions on MariaDB', () => {
  let database: TestDatabase;
  let pool: Pool;
  let engine: Engine;

  beforeAll(async () => {
    database = await createDatabase();
    await migrateMysql(database);
    // One connection, whose status is read below.
    pool = openPool({
      knex: mysqlPool({ url: database.url, poolSize: 1, acquireTimeoutMs: 60_000 }),
      dialect: mysqlDialect,
    });
    engine = { dialect: mysqlDialect, read: pool.sql, write: pool.sql } as Engine;
    const numbers = Array.from({ length: ENTRIES }, (_, i) => i + 1);
    const columns = ['id', 'at', 'actor', 'action', 'target', 'state_before', 'state_after', 'request_id', 'comment'];
    await insertRows(pool.sql, {
      ...{ table: 'audit', columns, keyLength: 1 },
      rows: numbers.map((n) => [
        n,
        n * 1_000,
        `token:${n % THINGS}`,
        'flag.set',
        `flag-${n % THINGS}`,
        '{}',
        '{}',
        'r',
        '',
      ]),
    });
    await insertRows(pool.sql, {
      ...{ table: 'audit_subjects', columns: ['kind', 'subject', 'audit_id'], keyLength: 3 },
      rows: numbers.flatMap((n) => [
        ['flag', `flag-${n % THINGS}`, n],
        ['user', `user-${n % 1_000}`, n],
        ['organization', `org-${n % 50}`, n],
        ['reach', `org-${n % 50}`, n],
      ]),
    });
    await insertRows(pool.sql, {
      ...{ table: 'versions', columns: ['kind', 'id', 'version', 'at', 'actor', 'request_id', 'comment', 'state'] },
      keyLength: 3,
      rows: numbers.map((n) => ['flag', `flg_${n % THINGS}`, Math.ceil(n / THINGS), n, `user:${n}`, 'r', '', '{}']),
    });
  });
  afterAll(async () => {
    await pool.close();
    await database.drop();
  });

  /** How many rows the engine has handed out or gone over since the connection began. */
  const rowsRead = async (): Promise<number> => {
    const rows = await pool.sql.rows<{ readonly Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'");
    return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
  };
  const readBy = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await rowsRead();
    await work();
    return (await rowsRead()) - before;
  };
  // Reading the status goes over a table of its own.
  const OWN = 60;

  const LATE = { from: (ENTRIES - 100) * 1_000, to: ENTRIES * 1_000 };
  it.each<[string, AuditFilter, number]>([
    ['nothing', {}, 250],
    ['target', { target: 'flag-7' }, 250],
    ['actor', { actor: 'token:7' }, 250],
    ['a flag', { subject: { kind: 'flag', id: 'flag-7' } }, 250],
    ['a user', { subject: { kind: 'user', id: 'user-7' } }, 250],
    ['an organization', { organizationId: 'org-7' }, 250],
    ['reach', { reach: 'org-7' }, 250],
    ['time', LATE, 1_500],
    ['an organization and time', { organizationId: 'org-7', ...LATE }, 1_500],
    ['a flag of an organization', { organizationId: 'org-7', subject: { kind: 'flag', id: 'flag-7' } }, 3_000],
    ['a flag by an actor', { actor: 'token:7', subject: { kind: 'flag', id: 'flag-7' } }, 1_500],
    // Nothing is found, and a page goes no further than it may.
    ['text', { from: 0, to: ENTRIES * 1_000, text: 'nobody says this' }, 7_000],
    ['two subjects that never meet', { organizationId: 'org-7', subject: { kind: 'user', id: 'user-8' } }, 2_000],
  ])('are read by an index for %s', async (_what, filter, bound) => {
    const read = await readBy(() => auditReader(engine).list({ limit: 50 }, filter));
    expect(read).toBeLessThan(bound + OWN);
  });

  it('are looked up, added to, and rid of a person by their keys', async () => {
    const versions = versionReader(engine);
    const thing = { kind: 'flag', id: 'flg_7' } as const;
    expect(await readBy(() => versions.list(thing, { limit: 20 }))).toBeLessThan(100 + OWN);
    expect(await readBy(() => versions.get(thing, 3))).toBeLessThan(10 + OWN);
    expect(await readBy(() => versions.before(thing, 3))).toBeLessThan(10 + OWN);
    expect(await readBy(() => auditReader(engine).get(7, 'org-7'))).toBeLessThan(10 + OWN);
    const made = { at: 1, actor: 'a', actorOrganization: '', requestId: '', comment: '' };
    const version = { ...thing, ...made, version: 1_000, state: {} };
    expect(await readBy(() => versionWriter(pool.sql).append(version))).toBeLessThan(300 + OWN);
    const entry = {
      ...made,
      action: 'x.y',
      target: 't',
      before: null,
      after: null,
      subjects: [{ kind: 'x', id: 't' }],
    };
    expect(await readBy(() => auditWriter(pool.sql).append(entry))).toBeLessThan(10 + OWN);
    expect(await readBy(() => auditWriter(pool.sql).erasePerson('user-7', 100))).toBeLessThan(500 + OWN);
    expect(await readBy(() => auditReader(engine).purge(50_000, 100))).toBeLessThan(1_500 + OWN);
  });
});
