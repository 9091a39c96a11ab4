import type { KnownDays } from '../../../core/facts/known-days.js';
import type { DayStore, DayWriter, KeptDays } from '../../day-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { type Engine, firstRow, type Sql } from '../engine/sql.js';

const DAY_KEY = ['part', 'user_id', 'action', 'day'] as const;
/** What stands in place of an action's name for all actions that no rule windows. */
const OTHERS = '';

export function dayStore(engine: Engine): DayStore {
  return {
    known: () => knownDays(engine.read),
    purge: (kept, limit) => purgeDays(engine, kept, limit),
  };
}

export function dayWriter(sql: Sql): DayWriter {
  return {
    known: () => knownDays(sql),
    keepFrom: (wanted) => keepFrom(sql, wanted),
    countForOrganizations: async (actions, since) => {
      await insertRows(sql, {
        table: 'organization_actions',
        columns: ['action', 'counted_since'],
        keyLength: 1,
        rows: actions.map((action) => [action, since]),
        existing: { counted_since: 'replace' },
      });
    },
  };
}

async function knownDays(sql: Sql): Promise<KnownDays> {
  const [since, kept, ofOrganizations] = await Promise.all([
    sql.rows<{ name: string; value: string }>(
      "SELECT name, value FROM meta WHERE name IN ('days_counted_since', 'days_summed_since')",
    ),
    readKept(sql, ''),
    sql.rows<{ action: string; counted_since: number }>('SELECT action, counted_since FROM organization_actions'),
  ]);
  const sinceOf = (name: string): number => Number(since.find((row) => row.name === name)?.value ?? 0);
  return {
    countedSince: sinceOf('days_counted_since'),
    summedSince: sinceOf('days_summed_since'),
    keptFrom: kept.windowed,
    othersKeptFrom: kept.others,
    organizationsSince: new Map(ofOrganizations.map((row) => [row.action, row.counted_since])),
  };
}

async function readKept(sql: Sql, lock: string): Promise<KeptDays> {
  const rows = await sql.rows<{ action: string; first_day: number }>(`SELECT action, first_day FROM kept_days${lock}`);
  const windowed = new Map(rows.map((row) => [row.action, row.first_day]));
  const others = windowed.get(OTHERS) ?? 0;
  windowed.delete(OTHERS);
  return { windowed, others };
}

async function keepFrom(sql: Sql, wanted: KeptDays): Promise<KeptDays> {
  const before = await readKept(sql, sql.dialect.forUpdate);
  const windowed = new Map<string, number>();
  for (const [action, day] of wanted.windowed) {
    windowed.set(action, Math.max(day, before.windowed.get(action) ?? before.others));
  }
  const others = Math.max(wanted.others, before.others);
  const gone = [...before.windowed.keys()].filter((action) => !windowed.has(action));
  await changeByKey(
    sql,
    ['action'],
    gone.map((action) => [action]),
    (condition) => `DELETE FROM kept_days WHERE ${condition}`,
  );
  await insertRows(sql, {
    table: 'kept_days',
    columns: ['action', 'first_day'],
    keyLength: 1,
    rows: [[OTHERS, others], ...windowed],
    existing: { first_day: 'replace' },
  });
  return { windowed, others };
}

interface DayRow {
  readonly part: number;
  readonly user_id: string;
  readonly action: string;
  readonly day: number;
}

async function purgeDays(engine: Engine, { windowed, others }: KeptDays, limit: number): Promise<number> {
  let gone = 0;
  for (let action = await nextAction(engine, ''); action !== undefined && gone < limit; ) {
    const rows = await engine.read.rows<DayRow>(
      `SELECT ${DAY_KEY.join(', ')} FROM action_days WHERE action = ? AND day < ? LIMIT ?`,
      [action, windowed.get(action) ?? others, limit - gone],
    );
    gone += await changeByKey(
      engine.write,
      DAY_KEY,
      rows.map((row) => DAY_KEY.map((column) => row[column])),
      (condition) => `DELETE FROM action_days WHERE ${condition}`,
    );
    action = await nextAction(engine, action);
  }
  return gone;
}

/** The first action by name, after the given one, of which days are kept: one search of the index. */
async function nextAction(engine: Engine, after: string): Promise<string | undefined> {
  const row = await firstRow<{ action: string | null }>(
    engine.read,
    'SELECT MIN(action) AS action FROM action_days WHERE action > ?',
    [after],
  );
  return row?.action ?? undefined;
}
