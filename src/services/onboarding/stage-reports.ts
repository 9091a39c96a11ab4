import type { Call } from '../../calls/caller.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { passingSubject } from '../../core/deciding/subject.js';
import { type Missed, MissedTally } from '../../core/explaining/most-missed.js';
import { flagsOpenedBy, openingsOf, type StageOpening } from '../../core/explaining/stage-openings.js';
import { type CompiledFlag, earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { bothNeeds, needsOfFlag, type StateNeeds } from '../../core/snapshot/state-needs.js';
import type { Store } from '../../store/store.js';
import { managerOf } from '../access/caller-reach.js';
import { mayBeTold } from '../explaining/asked-user.js';
import { type FunnelStage, funnelStage, ownOrganization } from './funnel.js';
import { enteredByFor, type StuckInput } from './stuck-users.js';

/** What there is to know of one stage: how many are stuck in it, what they miss most, and what reaching it opens. */
export interface StageReport {
  /** '' where it is everybody's. */
  readonly organizationId: string;
  readonly stage: FunnelStage;
  /** How many users have been in it for so long, up to {@link MOST_COUNTED}. */
  readonly stuck: number;
  readonly moreStuck: boolean;
  /** At how many of them was looked for what they miss: those who have been in it for longest. */
  readonly sampled: number;
  readonly missed: readonly Missed[];
  /** At how many flags was looked for that, and whether some were left out. */
  readonly flagsLookedAt: number;
  readonly flagsLeftOut: boolean;
  readonly opens: readonly StageOpening[];
  readonly opensCut: boolean;
  /** Epoch milliseconds. */
  readonly asOf: number;
}

export interface StageReportOptions {
  readonly store: Pick<Store, 'onboarding' | 'userPages' | 'states' | 'now'>;
  readonly keeper: Pick<ConfigurationKeeper, 'refresh'>;
  readonly dayKnowledge: Pick<DayKnowledge, 'of'>;
}

const MOST_COUNTED = 10_000;
const MOST_SAMPLED = 200;
const MOST_FLAGS = 100;
const MOST_MISSED = 20;
const MOST_OPENINGS = 200;
/** Telling what a flag asks of a user takes about as long as this many decisions. */
const STEPS_PER_FLAG = 32;

const NO_NEEDS: StateNeeds = {
  ...{ actions: new Set(), days: new Set(), stagesReached: true },
  ...{ access: true, organizations: true },
};

/** Tells of a stage why users do not get on, and what it is for. */
export class StageReports {
  readonly #options: StageReportOptions;

  constructor(options: StageReportOptions) {
    this.#options = options;
  }

  /**
   * The report on a stage, of everybody or of an organization; to whom administers one of its own members, and of flags that it may be
   * told of as people are. A stage that nobody has heard of is one that nobody has reached.
   */
  async get(call: Call, input: StuckInput): Promise<StageReport> {
    authorize(call, 'GetStage');
    const { stage } = input;
    const confined = managerOf(call.caller, 'GetStage');
    const organizationId = ownOrganization(call, input.organizationId);
    const { store, keeper } = this.#options;
    const [snapshot, now] = await Promise.all([keeper.refresh(), store.now()]);
    const stuckSince = { stage, organizationId, enteredBy: enteredByFor(input, now) };
    const [counts, stuck, { items }] = await Promise.all([
      store.onboarding.counts({ organizationId, joined: 'all', stages: [stage] }),
      store.onboarding.countStuck({ ...stuckSince, limit: MOST_COUNTED + 1 }),
      store.onboarding.stuck({ ...stuckSince, limit: MOST_SAMPLED }),
    ]);
    const may = (compiled: CompiledFlag): boolean => mayBeTold(confined, compiled);
    const flags = flagsToMiss(stage, snapshot, may);
    const looked = flags.slice(0, MOST_FLAGS);
    const tally = await this.#tally(call, {
      ...{ snapshot, now, flags: looked, stage, confined },
      userIds: items.map(({ userId }) => userId),
    });
    const opens = openingsOf(stage, snapshot, { may, whole: confined === '' });
    return {
      organizationId,
      stage: funnelStage(stage, counts, snapshot.stageNames),
      stuck: Math.min(stuck, MOST_COUNTED),
      moreStuck: stuck > MOST_COUNTED,
      ...{ sampled: tally.users, missed: tally.most(MOST_MISSED) },
      ...{ flagsLookedAt: looked.length, flagsLeftOut: looked.length < flags.length },
      ...{ opens: opens.slice(0, MOST_OPENINGS), opensCut: opens.length > MOST_OPENINGS },
      asOf: now,
    };
  }

  async #tally(call: Call, { snapshot, now, flags, stage, confined, userIds }: Sample): Promise<MissedTally> {
    const tally = new MissedTally();
    if (userIds.length === 0) return tally;
    const { store, dayKnowledge } = this.#options;
    const needs = flags.reduce((all, { flag }) => bothNeeds(all, needsOfFlag(snapshot, flag.key)), NO_NEEDS);
    const [{ users }, known] = await Promise.all([
      store.userPages.named(userIds, { needs }),
      dayKnowledge.of(snapshot),
    ]);
    const ids = new Set(users.map(({ organizationId }) => organizationId).filter((id) => id !== ''));
    const organizations = await store.states.organizations([...ids], earnerDaysOf(snapshot));
    const pauses = new EventLoopPauses(call);
    const audience = confined === '' ? 'OPERATOR' : 'PERSON';
    for (const user of users) {
      // Whoever has gone on meanwhile, or to another organization, is not asked about any more.
      if (user.stage !== stage || (confined !== '' && user.organizationId !== confined)) continue;
      const subject = passingSubject(snapshot, user, organizations.get(user.organizationId));
      tally.add(flags, { snapshot, subject, audience, now, known });
      if (pauses.due(STEPS_PER_FLAG * flags.length)) await pauses.take();
    }
    return tally;
  }
}

interface Sample {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly flags: readonly CompiledFlag[];
  readonly stage: string;
  readonly confined: string;
  readonly userIds: readonly string[];
}

/**
 * The flags of which users who are stuck in a stage may miss something: those first that a later stage opens, then those that are
 * unlocked for good, each by key.
 */
function flagsToMiss(
  stage: string,
  snapshot: Snapshot,
  may: (compiled: CompiledFlag) => boolean,
): readonly CompiledFlag[] {
  const isAsked = (compiled: CompiledFlag): boolean =>
    compiled.flag.active && !compiled.flag.isEnabledGlobally && may(compiled);
  const later = snapshot.stageNames.slice(snapshot.stageNames.indexOf(stage) + 1);
  const opened = [...flagsOpenedBy(later, snapshot, isAsked)].toSorted();
  const latching = snapshot.latching.filter(isAsked).map(({ flag }) => flag.key);
  return [...new Set([...opened, ...latching.toSorted()])].map((key) => snapshot.flags.get(key)!);
}
