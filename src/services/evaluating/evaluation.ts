import type { Call } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { LatchkeyError, limited } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { StateSources } from '../../store/state-source.js';
import { checkContext, checkTarget, type Target } from '../access/target.js';
import { AnswerRoom, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import type { ConsistencyInput } from './consistency-gate.js';
import { type Basis, KeptAnswers } from './kept-answers.js';
import { KnownLists } from './known-lists.js';
import { type ListAnswer, type Listed, type ListForm, type ToldList, tell } from './listed-flags.js';
import { loadStates, peekStates, type TargetStates } from './target-states.js';
import type { Evaluated, FlagTarget, TargetView, TargetViews } from './target-views.js';

export interface EvaluateInput extends FlagTarget, ConsistencyInput {}

export interface BatchInput {
  readonly targets: readonly Target[];
  /** Which flags; an empty list is all that are not archived. */
  readonly flagKeys: readonly string[];
  readonly consistencyToken: string;
  readonly full: boolean;
}

/** Decisions for one target; none where it was refused. */
export interface TargetDecisions {
  readonly userId: string;
  readonly decisions: readonly Evaluated[];
  /** Present where the same object may be given again: for what its reader makes of the decisions. */
  readonly again?: { encoded: Uint8Array | undefined };
  /** INVALID or NOT_FOUND: nothing can be decided for this target, or not for this caller. */
  readonly refusal?: LatchkeyError;
}

/** Gives the keys of the flags to decide where a call names none. */
type FlagChoice = (snapshot: Snapshot) => readonly string[];

/** Which flags a batch decides where it names none, and how much is told. */
interface Way {
  readonly choose: FlagChoice;
  readonly told: 'all' | 'to people';
  /** What the values may take; undefined where whoever asks sees to it. */
  readonly room?: AnswerRoom;
  /** Where answers are kept. */
  readonly kept?: KeptAnswers<TargetDecisions>;
}

const ALL: Way = { choose: allKeys, told: 'all' };

/** What a call was decided from, and what came of it. */
interface Results {
  readonly snapshot: Snapshot;
  readonly results: readonly TargetDecisions[];
}

/** So many flags are decided without letting other calls run in between: a fraction of a millisecond. */
const MOST_AT_ONCE = 500;

/** The most that flags times contexts of one batch may be. */
export const MAX_DECISIONS_PER_CALL = 100_000;
/** About what each decision of a batch that is kept takes in memory beside its key and value, also as it is sent. */
const BYTES_PER_DECISION = 160;
/** How many targets' states are loaded at once: a long batch that asked for all of them would hold up every other call. */
const TARGETS_PER_LOAD = 1_000;

export interface EvaluationOptions {
  readonly keeper: ConfigurationKeeper;
  readonly states: StateSources;
  readonly views: TargetViews;
  readonly clock: Clock;
}

/** Decides flags for callers; see {@link EvaluationService}. */
export type Evaluator = Pick<EvaluationService, 'evaluate' | 'batch' | 'evaluateEach' | 'list'>;

/** Decides flags for callers: from the snapshot and cached states, without touching the store where it can. */
export class EvaluationService {
  readonly #options: EvaluationOptions;
  readonly #lists = new KeptAnswers<ListAnswer<ToldList>>();
  readonly #batches = new KeptAnswers<TargetDecisions>();
  readonly #keyLists = new KnownLists();

  constructor(options: EvaluationOptions) {
    this.#options = options;
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
    const alone = { ...input, targets: [input], flagKeys: [input.flagKey] };
    return onlyTarget(await this.#batch(call, alone, ALL)).evaluated[0]!;
  }

  /**
   * Decides each flag for each target, in the order of targets and within it of flags. A target that is no target, or not
   * the caller's to ask about, is refused by itself; what fails otherwise fails the call. Without a promise for one target
   * whose states are cached.
   */
  batch(call: Call, input: BatchInput): readonly TargetDecisions[] | Promise<readonly TargetDecisions[]> {
    authorize(call, 'BatchEvaluate');
    const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, 'split the call into some with fewer contexts or flags');
    const way: Way = { ...ALL, room, kept: this.#batches };
    const atOnce = this.#decideAtOnce(call, input, way);
    return atOnce?.results ?? this.#batch(call, input, way).then(({ results }) => results);
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
            ? views.decideWithoutState(snapshot, ask)
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
  list<T extends ToldList>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    consistency: ConsistencyInput,
  ): ListAnswer<T> | Promise<ListAnswer<T>> {
    return this.#listAtOnce(call, target, form, consistency) ?? this.#listLater(call, target, form, consistency);
  }

  /** Undefined where the states have to be waited for, or other calls must run in between. */
  #listAtOnce<T extends ToldList>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    { consistencyToken, full }: ConsistencyInput,
  ): ListAnswer<T> | undefined {
    const { keeper, states, views, clock } = this.#options;
    const { snapshot, loaded } = keeper;
    if (!loaded || consistencyToken !== '' || full || snapshot.visible.length > MOST_AT_ONCE) return undefined;
    const present = peekStates(states, target, snapshot);
    if (present === undefined) return undefined;
    const { context } = target;
    const basis = basisOf(snapshot, present, context, form);
    views.requireOwn(call, present);
    const kept = views.isStale(present) ? undefined : this.#lists.find(basis, clock.now());
    // What was told in this form.
    if (kept !== undefined) return kept as ListAnswer<T>;
    checkContext(context);
    const view = views.viewOf(call, snapshot, target, present);
    const { evaluated, anyStale, until } = this.#decideAll(view, snapshot.visible, { told: 'to people' });
    const answer = tell({ snapshot, evaluated }, form);
    if (!anyStale) this.#lists.keep(basis, answer, { from: view.now, until, bytes: answer.told.bytes });
    return answer;
  }

  async #listLater<T extends ToldList>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    { consistencyToken, full }: ConsistencyInput,
  ): Promise<ListAnswer<T>> {
    const input = { targets: [target], flagKeys: [], consistencyToken, full };
    const way: Way = { choose: ({ visible }) => visible, told: 'to people' };
    return tell(onlyTarget(await this.#batch(call, input, way)), form);
  }

  /**
   * What is decided for the one target of a call that demands nothing recent, while its states are cached; undefined where it has
   * to wait for them, has other targets, or asks for so many flags that other calls must run in between.
   */
  #decideAtOnce(call: Call, input: BatchInput, way: Way): Results | undefined {
    const { keeper, states, views } = this.#options;
    const { snapshot, loaded } = keeper;
    const [target] = input.targets;
    if (target === undefined || input.targets.length > 1 || !loaded) return undefined;
    if (input.consistencyToken !== '' || input.full) return undefined;
    const keys = keysOf(input, snapshot, way);
    if (keys.length > MOST_AT_ONCE) return undefined;
    const present = peekStates(states, target, snapshot);
    if (present === undefined) return undefined;
    const { userId, context } = target;
    let view: TargetView | undefined;
    const refusal = refusalOf(() => {
      checkContext(context);
      view = views.viewOf(call, snapshot, target, present);
    });
    if (view === undefined) return { snapshot, results: [{ userId, decisions: [], refusal: refusal! }] };
    const plain = !view.stale && userId !== '' && Object.keys(context).length === 0;
    const kept = plain ? way.kept : undefined;
    const basis = kept && basisOf(snapshot, present, context, this.#keyLists.of(keys));
    const known = basis && kept?.find(basis, view.now);
    if (known !== undefined) return { snapshot, results: [known] };
    const { evaluated, anyStale, until } = this.#decideAll(view, keys, way);
    const decided = { userId, decisions: evaluated };
    if (basis !== undefined && !anyStale) {
      let bytes = way.room?.taken ?? 0;
      for (const key of keys) bytes += BYTES_PER_DECISION + key.length;
      kept?.keep(basis, { ...decided, again: { encoded: undefined } }, { from: view.now, until, bytes });
    }
    return { snapshot, results: [decided] };
  }

  /** Decides these flags by a view; says whether any decision is stale, and until when time changes none of them. */
  #decideAll(view: TargetView, keys: readonly string[], { told, room }: Pick<Way, 'told' | 'room'>) {
    const evaluated: Evaluated[] = [];
    let anyStale = false;
    let until = Number.POSITIVE_INFINITY;
    for (const key of keys) {
      const one = this.#options.views.decide(view, key, told);
      room?.take(one.decision.value);
      evaluated.push(one);
      anyStale ||= one.stale;
      until = Math.min(until, one.decision.validUntil ?? until);
    }
    return { evaluated, anyStale, until };
  }

  async #batch(call: Call, input: BatchInput, way: Way): Promise<Results> {
    const { states, views } = this.#options;
    const pauses = new EventLoopPauses(call);
    const results: TargetDecisions[] = [];
    const usable: number[] = [];
    for (const [place, target] of input.targets.entries()) {
      const refusal = refusalOf(() => checkTarget(target));
      if (refusal === undefined) usable.push(place);
      else results[place] = { userId: target.userId, decisions: [], refusal };
      if (pauses.due()) await pauses.take();
    }
    const targetsAt = (places: readonly number[]): Target[] => places.map((place) => input.targets[place]!);
    const { demand, snapshot } = await views.pass(call, input, targetsAt(usable));
    const keys = keysOf(input, snapshot, way);
    checkSize(keys.length, input.targets.length);
    for (let from = 0; from < usable.length; from += TARGETS_PER_LOAD) {
      const places = usable.slice(from, from + TARGETS_PER_LOAD);
      const targets = targetsAt(places);
      const present = await loadStates(states, targets, { demand, snapshot });
      for (const [i, target] of targets.entries()) {
        results[places[i]!] = await this.#decideFlags(call, snapshot, {
          target,
          states: present[i],
          keys,
          pauses,
          way,
        });
      }
    }
    return { snapshot, results };
  }

  async #decideFlags(call: Call, snapshot: Snapshot, { target, states, keys, pauses, way }: FlagsOfTarget) {
    const { views } = this.#options;
    const { userId } = target;
    let view: TargetView | undefined;
    const refusal = refusalOf(() => {
      if (states !== undefined) view = views.viewOf(call, snapshot, target, states);
    });
    const decisions: Evaluated[] = [];
    if (refusal !== undefined) return { userId, decisions, refusal };
    for (const flagKey of keys) {
      const evaluated =
        view === undefined
          ? views.decideWithoutState(snapshot, { userId, flagKey })
          : views.decide(view, flagKey, way.told);
      way.room?.take(evaluated.decision.value);
      decisions.push(evaluated);
      if (pauses.due()) await pauses.take();
    }
    return { userId, decisions };
  }
}

interface FlagsOfTarget {
  readonly target: Target;
  /** Undefined where the store does not answer and nothing is at hand. */
  readonly states: TargetStates | undefined;
  readonly keys: readonly string[];
  readonly pauses: EventLoopPauses;
  readonly way: Way;
}

function checkSize(flags: number, contexts: number): void {
  const decisions = Math.max(flags, 1) * contexts;
  if (decisions <= MAX_DECISIONS_PER_CALL) return;
  throw limited(
    `${flags} flags for ${contexts} contexts are ${decisions} decisions; a call has at most ${MAX_DECISIONS_PER_CALL}: split it`,
  );
}

function basisOf(
  snapshot: Snapshot,
  { user, organization }: TargetStates,
  context: Target['context'],
  asked: object,
): Basis {
  return { snapshot, user: user.state, organization: organization?.state, context, asked };
}

/** What a caller is told of one target alone; anything else concerns the whole call. */
function refusalOf(check: () => void): LatchkeyError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof LatchkeyError && (error.code === 'INVALID' || error.code === 'NOT_FOUND')) return error;
    throw error;
  }
}

/** The decisions for the one target there is; throws where it is refused. */
function onlyTarget({ snapshot, results }: Results): Listed {
  const { refusal, decisions } = results[0]!;
  if (refusal !== undefined) throw refusal;
  return { snapshot, evaluated: decisions };
}

function keysOf({ flagKeys }: BatchInput, snapshot: Snapshot, way: Way): readonly string[] {
  return flagKeys.length > 0 ? flagKeys : way.choose(snapshot);
}

/** What {@link allKeys} gave for each snapshot, which never changes. */
const known = new WeakMap<Snapshot, readonly string[]>();

/** The keys of all flags that are not archived. */
function allKeys(snapshot: Snapshot): readonly string[] {
  let keys = known.get(snapshot);
  if (keys === undefined) {
    keys = Array.from(snapshot.flags.values(), ({ flag }) => flag).flatMap(({ key, archived }) =>
      archived ? [] : key,
    );
    known.set(snapshot, keys);
  }
  return keys;
}
