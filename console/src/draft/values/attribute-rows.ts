import { type JsonObject, type JsonValue, parsedJson } from './json.js';

/** How the value of an attribute is written. */
export const ATTRIBUTE_TYPES = ['text', 'number', 'boolean', 'json'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** An attribute as it is typed. */
export interface AttributeRow {
  readonly name: string;
  readonly type: AttributeType;
  /** Of a boolean `true` or `false`. */
  readonly text: string;
}

/** Attributes as rows, each in the type that it has. */
export function rowsOf(attributes: JsonObject): readonly AttributeRow[] {
  return Object.entries(attributes).map(([name, value]) => ({ name, ...typedText(value) }));
}

/** A value as it is typed, with its type. */
export function typedText(value: JsonValue): Pick<AttributeRow, 'type' | 'text'> {
  if (typeof value === 'string') return { type: 'text', text: value };
  if (typeof value === 'boolean') return { type: 'boolean', text: String(value) };
  return { type: typeof value === 'number' ? 'number' : 'json', text: JSON.stringify(value) };
}

export type RowFault = 'noName' | 'twice' | 'notANumber' | 'notJson';

/** What rows say: attributes, or what is wrong with some of them, by their places. Rows without a name and a value say nothing. */
export function attributesOf(
  rows: readonly AttributeRow[],
): { readonly attributes: JsonObject } | { readonly faults: ReadonlyMap<number, RowFault> } {
  const faults = new Map<number, RowFault>();
  const members: [string, JsonValue][] = [];
  for (const [i, row] of rows.entries()) {
    if (row.name === '' && row.text === '') continue;
    const value = readRow(row);
    if (row.name === '') faults.set(i, 'noName');
    else if (members.some(([name]) => name === row.name)) faults.set(i, 'twice');
    else if (value === undefined) faults.set(i, row.type === 'number' ? 'notANumber' : 'notJson');
    else members.push([row.name, value]);
  }
  return faults.size > 0 ? { faults } : { attributes: Object.fromEntries(members) };
}

function readRow({ type, text }: AttributeRow): JsonValue | undefined {
  if (type === 'text') return text;
  if (type === 'boolean') return text === 'true';
  const value = parsedJson(text);
  return type === 'number' && !Number.isFinite(value) ? undefined : value;
}
