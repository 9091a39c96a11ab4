/** What the page of people shows, as its address says: a link shows the same. What is not filtered by is left out. */
export interface PeopleSearch {
  /** The beginning of an id, or of an attribute by which people are found. */
  readonly q?: string;
  readonly organization?: string;
  /** Within the organization. */
  readonly role?: string;
  readonly stage?: string;
  /** The key of a flag. */
  readonly unlocked?: string;
}

const NAMES = ['q', 'organization', 'role', 'stage', 'unlocked'] as const satisfies readonly (keyof PeopleSearch)[];

/** Reads an address; what no filter can be is left out, as a role without an organization is. */
export function readPeopleSearch(search: Readonly<Record<string, unknown>>): PeopleSearch {
  const texts = NAMES.map((name) => [name, textOf(search[name])] as const).filter(([, text]) => text !== undefined);
  const read = Object.fromEntries(texts) as PeopleSearch;
  const { role, ...others } = read;
  return role === undefined || others.organization === undefined ? others : { ...others, role };
}

export function isFiltered(search: PeopleSearch): boolean {
  return NAMES.some((name) => search[name] !== undefined);
}

/** The router reads what looks like a number as one. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 191) : undefined;
}
