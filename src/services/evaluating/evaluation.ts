import type { Call } from '../../calls/caller.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import { checkContext, checkTarget, type Target } from '../access/target.js';
import type { ConsistencyInput } from './consistency-gate.js';
import { type DecidedTarget, decideTarget } from './decide-target.js';
import {
  decideTargets,
  MOST_AT_ONCE,
  onlyTarget,
  TARGETS_PER_LOAD,
  type TargetDecisions,
  type TargetsInput,
  type Way,
} from './decide-targets.js';
import { type BatchForm, FlagBatches, type ToldDecisions } from './flag-batches.js';
import { FlagLists, type FlagListsOptions } from './flag-lists.js';
import type { ListAnswer, ListForm, ToldAnswer } from './listed-flags.js';
import { loadStates, peekStates, type TargetStates } from './target-states.js';
import { bucketedBy, type Evaluated, type FlagTarget } from './target-views.js';

export interface EvaluateInput extends FlagTarget, ConsistencyInput {}

export type EvaluationOptions = FlagListsOptions;

/** Decides flags for callers; see {@link EvaluationService}. */
export type Evaluator = Pick<EvaluationService, 'evaluate' | 'batch' | 'evaluateEach' | 'list' | 'decide'>;

/** Decides flags for callers: from the snapshot and cached states, without touching the store where it can. */
export class EvaluationService {
  readonly #options: EvaluationOptions;
  readonly #lists: FlagLists;
  readonly #batches: FlagBatches;

  constructor(options: EvaluationOptions) {
    this.#options = options;
    this.#lists = new FlagLists(options);
    this.#batches = new FlagBatches(options);
  }

  /** Decides one flag for one target: without a promise when the states are cached, so that the hot path has no await. */
  evaluate(call: Call, input: EvaluateInput): Evaluated | Promise<Evaluated> {
    authorize(call, 'Evaluate');
    const { keeper, states, views } = this.#options;
    const { snapshot } = keeper;
    const demanding = input.consistencyToken !== '' || input.full;
    if (!demanding && snapshot.flags.has(input.flagKey)) {
      const present = peekStates(states, input, snapshot);
      if (present !== undefined) {
        checkContext(input.context);
        return views.decide(views.viewOf(call, snapshot, input, present), input.flagKey);
      }
    }
    return this.#evaluateSlowly(call, input);
  }

  async #evaluateSlowly(call: Call, input: EvaluateInput): Promise<Evaluated> {
    const alone: TargetsInput = { ...input, targets: [input], flagKeys: [input.flagKey] };
    const way = { choose: () => [], told: 'all' } as const;
    return onlyTarget(await decideTargets(this.#options, call, alone, way)).evaluated[0]!;
  }

  /**
   * Decides each flag for each target, in the order of targets and within it of flags. A target that is no target, or not
   * the caller's to ask about, is refused by itself; what fails otherwise fails the call. At once, and told in that form, for
   * one target whose states are cached.
   */
  batch<T extends ToldAnswer>(
    call: Call,
    input: TargetsInput,
    form: BatchForm<T>,
  ): ToldDecisions<T> | Promise<readonly TargetDecisions[]> {
    authorize(call, 'BatchEvaluate');
    return this.#batches.decide(call, input, form);
  }

  /**
   * Decides one flag for each target, in their order, all from one revision of the configuration: without a promise when all
   * states are cached. It does not ask whether the caller may: whoever uses it has.
   */
  evaluateEach(
    call: Call,
    asks: readonly FlagTarget[],
    consistency: ConsistencyInput,
  ): readonly Evaluated[] | Promise<readonly Evaluated[]> {
    return this.#eachAtOnce(call, asks, consistency) ?? this.#eachLater(call, asks, consistency);
  }

  /** Undefined where some state has to be waited for, or other calls must run in between. */
  #eachAtOnce(
    call: Call,
    asks: readonly FlagTarget[],
    { consistencyToken, full }: ConsistencyInput,
  ): readonly Evaluated[] | undefined {
    const { keeper, states, views } = this.#options;
    const { snapshot, loaded } = keeper;
    if (!loaded || consistencyToken !== '' || full || asks.length > MOST_AT_ONCE) return undefined;
    const present: TargetStates[] = [];
    for (const ask of asks) {
      const held = peekStates(states, ask, snapshot);
      if (held === undefined) return undefined;
      present.push(held);
    }
    for (const { context } of asks) checkContext(context);
    return asks.map((ask, i) => views.decide(views.viewOf(call, snapshot, ask, present[i]!), ask.flagKey));
  }

  async #eachLater(
    call: Call,
    asks: readonly FlagTarget[],
    consistency: ConsistencyInput,
  ): Promise<readonly Evaluated[]> {
    const { states, views } = this.#options;
    const pauses = new EventLoopPauses(call);
    for (const ask of asks) {
      checkTarget(ask);
      if (pauses.due()) await pauses.take();
    }
    const { demand, snapshot } = await views.pass(call, consistency, asks);
    const results: Evaluated[] = [];
    for (let from = 0; from < asks.length; from += TARGETS_PER_LOAD) {
      const group = asks.slice(from, from + TARGETS_PER_LOAD);
      const present = await loadStates(states, group, { demand, snapshot });
      for (const [i, ask] of group.entries()) {
        const held = present[i];
        results.push(
          held === undefined
            ? views.decideWithoutState(call, snapshot, { ...bucketedBy(ask), flagKey: ask.flagKey })
            : views.decide(views.viewOf(call, snapshot, ask, held), ask.flagKey),
        );
        if (pauses.due()) await pauses.take();
      }
    }
    return results;
  }

  /**
   * Tells in that form the flags for one target that people may know of: without a promise when the states are cached. It does
   * not ask whether the caller may.
   */
  list<T extends ToldAnswer>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    consistency: ConsistencyInput,
  ): ListAnswer<T> | Promise<ListAnswer<T>> {
    return this.#lists.list(call, target, form, consistency);
  }

  /**
   * Decides the flags that the way of the call chooses for one target, in their order: without a promise when its states are cached. It
   * does not ask whether the caller may.
   */
  decide(call: Call, target: Target, way: Way): DecidedTarget | Promise<DecidedTarget> {
    return decideTarget(this.#options, call, target, way);
  }
}
