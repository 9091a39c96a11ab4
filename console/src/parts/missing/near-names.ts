/** A thing that may have been meant. */
export interface Named {
  readonly key: string;
  /** For people; may be the key. */
  readonly name: string;
}

/** How many are offered. */
const MOST = 5;
/** How alike two names have to be: of the pairs of letters of both, so many are in either. */
const LEAST_ALIKE = 0.34;

/**
 * By what the server is asked for names near this one. It finds what has a text in it (people and
 * organizations: what begins with it), and no slips; so it is asked for pieces of the name, one of which is without the slip.
 */
export function piecesOf(id: string): readonly string[] {
  const text = id.trim();
  const parts = text.split(/[^\p{L}\p{N}]+/u).filter((part) => part.length >= 3);
  const pieces = [
    text,
    ...parts.toSorted((a, b) => b.length - a.length).slice(0, 2),
    text.slice(0, 3),
    text.slice(0, 2),
    text.slice(-3),
  ];
  return [...new Set(pieces)].filter((piece) => piece.trim().length >= 2 && piece.length <= 191);
}

/** Those of the names that are most like it, the most like first. */
export function nearest<T extends Named>(id: string, names: readonly T[]): readonly T[] {
  const known = new Map(names.map((each) => [each.key, each]));
  known.delete(id);
  return [...known.values()]
    .map((each) => ({ each, alike: Math.max(likeness(id, each.key), likeness(id, each.name)) }))
    .filter(({ alike }) => alike >= LEAST_ALIKE)
    .toSorted((a, b) => b.alike - a.alike)
    .slice(0, MOST)
    .map(({ each }) => each);
}

/** Between 0 and 1: twice the pairs of letters that both have, of all that they have. */
function likeness(one: string, other: string): number {
  const [a, b] = [pairsOf(one), pairsOf(other)];
  if (a.length + b.length === 0) return 0;
  const left = [...b];
  const shared = a.filter((pair) => {
    const at = left.indexOf(pair);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
  return (2 * shared.length) / (a.length + b.length);
}

function pairsOf(name: string): readonly string[] {
  const text = ` ${name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .slice(0, 128)} `;
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2));
}
