import { words } from '../../words/ladder-words.js';

/** A stored value as people read it: texts as they are, lists with commas, all else as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return words.ladder.tree.nothing;
  if (typeof value === 'string') return value === '' ? '“”' : value;
  if (typeof value === 'number') return words.number(value);
  if (Array.isArray(value)) return value.length === 0 ? words.ladder.tree.nothing : value.map(valueText).join(', ');
  return JSON.stringify(value);
}

/** `greaterThanInclusive` as `greater than inclusive`: operators that the server has not put in words. */
export function operatorText(operator: string): string {
  return operator.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
