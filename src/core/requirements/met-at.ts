import { turningNumbers } from '../conditions/turning-numbers.js';
import { type FactRecord, type FactSlot, withNow } from '../facts/fact-record.js';
import { type ComparisonNode, type CountNode, isMet, type RequirementNode, readsTime } from './compile-requirement.js';

/** How often the search may still test a node. Once none is left it gives up, and the instant is not told. */
export interface Looks {
  left: number;
  /** Up to when all was found that was looked for, in epoch milliseconds: where it was given up, an instant after that may not be the first. */
  knownTo?: number;
}

/**
 * The first instant, in epoch milliseconds and not before the record's, at which time alone has a node met; Infinity if it
 * never does. An `any` is met with the first of its members, an `all` at the first instant at which all its members are met
 * together: members may come to be met and cease to be as time passes. A count of segments is met with the first of their changes
 * that brings the number there.
 */
export function metAt(node: RequirementNode, record: FactRecord, looks: Looks): number {
  looks.knownTo = Infinity;
  const at = turnsAt(node, record, true, looks);
  return at <= looks.knownTo ? at : Infinity;
}

/** How many changes of a fact in a row are followed, where all have to be: three years of days. An instant beyond is not told. */
const MAX_TICKS = 1_100;

/** The first instant, not before the record's, at which a node is met or, where `wanted` is false, is not met. */
function turnsAt(node: RequirementNode, record: FactRecord, wanted: boolean, looks: Looks): number {
  if (looks.left-- <= 0) return Infinity;
  if (node.kind === 'comparison') return comparisonTurnsAt(node, record, wanted, looks);
  if (node.kind === 'count') return countTurnsAt(node, record, wanted, looks);
  const { group, children } = node;
  // A group without members is always met.
  if (children.length === 0) return wanted ? record.now : Infinity;
  if (group === 'not') return turnsAt(children[0]!, record, !wanted, looks);
  const needsAll = (group === 'all') === wanted;
  return needsAll ? together(children, record, wanted, looks) : earliest(children, record, wanted, looks);
}

function earliest(nodes: readonly RequirementNode[], record: FactRecord, wanted: boolean, looks: Looks): number {
  let first = Infinity;
  for (const node of nodes) first = Math.min(first, turnsAt(node, record, wanted, looks));
  return first;
}

function together(nodes: readonly RequirementNode[], record: FactRecord, wanted: boolean, looks: Looks): number {
  for (let at = record.now; ; ) {
    let latest = at;
    for (const node of nodes) {
      latest = Math.max(latest, turnsAt(node, withNow(record, at), wanted, looks));
      if (latest === Infinity) return Infinity;
    }
    // A node that turned before `latest` may have turned back by then: all are asked again from there.
    if (latest === at) return at;
    at = latest;
  }
}

/** What clocks show changes for ever: a count that never comes there leaves half of the looks to what stands beside it. */
function countTurnsAt(node: CountNode, record: FactRecord, wanted: boolean, looks: Looks): number {
  const left = looks.left / 2;
  let at = record.now;
  while (at < Infinity && looks.left > left) {
    looks.left -= 1;
    const then = withNow(record, at);
    if (isMet(node, then) === wanted) return at;
    let next = 'fact' in node.target ? nextTick(node.target.fact, then) : Infinity;
    for (const child of node.children) next = Math.min(next, turnsAt(child, then, !isMet(child, then), looks));
    if (looks.left <= left) break;
    at = next;
  }
  looks.knownTo = Math.min(looks.knownTo ?? Infinity, at);
  return Infinity;
}

/** When a fact next changes its value by time; Infinity if never. */
function nextTick({ index, time }: FactSlot, { values, now }: FactRecord): number {
  return time === undefined ? Infinity : time.nextTick(values[index], now);
}

function comparisonTurnsAt(node: ComparisonNode, record: FactRecord, wanted: boolean, looks: Looks): number {
  if (node.test(record) === wanted) return record.now;
  if (!readsTime(node)) return Infinity;
  const { instants, complete } = turningInstants(node, record);
  const mostTicks = ticksToFollow(node);
  let followedTo = record.now;
  for (const from of [record.now, ...instants]) {
    if (from < followedTo) continue;
    followedTo = from;
    for (let ticks = 0; followedTo < Infinity && looks.left > 0; ticks++) {
      looks.left -= 1;
      if (node.test(withNow(record, followedTo)) === wanted) return followedTo;
      if (complete || ticks === mostTicks) break;
      followedTo = node.nextChange!(withNow(record, followedTo));
    }
  }
  return Infinity;
}

/** How many changes in a row are followed: no more than bring all values of the side that moves, where the other one does not. */
function ticksToFollow({ fact, target }: ComparisonNode): number {
  const other = 'fact' in target ? target.fact.time : undefined;
  const moving = fact.time ?? other;
  const oneMoves = fact.time === undefined || other === undefined;
  return Math.min(MAX_TICKS, (oneMoves ? moving?.allComeIn : undefined) ?? MAX_TICKS);
}

interface TurningInstants {
  /** After the record's, in order. */
  readonly instants: readonly number[];
  /** Whether the comparison turns at no other instant. */
  readonly complete: boolean;
}

/**
 * The instants at which a comparison may turn, however far off, where a side of it grows with the time since an instant: when that
 * side comes to a number that matters beside the other side. Following each of its steps would be following every hour, or more.
 */
function turningInstants({ fact, target }: ComparisonNode, record: FactRecord): TurningInstants {
  const other = 'fact' in target ? target.fact : undefined;
  const value = 'constant' in target ? target.constant : record.values[target.fact.index];
  const left = comingTo(fact, other?.time === undefined ? value : undefined, record);
  const right = other && comingTo(other, fact.time === undefined ? record.values[fact.index] : undefined, record);
  const instants = [...(left ?? []), ...(right ?? [])].filter((at) => at !== Infinity).sort((a, b) => a - b);
  const oneMoves = fact.time === undefined || other?.time === undefined;
  return { instants, complete: oneMoves && (left ?? right) !== undefined };
}

/** When a fact comes to the numbers that matter beside a value; undefined for a fact that does not grow steadily with time. */
function comingTo({ index, time }: FactSlot, value: unknown, { values, now }: FactRecord): number[] | undefined {
  if (time?.threshold === undefined) return undefined;
  const comesTo = (number: number): number => time.crossing(values[index], now, 'greaterThanInclusive', number);
  return Array.from(turningNumbers(value), comesTo);
}
