import { PARTITIONS, partitionOf } from '../../src/core/values/partition.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { COUNTERS, type userFlag } from './asked.js';
import { flagKey, loadManyFlags } from './many-flags.js';
import { actionName, loadManyUsers, userName } from './many-users.js';
import type { Execute, Load } from './places.js';

export interface Filling {
  readonly users: number;
  readonly flags: number;
  readonly flag: typeof userFlag;
  /** Access rows of users, each of a flag. */
  readonly rows?: number;
  /** Actions whose last so many days each user has. */
  readonly windows?: { readonly actions: number; readonly days: number };
}

/** Users who are stored by the store; all others are copies of them. */
const TEMPLATES = 100;
/** Tables that are copied, and the column that names the user. */
const COPIED = { users: 'id', action_totals: 'user_id', action_days: 'user_id' } as const;
const PAIRS_PER_STATEMENT = 5_000;
/** Of how many partitions the users are copied by one statement. */
const PARTITIONS_PER_STATEMENT = 128;
const ROWS_PER_TRANSACTION = 1_000;

/**
 * Fills a database with very many users of ten counters each, flags and access rows, within a minute or two for a million. The
 * first hundred users are stored as any; the others are copied from them within the database, in the order of its keys.
 */
export const fill =
  ({ users, flags, flag, rows = 0, windows }: Filling): Load =>
  async (store, execute) => {
    await loadManyFlags(store, flags, flag, rows > 0);
    const countOf = (user: number, action: number): number => 1 + ((user + action) % 20);
    await loadManyUsers(store, { users: Math.min(TEMPLATES, users), counters: COUNTERS, countOf });
    if (windows !== undefined) await addDays(store, windows);
    if (users > TEMPLATES) await copyUsers(execute, users);
    await addRows(store, { users, flags, rows });
  };

async function addDays(store: SqlStore, { actions, days }: NonNullable<Filling['windows']>): Promise<void> {
  const today = Math.floor((await store.now()) / DAY_MS);
  const ids = Array.from({ length: TEMPLATES }, (_, n) => userName(n));
  await store.transaction(async (tx) => {
    await tx.users.lock(ids);
    await tx.users.addDays(
      ids.flatMap((userId) =>
        Array.from({ length: actions * days }, (_, n) => ({
          ...{ userId, action: actionName(n % actions), day: today - Math.floor(n / actions) },
          ...{ count: 1 + (n % 5), sum: 0n },
        })),
      ),
    );
  });
}

async function copyUsers(execute: Execute, users: number): Promise<void> {
  await execute(
    'CREATE TABLE copies (part SMALLINT NOT NULL, id VARCHAR(191) NOT NULL, template VARCHAR(191) NOT NULL, PRIMARY KEY (part, id))',
  );
  const copies = Array.from({ length: users - TEMPLATES }, (_, i) => {
    const id = userName(i + TEMPLATES);
    return [partitionOf(id), id, userName(i % TEMPLATES)] as const;
  }).toSorted(([part, id], [otherPart, otherId]) => part - otherPart || (id < otherId ? -1 : 1));
  for (let from = 0; from < copies.length; from += PAIRS_PER_STATEMENT) {
    const some = copies.slice(from, from + PAIRS_PER_STATEMENT);
    await execute(`INSERT INTO copies VALUES ${some.map(() => '(?, ?, ?)').join(', ')}`, some.flat());
  }
  for (const [table, key] of Object.entries(COPIED)) await copyTable(execute, table, key);
  await execute('DROP TABLE copies');
}

/** Gives each copy the rows of its template, whatever columns the table has. */
async function copyTable(execute: Execute, table: string, key: string): Promise<void> {
  const [row] = await execute(`SELECT * FROM ${table} LIMIT 1`);
  if (row === undefined) return;
  const others = Object.keys(row).filter((column) => column !== 'part' && column !== key);
  const templates = `templates_of_${table}`;
  await execute(`CREATE TABLE ${templates} AS SELECT * FROM ${table}`);
  await execute(`CREATE INDEX ${templates}_key ON ${templates} (${key})`);
  for (let part = 0; part < PARTITIONS; part += PARTITIONS_PER_STATEMENT) {
    await execute(
      `INSERT INTO ${table} (part, ${key}, ${others.join(', ')}) ` +
        `SELECT c.part, c.id, ${others.map((column) => `t.${column}`).join(', ')} ` +
        `FROM copies c JOIN ${templates} t ON t.${key} = c.template ` +
        'WHERE c.part >= ? AND c.part < ? ORDER BY c.part, c.id',
      [part, part + PARTITIONS_PER_STATEMENT],
    );
  }
  await execute(`DROP TABLE ${templates}`);
}

/** Gives users a row that allows them a flag, each another user and another flag. */
async function addRows(store: SqlStore, { users, flags, rows }: Required<Pick<Filling, 'users' | 'flags' | 'rows'>>) {
  const snapshot = await store.configuration.load();
  const idOf = new Map(snapshot.flags.map(({ key, id }) => [key, id]));
  for (let from = 0; from < rows; from += ROWS_PER_TRANSACTION) {
    const some = Array.from({ length: Math.min(ROWS_PER_TRANSACTION, rows - from) }, (_, i) => from + i);
    const ids = [...new Set(some.map((n) => userName(n % users)))];
    await store.transaction(async (tx) => {
      await tx.users.lock(ids);
      await tx.users.putAccess(
        some.map((n) => ({
          ...{ flagId: idOf.get(flagKey(n % flags))!, userId: userName(n % users), role: '', organizationId: '' },
          ...{ managedBy: '', effect: 'ALLOW', enabled: true },
        })),
      );
      await tx.users.advance(ids);
    });
  }
}
