import { type FactRecord, withNow } from '../facts/fact-record.js';
import { type ComparisonNode, type RequirementNode, readsTime } from './compile-requirement.js';

/** How often the search may still test a node. Once none is left it gives up, and the instant is not told. */
export interface Looks {
  left: number;
}

/**
 * The first instant, in epoch milliseconds and not before the record's, at which time alone has a node met; Infinity if it
 * never does. An `any` is met with the first of its members, an `all` at the first instant at which all its members are met
 * together: members may come to be met and cease to be as time passes.
 */
export function metAt(node: RequirementNode, record: FactRecord, looks: Looks): number {
  return turnsAt(node, record, true, looks);
}

/** How many changes of a fact are followed: three years of days. An instant beyond is not told. */
const MAX_TICKS = 1_100;

/** The first instant, not before the record's, at which a node is met or, where `wanted` is false, is not met. */
function turnsAt(node: RequirementNode, record: FactRecord, wanted: boolean, looks: Looks): number {
  if (looks.left-- <= 0) return Infinity;
  if (node.kind === 'comparison') return comparisonTurnsAt(node, record, wanted, looks);
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

function comparisonTurnsAt(node: ComparisonNode, record: FactRecord, wanted: boolean, looks: Looks): number {
  if (node.test(record) === wanted) return record.now;
  if (!readsTime(node)) return Infinity;
  let at = record.now;
  for (let ticks = 0; ticks < MAX_TICKS && looks.left > 0; ticks++) {
    looks.left -= 1;
    at = node.nextChange!(withNow(record, at));
    if (at === Infinity) return Infinity;
    if (node.test(withNow(record, at)) === wanted) return at;
  }
  return Infinity;
}
