import { type FactRecord, withNow } from '../facts/fact-record.js';
import { type ComparisonNode, type RequirementNode, readsTime } from './compile-requirement.js';

/** How many looks at nodes may still be taken; it runs down, and where none is left the instant is not told. */
export interface Looks {
  left: number;
}

/**
 * The first instant (epoch milliseconds) from the record's on at which a node is met by time alone: of an `all` the
 * latest of its parts' and of an `any` the earliest, but where parts come and go as time passes, the first at which they
 * hold together. The record's own where it is met; Infinity where time alone will not do it.
 */
export function metAt(node: RequirementNode, record: FactRecord, looks: Looks): number {
  return turnsAt(node, record, true, looks);
}

/** How many ticks of a fact are looked at: three years of days. What comes later is not told. */
const MAX_TICKS = 1_100;

/** The first instant from the record's on at which a node's answer is the one wanted. */
function turnsAt(node: RequirementNode, record: FactRecord, wanted: boolean, looks: Looks): number {
  if (looks.left-- <= 0) return Infinity;
  if (node.kind === 'comparison') return comparisonTurnsAt(node, record, wanted, looks);
  const { group, children } = node;
  // A group without members holds, for ever.
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
    // Those that had turned earlier may have turned back since: look again from there.
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
