import type { Call } from '../../calls/caller.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { checkContext, checkTarget, type Target } from '../access/target.js';
import { type DecidingOptions, decideAll, decideInTurns, MOST_AT_ONCE, type Way } from './decide-targets.js';
import { loadStates, peekStates } from './target-states.js';
import type { Evaluated, TargetView, TargetViews } from './target-views.js';

/** What was decided for one target, and by what. */
export interface DecidedTarget {
  readonly snapshot: Snapshot;
  readonly evaluated: readonly Evaluated[];
  /** All that the decisions depend on; undefined where the store is away, and they hold for every state. */
  readonly view: TargetView | undefined;
  /** Whether the flags were confirmed lately: what rests on no state is not stale then, though the user's state be late. */
  readonly confirmed: boolean;
}

export interface DecideTargetOptions extends DecidingOptions {
  readonly keeper: ConfigurationKeeper;
}

/** So many flags are decided as soon as their states are there. */
const FEW = 16;

/**
 * Decides the flags that the way of the call chooses for one target, in their order: without a promise when its states are cached.
 * Throws INVALID for what can be no target, and NOT_FOUND for one that is not the caller's to ask about.
 */
export function decideTarget(
  options: DecideTargetOptions,
  call: Call,
  target: Target,
  way: Way,
): DecidedTarget | Promise<DecidedTarget> {
  const atOnce = way.full === true ? undefined : decideAtOnce(options, call, target, way);
  return atOnce ?? decideLater(options, call, target, way);
}

/** Undefined where the states have to be waited for, or other calls must run in between. */
function decideAtOnce(
  { keeper, states, views }: DecideTargetOptions,
  call: Call,
  target: Target,
  way: Way,
): DecidedTarget | undefined {
  const { snapshot, loaded } = keeper;
  if (!loaded) return undefined;
  const keys = way.choose(snapshot);
  if (keys.length > MOST_AT_ONCE) return undefined;
  const present = peekStates(states, target, snapshot);
  if (present === undefined) return undefined;
  checkContext(target.context);
  const view = views.viewOf(call, snapshot, target, present);
  const { evaluated } = decideAll(views, call, snapshot, { target, view, keys, way });
  return { snapshot, evaluated, view, confirmed: isConfirmed(keeper, views) };
}

async function decideLater(
  { keeper, states, views }: DecideTargetOptions,
  call: Call,
  target: Target,
  way: Way,
): Promise<DecidedTarget> {
  checkTarget(target);
  const { demand, snapshot } = await views.pass(call, { consistencyToken: '', full: way.full ?? false }, [target]);
  const [present] = await loadStates(states, [target], { demand, snapshot });
  const view = present && views.viewOf(call, snapshot, target, present);
  const asked = { target, view, keys: way.choose(snapshot), way };
  const pauses = new EventLoopPauses(call);
  // Many calls may have waited for the same answer of the store.
  if (asked.keys.length > FEW) await pauses.take();
  const evaluated = await decideInTurns(views, call, snapshot, asked, pauses);
  return { snapshot, evaluated, view, confirmed: isConfirmed(keeper, views) };
}

/** Where a notice told of flags that are not loaded yet, those at hand are known to be old. */
function isConfirmed(keeper: ConfigurationKeeper, views: TargetViews): boolean {
  return !keeper.behind && views.hasConfirmedFlags();
}
