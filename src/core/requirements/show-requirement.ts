import { type Usage, usageOf } from '../conditions/compiling/usage.js';
import { MAX_DISTINCT } from '../counting/derivations.js';
import { ofOrganization } from '../facts/action-facts.js';
import type { FactDefinition } from '../facts/fact-definition.js';
import type { FactRecord, FactSlot } from '../facts/fact-record.js';
import { countedSince, type KnownDays } from '../facts/known-days.js';
import { isCurrent } from '../facts/streak-fact.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { DayClock } from '../states/day-zone.js';
import type { UserState } from '../states/user-state.js';
import { type JsonObject, type JsonValue, ownMember } from '../values/json.js';
import { amountBetween, amountNotBelow, LARGEST_AMOUNT } from '../values/millionths.js';
import {
  type ComparisonNode,
  type CountNode,
  countOf,
  type GroupNode,
  isMet,
  type RequirementNode,
  readsTime,
  targetOf,
} from './compile-requirement.js';
import { type Looks, metAt } from './met-at.js';
import type { Audience, Requirement, ShownComparison } from './requirement.js';

/** The label, for people, of a flag that is not for their screens. */
const ANOTHER_FEATURE = 'another feature';

/** How many nodes are shown of one flag, since segments may hold segments. Beyond it a segment is shown without its parts. */
export const MAX_SHOWN_NODES = 2_000;
/** How often the search for instants may test a node of one rule; see `met-at.ts`. */
const MAX_LOOKS = 20_000;

/** What is needed to show a flag's requirements, and what is left of its bounds. */
export interface Showing {
  readonly snapshot: Snapshot;
  readonly record: FactRecord;
  readonly audience: Audience;
  readonly known: KnownDays | undefined;
  /** What was counted of the user, and the zones in which their days do. */
  readonly actions: UserState['actions'];
  /** What was counted of the organization that facts with `of` read; undefined where nothing was. */
  readonly actionsOfOrganization?: UserState['actions'] | undefined;
  readonly clock: DayClock | undefined;
  /** Present where they are the user's organization's. */
  readonly whose?: 'organization';
  readonly looks: Looks;
  /** How many nodes may still be shown. */
  readonly nodes: { left: number };
}

export function showingOf(shown: Omit<Showing, 'looks' | 'nodes'>): Showing {
  return { ...shown, looks: { left: MAX_LOOKS }, nodes: { left: MAX_SHOWN_NODES } };
}

/** Whether the audience may know that a flag exists. */
export function mayKnowOf(flagKey: string, { snapshot, audience }: Pick<Showing, 'snapshot' | 'audience'>): boolean {
  if (audience === 'OPERATOR') return true;
  const flag = snapshot.flags.get(flagKey)?.flag;
  return flag?.clientVisible === true && !flag.archived;
}

/** What the audience calls a flag. */
export function nameOfFlag(flagKey: string, showing: Pick<Showing, 'snapshot' | 'audience'>): string {
  if (!mayKnowOf(flagKey, showing)) return ANOTHER_FEATURE;
  return showing.snapshot.flags.get(flagKey)?.flag.name || flagKey;
}

/** The requirement that a rule's tree comes to, with no more than may be disclosed to the audience. */
export function showRequirement(tree: RequirementNode, showing: Showing): Requirement {
  return show(tree, { ...showing, looks: { left: MAX_LOOKS } }).requirement;
}

interface Shown {
  readonly requirement: Requirement;
  /** Whether the instant at which it is met depends on what may not be disclosed: then that is not told either. */
  readonly secretTime: boolean;
}

function show(node: RequirementNode, showing: Showing): Shown {
  showing.nodes.left -= 1;
  if (node.kind === 'comparison') return showComparison(node, showing);
  return node.kind === 'count' ? showCount(node, showing) : showGroup(node, showing);
}

function showComparison(node: ComparisonNode, showing: Showing): Shown {
  const { record } = showing;
  const met = node.test(record);
  if (!isDisclosed(node, showing)) {
    const requirement = { label: hiddenLabel(node, showing), met, progress: met ? 1 : 0, nearest: false, children: [] };
    return { requirement, secretTime: readsTime(node) };
  }
  const flagName = (key: string) => nameOfFlag(key, showing);
  const { definition, params, path } = node.fact;
  const current = presentValue(node.fact, showing);
  const target = 'constant' in node.target ? node.target.constant : presentValue(node.target.fact, showing);
  const goal = goalOf(definition, node.operator, target);
  const count = typeof current === 'number' ? current : 0;
  const comparison: ShownComparison = {
    fact: definition.name,
    params: settled(params, definition.params),
    path,
    operator: node.operator,
    ...(target === undefined ? {} : { target }),
    ...(current === undefined ? {} : { current }),
    ...(goal === undefined ? {} : { remaining: met ? 0 : missing(definition, goal, count) }),
    ...leftOf(node, target, record),
    ...sinceOf(node, showing),
    ...breakOf(node, current, record),
    ...(isCapped(node, showing) && { capped: true }),
  };
  const requirement: Requirement = {
    label: node.name || whose(showing, definition.label(params, flagName)),
    met,
    progress: goal === undefined ? Number(met) : progressOf(met, goal > 0 ? count / goal : 0),
    ...whenMet(node, met, showing),
    nearest: false,
    comparison,
    children: [],
  };
  return { requirement, secretTime: false };
}

/** A label that says so where the fact is the organization's, and not the user's own. */
function whose(showing: Showing, label: string): string {
  return showing.whose === 'organization' ? ofOrganization(label) : label;
}

/** A count of segments, with the segments: people see the numbers where they may see every fact that the segments read. */
function showCount(node: CountNode, showing: Showing): Shown {
  const { record, audience } = showing;
  const shown = node.children.map((child) => show(child, showing));
  const secretTime = shown.some((child) => child.secretTime) || !isTargetDisclosed(node, showing);
  const children = shown.map(({ requirement }) => requirement);
  const met = isMet(node, record);
  const current = countOf(node, record);
  const target = targetOf(node, record) as JsonValue | undefined;
  const goal = goalOf(node.definition, node.operator, target);
  const isTold = node.open ? isTargetDisclosed(node, showing) : isAllDisclosed(node, showing);
  const comparison: ShownComparison = {
    fact: node.definition.name,
    // People know segments by their labels alone.
    params: audience === 'OPERATOR' ? settled(node.params, node.definition.params) : {},
    path: '',
    operator: node.operator,
    ...(target === undefined ? {} : { target }),
    current,
    ...(goal === undefined ? {} : { remaining: met ? 0 : goal - current }),
  };
  const requirement: Requirement = {
    label: node.name || whose(showing, node.definition.label(node.params, String)),
    met,
    // A fraction would tell how many are asked for.
    progress: progressOf(met, goal === undefined || !isTold ? 0 : countProgress(children, goal)),
    ...(secretTime ? {} : whenMet(node, met, showing)),
    nearest: false,
    ...(isTold ? { comparison } : {}),
    children: goal === undefined || met ? children : markNearest(children),
  };
  return { requirement, secretTime };
}

/** The mean of the members that are furthest, as many as are asked for: for one that of an `any`, for all that of an `all`. */
function countProgress(children: readonly Requirement[], goal: number): number {
  const furthest = children.map(({ progress }) => progress).toSorted((a, b) => b - a);
  return furthest.slice(0, Math.max(Math.ceil(goal), 0)).reduce((sum, one) => sum + one, 0) / goal;
}

function showGroup(node: GroupNode, showing: Showing): Shown {
  const { name: label, group } = node;
  if (node.isSegment && showing.nodes.left <= 0) return showClosed(node, showing);
  const shown = node.children.map((child) => show(child, showing));
  const children = shown.map(({ requirement }) => requirement);
  const secretTime = shown.some((child) => child.secretTime);
  const met = isGroupMet(node, children);
  const requirement: Requirement = {
    label,
    met,
    progress: progressOf(met, groupProgress(node, children)),
    ...(secretTime ? {} : whenMet(node, met, showing)),
    nearest: false,
    group,
    children: group === 'any' && !met ? markNearest(children) : children,
  };
  return { requirement, secretTime };
}

/** A segment without its parts. */
function showClosed(node: GroupNode, { record }: Showing): Shown {
  const met = isMet(node, record);
  const requirement = { label: node.name, met, progress: Number(met), nearest: false, children: [] };
  return { requirement, secretTime: node.readsTime };
}

function isGroupMet({ group }: GroupNode, children: readonly Requirement[]): boolean {
  if (children.length === 0) return true;
  if (group === 'any') return children.some(({ met }) => met);
  const every = children.every(({ met }) => met);
  return group === 'not' ? !every : every;
}

function groupProgress({ group }: GroupNode, children: readonly Requirement[]): number {
  if (group === 'not') return 0;
  const progresses = children.map(({ progress }) => progress);
  return group === 'any'
    ? Math.max(0, ...progresses)
    : progresses.reduce((sum, one) => sum + one, 0) / progresses.length;
}

/** 1 if it is met; else the ratio, kept below 1 even where rounding makes it 1. */
function progressOf(met: boolean, ratio: number): number {
  return met ? 1 : Math.min(Math.max(ratio, 0), 1 - Number.EPSILON);
}

/** Marks the member that is not met whose progress is greatest; of several such, the one that time will have met first. */
function markNearest(children: readonly Requirement[]): readonly Requirement[] {
  let nearest: Requirement | undefined;
  for (const child of children) {
    if (child.met) continue;
    const ahead = nearest === undefined ? 1 : child.progress - nearest.progress;
    const sooner = (child.metAt ?? Infinity) < (nearest?.metAt ?? Infinity);
    if (ahead > 0 || (ahead === 0 && sooner)) nearest = child;
  }
  return children.map((child) => (child === nearest ? { ...child, nearest: true } : child));
}

function whenMet(node: RequirementNode, met: boolean, { record, looks }: Showing): { readonly metAt?: number } {
  if (met || !readsTime(node)) return {};
  const instant = metAt(node, record, looks);
  return instant === Infinity ? {} : { metAt: instant };
}

function leftOf({ fact, operator }: ComparisonNode, target: unknown, record: FactRecord): { readonly usage?: Usage } {
  const usage = usageOf(fact, operator, target, record);
  return usage === undefined ? {} : { usage };
}

/** Since when the facts of a comparison are counted, where a window reaches further back, or an action is derived. */
function sinceOf(
  { fact, target }: ComparisonNode,
  { record, known, snapshot, actions, clock, whose }: Showing,
): { readonly countedSince?: number } {
  const facts = 'fact' in target ? [fact, target.fact] : [fact];
  const knowledge = { known, now: record.now, clock, actions, derived: snapshot.derivations.all };
  const since = facts.map(({ definition, params }) => {
    const isOrganizations = whose === 'organization' || ownMember(params, 'of') === 'organization';
    return countedSince(definition, params, { ...knowledge, ofOrganization: isOrganizations }) ?? 0;
  });
  const latest = Math.max(...since);
  return latest === 0 ? {} : { countedSince: latest };
}

/** When a streak ends that goes on now, if the user does nothing. */
function breakOf(
  { fact }: ComparisonNode,
  current: unknown,
  { values, now }: FactRecord,
): { readonly breaksAt?: number } {
  const { definition, params, index, time } = fact;
  if (definition.streakOf === undefined || !isCurrent(params) || typeof current !== 'number' || current === 0)
    return {};
  const breaksAt = time?.crossing(values[index], now, 'lessThan', current) ?? Infinity;
  return breaksAt === Infinity ? {} : { breaksAt };
}

/** Whether a comparison reads an action of which no further value counts for the user, or for the organization that it reads. */
function isCapped({ fact, target }: ComparisonNode, { snapshot, actions, actionsOfOrganization }: Showing): boolean {
  const facts = 'fact' in target ? [fact, target.fact] : [fact];
  return facts.some(({ params: { action, of } }) => {
    if (typeof action !== 'string' || snapshot.derivations.all.get(action)?.distinct === undefined) return false;
    const counted = of === 'organization' ? actionsOfOrganization : actions;
    return (counted?.get(action)?.count ?? 0) >= MAX_DISTINCT;
  });
}

/** The least number that meets a comparison which asks for a count of at least so much; undefined for any other comparison. */
function goalOf({ count }: FactDefinition, operator: string, target: unknown): number | undefined {
  if (count === undefined || typeof target !== 'number') return undefined;
  if (operator === 'greaterThanInclusive') {
    return count === 'amount' && Math.abs(target) <= LARGEST_AMOUNT ? amountNotBelow(target) : target;
  }
  // For a count of whole steps, more than n is at least the next whole number. For an amount there is no least number.
  return operator === 'greaterThan' && count === 'whole' ? Math.floor(target) + 1 : undefined;
}

/** How much more leads to a goal: of an amount without the rest that fractions leave. */
function missing(definition: FactDefinition, goal: number, count: number): number {
  const exact = definition.count === 'amount' && Math.abs(goal) <= LARGEST_AMOUNT;
  return exact ? amountBetween(count, goal) : goal - count;
}

/** Whether the audience may see the fact that a comparison reads, its value and what it is compared with. */
function isDisclosed(node: ComparisonNode, showing: Showing): boolean {
  if (showing.audience === 'OPERATOR') return true;
  if (!mayKnowOfIts(node.fact, showing)) return false;
  return isTargetDisclosed(node, showing) && (node.open || node.fact.definition.disclosed);
}

function isTargetDisclosed({ target, open }: ComparisonNode | CountNode, showing: Showing): boolean {
  if (showing.audience === 'OPERATOR' || 'constant' in target) return true;
  return mayKnowOfIts(target.fact, showing) && (open || target.fact.definition.disclosed);
}

/** Whether the audience may see every fact that is read, there and beneath. */
function isAllDisclosed(node: RequirementNode, showing: Showing): boolean {
  if (node.kind === 'comparison') return isDisclosed(node, showing);
  if (node.kind === 'count' && !isTargetDisclosed(node, showing)) return false;
  return node.children.every((child) => isAllDisclosed(child, showing));
}

/**
 * False for an `unlocked` fact of a flag that people may not know of, and for counts since it was unlocked, even where the condition
 * says that it is public.
 */
function mayKnowOfIts({ definition, params }: FactSlot, showing: Showing): boolean {
  if (definition.name === 'unlocked') return mayKnowOf(String(ownMember(params, 'flag')), showing);
  const unlock = showing.snapshot.derivations.all.get(String(ownMember(params, 'action')))?.since?.unlock;
  return unlock === undefined || mayKnowOf(unlock.flagKey, showing);
}

function hiddenLabel({ name, fact }: ComparisonNode, showing: Showing): string {
  if (name !== '') return name;
  return mayKnowOfIts(fact, showing) ? '' : ANOTHER_FEATURE;
}

function presentValue({ index }: FactSlot, { snapshot, record }: Showing): JsonValue | undefined {
  return snapshot.slots.valueOf(index, record) as JsonValue | undefined;
}

function settled(params: JsonObject, known: readonly { readonly name: string }[]): JsonObject {
  const given = known.flatMap(({ name }) => {
    const value = ownMember(params, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
