/**
 * 100,000 users whose timers are due at the same instant, on MariaDB with two workers and on SQLite with one process: how
 * long it takes until each has its unlock, whether each has it once and as of the due instant, and how long the first took.
 *
 *     npm run build && npm run bench:timers
 *
 * `USERS=10000` has fewer, `ENGINES=sqlite` leaves one out.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/compose/server/open-adapters.js';
import { unknownUser } from '../../src/core/states/user-state.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { openMysqlStore } from '../../src/store/mysql/mysql-store.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { Rule_Policy, SetFlagRequest, type SetFlagResponse } from '../../test/gen/latchkey/v1/flag.js';
import { createDatabase } from '../../test/servers/test-servers.js';
import { connect } from '../stand/latchkey-client.js';
import { type Started, start } from '../stand/processes.js';

const USERS = Number(process.env.USERS ?? 100_000);
const PER_TRANSACTION = 1_000;
const TOKEN = 'a-token-for-this-run-alone';
const DAYS = 7;

/** A database of this run, and what runs on it. */
interface Place {
  readonly name: string;
  readonly store: SqlStore;
  readonly environment: Readonly<Record<string, string>>;
  /** Of each process; the first one answers. */
  readonly roles: readonly string[];
  end(): Promise<void>;
}

const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));

async function mariadb(): Promise<Place> {
  const database = await createDatabase();
  await migrate({ kind: 'mysql', url: database.url, poolSize: 2 });
  return {
    name: 'MariaDB, two workers',
    store: await openMysqlStore({ url: database.url }),
    environment: { DATABASE_URL: database.url, REDIS_URL: process.env.TEST_REDIS_URL! },
    roles: ['grpc,worker', 'worker'],
    end: () => database.drop(),
  };
}

async function sqlite(): Promise<Place> {
  const path = join(directory, 'timers.db');
  await migrate({ kind: 'sqlite', path });
  return {
    name: 'SQLite, one process',
    store: await openSqliteStore({ path }),
    environment: { DATABASE_URL: `sqlite:${path}` },
    roles: ['grpc,worker'],
    end: () => Promise.resolve(),
  };
}

const userName = (n: number): string => `user-${n}`;

/** Users who joined at the same instant, each with the timer that they would have. */
async function load(store: SqlStore, joinedAt: number): Promise<void> {
  for (let from = 0; from < USERS; from += PER_TRANSACTION) {
    const ids = Array.from({ length: Math.min(PER_TRANSACTION, USERS - from) }, (_, i) => userName(from + i));
    await store.transaction(async (tx) => {
      await tx.users.lock(ids);
      await tx.users.putProfiles(ids.map((userId) => ({ ...unknownUser(userId), userId, joinedAt })));
      await tx.timers.put(ids.map((userId) => ({ userId, dueAt: joinedAt + DAYS * DAY_MS })));
      await tx.users.advance(ids);
    });
  }
}

/** Every unlock of the flag: how many, of how many users, and how many as of another instant than the due one. */
async function unlocks(store: SqlStore, flagId: string, dueAt: number) {
  const users = new Set<string>();
  let [entries, atAnother] = [0, 0];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await store.history.flagLedger(flagId, { limit: 1_000, ...(after && { after }) }, 'oldest');
    for (const { userId, earnedAt } of page.items) {
      entries++;
      users.add(userId);
      if (earnedAt !== dueAt) atAnother++;
    }
    after = page.next;
  }
  return { entries, users: users.size, atAnother };
}

async function measure({ name, store, environment, roles }: Place): Promise<void> {
  const serve = (cpu: number, ROLES: string): Promise<Started> =>
    start(cpu, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, {
      ...{ DATA_DIR: directory, LATCHKEY_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn', ROLES },
      ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', OPS_ADDR: '127.0.0.1:0', ...environment },
    });
  const servers = [await serve(0, roles[0]!)];
  const { client, call } = connect(/grpc=(\S+)/.exec(servers[0]!.line)![1]!, TOKEN);
  const condition = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: DAYS };
  const rules = [{ policy: Rule_Policy.LATCHING, conditions: { all: [condition] } }];
  const { flag } = await call<SetFlagRequest, SetFlagResponse>(
    client.setFlag,
    SetFlagRequest.fromPartial({ flag: { key: 'patience', rules } }),
  );
  for (const role of roles.slice(1)) servers.push(await serve(1, role));

  const loadMs = USERS * 0.6 + 5_000;
  const dueAt = (await store.now()) + loadMs;
  await load(store, dueAt - DAYS * DAY_MS);
  const ahead = dueAt - (await store.now());
  if (ahead < 500) throw new Error('the users were not stored in time; try again with fewer');
  const memory = (): number =>
    Math.max(
      ...servers.map(({ process: { pid } }) =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]),
      ),
    ) / 1024;
  const before = memory();
  await new Promise((resolve) => setTimeout(resolve, ahead));

  let [first, most] = [Number.NaN, before];
  for (;;) {
    const [soonest] = await store.timers.due(dueAt, 1);
    const now = await store.now();
    most = Math.max(most, memory());
    if (soonest === undefined) {
      const seconds = (now - dueAt) / 1000;
      console.log(
        `${name}: ${USERS} timers in ${seconds.toFixed(1)} s, ${(USERS / seconds).toFixed(0)}/s; the first ` +
          `${first} ms after its instant; memory ${before.toFixed(0)} MiB before, ${most.toFixed(0)} MiB at most`,
      );
      break;
    }
    if (Number.isNaN(first)) {
      const [entry] = (await store.history.flagLedger(flag!.id, { limit: 1 }, 'oldest')).items;
      if (entry !== undefined) first = entry.recordedAt - dueAt;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { entries, users, atAnother } = await unlocks(store, flag!.id, dueAt);
  console.log(`${name}: ${entries} unlocks of ${users} users, ${atAnother} of them as of another instant`);
  client.close();
  await Promise.all(servers.map((server) => server.stop()));
}

const engines = (process.env.ENGINES ?? 'mariadb,sqlite').split(',');
for (const [name, open] of Object.entries({ mariadb, sqlite })) {
  if (!engines.includes(name)) continue;
  const place = await open();
  await measure(place);
  await place.store.close();
  await place.end();
}
rmSync(directory, { recursive: true, force: true });
process.exit(0);
