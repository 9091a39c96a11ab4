import { type CompiledLeaf, compileLeaf, factReference, type Leaf } from '../conditions/compiling/compile-leaf.js';
import { nodesOf } from '../conditions/references.js';
import { organizationFacts } from '../deciding/subject.js';
import type { FactRecord } from '../facts/fact-record.js';
import { MET_CONDITIONS } from '../facts/fact-table.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import type { OrganizationState } from '../states/organization-state.js';
import { isJsonObject, type JsonValue, ownMember, sameJson } from '../values/json.js';

/** The comparisons by which a flag's users may come to earn it through what their organization has done. */
interface Reading {
  readonly flagId: string;
  /** Those with constants: alike for all members. */
  readonly alike: readonly CompiledLeaf[];
  /**
   * The slots of those with other facts, which differ from member to member, and of those that time changes where conditions are counted:
   * a count is followed over several changes, of which the first may come when it did, and a later one sooner.
   */
  readonly unlike: ReadonlySet<number>;
}

const known = new WeakMap<Snapshot, readonly Reading[]>();

/**
 * The ids of the flags that members may earn, by rules of their own, through the difference between two states of their organization:
 * where a comparison that they latch by comes out otherwise, or time will have it come out otherwise sooner.
 */
export function turnedForMembers(
  snapshot: Snapshot,
  before: OrganizationState,
  after: OrganizationState,
  now: number,
): readonly string[] {
  let readings = known.get(snapshot);
  if (readings === undefined) {
    readings = readingsOf(snapshot);
    known.set(snapshot, readings);
  }
  if (readings.length === 0) return NOTHING;
  const [was, is] = [before, after].map((state): FactRecord => ({ values: organizationFacts(snapshot, state), now }));
  return readings.filter((reading) => turned(reading, was!, is!)).map(({ flagId }) => flagId);
}

const NOTHING: readonly string[] = [];

function turned({ alike, unlike }: Reading, was: FactRecord, is: FactRecord): boolean {
  for (const index of unlike) {
    const [before, after] = [was.values[index], is.values[index]] as [JsonValue, JsonValue];
    if (before !== after && !sameJson(before, after)) return true;
  }
  return alike.some(
    ({ test, nextChange }) => test(was) !== test(is) || (nextChange !== undefined && nextChange(is) < nextChange(was)),
  );
}

function readingsOf(snapshot: Snapshot): readonly Reading[] {
  const read = snapshot.readers.ofChange('organization events');
  return snapshot.latching.filter(({ flag }) => read.has(flag.key)).map((compiled) => readingOf(snapshot, compiled));
}

function readingOf({ slots: table }: Snapshot, { flag, latchingRules, segments }: CompiledFlag): Reading {
  const slots = table.copy();
  const alike: CompiledLeaf[] = [];
  const unlike = new Set<number>();
  const all = [...latchingRules.map(({ rule }) => rule.conditions), ...segments.values()];
  const nodes = all.flatMap((conditions) => [...nodesOf(conditions, '')]);
  const counts = nodes.some(({ node }) => ownMember(node, 'fact') === MET_CONDITIONS);
  for (const { node } of nodes) {
    const [fact, operator, value] = ['fact', 'operator', 'value'].map((key) => ownMember(node, key));
    if (typeof fact !== 'string' || typeof operator !== 'string') continue;
    const other = factReference(value);
    const own = isOfOrganization(ownMember(node, 'params'));
    if (own && other === undefined) {
      const leaf = compileLeaf(node as unknown as Leaf, slots);
      if (counts && leaf.nextChange !== undefined) for (const index of leaf.slots) unlike.add(index);
      else alike.push(leaf);
      continue;
    }
    const sides = [
      ...(own ? [node as unknown as Leaf] : []),
      ...(other !== undefined && isOfOrganization(other.params) ? [other] : []),
    ];
    for (const side of sides) unlike.add(slots.slot(side.fact, side.params, side.path));
  }
  return { flagId: flag.id, alike, unlike };
}

function isOfOrganization(params: unknown): boolean {
  return isJsonObject(params) && ownMember(params, 'of') === 'organization';
}
