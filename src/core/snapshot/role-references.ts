import { nodesOf, rolesNamed } from '../conditions/references.js';
import { isJsonObject } from '../values/json.js';
import type { CompiledFlag, Snapshot } from './snapshot.js';

/** Something of the platform's that names a role, of whichever organization: an access row, a flag's rule, or a segment. */
export type RoleReference =
  | { readonly kind: 'row'; readonly flagKey: string }
  | { readonly kind: 'rule'; readonly flagKey: string; readonly ruleId: string; readonly ruleName: string }
  | { readonly kind: 'segment'; readonly segmentKey: string };

type ByRole = ReadonlyMap<string, readonly RoleReference[]>;

const remembered = new WeakMap<Snapshot, ByRole>();

/**
 * What of a configuration names a role by a constant: platform-wide access rows, rules and segments; of archived flags nothing.
 * What compares roles with text that only a pattern, a request or an attribute gives names none.
 */
export function roleReferences(snapshot: Snapshot, role: string): readonly RoleReference[] {
  let byRole = remembered.get(snapshot);
  if (byRole === undefined) {
    byRole = collect(snapshot);
    remembered.set(snapshot, byRole);
  }
  return byRole.get(role) ?? NONE;
}

const NONE: readonly RoleReference[] = [];

/** The same reference names another role, too. */
export function namesToo(snapshot: Snapshot, reference: RoleReference, role: string): boolean {
  return roleReferences(snapshot, role).some((other) => JSON.stringify(other) === JSON.stringify(reference));
}

function collect({ flags, kinds, slots, readers, segments }: Snapshot): ByRole {
  const byRole = new Map<string, RoleReference[]>();
  const add = (roles: Iterable<string>, reference: RoleReference): void => {
    for (const role of new Set(roles)) {
      const held = byRole.get(role);
      if (held === undefined) byRole.set(role, [reference]);
      else held.push(reference);
    }
  };
  for (const flagKey of [...kinds.get('role rows')].toSorted()) {
    add(flags.get(flagKey)!.roleRows.keys(), { kind: 'row', flagKey });
  }
  const reading = new Set<string>();
  for (const { index, bound } of slots.all()) {
    if (bound.changedBy.has('roles')) for (const key of readers.ofSlot(index)) reading.add(key);
  }
  for (const key of [...reading].toSorted()) addRules(flags.get(key)!, add);
  for (const [segmentKey, { conditions }] of segments) add(rolesIn(conditions), { kind: 'segment', segmentKey });
  return byRole;
}

function addRules({ flag }: CompiledFlag, add: (roles: Iterable<string>, reference: RoleReference) => void): void {
  if (flag.archived) return;
  for (const { id: ruleId, name: ruleName, conditions } of flag.rules) {
    add(rolesIn(conditions), { kind: 'rule', flagKey: flag.key, ruleId, ruleName });
  }
}

function rolesIn(conditions: unknown): readonly string[] {
  if (!isJsonObject(conditions)) return [];
  return Array.from(nodesOf(conditions, ''), ({ node }) => rolesNamed(node)).flat();
}
