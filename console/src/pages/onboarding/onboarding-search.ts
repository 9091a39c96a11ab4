export const VIEWS = ['funnel', 'organizations', 'weeks', 'versions'] as const;
export type View = (typeof VIEWS)[number];

/** How many weeks of joining may be looked at. */
export const WEEKS = [4, 12, 26] as const;

/** What the page shows, as its address says. What is not said is left out. */
export interface OnboardingSearch {
  /** The view; without it, the stages. */
  readonly tab?: View;
  readonly organization?: string;
  readonly weeks?: number;
  /** Of organizations: with what the id begins. */
  readonly q?: string;
  /** Of versions of the list of stages: the one that is open, and what it is held against. */
  readonly version?: number;
  readonly to?: number;
}

/** Reads an address; what can be none is left out. */
export function readOnboardingSearch(search: Readonly<Record<string, unknown>>): OnboardingSearch {
  const tab = VIEWS.find((each) => each === search.tab && each !== 'funnel');
  const organization = textOf(search.organization);
  const weeks = WEEKS.find((each) => each === Number(search.weeks));
  const q = textOf(search.q);
  const [version, to] = tab === 'versions' ? [versionOf(search.version), versionOf(search.to)] : [];
  return {
    ...(tab === undefined ? {} : { tab }),
    ...(organization === undefined ? {} : { organization }),
    ...(weeks === undefined ? {} : { weeks }),
    ...(q === undefined ? {} : { q }),
    ...(version === undefined ? {} : { version }),
    ...(version === undefined || to === undefined ? {} : { to }),
  };
}

/** What the page of a stage shows. */
export interface StageSearch {
  readonly days?: number;
  readonly organization?: string;
}

export function readStageSearch(search: Readonly<Record<string, unknown>>): StageSearch {
  const days = Math.trunc(Number(search.days));
  const organization = textOf(search.organization);
  return {
    ...(days > 0 && days <= 36_500 ? { days } : {}),
    ...(organization === undefined ? {} : { organization }),
  };
}

function versionOf(value: unknown): number | undefined {
  const version = Number(value);
  return Number.isSafeInteger(version) && version > 0 && version < 2 ** 32 ? version : undefined;
}

/** The router reads what looks like a number as one. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 128) : undefined;
}
