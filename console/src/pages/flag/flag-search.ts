import { type RowsSearch, readRowsSearch } from './access/listing.js';

/** The parts of the page of a flag, in their order. */
export const FLAG_TABS = ['rules', 'access', 'unlocks', 'use', 'versions'] as const;
export type FlagTab = (typeof FLAG_TABS)[number];

/** What the page shows, as its address says. What is not said is left out. */
export interface FlagSearch extends RowsSearch {
  readonly tab?: Exclude<FlagTab, 'rules'>;
  /** Of versions: the one that is open. */
  readonly version?: number;
  /** Of versions: what it is held against. */
  readonly to?: number;
  /** Of rules: whether the first one is open to be edited. */
  readonly edit?: true;
}

/** Reads an address; what can be none is left out. */
export function readFlagSearch(search: Readonly<Record<string, unknown>>): FlagSearch {
  const tab = FLAG_TABS.find((each) => each === search.tab);
  const [version, to] = [versionOf(search.version), versionOf(search.to)];
  return {
    ...(tab === undefined || tab === 'rules' ? {} : { tab }),
    ...(tab === 'access' ? readRowsSearch(search) : {}),
    ...(tab !== 'versions' || version === undefined ? {} : { version }),
    ...(tab !== 'versions' || version === undefined || to === undefined ? {} : { to }),
    ...(tab === undefined && (search.edit === true || search.edit === 'true') ? { edit: true } : {}),
  };
}

function versionOf(value: unknown): number | undefined {
  const version = Number(value);
  return Number.isSafeInteger(version) && version > 0 && version < 2 ** 32 ? version : undefined;
}
