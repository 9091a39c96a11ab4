import { type Call, MAX_ROLES, overridesOf } from '../../calls/caller.js';
import { requireJoinedAt } from '../../calls/check-input.js';
import type { Clock } from '../../calls/clock.js';
import { unavailable } from '../../calls/errors.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Decision } from '../../core/deciding/decision.js';
import { type Among, among, decideAmong } from '../../core/deciding/evaluate.js';
import { evaluateStateless } from '../../core/deciding/evaluate-stateless.js';
import { type Subject, subjectOf } from '../../core/deciding/subject.js';
import type { BucketSource } from '../../core/flags/bucketing.js';
import { rolesThatMatter } from '../../core/snapshot/named-roles.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { needsOfFlag } from '../../core/snapshot/state-needs.js';
import { hasDaysOf } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import type { StateSources } from '../../store/state-source.js';
import { requireOwnDecision } from '../access/caller-reach.js';
import { checkTarget, type Target } from '../access/target.js';
import type { ConsistencyGate, ConsistencyInput, Demands } from './consistency-gate.js';
import { overriddenBy } from './overridden.js';
import { loadStates, type TargetStates } from './target-states.js';

/** One flag, and whom it is to be decided for. */
export interface FlagTarget extends Target {
  readonly flagKey: string;
}

/** A target at one instant: all that its decisions depend on. */
export interface TargetView {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  /** Whether it rests on state that the store could not confirm in time. */
  readonly stale: boolean;
  readonly now: number;
  /** What decisions about the target have in common, by who is told of them. */
  readonly among: Readonly<Record<Told, Among>>;
}

/** Whether a decision is told as it is, or as people are told, who learn of no denial. */
export type Told = 'all' | 'to people';

/** By which the buckets of somebody are found of whom no state is at hand. */
export type Bucketed = Pick<BucketSource, 'userId' | 'anonymousId'>;

/** A flag, and by whose bucket it is decided. */
type BucketedFlag = Bucketed & Pick<FlagTarget, 'flagKey'>;

/** The same of a target. */
export function bucketedBy({ userId, context: { anonymousId } }: Target): Bucketed {
  return { userId, anonymousId };
}

/** A decision, and whether it rests on state that the store could not confirm in time. */
export interface Evaluated {
  readonly decision: Decision;
  readonly stale: boolean;
}

export interface TargetViewOptions {
  readonly keeper: ConfigurationKeeper;
  readonly states: StateSources;
  readonly gate: ConsistencyGate;
  readonly clock: Clock;
}

/** Decisions are marked stale when the configuration has not been confirmed for this long: two polls and their round trips. */
export const SNAPSHOT_STALE_MS = 6_000;

const OVERRIDES_NEED_THE_STORE =
  'the store does not answer, and what a call overrides cannot be decided without it; try again';

/** Makes views of targets for decisions, and for answers other than decisions. */
export class TargetViews {
  readonly #options: TargetViewOptions;

  constructor(options: TargetViewOptions) {
    this.#options = options;
  }

  /**
   * Waits for the state that the call demands; gives the configuration, and how recent the states must be. Throws INVALID where the
   * call overrides what there is not.
   */
  async pass(
    call: Call,
    consistency: ConsistencyInput,
    targets: readonly Target[],
  ): Promise<{ readonly demand: Demands; readonly snapshot: Snapshot }> {
    const { keeper, gate } = this.#options;
    const userIds = targets.map(({ userId }) => userId).filter((id) => id !== '');
    const demand = await gate.pass(consistency, userIds, call);
    const { snapshot, loaded } = keeper;
    if (!loaded) throw unavailable('no configuration has been loaded yet; try again');
    overriddenBy(call, snapshot);
    return { demand, snapshot };
  }

  /**
   * The view of a target with these states. It is made once for all flags that are decided for the target: where the context
   * overrides something, the facts are read anew. Throws NOT_FOUND for a target that is not the caller's to ask about, and
   * INVALID where nobody can have joined when the context says.
   */
  viewOf(call: Call, snapshot: Snapshot, target: Target, states: TargetStates): TargetView {
    this.requireOwn(call, states);
    const { user, organization } = states;
    let { context } = target;
    // A person's token may name very many roles, and each would be looked up in the rows of every flag.
    if (call.caller.kind === 'person' && context.roles !== undefined) {
      context = { ...context, roles: rolesThatMatter(context.roles, MAX_ROLES, snapshot, organization?.state) };
    }
    const now = this.#options.clock.now();
    if (context.joinedAt !== undefined) requireJoinedAt(context.joinedAt, now);
    return {
      snapshot,
      subject: subjectOf(snapshot, user.state, organization?.state, context),
      stale: this.isStale(states),
      now,
      among: commonTo(overridesOf(call.caller) === undefined ? undefined : overriddenBy(call, snapshot)),
    };
  }

  /** Throws NOT_FOUND for a target with these states that is not the caller's to ask about. */
  requireOwn(call: Call, { user, organization }: TargetStates): void {
    requireOwnDecision(call, user.state, organization?.state.id ?? '');
  }

  /** Whether what rests on these states now rests on what the store could not confirm in time. */
  isStale({ user, organization }: TargetStates): boolean {
    return user.stale || organization?.stale === true || !this.hasConfirmedFlags();
  }

  /** Whether the configuration was confirmed lately, so that what rests on it alone is no staler than ever. */
  hasConfirmedFlags(): boolean {
    return this.#options.keeper.confirmedAgeMs() <= SNAPSHOT_STALE_MS;
  }

  /** The view of one target, for answers other than decisions. It does not ask whether the caller may. */
  async load(call: Call, target: Target, consistency: ConsistencyInput): Promise<TargetView> {
    checkTarget(target);
    const { demand, snapshot } = await this.pass(call, consistency, [target]);
    const [states] = await loadStates(this.#options.states, [target], { demand, snapshot });
    if (states === undefined) throw unavailable('the store does not answer, and the user is not at hand; try again');
    return this.viewOf(call, snapshot, target, states);
  }

  /** Decides a flag for a target by its view. */
  decide(view: TargetView, flagKey: string, told: Told = 'all'): Evaluated {
    const { snapshot, subject, stale, now } = view;
    if (!isReadable(view, flagKey)) {
      if (view.among[told].overridden !== undefined) throw unavailable(OVERRIDES_NEED_THE_STORE);
      const { userId, anonymousId } = subject;
      return this.#decideUnknown(snapshot, { userId, anonymousId, flagKey });
    }
    return { decision: decideAmong(snapshot, flagKey, subject, now, view.among[told]), stale };
  }

  /** Decides a flag for a target without a view: its states are not at hand, and the store does not answer. */
  decideWithoutState(call: Call, snapshot: Snapshot, asked: BucketedFlag): Evaluated {
    if (overridesOf(call.caller) !== undefined) throw unavailable(OVERRIDES_NEED_THE_STORE);
    return this.#decideUnknown(snapshot, asked);
  }

  #decideUnknown(snapshot: Snapshot, { flagKey, ...by }: BucketedFlag): Evaluated {
    const { keeper, clock } = this.#options;
    const decision = evaluateStateless({ snapshot, ...by, newest: !keeper.behind, now: clock.now() }, flagKey);
    if (decision === undefined) {
      throw unavailable(`the store does not answer, and ${quote(flagKey)} cannot be decided without it; try again`);
    }
    return { decision, stale: true };
  }
}

function commonTo(overridden: Among['overridden']): TargetView['among'] {
  const of = (hidesDenials: boolean): Among =>
    overridden === undefined ? among({ hidesDenials }) : among({ hidesDenials, overridden });
  return { all: of(false), 'to people': of(true) };
}

/**
 * Whether what is at hand of the user is enough for a flag. While the store is away it may be a state that was read before some rule
 * windowed an action: without the days of that action.
 */
export function isReadable({ snapshot, subject }: Pick<TargetView, 'snapshot' | 'subject'>, flagKey: string): boolean {
  const { user, organization } = subject;
  if (!snapshot.flags.has(flagKey)) return true;
  const daysOf = earnerDaysOf(snapshot);
  if (daysOf !== undefined && organization !== undefined && readsOrganization(snapshot, flagKey)) {
    const { earner } = organization;
    if (earner === undefined || !hasDaysOf(earner, daysOf)) return false;
  }
  if (hasDaysOf(user, snapshot.windowedActions)) return true;
  return hasDaysOf(user, needsOfFlag(snapshot, flagKey).days ?? snapshot.windowedActions);
}

/** Whether a decision on a flag may depend on what the user's organization has done or earned. */
function readsOrganization({ dependencies, kinds, readers }: Snapshot, flagKey: string): boolean {
  const { decided } = dependencies.scopeOf(flagKey);
  return !decided.isDisjointFrom(kinds.get('organizations').union(readers.ofChange('organization events')));
}
