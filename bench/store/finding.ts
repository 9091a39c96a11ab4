/**
 * What administrators look up among very much: the search, pages of users and of flags, of organizations; one call after the other, as a
 * person makes them. Then how long a server takes to start on that database, and its memory.
 *
 *     npm run build && npm run bench:finding
 *
 * `USERS`, `FLAGS`, `ROWS` (access rows), `ORGANIZATIONS` and `CALLS` change its size. Filling takes some minutes for a million users.
 */
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { mixedFlag } from '../stand/asked.js';
import { fill } from '../stand/fill.js';
import { type Execute, type Load, type Place, withPlace } from '../stand/places.js';
import { pinThisProcess, residentMib, serve, TOKEN } from '../stand/processes.js';
import { Report } from '../stand/report.js';

const SIZE = {
  users: Number(process.env.USERS ?? 1_000_000),
  flags: Number(process.env.FLAGS ?? 10_000),
  rows: Number(process.env.ROWS ?? 100_000),
  organizations: Number(process.env.ORGANIZATIONS ?? 1_000),
};
const CALLS = Number(process.env.CALLS ?? 200);
const WARM_UP_CALLS = 20;

const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1000;

/** Gives users what they are looked up by: an organization of so many, a role in it, a stage, an e-mail address. */
const fillForFinding: Load = async (store, execute) => {
  await fill({ ...SIZE, flag: mixedFlag })(store, execute);
  await store.transaction(async ({ configuration }) => {
    await configuration.advance();
    await configuration.putSearchAttributes(['email']);
  });
  const users = 'users WHERE part < 4096';
  const PARTITIONS_AT_ONCE = 128;
  for (let part = 0; part < 4_096; part += PARTITIONS_AT_ONCE) {
    const some = `part >= ${part} AND part < ${part + PARTITIONS_AT_ONCE}`;
    await execute(
      `UPDATE users SET organization_id = CONCAT('organization-', CRC32(id) MOD ${SIZE.organizations}), ` +
        `stage = IF(CRC32(id) MOD 2 = 0, 'tour', 'done'), ` +
        `attributes = CONCAT('{"plan":"pro","email":"mail-', CRC32(id) MOD 1000, '.', id, '@Example.com"}') WHERE ${some}`,
    );
    await execute(
      `REPLACE INTO user_roles (part, user_id, role, organization_id) SELECT part, id, 'employee', organization_id FROM ${users} AND ${some}`,
    );
  }
  await fillSearched(store, execute);
};

/** As the workers' job does it, in larger steps. */
async function fillSearched(store: SqlStore, execute: Execute): Promise<void> {
  const startedAt = performance.now();
  while (await store.searchFill.step(2_000));
  console.log(`by what users are found: filled in ${seconds(startedAt).toFixed(0)} s`);
  await execute('ANALYZE TABLE users, user_search, user_roles');
}

/** What is asked, by its name in the report: the path of the n-th call, and what its median may take at most. */
const ASKED: Readonly<Record<string, { readonly path: (n: number) => string; readonly atMostMs: number }>> = {
  'search, a part of flags': { path: (n) => `/search?q=flag-${n}`, atMostMs: 30 },
  'search, the beginning of users': { path: (n) => `/search?q=user-${n}`, atMostMs: 30 },
  'search, the beginning of an e-mail address': { path: (n) => `/search?q=MAIL-${n}.`, atMostMs: 30 },
  'search, what nothing has': { path: (n) => `/search?q=%25${n}_none`, atMostMs: 30 },
  'a page of 100 flags, by text': { path: (n) => `/flags?page_size=100&q=${n % 10}`, atMostMs: 20 },
  'a page of 100 flags, by name, with counts': {
    path: (n) => `/flags?page_size=100&order=FLAG_ORDER_NAME&facets=true&descending=${n % 2 === 0}`,
    atMostMs: 20,
  },
  'a page of 100 users, by id': { path: (n) => `/users?page_size=100&q=user-${n % 100}`, atMostMs: 30 },
  'a page of 100 users, by e-mail address': { path: (n) => `/users?page_size=100&q=mail-${n}`, atMostMs: 30 },
  'a page of 100 users, of an organization': {
    path: (n) => `/users?page_size=100&organization_id=organization-${n % SIZE.organizations}`,
    atMostMs: 30,
  },
  'a page of 100 users, in a stage': { path: () => '/users?page_size=100&stage=tour', atMostMs: 30 },
  'a page of 50 organizations, with members counted': {
    path: (n) => `/organizations?page_size=50&count_members=true&q=organization-${1 + (n % 9)}`,
    atMostMs: 50,
  },
};

async function measure(place: Place, report: Report): Promise<void> {
  const startedAt = performance.now();
  const server = await serve(0, 'grpc,rest', { DATA_DIR: `${place.directory}/data`, ...place.environment });
  report.row({ what: 'start', unit: 's', values: [seconds(startedAt)], digits: 2 });
  report.row({ what: 'resident after the start', unit: 'MiB', values: [residentMib(server.process.pid!)] });
  pinThisProcess(1);
  const ask = async (path: string): Promise<number> => {
    const askedAt = performance.now();
    const response = await fetch(`http://${server.httpAddress}/api/admin${path}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    return performance.now() - askedAt;
  };
  for (const [what, { path, atMostMs }] of Object.entries(ASKED)) {
    for (let n = 0; n < WARM_UP_CALLS; n++) await ask(path(n));
    const taken: number[] = [];
    for (let n = 0; n < CALLS; n++) taken.push(await ask(path(n + WARM_UP_CALLS)));
    report.row({ what, unit: 'ms', values: taken, digits: 1, mark: { atMost: atMostMs } });
  }
  report.row({ what: 'resident after all of it', unit: 'MiB', values: [residentMib(server.process.pid!)] });
  await server.stop();
}

const startedAt = performance.now();
await withPlace('mariadb', fillForFinding, async (place) => {
  const report = new Report('finding', { ...SIZE, calls: CALLS });
  report.row({ what: `filling with ${SIZE.users} users`, unit: 's', values: [seconds(startedAt)] });
  await measure(place, report);
  report.end();
});
process.exit(0);
