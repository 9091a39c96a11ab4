import { isJsonObject, type JsonValue } from '../values/json.js';

/** What stands in the place of an id that was erased. */
export const ERASED = '[erased]';

/** The actor as the audit names one who was a person. */
export function actorNamed(userId: string): string {
  return `user:${userId}`;
}

/**
 * A value without a person. An object that names them by a member `userId` keeps nothing but that there was somebody: what else it holds
 * is about them. Elsewhere their id is replaced, in texts where it stands by itself.
 */
export function erasedJson(value: JsonValue, userId: string): JsonValue {
  if (typeof value === 'string') return erasedText(value, userId);
  if (Array.isArray(value)) return value.map((item: JsonValue) => erasedJson(item, userId));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value) as [string, JsonValue][];
  if (entries.some(([name, member]) => name === 'userId' && member === userId)) return { userId: ERASED };
  return Object.fromEntries(
    entries.map(([name, member]) => [name === userId ? ERASED : name, erasedJson(member, userId)]),
  );
}

const WORD = /[\p{L}\p{N}_]/u;

/** A text in which the id is replaced wherever it is not part of a longer word. */
export function erasedText(text: string, userId: string): string {
  if (userId === '') return text;
  let erased = '';
  let from = 0;
  for (let at = text.indexOf(userId); at >= 0; at = text.indexOf(userId, at + 1)) {
    if (at < from) continue;
    const end = at + userId.length;
    if (joins(text, at, userId, 'before') || joins(text, end, userId, 'after')) continue;
    erased += text.slice(from, at) + ERASED;
    from = end;
  }
  return erased + text.slice(from);
}

/** Whether the id and its neighbour in the text are one word. */
function joins(text: string, at: number, userId: string, side: 'before' | 'after'): boolean {
  const outer = side === 'before' ? lastCharacter(text.slice(0, at)) : firstCharacter(text.slice(at));
  const inner = side === 'before' ? firstCharacter(userId) : lastCharacter(userId);
  return WORD.test(outer) && WORD.test(inner);
}

function firstCharacter(text: string): string {
  const [first = ''] = text.slice(0, 2);
  return first;
}

function lastCharacter(text: string): string {
  return Array.from(text.slice(-2)).at(-1) ?? '';
}
