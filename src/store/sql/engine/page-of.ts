import type { Page } from '../../page.js';

/** A page from `limit + 1` rows, of which the last one only says that there are more. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
  position: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(item);
  return rows.length > limit && last !== undefined ? { items, next: position(last) } : { items };
}

/** A page's `after` as a number; the beginning for anything that is no number. */
export function numberAfter(after: string | undefined, beginning: number): number {
  const position = after === undefined || after === '' ? Number.NaN : Number(after);
  return Number.isSafeInteger(position) ? position : beginning;
}

/** A position made of several strings, as text. */
export function joinPosition(parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** The parts of a position that {@link joinPosition} made; undefined for any other text. */
export function splitPosition(after: string | undefined, length: number): readonly string[] | undefined {
  if (after === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(after);
    return Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string')
      ? parts
      : undefined;
  } catch {
    return undefined;
  }
}
