import { BatchEvaluateRequest } from '../gen/latchkey/v1/evaluation.js';
import { decodeMessage, type MalformedRequest } from './decode-message.js';

// Field number * 8 + wire type 2, length-delimited.
const CONTEXTS_TAG = 10;
const FLAG_KEYS_TAG = 18;

/** A list of keys, and the bytes by which it stands in a request. */
interface KnownKeys {
  readonly bytes: Buffer;
  readonly keys: string[];
}

/** How many lists are known again: services ask for the same flags all the time. */
const MOST_LISTS = 16;
/** Shorter lists are decoded as quickly as they are found. */
const LEAST_KEYS = 4;
/** Longer lists take longer to decide than to decode. */
const MOST_BYTES = 32 * 1024;

/**
 * Decodes requests of `BatchEvaluate` as the generated code does, but for a list of keys that came lately: that is found by its
 * bytes, and is the same object again.
 */
export class BatchRequests {
  #known: readonly KnownKeys[] = [];

  decode(bytes: Buffer): BatchEvaluateRequest | MalformedRequest {
    const from = firstKey(bytes);
    if (from < 0) return decodeMessage(BatchEvaluateRequest, bytes);
    const known = this.#find(bytes, from);
    const request = known && decodeWith(known, bytes, from);
    if (request !== undefined) return request;
    const decoded = decodeMessage(BatchEvaluateRequest, bytes);
    if ('flagKeys' in decoded) this.#learn(bytes, from, decoded.flagKeys);
    return decoded;
  }

  #find(bytes: Buffer, from: number): KnownKeys | undefined {
    const [first] = this.#known;
    if (first === undefined || isAt(bytes, from, first)) return first;
    const found = this.#known.find((known) => isAt(bytes, from, known));
    if (found !== undefined) this.#putFirst(found);
    return found;
  }

  #learn(bytes: Buffer, from: number, keys: string[]): void {
    const { end, fields } = run(bytes, from);
    if (fields !== keys.length || fields < LEAST_KEYS || end - from > MOST_BYTES) return;
    // Copied: the bytes of a request share memory with those of others.
    const own = Buffer.from(bytes.subarray(from, end));
    // By themselves: of a malformed request the generated code may have read other keys, which everybody would get who asks by these bytes.
    const alone = decodeMessage(BatchEvaluateRequest, own);
    if (!('flagKeys' in alone) || !keys.every((key, i) => key === alone.flagKeys[i])) return;
    Object.freeze(keys);
    this.#putFirst({ bytes: own, keys });
  }

  #putFirst(list: KnownKeys): void {
    this.#known = [list, ...this.#known.filter((other) => other !== list)].slice(0, MOST_LISTS);
  }
}

/** Whether these keys stand there, and no further one behind them. */
function isAt(bytes: Buffer, from: number, known: KnownKeys): boolean {
  const { length } = known.bytes;
  const end = from + length;
  return end <= bytes.length && bytes[end] !== FLAG_KEYS_TAG && bytes.compare(known.bytes, 0, length, from, end) === 0;
}

/**
 * The request with these keys; undefined where it has others as well, or is malformed. What comes before the keys and what comes behind
 * them is decoded apart: a context that says it is longer than it is must not go on behind the keys.
 */
function decodeWith({ bytes: { length }, keys }: KnownKeys, bytes: Buffer, from: number) {
  const request = decodeMessage(BatchEvaluateRequest, Buffer.concat([bytes.subarray(0, from), NO_KEY]));
  if (!('flagKeys' in request) || !isContextsAndNoKey(request)) return undefined;
  const end = from + length;
  if (end === bytes.length) {
    request.flagKeys = keys;
    return request;
  }
  const behind = decodeMessage(BatchEvaluateRequest, bytes.subarray(end));
  if (!('flagKeys' in behind) || behind.flagKeys.length > 0) return undefined;
  return { ...behind, contexts: [...request.contexts, ...behind.contexts], flagKeys: keys };
}

/** A key of no characters: it is read only by who has come to where the keys begin. */
const NO_KEY = Buffer.of(FLAG_KEYS_TAG, 0);

/** A context that ends before its length, as none should, has the generated code read the rest of it as fields of the request. */
function isContextsAndNoKey({ flagKeys, consistencyToken, consistency }: BatchEvaluateRequest): boolean {
  return flagKeys.length === 1 && flagKeys[0] === '' && consistencyToken === '' && consistency === 0;
}

/** Where the first key begins, if nothing but contexts comes before it; else -1. */
function firstKey(bytes: Uint8Array): number {
  for (let at = 0; at >= 0 && at < bytes.length; at = fieldEnd(bytes, at)) {
    if (bytes[at] === FLAG_KEYS_TAG) return at;
    if (bytes[at] !== CONTEXTS_TAG) return -1;
  }
  return -1;
}

/** How many keys stand there one after the other, and where they end. */
function run(bytes: Uint8Array, from: number): { readonly end: number; readonly fields: number } {
  let [end, fields] = [from, 0];
  for (let at = from; at >= 0 && bytes[at] === FLAG_KEYS_TAG; fields++) {
    at = fieldEnd(bytes, at);
    end = at;
  }
  return { end, fields };
}

/** Where a field ends that has a tag of one byte and is length-delimited; -1 where that is beyond the message. */
function fieldEnd(bytes: Uint8Array, from: number): number {
  let length = 0;
  for (let at = from + 1, shift = 0; at < bytes.length && shift <= 21; at++, shift += 7) {
    const byte = bytes[at]!;
    length |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    const end = at + 1 + length;
    return end <= bytes.length ? end : -1;
  }
  return -1;
}
