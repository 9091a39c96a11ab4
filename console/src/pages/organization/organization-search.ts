/** The parts of the page of an organization, in their order. */
export const TABS = ['features', 'unlocks', 'roles', 'members', 'onboarding', 'data', 'tokens', 'history'] as const;
export type Tab = (typeof TABS)[number];

/** What the page shows, as its address says. What is not said is left out. */
export interface OrganizationSearch {
  readonly tab?: Tab;
  /** Of members: what they are found by. */
  readonly q?: string;
  readonly role?: string;
}

/** Reads an address; what can be none is left out. */
export function readOrganizationSearch(search: Readonly<Record<string, unknown>>): OrganizationSearch {
  const tab = TABS.find((each) => each === search.tab && each !== 'features');
  const q = textOf(search.q);
  const role = textOf(search.role);
  return {
    ...(tab === undefined ? {} : { tab }),
    ...(q === undefined ? {} : { q }),
    ...(role === undefined ? {} : { role }),
  };
}

/** The router reads what looks like a number as one. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 191) : undefined;
}
