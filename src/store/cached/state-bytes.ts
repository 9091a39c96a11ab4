import type { UserState } from '../../core/states/user-state.js';

/** What each takes in memory, about, beside what it holds: measured on Node.js 24, where `state-bytes.test.ts` measures it again. */
const SLOT = 8;
const NUMBER = 12;
const BIGINT = 24;
const STRING = 20;
const OBJECT = 24;
const ARRAY = 32;
const COLLECTION = 150;
const ENTRY = 30;
/** The member of users' states that all of them share. */
const SHARED: keyof UserState = 'daysOf';

/**
 * About how many bytes a state takes in memory, without the names of the actions whose days it has, which are the same for all
 * users. It visits everything once, which costs a small part of what reading the state did.
 */
export function bytesOfState(state: object): number {
  let bytes = OBJECT;
  for (const [name, member] of Object.entries(state)) if (name !== SHARED) bytes += SLOT + bytesOf(member);
  return bytes;
}

/** The same of any part of a state: data alone, without circles, what it shares with others counted in full. */
function bytesOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return STRING + value.length;
    case 'number':
      return Number.isSafeInteger(value) && Math.abs(value) < 2 ** 30 ? 0 : NUMBER;
    case 'bigint':
      return BIGINT;
    case 'object':
      return value === null ? 0 : bytesOfObject(value);
    default:
      return 0;
  }
}

function bytesOfObject(value: object): number {
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) bytes += SLOT + bytesOf(item);
    return ARRAY + bytes;
  }
  if (value instanceof Map) {
    // States share one empty map.
    if (value.size === 0) return 0;
    for (const [key, item] of value) bytes += ENTRY + bytesOf(key) + bytesOf(item);
    return COLLECTION + bytes;
  }
  if (value instanceof Set) {
    for (const item of value) bytes += ENTRY + bytesOf(item);
    return COLLECTION + bytes;
  }
  // The names of members are shared by all objects of one shape.
  for (const name in value) bytes += SLOT + bytesOf((value as Record<string, unknown>)[name]);
  return OBJECT + bytes;
}
