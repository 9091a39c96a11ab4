import { type Call, confinedTo } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { percentileOf } from '../../core/values/duration-histogram.js';
import { quote } from '../../core/values/json.js';
import { parseWeek, weekName } from '../../core/values/time/joining-week.js';
import type { StageCount } from '../../store/onboarding-store.js';
import type { Store } from '../../store/store.js';
import { requireOwnOrganization } from '../access/caller-reach.js';

export interface FunnelInput {
  /** Of an organization's members alone; '' for everybody, or for the caller's own organization where they are confined to one. */
  readonly organizationId: string;
  /** Weeks of joining such as `2026-W48`, both included; both '' for whoever joined whenever. */
  readonly fromWeek: string;
  readonly toWeek: string;
  /** Those alone of whom nobody has said when they joined. */
  readonly joiningUnknown: boolean;
}

export interface Funnel {
  /** '' where it is everybody's. */
  readonly organizationId: string;
  readonly stages: readonly FunnelStage[];
  /** Where weeks were asked for: each in which anybody joined who has reached a stage. */
  readonly weeks: readonly FunnelWeek[];
  /** Whether stages were left out, of those that are not in the list. */
  readonly shortened: boolean;
  /** Whether all users are counted; false for a while after stages began to be counted. */
  readonly whole: boolean;
}

export interface FunnelWeek {
  readonly week: string;
  readonly stages: readonly FunnelStage[];
}

export interface FunnelStage {
  readonly stage: string;
  /** Whether the list of stages has it. */
  readonly listed: boolean;
  readonly reached: number;
  readonly now: number;
  /** Who reached it and is elsewhere now. */
  readonly left: number;
  /** How many first stays have ended whose length is known; of these are the percentiles, in milliseconds. */
  readonly stays: number;
  readonly medianMs?: number;
  readonly p90Ms?: number;
}

const MAX_WEEKS = 53;

/** How many stages are looked at that are not in the list: the first by name. Anybody may have invented any number of them. */
const MAX_UNLISTED = 200;

/** How far users come in onboarding, by organization and by week of joining. */
export class FunnelService {
  readonly #store: Pick<Store, 'onboarding' | 'configuration'>;

  constructor(store: Pick<Store, 'onboarding' | 'configuration'>) {
    this.#store = store;
  }

  /** The funnel. Its counts are exact; the percentiles are within 5 %. */
  async get(call: Call, input: FunnelInput): Promise<Funnel> {
    authorize(call, 'GetFunnel');
    const organizationId = ownOrganization(call, input.organizationId);
    const weeks = weeksOf(input);
    if (weeks !== undefined && input.joiningUnknown) {
      throw invalidAt('/joining_unknown', 'who joined nobody knows when is in no week; leave the weeks out');
    }
    const joined = weeks ?? (input.joiningUnknown ? 'unknown' : 'all');
    const { onboarding } = this.#store;
    const [{ stages }, whole] = await Promise.all([this.#store.configuration.stages(), onboarding.isWhole()]);
    const listed = stages.map(({ name }) => name);
    const counted = await onboarding.stagesCounted(organizationId, listed.length + MAX_UNLISTED + 1);
    const known = new Set(listed);
    const others = counted.filter((name) => !known.has(name));
    const asked = [...listed, ...others.slice(0, MAX_UNLISTED)];
    const counts = await onboarding.counts({ organizationId, joined, stages: asked });
    const reached = new Set(counts.filter((count) => count.reached > 0).map(({ stage }) => stage));
    const told = asked.filter((name) => known.has(name) || reached.has(name));
    return {
      organizationId,
      stages: told.map((name) => funnelStage(name, counts, listed)),
      weeks: weeks === undefined ? [] : byWeek(counts, told, listed),
      shortened: others.length > MAX_UNLISTED,
      whole,
    };
  }
}

/** Whose onboarding a caller is told of. Rejects with NOT_FOUND an organization out of their reach. */
export function ownOrganization(call: Call, organizationId: string): string {
  if (organizationId === '') return confinedTo(call.caller);
  requireName('organizationId', organizationId, '/organization_id');
  requireOwnOrganization(call, organizationId);
  return organizationId;
}

function weeksOf({ fromWeek, toWeek }: FunnelInput): { readonly from: number; readonly to: number } | undefined {
  if (fromWeek === '' && toWeek === '') return undefined;
  const [from, to] = [requireWeek(fromWeek, '/from_week'), requireWeek(toWeek, '/to_week')];
  if (to < from) throw invalidAt('/to_week', `${quote(toWeek)} comes before ${quote(fromWeek)}; exchange them`);
  if (to - from >= MAX_WEEKS) {
    throw invalidAt(
      '/to_week',
      `${quote(fromWeek)} to ${quote(toWeek)} are ${to - from + 1} weeks; ask for ${MAX_WEEKS} at most`,
    );
  }
  return { from, to };
}

function requireWeek(name: string, pointer: string): number {
  const week = parseWeek(name);
  if (week !== undefined) return week;
  throw invalidAt(
    pointer,
    `${quote(name)} is no ISO week; give both from_week and to_week, such as "2026-W48", or neither`,
  );
}

function byWeek(counts: readonly StageCount[], names: readonly string[], listed: readonly string[]): FunnelWeek[] {
  const weeks = new Map<number, StageCount[]>();
  for (const count of counts) weeks.set(count.week!, [...(weeks.get(count.week!) ?? []), count]);
  return [...weeks]
    .sort(([a], [b]) => a - b)
    .map(([week, of]) => ({ week: weekName(week), stages: names.map((name) => funnelStage(name, of, listed)) }));
}

/** A stage of a funnel by the counts of several, each by itself or by weeks. */
export function funnelStage(stage: string, counts: readonly StageCount[], listed: readonly string[]): FunnelStage {
  const stays = new Map<number, number>();
  let [reached, now] = [0, 0];
  for (const count of counts) {
    if (count.stage !== stage) continue;
    reached += count.reached;
    now += count.now;
    for (const [bucket, n] of count.stays) stays.set(bucket, (stays.get(bucket) ?? 0) + n);
  }
  const [medianMs, p90Ms] = [percentileOf(stays, 0.5), percentileOf(stays, 0.9)];
  return {
    ...{ stage, listed: listed.includes(stage), reached, now, left: reached - now },
    stays: [...stays.values()].reduce((sum, n) => sum + n, 0),
    ...(medianMs === undefined ? {} : { medianMs }),
    ...(p90Ms === undefined ? {} : { p90Ms }),
  };
}
