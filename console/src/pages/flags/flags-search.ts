import type { FlagState } from '../../parts/flag-state.js';

/** The states by which the list is filtered, as addresses have them. */
export const STATES = ['off', 'everyone', 'earned', 'targeted', 'scheduled', 'archived'] as const;
export type StateName = (typeof STATES)[number];

export const ORDERS = ['key', 'name', 'updated', 'created'] as const;
export type Order = (typeof ORDERS)[number];

/** What the list shows, as its address says: a link shows the same. What is not filtered by is left out. */
export interface FlagsSearch {
  readonly q?: string;
  readonly state?: StateName;
  readonly tag?: string;
  readonly owner?: string;
  readonly order?: Order;
}

/** Reads an address; what no filter can be is left out. */
export function readFlagsSearch(search: Readonly<Record<string, unknown>>): FlagsSearch {
  const q = textOf(search.q);
  const tag = textOf(search.tag);
  const owner = textOf(search.owner);
  const state = STATES.find((each) => each === search.state);
  const order = ORDERS.find((each) => each === search.order && each !== 'key');
  return {
    ...(q === undefined ? {} : { q }),
    ...(state === undefined ? {} : { state }),
    ...(tag === undefined ? {} : { tag }),
    ...(owner === undefined ? {} : { owner }),
    ...(order === undefined ? {} : { order }),
  };
}

/** The state that its name in an address stands for. */
export function stateNamed(name: StateName): Exclude<FlagState, 'FLAG_STATE_UNSPECIFIED'> {
  return `FLAG_STATE_${name.toUpperCase()}` as Exclude<FlagState, 'FLAG_STATE_UNSPECIFIED'>;
}

export function isFiltered({ q, state, tag, owner }: FlagsSearch): boolean {
  return q !== undefined || state !== undefined || tag !== undefined || owner !== undefined;
}

/** The router reads what looks like a number as one. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 255) : undefined;
}
