import type { DecisionCase } from './decision-cases.js';

/**
 * The same case under names of its own, so that many can be set up side by side in one server: its flags, segments, users and
 * organizations end with `suffix` wherever they are named, in conditions and expectations too.
 */
export function setApart(given: DecisionCase, suffix: string): DecisionCase {
  const { name, flags, segments, ask, user, organization, context, access, events } = given;
  const names = new Set<string | undefined>([
    ...[...flags.keys(), ...segments.keys(), ask, user.id, user.organizationId, organization.id],
    ...[context?.organizationId, ...events.map(({ organizationId }) => organizationId)],
    ...access.flatMap(({ userId, organizationId, managedBy }) => [userId, organizationId, managedBy]),
  ]);
  names.delete('');
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') return names.has(value) ? value + suffix : value;
    if (Array.isArray(value)) return value.map(renamed);
    if (value instanceof Map) return new Map([...value].map(([key, each]) => [renamed(key), renamed(each)]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamed(each)]));
  };
  return { ...(renamed({ ...given, name: '' }) as DecisionCase), name };
}
