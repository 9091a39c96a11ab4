import { nodesOf } from '../conditions/references.js';
import type { OrganizationState } from '../states/organization-state.js';
import { rolesOf } from '../states/role-hierarchy.js';
import { isJsonObject, ownMember } from '../values/json.js';
import type { CompiledFlag, Snapshot } from './snapshot.js';

/** The roles that a configuration names; `every` where a condition compares roles with something that is known only later. */
type Named = ReadonlySet<string> | 'every';

/** Snapshots never change, and each is asked only once somebody comes with very many roles. */
const remembered = new WeakMap<Snapshot, Named>();

/**
 * At most `max` of a user's roles, in their order, and beyond that those that can matter: the roles that access rows, conditions
 * or the organization's hierarchy name. The first stays in any case, since the fact `role` reads it. A role that is left out is
 * thus one by which nothing is decided.
 */
export function rolesThatMatter(
  roles: readonly string[],
  max: number,
  snapshot: Snapshot,
  organization: OrganizationState | undefined,
): readonly string[] {
  if (roles.length <= max) return roles;
  const named = namedBy(snapshot);
  if (named === 'every') return roles;
  const defined = rolesOf(organization);
  const inRows = new Set(organization?.access.map(({ role }) => role));
  const kept = new Set(roles.filter((role, i) => i === 0 || named.has(role) || defined.has(role) || inRows.has(role)));
  for (const role of roles) {
    if (kept.size >= max) break;
    kept.add(role);
  }
  return roles.filter((role) => kept.has(role));
}

function namedBy(snapshot: Snapshot): Named {
  let named = remembered.get(snapshot);
  if (named === undefined) {
    named = collect(snapshot);
    remembered.set(snapshot, named);
  }
  return named;
}

function collect({ flags, kinds, slots, readers }: Snapshot): Named {
  const named = new Set<string>();
  for (const key of kinds.get('role rows')) for (const role of flags.get(key)!.roleRows.keys()) named.add(role);
  const reading = new Set<string>();
  for (const { index, definition } of slots.all()) {
    if (ROLE_FACTS.has(definition.name)) for (const key of readers.ofSlot(index)) reading.add(key);
  }
  for (const key of reading) {
    const constants = constantsOf(flags.get(key)!);
    if (constants === 'every') return 'every';
    for (const role of constants) named.add(role);
  }
  return named;
}

const ROLE_FACTS: ReadonlySet<unknown> = new Set(['role', 'roles']);

/** The texts with which a flag's conditions compare roles. */
function constantsOf({ rules, segments }: CompiledFlag): readonly string[] | 'every' {
  const constants: string[] = [];
  for (const conditions of [...rules.map(({ rule }) => rule.conditions), ...segments.values()]) {
    for (const { node } of nodesOf(conditions, '')) {
      const value = ownMember(node, 'value');
      const against = isJsonObject(value) ? ownMember(value, 'fact') : undefined;
      if (ROLE_FACTS.has(against)) return 'every';
      if (!ROLE_FACTS.has(ownMember(node, 'fact')) || value === undefined) continue;
      if (isJsonObject(value)) return 'every';
      constants.push(...[value].flat().filter((one) => typeof one === 'string'));
    }
  }
  return constants;
}
