import { FACTS } from '../facts/fact-table.js';
import type { Fault } from '../values/fault.js';
import { inBrief, isJsonObject, type JsonObject, ownMember } from '../values/json.js';
import { nodesOf, segmentsNamed } from './references.js';
import type { Names } from './vocabulary.js';

/** By what conditions are checked that organizations are judged by. */
export interface OrganizationVocabulary {
  readonly segments: Pick<ReadonlyMap<string, { readonly conditions: JsonObject }>, 'get'>;
  /** The flags that latch by a rule which organizations earn: whose unlocks organizations have. */
  readonly organizationFlags: Names;
}

/**
 * Why organizations cannot be judged by these conditions: a fault for each place that reads a fact which organizations do not have, or
 * that refers to a segment which does.
 */
export function faultsForOrganizations(
  conditions: unknown,
  pointerBase: string,
  vocabulary: OrganizationVocabulary,
): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { node, pointer } of nodesOf(conditions, pointerBase)) {
    const own = faultOfNode(node, vocabulary);
    if (own !== undefined) faults.push({ pointer: pointer + own.pointer, message: own.message });
    for (const { key, pointer: named } of segmentsNamed(node)) {
      const inside = faultOfSegment(key, vocabulary, new Set());
      if (inside !== undefined)
        faults.push({ pointer: pointer + named, message: `the segment ${inBrief(key)}: ${inside.message}` });
    }
  }
  return faults;
}

function faultOfNode(node: JsonObject, { organizationFlags }: OrganizationVocabulary): Fault | undefined {
  const [fact, params] = [ownMember(node, 'fact'), ownMember(node, 'params')];
  const definition = typeof fact === 'string' ? FACTS.get(fact) : undefined;
  if (definition === undefined) return undefined;
  if (!definition.ofOrganizations) {
    const message = `${inBrief(fact)} is about one user, and organizations earn the rule: read what they have (facts about actions, "unlocked", "organizationAttribute", time), or let users earn it`;
    return { pointer: '/fact', message };
  }
  if (!isJsonObject(params)) return undefined;
  if (Object.hasOwn(params, 'of')) {
    const message = `organizations earn the rule, and read their own: remove "of": ${inBrief(ownMember(params, 'of'))}`;
    return { pointer: '/params/of', message };
  }
  const flag = ownMember(params, 'flag');
  if (typeof flag !== 'string' || organizationFlags.has(flag)) return undefined;
  return { pointer: '/params/flag', message: notOfOrganizations(flag) };
}

/** Says that organizations never unlock a flag. */
export function notOfOrganizations(flagKey: string): string {
  return `no organization unlocks ${inBrief(flagKey)}: that takes a rule of it with the policy LATCHING that organizations earn`;
}

/** The first fault of a segment, or of those that it refers to; `seen` has the segments looked at so far. */
function faultOfSegment(key: string, vocabulary: OrganizationVocabulary, seen: Set<string>): Fault | undefined {
  if (seen.has(key)) return undefined;
  seen.add(key);
  for (const { node } of nodesOf(vocabulary.segments.get(key)?.conditions, '')) {
    let found = faultOfNode(node, vocabulary);
    for (const { key: other } of segmentsNamed(node)) found ??= faultOfSegment(other, vocabulary, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
