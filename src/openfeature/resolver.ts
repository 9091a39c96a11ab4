import type { Call } from '../calls/caller.js';
import { EventLoopPauses } from '../calls/event-loop-pauses.js';
import { authorize } from '../calls/permissions.js';
import { answersForAll } from '../core/deciding/standing-answer.js';
import type { Flag } from '../core/flags/flag.js';
import type { CompiledFlag, Snapshot } from '../core/snapshot/snapshot.js';
import type { JsonObject } from '../core/values/json.js';
import type { Target } from '../services/access/target.js';
import { AnswerRoom, LARGE_FLAGS, MAX_BYTES_PER_ANSWER } from '../services/evaluating/answer-room.js';
import type { DecidedTarget } from '../services/evaluating/decide-target.js';
import { MOST_AT_ONCE, type Way } from '../services/evaluating/decide-targets.js';
import type { Evaluator } from '../services/evaluating/evaluation.js';
import { allKeys } from '../services/evaluating/flag-batches.js';
import type { Evaluated } from '../services/evaluating/target-views.js';
import { type ContextOptions, targetOf } from './context.js';
import { metadataOf, tellsMissing } from './metadata.js';
import { flagNotFound, type Resolution, type ResolutionFault, resolutionOf } from './resolution.js';

/** The flags that have a tag; undefined: all. */
export type Selector = string | undefined;

/**
 * Resolves flags in OpenFeature's terms, for whichever door. People are told of the flags that are for their screens, and of denials as
 * of any flag that is off; machines of all that are not archived.
 *
 * Throws INVALID where the context cannot be evaluated, NOT_FOUND where it names whom the caller does not reach, FORBIDDEN for a token
 * without the scope `evaluate`, and UNAVAILABLE where the store is away and is needed.
 */
export class OpenFeatureResolver {
  readonly #evaluation: Pick<Evaluator, 'decide'>;
  readonly #options: ContextOptions;

  constructor(evaluation: Pick<Evaluator, 'decide'>, options: ContextOptions = {}) {
    this.#evaluation = evaluation;
    this.#options = options;
  }

  /** One like this whose decisions another evaluator makes. */
  by(evaluation: Pick<Evaluator, 'decide'>): OpenFeatureResolver {
    return new OpenFeatureResolver(evaluation, this.#options);
  }

  /** Whom the context asks about, and what overrides what is stored of them. Throws INVALID where it cannot be evaluated. */
  targetOf({ caller }: Call, context: JsonObject): Target {
    return targetOf(caller, context, this.#options);
  }

  /** One flag: without a promise when the states are cached. With a selector, a flag without that tag is not found. */
  resolve(
    call: Call,
    flagKey: string,
    context: JsonObject,
    selector?: Selector,
  ): Resolution | ResolutionFault | Promise<Resolution | ResolutionFault> {
    const told = this.#decide(call, context, (snapshot) => oneKey(call, flagKey, selector, snapshot));
    const one = (decided: DecidedTarget) => resolutionsOf(call, decided)[0] ?? flagNotFound(flagKey);
    return told instanceof Promise ? told.then(one) : one(told);
  }

  /**
   * All flags that the caller may know of, or those that have the selector's tag, by key: without a promise when the states are cached.
   * `full`: reads what is stored anew.
   */
  resolveAll(
    call: Call,
    context: JsonObject,
    selector?: Selector,
    full = false,
  ): readonly Resolution[] | Promise<readonly Resolution[]> {
    const told = this.#decide(call, context, (snapshot) => keysFor(call, selector, snapshot), full);
    const all = (decided: DecidedTarget) =>
      saysMuch(decided) ? resolutionsInTurns(call, decided) : resolutionsOf(call, decided);
    return told instanceof Promise ? told.then(all) : all(told);
  }

  #decide(
    call: Call,
    context: JsonObject,
    choose: Way['choose'],
    full = false,
  ): DecidedTarget | Promise<DecidedTarget> {
    authorize(call, 'ListFlagsForUser');
    const target = targetOf(call.caller, context, this.#options);
    const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, LARGE_FLAGS);
    return this.#evaluation.decide(call, target, {
      choose,
      told: call.caller.kind === 'person' ? 'to people' : 'all',
      room,
      full,
    });
  }
}

/** So many flags have it told at once what is missing: some milliseconds. */
const MOST_WORDS_AT_ONCE = 64;
/** Telling what is missing of a flag takes about as long as this many decisions. */
const STEPS_OF_WORDS = 64;

/** Whether other calls must run while it is told. */
function saysMuch({ snapshot, evaluated, view }: DecidedTarget): boolean {
  if (evaluated.length <= MOST_WORDS_AT_ONCE) return false;
  if (evaluated.length > MOST_AT_ONCE) return true;
  if (view === undefined || view.subject.userId === '') return false;
  let words = 0;
  for (const { decision } of evaluated) {
    const compiled = snapshot.flags.get(decision.flagKey);
    if (compiled !== undefined && tellsMissing(compiled, decision)) words += 1;
  }
  return words > MOST_WORDS_AT_ONCE;
}

function resolutionsOf(call: Call, decided: DecidedTarget): readonly Resolution[] {
  return decided.evaluated.flatMap((one) => oneResolution(call, decided, one) ?? []);
}

/** The same, and lets other calls run in between. */
async function resolutionsInTurns(call: Call, decided: DecidedTarget): Promise<readonly Resolution[]> {
  const pauses = new EventLoopPauses(call);
  await pauses.take();
  const told: Resolution[] = [];
  for (const one of decided.evaluated) {
    const resolution = oneResolution(call, decided, one);
    if (resolution === undefined) continue;
    told.push(resolution);
    if (pauses.due(one.decision.reason === 'DEFAULT' ? STEPS_OF_WORDS : 1)) await pauses.take();
  }
  return told;
}

function oneResolution(
  call: Call,
  { snapshot, view, confirmed }: DecidedTarget,
  one: Evaluated,
): Resolution | undefined {
  const compiled = snapshot.flags.get(one.decision.flagKey);
  if (compiled === undefined || one.decision.reason === 'FLAG_NOT_FOUND') return undefined;
  const told = confirmed && needsNoState(compiled, one) ? { ...one, stale: false } : one;
  return resolutionOf(call, compiled, told, metadataOf(call, compiled, told, view));
}

/** Whether the answer is everybody's, so that it is no older than the flag, however late what is stored of the user may be. */
function needsNoState(compiled: CompiledFlag, { decision, stale }: Evaluated): boolean {
  return stale && decision.reason === 'GLOBAL' && answersForAll(compiled);
}

function oneKey({ caller }: Call, flagKey: string, selector: Selector, { flags }: Snapshot): readonly string[] {
  const flag = flags.get(flagKey)?.flag;
  const isTold = caller.kind !== 'person' || flag?.clientVisible === true;
  // A key that there is no flag for is decided, too, so that it is counted as unknown.
  return isTold && (flag === undefined || hasTag(flag, selector)) ? [flagKey] : [];
}

function keysFor({ caller }: Call, selector: Selector, snapshot: Snapshot): readonly string[] {
  const keys = caller.kind === 'person' ? snapshot.visible : allKeys(snapshot);
  return selector === undefined ? keys : keys.filter((key) => hasTag(snapshot.flags.get(key)!.flag, selector));
}

function hasTag({ tags }: Flag, selector: Selector): boolean {
  return selector === undefined || tags.includes(selector);
}
