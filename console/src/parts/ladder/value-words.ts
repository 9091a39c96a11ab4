import { words } from '../../words/ladder-words.js';

/** A stored value as people read it: texts as they are, lists with commas, all else as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return words.ladder.tree.nothing;
  if (typeof value === 'string') return value === '' ? '“”' : value;
  if (typeof value === 'number') return words.number(value);
  if (Array.isArray(value)) return value.length === 0 ? words.ladder.tree.nothing : value.map(valueText).join(', ');
  return JSON.stringify(value);
}

/** `contains` as `has to include`; operators without words of their own by their names. */
export function operatorText(operator: string): string {
  const { operators, otherwise } = words.ladder.tree;
  const spaced = operator.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return Object.hasOwn(operators, operator) ? operators[operator]! : otherwise(spaced);
}
