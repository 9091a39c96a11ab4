import type { Call } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { invalid, limited, unavailable } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Decision } from '../../core/deciding/decision.js';
import { decide } from '../../core/deciding/evaluate.js';
import { evaluateStateless } from '../../core/deciding/evaluate-stateless.js';
import { type Subject, subjectOf } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import type { StateSources } from '../../store/state-source.js';
import { requireOwnDecision } from '../access/caller-reach.js';
import { checkContext, checkTarget, type Target } from '../access/target.js';
import type { ConsistencyGate, ConsistencyInput } from './consistency-gate.js';
import { loadStates, peekStates, type TargetStates } from './target-states.js';

/** One flag, and whom it is to be decided for. */
export interface FlagTarget extends Target {
  readonly flagKey: string;
}

export interface EvaluateInput extends FlagTarget, ConsistencyInput {}

export interface BatchInput {
  readonly targets: readonly Target[];
  /** Which flags; an empty list is all that are not archived. */
  readonly flagKeys: readonly string[];
  readonly consistencyToken: string;
  readonly full: boolean;
}

/** A decision, and whether it rests on state that the store could not confirm in time. */
export interface Evaluated {
  readonly decision: Decision;
  readonly stale: boolean;
}

export interface TargetDecisions {
  readonly userId: string;
  readonly decisions: readonly Evaluated[];
}

/** The most that flags times contexts of one batch may be. */
export const MAX_DECISIONS_PER_CALL = 100_000;
/** How many targets' states are loaded at once: a long batch that asked for all of them would hold up every other call. */
const TARGETS_PER_LOAD = 1_000;
/** Decisions are marked stale when the configuration has not been confirmed for this long: two polls and their round trips. */
const SNAPSHOT_STALE_MS = 6_000;

export interface EvaluationOptions {
  readonly keeper: ConfigurationKeeper;
  readonly states: StateSources;
  readonly gate: ConsistencyGate;
  readonly clock: Clock;
}

/** Decides flags for callers; see {@link EvaluationService}. */
export type Evaluator = Pick<EvaluationService, 'evaluate' | 'batch' | 'evaluateEach' | 'list'>;

/** Decides flags for callers: from the snapshot and cached states, without touching the store where it can. */
export class EvaluationService {
  readonly #options: EvaluationOptions;

  constructor(options: EvaluationOptions) {
    this.#options = options;
  }

  /** Decides one flag for one target: without a promise when the states are cached, so that the hot path has no await. */
  evaluate(call: Call, input: EvaluateInput): Evaluated | Promise<Evaluated> {
    authorize(call, 'Evaluate');
    const { keeper } = this.#options;
    const demanding = input.consistencyToken !== '' || input.full;
    if (!demanding && keeper.snapshot.flags.has(input.flagKey)) {
      const present = peekStates(this.#options.states, input);
      if (present !== undefined) {
        checkContext(input.context);
        return decideFor(keeper.snapshot, input.flagKey, this.#view(call, keeper.snapshot, input, present));
      }
    }
    return this.#evaluateSlowly(call, input);
  }

  async #evaluateSlowly(call: Call, input: EvaluateInput): Promise<Evaluated> {
    checkFlagKey(input.flagKey);
    const [result] = await this.#batch(call, { ...input, targets: [input], flagKeys: [input.flagKey] });
    return result!.decisions[0]!;
  }

  /** Decides each flag for each target, in the order of targets and within it of flags. */
  async batch(call: Call, input: BatchInput): Promise<readonly TargetDecisions[]> {
    authorize(call, 'BatchEvaluate');
    for (const key of input.flagKeys) checkFlagKey(key);
    return this.#batch(call, input);
  }

  /**
   * Decides one flag for each target, in their order, all from one revision of the configuration. It does not ask whether
   * the caller may: whoever uses it has.
   */
  async evaluateEach(
    call: Call,
    asks: readonly FlagTarget[],
    consistency: ConsistencyInput,
  ): Promise<readonly Evaluated[]> {
    const pauses = new EventLoopPauses(call);
    for (const ask of asks) {
      checkFlagKey(ask.flagKey);
      checkTarget(ask);
      if (pauses.due()) await pauses.take();
    }
    const { demand, snapshot } = await this.#pass(call, consistency, asks);
    const results: Evaluated[] = [];
    for (let from = 0; from < asks.length; from += TARGETS_PER_LOAD) {
      const group = asks.slice(from, from + TARGETS_PER_LOAD);
      const present = await loadStates(this.#options.states, group, demand);
      for (const [i, ask] of group.entries()) {
        const states = present[i];
        results.push(
          states === undefined
            ? this.#decideWithoutState(snapshot, ask)
            : decideFor(snapshot, ask.flagKey, this.#view(call, snapshot, ask, states)),
        );
        if (pauses.due()) await pauses.take();
      }
    }
    return results;
  }

  /** Decides for one target all flags that are not archived and that `select` takes. It does not ask whether the caller may. */
  async list(
    call: Call,
    target: Target,
    select: (flagKey: string, snapshot: Snapshot) => boolean,
    consistency: ConsistencyInput = { consistencyToken: '', full: false },
  ): Promise<{ readonly evaluated: readonly Evaluated[]; readonly snapshot: Snapshot }> {
    const [result] = await this.#batch(call, { ...consistency, targets: [target], flagKeys: [] }, select);
    return { evaluated: result!.decisions, snapshot: this.#options.keeper.snapshot };
  }

  /** A target's facts as they are now, for answers other than decisions. It does not ask whether the caller may. */
  async viewOf(call: Call, target: Target, consistency: ConsistencyInput): Promise<TargetView> {
    checkTarget(target);
    const { demand, snapshot } = await this.#pass(call, consistency, [target]);
    const [present] = await loadStates(this.#options.states, [target], demand);
    if (present === undefined) throw unavailable('the store does not answer, and the user is not at hand; try again');
    return { snapshot, ...this.#view(call, snapshot, target, present) };
  }

  async #batch(
    call: Call,
    input: BatchInput,
    select?: (flagKey: string, snapshot: Snapshot) => boolean,
  ): Promise<readonly TargetDecisions[]> {
    const pauses = new EventLoopPauses(call);
    for (const target of input.targets) {
      checkTarget(target);
      if (pauses.due()) await pauses.take();
    }
    const { demand, snapshot } = await this.#pass(call, input, input.targets);
    const keys = input.flagKeys.length > 0 ? input.flagKeys : presentKeys(snapshot, select);
    const decisions = Math.max(keys.length, 1) * input.targets.length;
    if (decisions > MAX_DECISIONS_PER_CALL) {
      throw limited(
        `${keys.length} flags for ${input.targets.length} contexts are ${decisions} decisions; a call has at most ${MAX_DECISIONS_PER_CALL}: split it`,
      );
    }

    const results: TargetDecisions[] = [];
    for (let from = 0; from < input.targets.length; from += TARGETS_PER_LOAD) {
      const targets = input.targets.slice(from, from + TARGETS_PER_LOAD);
      const present = await loadStates(this.#options.states, targets, demand);
      for (const [i, target] of targets.entries()) {
        const states = present[i];
        const view = states && this.#view(call, snapshot, target, states);
        const answers: Evaluated[] = [];
        for (const flagKey of keys) {
          answers.push(
            view === undefined
              ? this.#decideWithoutState(snapshot, { ...target, flagKey })
              : decideFor(snapshot, flagKey, view),
          );
          if (pauses.due()) await pauses.take();
        }
        results.push({ userId: target.userId, decisions: answers });
      }
    }
    return results;
  }

  /** Waits for the state that the call demands; gives the configuration, and how recent the states must be. */
  async #pass(call: Call, consistency: ConsistencyInput, targets: readonly Target[]) {
    const { keeper, gate } = this.#options;
    const userIds = targets.map(({ userId }) => userId).filter((id) => id !== '');
    const demand = await gate.pass(consistency, userIds, call);
    const { snapshot, loaded } = keeper;
    if (!loaded) throw unavailable('no configuration has been loaded yet; try again');
    return { demand, snapshot };
  }

  /** Made once for all flags that are decided for a target: where its context overrides something, its facts are read anew. */
  #view(call: Call, snapshot: Snapshot, { context }: Target, { user, organization }: TargetStates): View {
    requireOwnDecision(call, user.state, organization?.state.id ?? '');
    return {
      subject: subjectOf(snapshot, user.state, organization?.state, context),
      stale: user.stale || (organization?.stale ?? false) || this.#snapshotStale(),
      now: this.#options.clock.now(),
    };
  }

  #decideWithoutState(snapshot: Snapshot, { flagKey, userId }: FlagTarget): Evaluated {
    const { keeper, clock } = this.#options;
    const decision = evaluateStateless({ snapshot, userId, newest: !keeper.behind, now: clock.now() }, flagKey);
    if (decision === undefined) {
      throw unavailable(`the store does not answer, and ${quote(flagKey)} cannot be decided without it; try again`);
    }
    return { decision, stale: true };
  }

  #snapshotStale(): boolean {
    return this.#options.keeper.confirmedAgeMs() > SNAPSHOT_STALE_MS;
  }
}

/** A target at one instant. */
interface View {
  readonly subject: Subject;
  readonly stale: boolean;
  readonly now: number;
}

/** A target at one instant, and the configuration that it was looked at with. */
export interface TargetView extends View {
  readonly snapshot: Snapshot;
}

function decideFor(snapshot: Snapshot, flagKey: string, { subject, stale, now }: View): Evaluated {
  return { decision: decide(snapshot, flagKey, subject, now), stale };
}

function checkFlagKey(flagKey: string): void {
  const fault = faultOfName('flagKey', flagKey);
  if (fault !== undefined) throw invalid(fault);
}

function presentKeys(snapshot: Snapshot, select?: (flagKey: string, snapshot: Snapshot) => boolean): string[] {
  const keys: string[] = [];
  for (const { flag } of snapshot.flags.values()) {
    if (!flag.archived && (select === undefined || select(flag.key, snapshot))) keys.push(flag.key);
  }
  return keys;
}
