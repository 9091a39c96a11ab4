import { rowsByKey } from '../../engine/rows-by-key.js';
import type { Sql } from '../../engine/sql.js';
import { USER_KEY, type UserKey } from '../../engine/user-keys.js';
import type { CountedStage, CountedUnder, StageCounts } from './stage-counts.js';

interface UnderRow {
  readonly part: number;
  readonly id: string;
  readonly organization_id: string;
  readonly joined_at: number | null;
  readonly stage: string;
  /** 1 where the user has reached a stage. */
  readonly staged: number;
}

interface StageRow {
  readonly part: number;
  readonly user_id: string;
  readonly stage: string;
  readonly reached_at: number;
  readonly left_at: number | null;
}

/**
 * Makes a change of some locked users under what they are counted, and counts them there: each stage that they have reached goes with
 * them. Who is counted nowhere, or where they were, costs the reading of their row alone, which waits for nothing.
 */
export async function recounted(
  sql: Sql,
  counts: StageCounts,
  users: readonly UserKey[],
  change: () => Promise<unknown>,
): Promise<void> {
  const reading = readUnder(sql, users);
  // One user's row is read by one statement, which goes ahead of the change by itself.
  if (users.length > 1) await reading;
  const [before] = await Promise.all([reading, change()]);
  const staged = users.filter(([, id]) => before.get(id)?.staged === 1);
  if (staged.length === 0) return;
  const after = await readUnder(sql, staged);
  const moved = staged.filter(([, id]) => !isSame(before.get(id)!, after.get(id)!));
  const stages = await readStages(sql, moved);
  for (const user of moved) {
    const [of, id] = [stages.get(user[1]) ?? [], user[1]];
    counts.count(user, underOf(before.get(id)!), of, { present: before.get(id)!.stage, sign: -1 });
    counts.count(user, underOf(after.get(id)!), of, { present: after.get(id)!.stage, sign: 1 });
  }
}

/** Makes a change of stages that are counted of locked users, or of all that there is of them, and counts what is counted then. */
export async function countedWhole<T>(
  sql: Sql,
  counts: StageCounts,
  users: readonly UserKey[],
  change: () => Promise<T>,
): Promise<T> {
  const count = async (sign: 1 | -1): Promise<void> => {
    const [under, stages] = await Promise.all([readUnder(sql, users), readStages(sql, users)]);
    for (const user of users) {
      const row = under.get(user[1]);
      if (row !== undefined) counts.count(user, underOf(row), stages.get(user[1]) ?? [], { present: row.stage, sign });
    }
  };
  await count(-1);
  const made = await change();
  await count(1);
  return made;
}

async function readUnder(sql: Sql, users: readonly UserKey[]): Promise<ReadonlyMap<string, UnderRow>> {
  const rows = await rowsByKey<UnderRow>(
    sql,
    ['part', 'id'],
    users,
    (condition) =>
      'SELECT part, id, organization_id, joined_at, stage, ' +
      'EXISTS (SELECT 1 FROM stages_reached WHERE stages_reached.part = users.part AND user_id = users.id) AS staged ' +
      `FROM users WHERE ${condition}`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function readStages(sql: Sql, users: readonly UserKey[]): Promise<ReadonlyMap<string, CountedStage[]>> {
  const rows = await rowsByKey<StageRow>(
    sql,
    USER_KEY,
    users,
    (condition) =>
      `SELECT part, user_id, stage, reached_at, left_at FROM stages_reached WHERE ${condition} AND counted = 1`,
  );
  const stages = new Map<string, CountedStage[]>();
  for (const { user_id, stage, reached_at, left_at } of rows) {
    const of = stages.get(user_id) ?? [];
    stages.set(user_id, of);
    of.push({ stage, reachedAt: reached_at, leftAt: left_at });
  }
  return stages;
}

function underOf({ organization_id, joined_at }: UnderRow): CountedUnder {
  return { organizationId: organization_id, joinedAt: joined_at };
}

function isSame(one: UnderRow, other: UnderRow): boolean {
  return one.organization_id === other.organization_id && one.joined_at === other.joined_at;
}
