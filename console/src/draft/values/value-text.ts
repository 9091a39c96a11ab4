import { type JsonValue, parsedJson, sameJson } from './json.js';

/**
 * What a comparison expects as its value. Of lists the name says what their items are. `any` takes what it looks like: a number,
 * true, false, null, or a text.
 */
export type ValueForm = 'text' | 'number' | 'boolean' | 'any' | 'texts' | 'numbers' | 'list' | 'json';

/** The items of the lists that are written in a line. */
const ITEMS = { texts: 'text', numbers: 'number', list: 'any' } as const;

/** The form in which a value of a comparison is best written, by the type of its fact and its operator. */
export function formOf(factType: string | undefined, operator: string, value: JsonValue): ValueForm {
  const wanted = wantedForm(factType, operator);
  // What the form cannot say is written as JSON, so that it is not lost.
  return sameJson(readValue(valueText(value, wanted), wanted), value) || value === '' ? wanted : 'json';
}

/** Whether a value is of the type that a fact and an operator are compared with. */
export function fitsForm(value: JsonValue, factType: string | undefined, operator: string): boolean {
  const form = wantedForm(factType, operator);
  const items = itemsOf(form);
  if (items !== undefined) return Array.isArray(value) && value.every((item: JsonValue) => isOf(item, items));
  return isOf(value, form);
}

function isOf(value: JsonValue, form: ValueForm): boolean {
  if (form === 'any') return typeof value !== 'object' || value === null;
  return typeof value === (form === 'text' ? 'string' : form);
}

/** The type of a fact decides, and not what a value looks like: a plan that is called 2024 is a text. */
function wantedForm(factType: string | undefined, operator: string): ValueForm {
  const texts = factType === 'string' || factType === 'list';
  if (operator === 'in' || operator === 'notIn') return texts ? 'texts' : factType === 'number' ? 'numbers' : 'list';
  if (operator === 'isSet' || factType === 'boolean') return 'boolean';
  if (factType === 'number') return 'number';
  return texts ? 'text' : 'any';
}

/** A value as it is shown in a field of that form. */
export function valueText(value: JsonValue, form: ValueForm): string {
  const items = itemsOf(form);
  if (items !== undefined && Array.isArray(value))
    return value.map((item: JsonValue) => valueText(item, items)).join(', ');
  return typeof value === 'string' && form !== 'json' ? value : JSON.stringify(value);
}

/** What a text in a field of that form says. What is no number, or no JSON, is the text: the server says what is wrong with it. */
export function readValue(text: string, form: ValueForm): JsonValue {
  if (form === 'text') return text;
  const items = itemsOf(form);
  // Between two commas, and behind the last one, is no item yet.
  if (items !== undefined)
    return text.split(',').flatMap((item) => (item.trim() === '' ? [] : [readValue(item.trim(), items)]));
  if (form === 'number') return numberOf(text) ?? text;
  const looksLike = form === 'json' || WORD_OR_NUMBER.test(text.trim());
  const json = looksLike ? parsedJson(text) : undefined;
  return json === undefined ? text : json;
}

/** A number as people write it: with a decimal comma where it can be nothing else, with spaces between thousands, with a sign. */
function numberOf(text: string): number | undefined {
  const plain = text.trim().replaceAll(/(?<=\d)[\s\u00A0\u202F](?=\d{3}(?:\D|$))/g, '');
  const pointed = DECIMAL_COMMA.test(plain) ? plain.replace(',', '.') : plain;
  const value = Number(pointed.replace('\u2212', '-'));
  return NUMBER.test(pointed) && Number.isFinite(value) ? value : undefined;
}

const NUMBER = /^[+\u2212-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Three digits behind a comma may be thousands. */
const DECIMAL_COMMA = /^[+\u2212-]?\d+,(?:\d{1,2}|\d{4,})$/;
const WORD_OR_NUMBER = /^(true|false|null|-?\d+(\.\d+)?)$/;

function itemsOf(form: ValueForm): 'text' | 'number' | 'any' | undefined {
  return Object.hasOwn(ITEMS, form) ? ITEMS[form as keyof typeof ITEMS] : undefined;
}

const BRIEF_LENGTH = 40;

/** A value in few characters, to tell variants apart. */
export function valueInBrief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > BRIEF_LENGTH ? `${text.slice(0, BRIEF_LENGTH - 1)}…` : text;
}
