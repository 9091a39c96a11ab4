/**
 * What administrators look up among very much: the search, pages of every kind, explanations, onboarding, the audit; one call after the
 * other, as a person makes them, and how many rows of tables and indexes MariaDB reads for a call, which no scan hides in. Then how long
 * a server takes to start on that database, and its memory.
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
  await fillOnboarding(store, execute);
  await fillRecords(execute);
};

/** As the workers' job does it, in larger steps. */
async function fillSearched(store: SqlStore, execute: Execute): Promise<void> {
  const startedAt = performance.now();
  while (await store.searchFill.step(2_000));
  console.log(`by what users are found: filled in ${seconds(startedAt).toFixed(0)} s`);
  await execute('ANALYZE TABLE users, user_search, user_roles');
}

/** Everybody has reached the tour, within the last hundred days; half have left it. They are counted by the job for who was there before. */
async function fillOnboarding(store: SqlStore, execute: Execute): Promise<void> {
  const startedAt = performance.now();
  const reachedAt = `${Date.now()} - CRC32(id) MOD 100 * 86400000`;
  await execute(`UPDATE users SET stage_entered_at = ${reachedAt} WHERE part < 4096`);
  await execute(
    'INSERT INTO stages_reached (part, user_id, stage, seq, reached_at, left_at) ' +
      `SELECT part, id, 'tour', 1, stage_entered_at, IF(stage = 'tour', NULL, stage_entered_at + CRC32(id) MOD 7 * 3600000) FROM users WHERE part < 4096`,
  );
  await execute(
    'INSERT INTO stages_reached (part, user_id, stage, seq, reached_at) ' +
      `SELECT part, id, stage, 2, stage_entered_at + CRC32(id) MOD 7 * 3600000 FROM users WHERE part < 4096 AND stage = 'done'`,
  );
  await execute("UPDATE meta SET value = '' WHERE name = 'onboarding_counted'");
  while (await store.onboarding.countSome(2_000));
  console.log(`onboarding: filled and counted in ${seconds(startedAt).toFixed(0)} s`);
}

/** One user in ten has been granted one of the flags, and as many changes are told by the audit. */
async function fillRecords(execute: Execute): Promise<void> {
  await execute(
    'INSERT INTO unlocks (part, user_id, seq, flag_id, rule_id, rule_version, kind, earned_at, recorded_at, cause) ' +
      `SELECT part, id, 1, 'flg_1', '', 0, 'granted', stage_entered_at, stage_entered_at, '{}' FROM users ` +
      'WHERE part < 4096 AND CRC32(id) MOD 10 = 0',
  );
  await execute(
    'INSERT INTO audit (id, at, actor, action, target, state_before, state_after, request_id, comment) ' +
      "SELECT 1000 + ROW_NUMBER() OVER (ORDER BY part, id), stage_entered_at, CONCAT('token:tok_', CRC32(id) MOD 50), 'user.identify', " +
      "CONCAT('user:', id), '{}', '{}', 'request', 'as they asked' FROM users WHERE part < 4096 AND CRC32(id) MOD 10 = 0",
  );
  await execute(
    "INSERT INTO audit_subjects (kind, subject, audit_id) SELECT 'user', SUBSTRING(target, 6), id FROM audit WHERE id >= 1000",
  );
  await execute('ANALYZE TABLE users, unlocks, audit, audit_subjects, stages_reached, onboarding_counts');
}

const user = (n: number): string => `user-${(n * 7_919) % SIZE.users}`;

/** One thing that is asked: the path of the n-th call, what is posted there (nothing: a GET), and what its median may take at most. */
interface Asked {
  readonly path: (n: number) => string;
  readonly body?: (n: number) => object;
  readonly atMostMs: number;
}

/** What is asked, by its name in the report. */
const ASKED: Readonly<Record<string, Asked>> = {
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
  'the overview': { path: () => '/overview', atMostMs: 30 },
  'a page of 50 organizations, with members counted': {
    path: (n) => `/organizations?page_size=50&count_members=true&q=organization-${1 + (n % 9)}`,
    atMostMs: 50,
  },
  'a page of 100 members of an organization': {
    path: (n) => `/organizations/organization-${n % SIZE.organizations}/members?page_size=100`,
    atMostMs: 30,
  },
  'a page of 50 users who hold an unlock of a flag': {
    path: () => '/users?page_size=50&unlocked=flag-1',
    atMostMs: 30,
  },
  'a page of 100 entries of the ledger of a flag': { path: () => '/flags/flag-1/unlocks?page_size=100', atMostMs: 30 },
  'a user': { path: (n) => `/users/${user(n)}`, atMostMs: 30 },
  'an explanation of a flag for a user': { path: (n) => `/users/${user(n)}/flags/flag-${n}/explain`, atMostMs: 30 },
  'a page of 50 flags of a user': { path: (n) => `/users/${user(n)}/flags?page_size=50`, atMostMs: 100 },
  'a page of 200 flags of a user': { path: (n) => `/users/${user(n)}/flags?page_size=200`, atMostMs: 100 },
  'a draft tried for twenty users who are in no cache': {
    path: (n) => `/flags/flag-${n}/try`,
    body: (n) => ({
      rule: {
        id: 'drafted',
        conditions: {
          all: [
            { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 3 },
            { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' },
          ],
        },
      },
      contexts: Array.from({ length: 20 }, (_, index) => ({ user_id: user(1_000 + n * 20 + index) })),
    }),
    atMostMs: 100,
  },
  'the funnel of everybody': { path: () => '/onboarding', atMostMs: 30 },
  'the funnel of an organization': { path: (n) => `/onboarding?organization_id=organization-${n}`, atMostMs: 30 },
  'a page of 100 users who are stuck': { path: () => '/onboarding/tour?page_size=100', atMostMs: 30 },
  'a page of 50 entries of the audit': { path: () => '/audit?page_size=50', atMostMs: 30 },
  'a page of 50 entries of the audit, by one actor': {
    path: (n) => `/audit?page_size=50&actor=token:tok_${n % 50}`,
    atMostMs: 30,
  },
  'what refers to a flag': { path: (n) => `/flags/flag-${n}/references`, atMostMs: 30 },
  'the vocabulary': { path: () => '/vocabulary', atMostMs: 100 },
  health: { path: () => '/health', atMostMs: 30 },
};

async function measure(place: Place, report: Report): Promise<void> {
  const startedAt = performance.now();
  const server = await serve(0, 'grpc,rest', { DATA_DIR: `${place.directory}/data`, ...place.environment });
  report.row({ what: 'start', unit: 's', values: [seconds(startedAt)], digits: 2 });
  report.row({ what: 'resident after the start', unit: 'MiB', values: [residentMib(server.process.pid!)] });
  pinThisProcess(1);
  const ask = async (path: string, body: object | undefined): Promise<number> => {
    const askedAt = performance.now();
    const response = await fetch(`http://${server.httpAddress}/api/admin${path}`, {
      headers: { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    return performance.now() - askedAt;
  };
  for (const [what, { path, body, atMostMs }] of Object.entries(ASKED)) {
    for (let n = 0; n < WARM_UP_CALLS; n++) await ask(path(n), body?.(n));
    const taken: number[] = [];
    const before = await rowsRead(place);
    for (let n = 0; n < CALLS; n++) taken.push(await ask(path(n + WARM_UP_CALLS), body?.(n + WARM_UP_CALLS)));
    report.row({ what, unit: 'ms', values: taken, digits: 1, mark: { atMost: atMostMs } });
    report.row({ what: `${what}: rows read`, unit: 'a call', values: [((await rowsRead(place)) - before) / CALLS] });
  }
  report.row({ what: 'resident after all of it', unit: 'MiB', values: [residentMib(server.process.pid!)] });
  await server.stop();
}

/** Rows of tables and of indexes that the database has read for anybody, what the server does in the background with them. */
async function rowsRead(place: Place): Promise<number> {
  const rows = (await place.query("SHOW GLOBAL STATUS LIKE 'Handler_read%'")) as readonly { readonly Value: string }[];
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}

const startedAt = performance.now();
await withPlace('mariadb', fillForFinding, async (place) => {
  const report = new Report('finding', { ...SIZE, calls: CALLS });
  report.row({ what: `filling with ${SIZE.users} users`, unit: 's', values: [seconds(startedAt)] });
  await measure(place, report);
  report.end();
});
process.exit(0);
