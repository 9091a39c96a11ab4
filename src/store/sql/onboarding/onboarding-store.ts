import type {
  BreakdownRequest,
  OnboardingStore,
  StageCount,
  StageCountsRequest,
  StageReach,
  StuckRequest,
  StuckUser,
} from '../../onboarding-store.js';
import type { Page } from '../../page.js';
import { joinPosition, pageOf, splitPosition } from '../engine/page-of.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import { runAgain } from '../engine/run-again.js';
import type { Engine, Sql } from '../engine/sql.js';
import { ALL_WEEKS, NOW, REACHED, UNKNOWN_WEEK } from '../users/stages/stage-counts.js';
import { countSome, isWhole } from './count-stored.js';

export function onboardingStore(engine: Engine): OnboardingStore {
  const { read, dialect } = engine;
  return {
    counts: (request) => readCounts(read, request),
    stagesCounted: (organizationId, limit) => stagesCounted(read, organizationId, limit),
    isWhole: () => isWhole(read),
    countSome: (limit) => runAgain(dialect, () => engine.transaction((sql) => countSome(sql, limit))),
    stuck: (request) => findStuck(read, request),
    countStuck: (request) => countStuck(read, request),
    breakdown: (request) => breakDown(read, request),
  };
}

interface SumRow {
  readonly week: number;
  readonly stage: string;
  readonly bucket: number;
  readonly n: number | string;
}

const COUNTED = ['organization_id', 'week', 'stage'];

async function readCounts(sql: Sql, request: StageCountsRequest): Promise<readonly StageCount[]> {
  const { organizationId, stages } = request;
  const keys = weeksOf(request.joined).flatMap((week) => stages.map((stage) => [organizationId, week, stage] as const));
  const rows = await rowsByKey<SumRow>(
    sql,
    COUNTED,
    keys,
    (condition) =>
      `SELECT week, stage, bucket, SUM(n) AS n FROM onboarding_counts${sql.dialect.useIndex('PRIMARY')} WHERE ${condition} ` +
      'GROUP BY organization_id, week, stage, bucket ORDER BY organization_id, week, stage, bucket',
  );
  const counts = new Map<string, SumRow[]>();
  for (const row of rows) {
    if (Number(row.n) === 0) continue;
    const key = `${row.week} ${row.stage}`;
    counts.set(key, [...(counts.get(key) ?? []), row]);
  }
  return [...counts.values()].map((of) => stageCount(of));
}

/** The names by steps into the index, each from the one before it, in statements of their own: see `namedIds` of finding. */
async function stagesCounted(sql: Sql, organizationId: string, limit: number): Promise<readonly string[]> {
  const next =
    `SELECT stage FROM onboarding_counts${sql.dialect.useIndex('PRIMARY')} ` +
    'WHERE organization_id = ? AND week = ? AND stage > ? ORDER BY stage LIMIT 1';
  const stages: string[] = [];
  while (stages.length < limit) {
    const [row] = await sql.rows<{ stage: string }>(next, [organizationId, ALL_WEEKS, stages.at(-1) ?? '']);
    if (row === undefined) break;
    stages.push(row.stage);
  }
  return stages;
}

interface ReachRow {
  readonly organization_id: string;
  readonly stage: string;
  readonly bucket: number;
  readonly n: number | string;
}

async function breakDown(
  sql: Sql,
  { organizationIds, stages }: BreakdownRequest,
): Promise<ReadonlyMap<string, readonly StageReach[]>> {
  const keys = organizationIds.flatMap((id) => stages.map((stage) => [id, ALL_WEEKS, stage] as const));
  // The buckets of durations come after these two.
  const rows = await rowsByKey<ReachRow>(
    sql,
    COUNTED,
    keys,
    (condition) =>
      'SELECT organization_id, stage, bucket, SUM(n) AS n ' +
      `FROM onboarding_counts${sql.dialect.useIndex('PRIMARY')} WHERE ${condition} AND bucket IN (${REACHED}, ${NOW}) ` +
      'GROUP BY organization_id, stage, bucket',
  );
  const reach = new Map<string, Map<string, { reached: number; now: number }>>();
  for (const { organization_id: id, stage, bucket, n } of rows) {
    const of = reach.get(id) ?? new Map<string, { reached: number; now: number }>();
    reach.set(id, of);
    const counted = of.get(stage) ?? { reached: 0, now: 0 };
    of.set(stage, counted);
    counted[bucket === REACHED ? 'reached' : 'now'] = Number(n);
  }
  return new Map(
    Array.from(reach, ([id, of]) => [
      id,
      Array.from(of, ([stage, counted]) => ({ stage, ...counted })).filter(({ reached }) => reached > 0),
    ]),
  );
}

function stageCount(rows: readonly SumRow[]): StageCount {
  const { week, stage } = rows[0]!;
  const sums = new Map(rows.map(({ bucket, n }) => [bucket, Number(n)]));
  const [reached, now] = [sums.get(REACHED) ?? 0, sums.get(NOW) ?? 0];
  return {
    week: week === ALL_WEEKS || week === UNKNOWN_WEEK ? undefined : week,
    stage,
    reached,
    now,
    stays: new Map([...sums].filter(([bucket]) => bucket >= 0)),
  };
}

function weeksOf(joined: StageCountsRequest['joined']): readonly number[] {
  if (joined === 'all') return [ALL_WEEKS];
  if (joined === 'unknown') return [UNKNOWN_WEEK];
  return Array.from({ length: joined.to - joined.from + 1 }, (_, i) => joined.from + i);
}

interface StuckRow {
  readonly id: string;
  readonly organization_id: string;
  readonly stage_entered_at: number;
}

async function findStuck(sql: Sql, request: StuckRequest): Promise<Page<StuckUser>> {
  const { stage, organizationId, enteredBy, limit } = request;
  const [enteredAfter, idAfter] = placeOf(request.after);
  const { from, values } = usersIn(sql, { stage, organizationId });
  const rows = await sql.rows<StuckRow>(
    `SELECT id, organization_id, stage_entered_at FROM ${from} AND stage_entered_at <= ? AND stage_entered_at >= ? ` +
      'AND (stage_entered_at > ? OR id > ?) ORDER BY stage_entered_at, id LIMIT ?',
    [...values, enteredBy, enteredAfter, enteredAfter, idAfter, limit + 1],
  );
  const userOf = ({ id, organization_id: of, stage_entered_at: enteredAt }: StuckRow): StuckUser => ({
    ...{ userId: id, organizationId: of, enteredAt },
  });
  return pageOf(rows, limit, userOf, ({ id, stage_entered_at: at }) => joinPosition([String(at), id]));
}

async function countStuck(sql: Sql, { enteredBy, limit, ...where }: Omit<StuckRequest, 'after'>): Promise<number> {
  const { from, values } = usersIn(sql, where);
  const rows = await sql.rows<{ n: number | string }>(
    `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${from} AND stage_entered_at <= ? LIMIT ?) AS counted`,
    [...values, enteredBy, limit],
  );
  return Number(rows[0]!.n);
}

/** Those who are in a stage, along the index that has them by since when. */
function usersIn(sql: Sql, { stage, organizationId }: Pick<StuckRequest, 'stage' | 'organizationId'>) {
  const [index, within, values] =
    organizationId === ''
      ? ['users_stage_entered', '', [stage]]
      : ['users_organization_stage', 'organization_id = ? AND ', [organizationId, stage]];
  return { from: `users${sql.dialect.useIndex(index)} WHERE ${within}stage = ?`, values };
}

/** The instant and the id after which a page begins. */
function placeOf(after: string | undefined): readonly [enteredAt: number, id: string] {
  const [at, id] = splitPosition(after, 2) ?? [];
  const enteredAt = Number(at);
  return id === undefined || !Number.isSafeInteger(enteredAt) ? [Number.MIN_SAFE_INTEGER, ''] : [enteredAt, id];
}
