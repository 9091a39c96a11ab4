import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { foldedText } from '../../core/values/folded-text.js';
import { FlagIndex, type ListedFlag } from './flag-index.js';

/** How many of each kind a search tells. */
export const HITS_PER_KIND = 5;

/** A name, and what it is shown with. */
export interface NamedHit {
  readonly key: string;
  readonly name: string;
}

export interface Hits<T> {
  readonly items: readonly T[];
  /** Whether there are more than these. */
  readonly more: boolean;
}

/** The best flags for a text: those whose key or name it is, then those that begin with it, then those that have it anywhere. */
export function searchFlags(snapshot: Snapshot, q: string): Hits<ListedFlag> {
  const sought = foldedText(q).trim();
  return best(FlagIndex.of(snapshot).in('KEY'), ({ folded, flag }) => {
    if (!folded.all.includes(sought)) return undefined;
    // What is put away comes after all else.
    return rank([folded.key, folded.name], sought) + (flag.archived ? RANKS : 0);
  });
}

/** The best of some named things, likewise. */
export function searchNamed(things: Iterable<NamedHit>, q: string): Hits<NamedHit> {
  const sought = foldedText(q).trim();
  return best(things, ({ key, name }) => {
    const texts = [foldedText(key), foldedText(name)];
    return texts.some((text) => text.includes(sought)) ? rank(texts, sought) : undefined;
  });
}

const RANKS = 3;

function rank(texts: readonly string[], sought: string): number {
  if (texts.includes(sought)) return 0;
  return texts.some((text) => text.startsWith(sought)) ? 1 : 2;
}

/** The first of the lowest rank, in the order in which they come; those without a rank are left out. */
function best<T>(things: Iterable<T>, rankOf: (thing: T) => number | undefined): Hits<T> {
  const ranked: T[][] = [];
  let count = 0;
  for (const thing of things) {
    const place = rankOf(thing);
    if (place === undefined) continue;
    count++;
    ranked[place] ??= [];
    const same = ranked[place]!;
    if (same.length < HITS_PER_KIND) same.push(thing);
  }
  const items = ranked.flat().slice(0, HITS_PER_KIND);
  return { items, more: count > items.length };
}
