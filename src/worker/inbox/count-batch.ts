import { randomUUID } from 'node:crypto';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { lockOrganizations, lockUsers } from '../../configuration/confirm-snapshot.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { UserState } from '../../core/states/user-state.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { Notice, RevisionOf } from '../../notify/notifier.js';
import type { EventKey, NewEvent } from '../../store/event-store.js';
import type { Transaction } from '../../store/store.js';
import { type Recomputed, recompute } from '../../unlocking/recompute.js';
import { judgingOf, recomputeOrganizations } from '../../unlocking/recompute-organizations.js';
import { contributionsOf } from './contributions.js';
import { happenedTo, nextRound, planReversals, type Round, type RoundOptions } from './reversal-rounds.js';

export interface CountedBatch {
  /** What has changed, to be told after the commit. */
  readonly notices: readonly Notice[];
  /** The organizations for which some of the events count as well, in a transaction of their own. */
  readonly organizationIds: readonly string[];
  /** How many of the events were taken from the pending ones, or will not be found there again. */
  readonly counted: number;
}

export interface CountBatchOptions {
  readonly keeper: ConfigurationKeeper;
  readonly retentionDays: number;
  /** Those that are taken from the pending ones; left out, the events that are counted. */
  readonly finished?: readonly EventKey[];
}

/** How many rounds one transaction makes: what is left stays pending, for the next one. */
const MOST_ROUNDS = 20;

/** Counts events of users, and takes them from the pending ones. */
export async function countForUsers(
  tx: Transaction,
  taken: readonly NewEvent[],
  { keeper, retentionDays, finished = taken }: CountBatchOptions,
): Promise<CountedBatch> {
  const byUser = Map.groupBy(taken, ({ userId }) => userId);
  const { states, snapshot, now } = await lockUsers(tx, keeper, [...byUser.keys()]);
  const batch = randomUUID();
  const organizationIds = new Set<string>();
  const count = async (round: Round, settled: Writes): Promise<Recomputed> => {
    const contributions = await contributionsOf(tx, round, snapshot);
    for (const { organizationId } of contributions) organizationIds.add(organizationId);
    const writes: Writes = (zones) => [
      ...settled(zones),
      ...(contributions.length > 0 ? [tx.inbox.contribute(contributions, now)] : []),
    ];
    return recompute(tx, round.happened, { snapshot, now, batch, writes });
  };
  const kept = { retentionDays, keptFrom: now - retentionDays * DAY_MS };
  const subjects = { earner: 'user', subjects: tx.users, states, snapshot, ...kept } as const;
  const { revisions, counted } = await countInRounds(tx, byUser, { ...subjects, batch, finished, count });
  return {
    notices: revisions.length > 0 ? [{ kind: 'users', users: revisions }] : [],
    organizationIds: [...organizationIds],
    counted,
  };
}

/** Counts what members have done for their organizations, likewise. */
export async function countForOrganizations(
  tx: Transaction,
  taken: readonly NewEvent[],
  { keeper, retentionDays, finished = taken }: CountBatchOptions,
): Promise<CountedBatch> {
  const byOrganization = Map.groupBy(taken, ({ userId }) => userId);
  const { states, snapshot, now, ...locked } = await lockOrganizations(tx, keeper, [...byOrganization.keys()]);
  const organizations = new Map(locked.organizations);
  const batch = randomUUID();
  const count = async ({ happened }: Round, writes: Writes): Promise<Recomputed> => {
    const options = { organizations, snapshot, now, batch, writes };
    const recomputed = await recomputeOrganizations(tx, happened, options);
    for (const { id, revision } of recomputed.revisions) {
      organizations.set(id, { ...organizations.get(id)!, revision });
    }
    return recomputed;
  };
  const { revisions, counted } = await countInRounds(tx, byOrganization, {
    ...{ earner: 'organization', subjects: tx.earners, states, snapshot: judgingOf(snapshot) },
    ...{ retentionDays, keptFrom: now - retentionDays * DAY_MS, batch, finished, count },
  });
  return {
    notices: revisions.length > 0 ? [{ kind: 'organizations', organizations: revisions }] : [],
    organizationIds: [],
    counted,
  };
}

/** The writes by which events are pending no more; given those that were counted in the days of another zone than UTC, with the zone. */
type Writes = (zones: ReadonlyMap<NewEvent, string>) => readonly Promise<unknown>[];

interface Counting extends RoundOptions {
  readonly states: ReadonlyMap<string, UserState>;
  /** By which they are counted and judged. */
  readonly snapshot: Snapshot;
  readonly batch: string;
  readonly finished: readonly EventKey[];
  readonly count: (round: Round, writes: Writes) => Promise<Recomputed>;
}

/**
 * Counts events of users, or of organizations. An event that takes back another that has counted looks at what is stored: so events of one
 * subject are counted in rounds, each such event by itself.
 */
async function countInRounds(
  tx: Transaction,
  bySubject: ReadonlyMap<string, readonly NewEvent[]>,
  { states, batch, finished, count, ...options }: Counting,
): Promise<{ readonly revisions: readonly RevisionOf[]; readonly counted: number }> {
  const taken = [...bySubject.values()].flat();
  if (taken.every(({ reverses }) => reverses === undefined)) {
    const { happened, uncounted } = happenedTo(states, bySubject);
    const round = { happened, uncounted, finished: [], reversed: [] };
    const { revisions } = await count(round, settled(tx, { finished, uncounted, batch }));
    return { revisions, counted: taken.length };
  }
  const plan = await planReversals(tx, bySubject, { ...options, states });
  const present = new Map(states);
  const revisions = new Map<string, RevisionOf>();
  const { rest } = plan;
  let { settling } = plan;
  for (let rounds = 0; settling.length > 0 || (rest.size > 0 && rounds < MOST_ROUNDS); rounds++) {
    const round = await nextRound(tx, rest, { ...options, states: present });
    const done = [...settling, ...round.finished];
    settling = [];
    const uncounted = [...(rounds === 0 ? plan.uncounted : []), ...round.uncounted];
    const recomputed = await count(round, settled(tx, { finished: done, uncounted, batch }));
    for (const user of recomputed.users) present.set(user.id, user);
    for (const revision of recomputed.revisions) revisions.set(revision.id, revision);
  }
  const left = [...rest.values()].reduce((sum, { length }) => sum + length, 0);
  return { revisions: [...revisions.values()], counted: taken.length - left };
}

interface Settling {
  readonly finished: readonly EventKey[];
  readonly uncounted: readonly EventKey[];
  readonly batch: string;
}

function settled(tx: Transaction, { finished, uncounted, batch }: Settling): Writes {
  return (zones) => [
    tx.inbox.finish(zones.size === 0 ? finished : finished.map((event) => zoned(event, zones)), batch),
    ...(uncounted.length > 0 ? [tx.inbox.forget(uncounted)] : []),
  ];
}

function zoned(event: EventKey, zones: ReadonlyMap<EventKey, string>): EventKey & { readonly dayZone?: string } {
  const { userId, source, id, contribution } = event;
  const dayZone = zones.get(event);
  return {
    ...{ userId, source, id },
    ...(contribution === undefined ? {} : { contribution }),
    ...(dayZone === undefined ? {} : { dayZone }),
  };
}
