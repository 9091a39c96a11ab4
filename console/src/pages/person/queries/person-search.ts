import { textOf } from '../../people/people-search.js';

export const TABS = ['features', 'timeline', 'data', 'access'] as const;
export type Tab = (typeof TABS)[number];

/** The states by which a person's flags are filtered, as addresses have them. */
export const STATES = ['on', 'near', 'off', 'blocked'] as const;
export type StateName = (typeof STATES)[number];

export const KINDS = ['ledger', 'stage', 'audit'] as const;
/** What the timeline is filtered by. */
export type Kind = (typeof KINDS)[number];

/** Values that are tried in place of what is stored. */
export interface WhatIf {
  readonly organization?: string;
  readonly roles?: readonly string[];
  /** RFC 3339. */
  readonly at?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** What a person's page shows, as its address says: a link shows the same. */
export interface PersonSearch {
  /** Left out: features. */
  readonly tab?: Exclude<Tab, 'features'>;
  readonly q?: string;
  readonly state?: StateName;
  /** The flag whose explanation is open. */
  readonly flag?: string;
  readonly what_if?: WhatIf;
  readonly kind?: Kind;
}

/** Reads an address; what cannot be is left out. */
export function readPersonSearch(search: Readonly<Record<string, unknown>>): PersonSearch {
  const tab = TABS.find((each) => each === search.tab && each !== 'features') as PersonSearch['tab'];
  const state = STATES.find((each) => each === search.state);
  const kind = KINDS.find((each) => each === search.kind);
  const [q, flag, what_if] = [textOf(search.q), textOf(search.flag), readWhatIf(search.what_if)];
  return {
    ...(tab === undefined ? {} : { tab }),
    ...(q === undefined ? {} : { q }),
    ...(state === undefined ? {} : { state }),
    ...(flag === undefined ? {} : { flag }),
    ...(what_if === undefined ? {} : { what_if }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function readWhatIf(value: unknown): WhatIf | undefined {
  if (!isObject(value)) return undefined;
  const organization = typeof value.organization === 'string' ? value.organization : undefined;
  const roles = Array.isArray(value.roles)
    ? value.roles.filter((each): each is string => typeof each === 'string')
    : [];
  const at = typeof value.at === 'string' && !Number.isNaN(Date.parse(value.at)) ? value.at : undefined;
  const attributes = isObject(value.attributes) ? value.attributes : undefined;
  const read: WhatIf = {
    ...(organization === undefined ? {} : { organization }),
    ...(roles.length === 0 ? {} : { roles }),
    ...(at === undefined ? {} : { at }),
    ...(attributes === undefined ? {} : { attributes }),
  };
  return Object.keys(read).length === 0 ? undefined : read;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
