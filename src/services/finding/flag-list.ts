import type { Flag } from '../../core/flags/flag.js';
import { type FlagState, flagState } from '../../core/snapshot/flag-state.js';
import { foldedText } from '../../core/values/folded-text.js';
import type { PageRequest } from '../../store/page.js';
import {
  comparePlaces,
  type FlagIndex,
  type FlagOrder,
  type FlagPlace,
  type ListedFlag,
  placeOf,
} from './flag-index.js';

/** All that are given apply; what is left out, or '', is any. */
export interface FlagFilter {
  /** A part of the key, the name, a tag or the description, in any case. */
  readonly q?: string;
  readonly tag?: string;
  readonly owner?: string;
  readonly archived?: boolean | undefined;
  /** Any of these states; none: any. */
  readonly states?: readonly FlagState[];
  /** Whether some rule latches. */
  readonly latching?: boolean | undefined;
  readonly delegated?: boolean | undefined;
}

export interface FlagsRequest extends FlagFilter {
  readonly order?: FlagOrder;
  readonly descending?: boolean;
}

export interface FlagWithState {
  readonly flag: Flag;
  readonly state: FlagState;
}

export interface FlagPage {
  readonly items: readonly FlagWithState[];
  readonly next?: string;
  /** How many flags there are on all pages. */
  readonly total: number;
  /** How many there are of each state, whatever states are asked for. */
  readonly states: ReadonlyMap<FlagState, number>;
  /** How many of the list have a tag, and an owner: the most frequent ones first. */
  readonly tags: readonly Facet[];
  readonly owners: readonly Facet[];
}

export interface Facet {
  readonly name: string;
  readonly count: number;
}

/** The most tags, and owners, that a page counts. */
const FACETS = 50;

/** A page of flags, found by looking at all of them in memory. */
export function listFlags(index: FlagIndex, request: FlagsRequest, page: PageRequest, now: number): FlagPage {
  const { order = 'KEY', descending = false, states = [] } = request;
  const ascending = index.in(order);
  const fits = filterOf(request);
  const counts = new Map<FlagState, number>();
  const found: (FlagWithState & { readonly listed: ListedFlag })[] = [];
  for (let i = 0; i < ascending.length; i++) {
    const listed = ascending[descending ? ascending.length - 1 - i : i]!;
    if (!fits(listed)) continue;
    const state = flagState(listed.compiled, now);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (states.length === 0 || states.includes(state)) found.push({ flag: listed.flag, state, listed });
  }
  const after = placeGiven(page.after);
  const direction = descending ? -1 : 1;
  const isBeyond = ({ listed }: { readonly listed: ListedFlag }): boolean =>
    after === undefined || comparePlaces(placeOf(listed, order), after) * direction > 0;
  const first = found.findIndex(isBeyond);
  const shown = first < 0 ? [] : found.slice(first, first + page.limit);
  const last = shown.at(-1);
  const isLast = first < 0 || first + page.limit >= found.length;
  return {
    items: shown.map(({ flag, state }) => ({ flag, state })),
    ...(!isLast && last !== undefined && { next: JSON.stringify(placeOf(last.listed, order)) }),
    total: found.length,
    states: counts,
    tags: facetsOf(found.flatMap(({ flag }) => flag.tags)),
    owners: facetsOf(found.flatMap(({ flag }) => (flag.owner === '' ? [] : [flag.owner]))),
  };
}

function filterOf(filter: FlagFilter): (listed: ListedFlag) => boolean {
  const { tag = '', owner = '', archived, latching, delegated } = filter;
  const sought = foldedText(filter.q ?? '').trim();
  return ({ flag, folded }) =>
    (archived === undefined || flag.archived === archived) &&
    (tag === '' || flag.tags.includes(tag)) &&
    (owner === '' || flag.owner === owner) &&
    (delegated === undefined || flag.delegated === delegated) &&
    (latching === undefined || flag.rules.some(({ policy }) => policy === 'LATCHING') === latching) &&
    (sought === '' || folded.all.includes(sought));
}

/** The place that a page gave; undefined, which is the beginning, for anything else. */
function placeGiven(after: string | undefined): FlagPlace | undefined {
  if (after === undefined) return undefined;
  try {
    const place: unknown = JSON.parse(after);
    return Array.isArray(place) && place.length === 2 ? (place as unknown as FlagPlace) : undefined;
  } catch {
    return undefined;
  }
}

function facetsOf(names: readonly string[]): readonly Facet[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const facets = Array.from(counts, ([name, count]) => ({ name, count }));
  return facets.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, FACETS);
}
