import { isJsonObject, type JsonObject, type JsonValue, ownMember } from '../values/json.js';

/** What stands in the place of an id that was erased. */
export const ERASED = '[erased]';

/** The actor as the audit names one who was a person. */
export function actorNamed(userId: string): string {
  return `user:${userId}`;
}

/** What of an entry of the audit may name a person. */
export interface ErasableEntry {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly comment: string;
}

/**
 * An entry without a person: that something was done, upon what, stays. Their id is replaced where an id stands and nowhere else, since
 * people may be called as roles, flags and fields are. In the comment, which is prose, it is replaced where it stands by itself.
 */
export function erasedEntry(entry: ErasableEntry, userId: string): ErasableEntry {
  const { actor, action, target, before, after, comment } = entry;
  return {
    actor: actor === actorNamed(userId) ? actorNamed(ERASED) : actor,
    action,
    target: action.startsWith('user.') && target === userId ? ERASED : target,
    before: erasedJson(before, userId),
    after: erasedJson(after, userId),
    comment: erasedText(comment, userId),
  };
}

/**
 * A state without a person. An object that names them by a member `userId` keeps nothing but that there was somebody: what else it holds
 * is about them. Elsewhere they are named as the `owner` of something, and by the name of a session that began with their JWT.
 */
export function erasedJson(value: JsonValue, userId: string): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => erasedJson(item, userId));
  if (!isJsonObject(value)) return value;
  if (names(value, userId)) return { userId: ERASED };
  const session = ownMember(value, 'session');
  const naming = isJsonObject(session) && names(session, userId) ? ['owner', 'name'] : ['owner'];
  const entries = Object.entries(value) as [string, JsonValue][];
  return Object.fromEntries(
    entries.map(([name, member]) => [
      name,
      member === userId && naming.includes(name) ? ERASED : erasedJson(member, userId),
    ]),
  );
}

function names(value: JsonObject, userId: string): boolean {
  return ownMember(value, 'userId') === userId;
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
