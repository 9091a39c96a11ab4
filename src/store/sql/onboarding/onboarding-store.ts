import type {
  OnboardingStore,
  StageCount,
  StageCountsRequest,
  StuckRequest,
  StuckUser,
} from '../../onboarding-store.js';
import type { Page } from '../../page.js';
import type { SqlValue } from '../engine/dialect.js';
import { joinPosition, pageOf, splitPosition } from '../engine/page-of.js';
import { runAgain } from '../engine/run-again.js';
import type { Engine, Sql } from '../engine/sql.js';
import { ALL_WEEKS, NOW, REACHED, UNKNOWN_WEEK } from '../users/stage-counts.js';
import { countSome, isWhole } from './count-stored.js';

export function onboardingStore(engine: Engine): OnboardingStore {
  const { read, dialect } = engine;
  return {
    counts: (request) => readCounts(read, request),
    isWhole: () => isWhole(read),
    countSome: (limit) => runAgain(dialect, () => engine.transaction((sql) => countSome(sql, limit))),
    stuck: (request) => findStuck(read, request),
  };
}

interface SumRow {
  readonly week: number;
  readonly stage: string;
  readonly bucket: number;
  readonly n: number | string;
}

async function readCounts(sql: Sql, { organizationId, joined }: StageCountsRequest): Promise<readonly StageCount[]> {
  const { from, to } = weeksOf(joined);
  const rows = await sql.rows<SumRow>(
    'SELECT week, stage, bucket, SUM(n) AS n FROM onboarding_counts WHERE organization_id = ? AND week >= ? AND week <= ? ' +
      'GROUP BY week, stage, bucket ORDER BY week, stage, bucket',
    [organizationId, from, to],
  );
  const counts = new Map<string, SumRow[]>();
  for (const row of rows) {
    if (Number(row.n) === 0) continue;
    const key = `${row.week} ${row.stage}`;
    counts.set(key, [...(counts.get(key) ?? []), row]);
  }
  return [...counts.values()].map((of) => stageCount(of));
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

function weeksOf(joined: StageCountsRequest['joined']): { readonly from: number; readonly to: number } {
  if (joined === 'all') return { from: ALL_WEEKS, to: ALL_WEEKS };
  if (joined === 'unknown') return { from: UNKNOWN_WEEK, to: UNKNOWN_WEEK };
  return joined;
}

interface StuckRow {
  readonly id: string;
  readonly organization_id: string;
  readonly stage_entered_at: number;
}

async function findStuck(sql: Sql, request: StuckRequest): Promise<Page<StuckUser>> {
  const { stage, organizationId, enteredBy, limit } = request;
  const [enteredAfter, idAfter] = placeOf(request.after);
  const ofOrganization = organizationId === '' ? '' : 'organization_id = ? AND ';
  const index = organizationId === '' ? 'users_stage_entered' : 'users_organization_stage';
  const values: readonly SqlValue[] = [...(organizationId === '' ? [] : [organizationId]), stage];
  const rows = await sql.rows<StuckRow>(
    `SELECT id, organization_id, stage_entered_at FROM users${sql.dialect.useIndex(index)} WHERE ${ofOrganization}` +
      'stage = ? AND stage_entered_at <= ? AND stage_entered_at >= ? AND (stage_entered_at > ? OR id > ?) ' +
      'ORDER BY stage_entered_at, id LIMIT ?',
    [...values, enteredBy, enteredAfter, enteredAfter, idAfter, limit + 1],
  );
  const userOf = ({ id, organization_id: of, stage_entered_at: enteredAt }: StuckRow): StuckUser => ({
    ...{ userId: id, organizationId: of, enteredAt },
  });
  return pageOf(rows, limit, userOf, ({ id, stage_entered_at: at }) => joinPosition([String(at), id]));
}

/** The instant and the id after which a page begins. */
function placeOf(after: string | undefined): readonly [enteredAt: number, id: string] {
  const [at, id] = splitPosition(after, 2) ?? [];
  const enteredAt = Number(at);
  return id === undefined || !Number.isSafeInteger(enteredAt) ? [Number.MIN_SAFE_INTEGER, ''] : [enteredAt, id];
}
