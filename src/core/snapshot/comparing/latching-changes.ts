import { referencesOf } from '../../conditions/references.js';
import { changedDerivations } from '../../counting/derivations.js';
import { actionRead } from '../../facts/action-param.js';
import type { FactChange } from '../../facts/fact-definition.js';
import { ledgerFloorOf, type RemovedRule, type Rule } from '../../flags/flag.js';
import { sameMeaning } from '../../flags/same-meaning.js';
import { EMPTY_SNAPSHOT } from '../compiling/compile-snapshot.js';
import { SegmentGraph } from '../segment-graph.js';
import type { CompiledFlag, CompiledRule, Snapshot } from '../snapshot.js';

/**
 * The ids of the flags of which users may have earned more, or less, by a change of the configuration. That is so where a
 * latching rule is new or has another meaning (by itself, a segment, the list of stages or how an action is derived), where its rollout was raised, where
 * RELOCK made unlocks void, and where unlocks count otherwise that others read: those of a flag whose key a new one has got, too.
 * It is not so for another name, a flag that was switched off, or a lower rollout. An archived flag latches nothing, and one that
 * is taken out of the archive counts as new; but what it has unlocked is read as ever. The same holds of what organizations earn.
 */
export function latchingChanges(before: Snapshot, after: Snapshot): readonly string[] {
  const [own, ownAfter] = [before, after].map(({ organizationEarners }) => organizationEarners?.judging);
  const byOrganizations = ownAfter === undefined ? [] : latchingChanges(own ?? EMPTY_SNAPSHOT, ownAfter);
  return [...new Set([...changesForUsers(before, after), ...byOrganizations])];
}

function changesForUsers(before: Snapshot, after: Snapshot): readonly string[] {
  const stagesChanged = before.stageNames.join('\n') !== after.stageNames.join('\n');
  const changed: readonly FactChange[] = [
    ...(stagesChanged ? (['progress'] as const) : []),
    ...(before.timeZone === after.timeZone ? [] : (['zone'] as const)),
  ];
  const derived = changedDerivations(before.derivations.all, after.derivations.all);
  // A flag that has not changed can be concerned by the list of stages, by the default time zone, or by derived actions.
  const keys = new Set(after.flags.differences(before.flags));
  for (const change of changed) for (const key of after.readers.ofChange(change)) keys.add(key);
  for (const action of derived) for (const key of after.readers.ofAction(action)) keys.add(key);
  return [...keys].toSorted().flatMap((key) => {
    const present = after.flags.get(key);
    if (present === undefined) return [];
    const past = before.flagsById.get(present.flag.id);
    const concerned =
      startsAnew(before.flags.get(key), present, after) ||
      (past !== undefined && countsOtherwise(past, present)) ||
      latchesMore(past, present, { after, changed, derived });
    return concerned ? [present.flag.id] : [];
  });
}

/** The ids of the flags that latch by an organization's attributes, by what its roles inherit, or by its time zone. */
export function latchingByOrganization(
  snapshot: Snapshot,
  changed: ReadonlySet<'roles' | 'organization' | 'zone'>,
): readonly string[] {
  const reads = (entry: CompiledRule): boolean =>
    [...changed].some((change) => readsChangedBy(snapshot, entry, change));
  return snapshot.latching.filter(({ latchingRules }) => latchingRules.some(reads)).map(({ flag }) => flag.id);
}

interface Change {
  readonly after: Snapshot;
  /** What has changed for all users beside flags and segments. */
  readonly changed: readonly FactChange[];
  /** The actions that are derived otherwise, or only before or after. */
  readonly derived: ReadonlySet<string>;
}

/** Whether a flag has got the key of another one, whose unlocks others read under that key: for them they are gone. */
function startsAnew(named: CompiledFlag | undefined, { flag }: CompiledFlag, { dependencies }: Snapshot): boolean {
  return named !== undefined && named.flag.id !== flag.id && dependencies.readingUnlockOf(flag.key).size > 0;
}

/**
 * Whether what a flag has unlocked counts otherwise, be it archived or not: RELOCK forgets a rule, removed or not, or one latches
 * no more, or again.
 */
function countsOtherwise(past: CompiledFlag, { flag }: CompiledFlag): boolean {
  const forgotten = ({ id, ledgerFloor }: RemovedRule): boolean => ledgerFloor > ledgerFloorOf(past.flag, id);
  const latchesAgain = ({ id }: Rule): boolean =>
    past.flag.rules.some((rule) => rule.id === id && rule.policy !== 'LATCHING');
  return (
    (flag.removedRules ?? []).some(forgotten) ||
    flag.rules.some((rule) =>
      rule.policy === 'LATCHING' ? forgotten(rule) || latchesAgain(rule) : latchesNoMore(past, rule),
    )
  );
}

/** Whether users may earn a rule of a flag whom it did not unlock before. */
function latchesMore(
  known: CompiledFlag | undefined,
  present: CompiledFlag,
  { after, changed, derived }: Change,
): boolean {
  if (present.flag.archived) return false;
  const past = known?.flag.archived === true ? undefined : known;
  return present.latchingRules.some((entry) => {
    const before = past?.rules.find(({ rule }) => rule.id === entry.rule.id);
    if (past === undefined || before === undefined) return true;
    if (changesMeaning(before, entry) || changesSegments(past, before, present, entry)) return true;
    return changed.some((change) => readsChangedBy(after, entry, change)) || readsAction(after, entry, derived);
  });
}

/**
 * Whether unlocks of a rule no longer count, which `unlocked` facts of its flag read. Unlocks of a removed rule count, until a
 * rule that is not latching is made under its id.
 */
function latchesNoMore({ flag }: CompiledFlag, { id, ledgerFloor }: Rule): boolean {
  const latched = flag.rules.some((rule) => rule.id === id && rule.policy === 'LATCHING');
  return latched || flag.removedRules?.some((rule) => rule.id === id) || ledgerFloorOf(flag, id) < ledgerFloor;
}

/** Whether a rule has another meaning by which users may earn it: its version has grown, for more than a lower rollout. */
function changesMeaning({ rule: before }: CompiledRule, { rule }: CompiledRule): boolean {
  if (before.version === rule.version) return false;
  const lowered =
    rule.policy === before.policy &&
    rule.bucketBy === before.bucketBy &&
    rule.ledgerFloor === before.ledgerFloor &&
    rule.rolloutPer100k <= before.rolloutPer100k &&
    sameMeaning(rule.conditions, before.conditions);
  return !lowered;
}

/** Whether a rule has another meaning by its segments: it refers to the same ones, but they may have changed. */
function changesSegments(
  past: CompiledFlag,
  before: CompiledRule,
  present: CompiledFlag,
  entry: CompiledRule,
): boolean {
  const said = segmentsOf(past, before);
  return [...segmentsOf(present, entry)].some(
    (key) => !said.has(key) || !sameMeaning(past.segments.get(key) ?? NOTHING, present.segments.get(key) ?? NOTHING),
  );
}

/** The segments that a rule refers to, also by way of others, in the form in which it was compiled. */
function segmentsOf({ segments }: CompiledFlag, { rule }: CompiledRule): ReadonlySet<string> {
  if (segments.size === 0) return NO_SEGMENTS;
  return new SegmentGraph().with(segments).reachOf(referencesOf(rule.conditions)).segments;
}

/** Whether a rule reads a fact that this kind of change can change. */
function readsChangedBy({ slots }: Snapshot, { conditions }: CompiledRule, change: FactChange): boolean {
  return Array.from(conditions.slotsRead).some((index) => slots.at(index).bound.changedBy.has(change));
}

/** Whether a rule reads a fact of one of these actions. */
function readsAction({ slots }: Snapshot, { conditions }: CompiledRule, actions: ReadonlySet<string>): boolean {
  if (actions.size === 0) return false;
  return Array.from(conditions.slotsRead).some((index) => {
    const { definition, params } = slots.at(index);
    const action = actionRead(definition, params);
    return action !== undefined && actions.has(action);
  });
}

const NO_SEGMENTS: ReadonlySet<string> = new Set<string>();

/** Stands for the conditions of a segment that does not exist: no segment can have these, since groups have lists. */
const NOTHING = { all: false };
