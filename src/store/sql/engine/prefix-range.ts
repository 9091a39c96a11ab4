import type { SqlValue } from './dialect.js';

/** A condition with the values that are bound to it. */
export interface Condition {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/**
 * The condition that a column's text begins with `prefix`, as a range that every engine finds by an index: nothing in it is a wildcard.
 * An engine that ignores spaces at the end may give a little more, so callers look again.
 */
export function beginsWith(column: string, prefix: string): Condition {
  if (prefix === '') return { text: '1 = 1', values: [] };
  const end = afterPrefix(prefix);
  if (end === undefined) return { text: `${column} >= ?`, values: [prefix] };
  return { text: `${column} >= ? AND ${column} < ?`, values: [prefix, end] };
}

const LAST = 0x10_ff_ff;

/** The first text after all that begin with `prefix`, in the order of code points; undefined where every later text does. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === LAST) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters of their own.
  return String.fromCodePoint(...points, last === 0xd7_ff ? 0xe0_00 : last + 1);
}

/** Whether one text comes before another in the order of the engines: by code points, which is that of their UTF-8 bytes. */
export function comesBefore(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
}
