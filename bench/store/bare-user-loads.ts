/**
 * Reads users' rows as plainly as can be: prepared statements of the product's own text for fifty users each, so many at once,
 * and nothing made of the rows. `node … bench/store/bare-user-loads.ts`, with `DATABASE_URL`; takes `FROM TO` a line on its
 * standard input, the users' numbers, and prints how many seconds it took and how many rows there were.
 */
import { createInterface } from 'node:readline';
import mysql from 'mysql2/promise';
import { partitionOf } from '../../src/core/values/partition.js';
import { mysqlDialect } from '../../src/store/mysql/mysql-dialect.js';
import { DAY, TIMER, userStateQuery } from '../../src/store/sql/users/state/user-state-query.js';
import { userName } from '../stand/many-users.js';

const USERS_PER_STATEMENT = 50;
/** As many as the product has under way. */
const AT_ONCE = 4;

const pool = mysql.createPool({ uri: process.env.DATABASE_URL!, connectionLimit: AT_ONCE });
let tables = 0;
// Without windows no days are read, and evaluations never read timers.
const text = userStateQuery(mysqlDialect, ({ kind, key }) => {
  if (kind === TIMER || kind === DAY) return undefined;
  tables++;
  return mysqlDialect.isOneOf(key, USERS_PER_STATEMENT);
});

async function load(first: number): Promise<number> {
  const keys = Array.from({ length: USERS_PER_STATEMENT }, (_, i) => userName(first + i))
    .map((id) => [partitionOf(id), id] as const)
    .toSorted(([part, id], [otherPart, otherId]) => part - otherPart || (id < otherId ? -1 : 1));
  const [rows] = await pool.execute(text, Array.from({ length: tables }, () => keys.flat()).flat());
  return (rows as readonly object[]).length;
}

async function loadAll(from: number, to: number): Promise<void> {
  const startedAt = performance.now();
  let [next, rows] = [from, 0];
  const one = async (): Promise<void> => {
    while (next < to) {
      const first = next;
      next += USERS_PER_STATEMENT;
      const loaded = await load(first);
      rows += loaded;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  console.log(`${(performance.now() - startedAt) / 1000} ${rows}`);
}

await load(0);
console.log('bare loads ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [from, to] = line.split(' ').map(Number);
  await loadAll(from!, to!);
}
process.exit(0);
