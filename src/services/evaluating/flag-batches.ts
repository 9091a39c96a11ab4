import { type Call, overridesOf } from '../../calls/caller.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { checkContext } from '../access/target.js';
import { AnswerRoom, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import {
  type DecidingOptions,
  decideAll,
  decideTargets,
  keysOf,
  MOST_AT_ONCE,
  refusalOf,
  type TargetDecisions,
  type TargetsInput,
  type Way,
} from './decide-targets.js';
import { basisOf, KeptAnswers } from './kept-answers.js';
import { KnownLists } from './known-lists.js';
import type { ToldAnswer } from './listed-flags.js';
import { talliesOf } from './tallies.js';
import { peekStates } from './target-states.js';
import type { Evaluated, TargetView } from './target-views.js';

/** How a door tells a target's decisions where they may be told again. A form is one object for all that are told in it. */
export interface BatchForm<T extends ToldAnswer> {
  /** What is told. It says nothing but what follows from the decisions, and is never changed. */
  tell(decisions: readonly Evaluated[]): T;
}

/** The decisions for one target as they are told; undefined where it was refused. */
export interface ToldDecisions<T> extends Omit<TargetDecisions, 'decisions'> {
  readonly told: T | undefined;
}

export interface FlagBatchesOptions extends DecidingOptions {
  readonly keeper: ConfigurationKeeper;
}

const ALL = { choose: allKeys, told: 'all' } as const;

/** Decides many flags for many targets. */
export class FlagBatches {
  readonly #options: FlagBatchesOptions;
  readonly #kept = new KeptAnswers<ToldDecisions<ToldAnswer>>();
  readonly #lists = new KnownLists();

  constructor(options: FlagBatchesOptions) {
    this.#options = options;
  }

  /** Decides each flag for each target, or all flags where none is named: at once, and told, for one target whose states are cached. */
  decide<T extends ToldAnswer>(
    call: Call,
    input: TargetsInput,
    form: BatchForm<T>,
  ): ToldDecisions<T> | Promise<readonly TargetDecisions[]> {
    const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, 'split the call into some with fewer contexts or flags');
    const way: Way = { ...ALL, room };
    return (
      this.#atOnce(call, input, way, form) ??
      decideTargets(this.#options, call, input, way).then(({ results }) => results)
    );
  }

  /**
   * What is decided for the one target of a call that demands nothing recent, while its states are cached; undefined where it has
   * to wait for them, has other targets, or asks for so many flags that other calls must run in between.
   */
  #atOnce<T extends ToldAnswer>(
    call: Call,
    input: TargetsInput,
    way: Way,
    form: BatchForm<T>,
  ): ToldDecisions<T> | undefined {
    const { keeper, states, views } = this.#options;
    const { snapshot, loaded } = keeper;
    const [target] = input.targets;
    if (target === undefined || input.targets.length > 1 || !loaded) return undefined;
    if (input.consistencyToken !== '' || input.full) return undefined;
    // What a call decides by itself is kept for nobody.
    if (overridesOf(call.caller) !== undefined) return undefined;
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
    if (view === undefined) return { userId, told: undefined, tallies: [], refusal: refusal! };
    const plain = !view.stale && userId !== '' && Object.keys(context).length === 0;
    const asked = this.#lists.of(keys, form);
    const basis = plain ? basisOf(snapshot, present, context, asked) : undefined;
    const known = basis && this.#kept.find(basis, view.now);
    // What was told in this form.
    if (known !== undefined) return known as ToldDecisions<T>;
    const { evaluated, anyStale, until } = decideAll(views, call, snapshot, { target, view, keys, way });
    const told = form.tell(evaluated);
    const decided = { userId, told, tallies: talliesOf(evaluated) };
    if (basis !== undefined && !anyStale) {
      this.#kept.keep(basis, decided, { from: view.now, until, bytes: told.bytes + asked.bytes });
    }
    return decided;
  }
}

/** What {@link allKeys} gave for each snapshot, which never changes. */
const known = new WeakMap<Snapshot, readonly string[]>();

/** The keys of all flags that are not archived. */
export function allKeys(snapshot: Snapshot): readonly string[] {
  let keys = known.get(snapshot);
  if (keys === undefined) {
    keys = Array.from(snapshot.flags.values(), ({ flag }) => flag).flatMap(({ key, archived }) =>
      archived ? [] : key,
    );
    known.set(snapshot, keys);
  }
  return keys;
}
