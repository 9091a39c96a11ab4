/** The parts of the page of a segment, in their order. */
export const SEGMENT_TABS = ['conditions', 'versions'] as const;
export type SegmentTab = (typeof SEGMENT_TABS)[number];

/** What the page shows, as its address says. What is not said is left out. */
export interface SegmentSearch {
  readonly tab?: 'versions';
  /** Of versions: the one that is open. */
  readonly version?: number;
  /** Of versions: what it is held against. */
  readonly to?: number;
}

/** Reads an address; what can be none is left out. */
export function readSegmentSearch(search: Readonly<Record<string, unknown>>): SegmentSearch {
  if (search.tab !== 'versions') return {};
  const [version, to] = [versionOf(search.version), versionOf(search.to)];
  return {
    tab: 'versions',
    ...(version === undefined ? {} : { version }),
    ...(version === undefined || to === undefined ? {} : { to }),
  };
}

function versionOf(value: unknown): number | undefined {
  const version = Number(value);
  return Number.isSafeInteger(version) && version > 0 && version < 2 ** 32 ? version : undefined;
}
