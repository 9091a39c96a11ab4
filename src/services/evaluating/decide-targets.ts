import type { Call } from '../../calls/caller.js';
import { LatchkeyError, limited } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { StateSources } from '../../store/state-source.js';
import { checkTarget, type Target } from '../access/target.js';
import type { AnswerRoom } from './answer-room.js';
import type { ConsistencyInput } from './consistency-gate.js';
import type { Listed } from './listed-flags.js';
import { type Tally, talliesOf } from './tallies.js';
import { loadStates, type TargetStates } from './target-states.js';
import { bucketedBy, type Evaluated, type TargetView, type TargetViews } from './target-views.js';

export interface TargetsInput extends ConsistencyInput {
  readonly targets: readonly Target[];
  /** Which flags; an empty list is those that the way of the call chooses. */
  readonly flagKeys: readonly string[];
}

/** Decisions for one target; none where it was refused. */
export interface TargetDecisions {
  readonly userId: string;
  readonly decisions: readonly Evaluated[];
  readonly tallies: readonly Tally[];
  /** INVALID or NOT_FOUND: nothing can be decided for this target, or not for this caller. */
  readonly refusal?: LatchkeyError;
}

/** Which flags are decided where a call names none, and how much is told. */
export interface Way {
  readonly choose: (snapshot: Snapshot) => readonly string[];
  readonly told: 'all' | 'to people';
  /** What the values may take; undefined where whoever asks sees to it. */
  readonly room?: AnswerRoom;
  /** Whether what is stored is read anew, rather than from the cache. */
  readonly full?: boolean;
}

/** What a call was decided from, and what came of it. */
export interface Results {
  readonly snapshot: Snapshot;
  readonly results: readonly TargetDecisions[];
}

export interface DecidingOptions {
  readonly states: StateSources;
  readonly views: TargetViews;
}

/** So many flags are decided without letting other calls run in between: a fraction of a millisecond. */
export const MOST_AT_ONCE = 500;
/** The most that flags times contexts of one batch may be. */
export const MAX_DECISIONS_PER_CALL = 100_000;
/** How many targets' states are loaded at once: a long batch that asked for all of them would hold up every other call. */
export const TARGETS_PER_LOAD = 1_000;

/**
 * Decides each flag for each target, in the order of targets and within it of flags, once their states are there, and lets other
 * calls run in between. A target that is no target, or not the caller's to ask about, is refused by itself; what fails otherwise
 * fails the call.
 */
export async function decideTargets(
  { states, views }: DecidingOptions,
  call: Call,
  input: TargetsInput,
  way: Way,
): Promise<Results> {
  const pauses = new EventLoopPauses(call);
  const results: TargetDecisions[] = [];
  const usable: number[] = [];
  for (const [place, target] of input.targets.entries()) {
    const refusal = refusalOf(() => checkTarget(target));
    if (refusal === undefined) usable.push(place);
    else results[place] = refused(target, refusal);
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
      const asked = { target, states: present[i], keys, pauses, way };
      results[places[i]!] = await decideLoaded(views, call, snapshot, asked);
    }
  }
  return { snapshot, results };
}

async function decideLoaded(
  views: TargetViews,
  call: Call,
  snapshot: Snapshot,
  {
    states,
    pauses,
    ...asked
  }: Omit<FlagsOfTarget, 'view'> & {
    /** Undefined where the store does not answer and nothing is at hand. */
    readonly states: TargetStates | undefined;
    readonly pauses: EventLoopPauses;
  },
): Promise<TargetDecisions> {
  const { target } = asked;
  let view: TargetView | undefined;
  const refusal = refusalOf(() => {
    if (states !== undefined) view = views.viewOf(call, snapshot, target, states);
  });
  if (refusal !== undefined) return refused(target, refusal);
  const decisions = await decideInTurns(views, call, snapshot, { ...asked, view }, pauses);
  return { userId: target.userId, decisions, tallies: talliesOf(decisions) };
}

/** Flags that are to be decided for one target. */
export interface FlagsOfTarget {
  readonly target: Target;
  /** Undefined where the store does not answer and nothing is at hand: only what holds for every state is decided then. */
  readonly view: TargetView | undefined;
  readonly keys: readonly string[];
  readonly way: Pick<Way, 'told' | 'room'>;
}

/** Decides these flags, in their order, and lets other calls run in between. */
export async function decideInTurns(
  views: TargetViews,
  call: Call,
  snapshot: Snapshot,
  asked: FlagsOfTarget,
  pauses: EventLoopPauses,
): Promise<readonly Evaluated[]> {
  const evaluated: Evaluated[] = [];
  for (const key of asked.keys) {
    evaluated.push(decideOne(views, call, snapshot, asked, key));
    if (pauses.due()) await pauses.take();
  }
  return evaluated;
}

/** Decides these flags at once; says whether any decision is stale, and until when time changes none of them. */
export function decideAll(views: TargetViews, call: Call, snapshot: Snapshot, asked: FlagsOfTarget) {
  const evaluated: Evaluated[] = [];
  let anyStale = false;
  let until = Number.POSITIVE_INFINITY;
  for (const key of asked.keys) {
    const one = decideOne(views, call, snapshot, asked, key);
    evaluated.push(one);
    anyStale ||= one.stale;
    until = Math.min(until, one.decision.validUntil ?? until);
  }
  return { evaluated, anyStale, until };
}

function decideOne(
  views: TargetViews,
  call: Call,
  snapshot: Snapshot,
  { target, view, way }: FlagsOfTarget,
  flagKey: string,
): Evaluated {
  const one =
    view === undefined
      ? views.decideWithoutState(call, snapshot, { ...bucketedBy(target), flagKey })
      : views.decide(view, flagKey, way.told);
  way.room?.take(one.decision.value);
  return one;
}

/** The decisions for the one target there is; throws where it is refused. */
export function onlyTarget({ snapshot, results }: Results): Listed {
  const { refusal, decisions } = results[0]!;
  if (refusal !== undefined) throw refusal;
  return { snapshot, evaluated: decisions };
}

export function keysOf(
  { flagKeys }: Pick<TargetsInput, 'flagKeys'>,
  snapshot: Snapshot,
  { choose }: Pick<Way, 'choose'>,
): readonly string[] {
  return flagKeys.length > 0 ? flagKeys : choose(snapshot);
}

function refused({ userId }: Target, refusal: LatchkeyError): TargetDecisions {
  return { userId, decisions: [], tallies: [], refusal };
}

/** What a caller is told of one target alone; anything else concerns the whole call. */
export function refusalOf(check: () => void): LatchkeyError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof LatchkeyError && (error.code === 'INVALID' || error.code === 'NOT_FOUND')) return error;
    throw error;
  }
}

function checkSize(flags: number, contexts: number): void {
  const decisions = Math.max(flags, 1) * contexts;
  if (decisions <= MAX_DECISIONS_PER_CALL) return;
  throw limited(
    `${flags} flags for ${contexts} contexts are ${decisions} decisions; a call has at most ${MAX_DECISIONS_PER_CALL}: split it`,
  );
}
