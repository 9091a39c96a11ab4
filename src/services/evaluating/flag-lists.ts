import { type Call, overridesOf } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { checkContext, type Target } from '../access/target.js';
import type { ConsistencyInput } from './consistency-gate.js';
import {
  type DecidingOptions,
  decideAll,
  decideTargets,
  MOST_AT_ONCE,
  onlyTarget,
  type Way,
} from './decide-targets.js';
import { basisOf, KeptAnswers } from './kept-answers.js';
import { type ListAnswer, type ListForm, type ToldAnswer, tell } from './listed-flags.js';
import { peekStates } from './target-states.js';

export interface FlagListsOptions extends DecidingOptions {
  readonly keeper: ConfigurationKeeper;
  readonly clock: Clock;
}

const VISIBLE: Way = { choose: ({ visible }) => visible, told: 'to people' };

/** Tells the flags that people may know of. */
export class FlagLists {
  readonly #options: FlagListsOptions;
  readonly #kept = new KeptAnswers<ListAnswer<ToldAnswer>>();

  constructor(options: FlagListsOptions) {
    this.#options = options;
  }

  /** Tells in that form those of one target: without a promise when the states are cached. */
  list<T extends ToldAnswer>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    consistency: ConsistencyInput,
  ): ListAnswer<T> | Promise<ListAnswer<T>> {
    return this.#atOnce(call, target, form, consistency) ?? this.#later(call, target, form, consistency);
  }

  /** Undefined where the states have to be waited for, or other calls must run in between. */
  #atOnce<T extends ToldAnswer>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    { consistencyToken, full }: ConsistencyInput,
  ): ListAnswer<T> | undefined {
    const { keeper, states, views, clock } = this.#options;
    const { snapshot, loaded } = keeper;
    // What a call decides by itself is kept for nobody.
    if (overridesOf(call.caller) !== undefined) return undefined;
    if (!loaded || consistencyToken !== '' || full || snapshot.visible.length > MOST_AT_ONCE) return undefined;
    const present = peekStates(states, target, snapshot);
    if (present === undefined) return undefined;
    const { context } = target;
    const basis = basisOf(snapshot, present, context, form);
    views.requireOwn(call, present);
    const kept = views.isStale(present) ? undefined : this.#kept.find(basis, clock.now());
    // What was told in this form.
    if (kept !== undefined) return kept as ListAnswer<T>;
    checkContext(context);
    const view = views.viewOf(call, snapshot, target, present);
    const asked = { target, view, keys: snapshot.visible, way: VISIBLE };
    const { evaluated, anyStale, until } = decideAll(views, call, snapshot, asked);
    const answer = tell({ snapshot, evaluated }, form);
    if (!anyStale) this.#kept.keep(basis, answer, { from: view.now, until, bytes: answer.told.bytes });
    return answer;
  }

  async #later<T extends ToldAnswer>(
    call: Call,
    target: Target,
    form: ListForm<T>,
    { consistencyToken, full }: ConsistencyInput,
  ): Promise<ListAnswer<T>> {
    const input = { targets: [target], flagKeys: [], consistencyToken, full };
    return tell(onlyTarget(await decideTargets(this.#options, call, input, VISIBLE)), form);
  }
}
