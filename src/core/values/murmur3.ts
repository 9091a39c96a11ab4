const encoder = new TextEncoder();
const SCRATCH_BYTES = 512;
/** Reused for short ASCII texts, which nearly all keys are: no allocation on the hot path. */
const scratch = new Uint8Array(SCRATCH_BYTES);
const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * MurmurHash3 x86 32-bit over the UTF-8 bytes of `text`: an unsigned 32-bit number.
 * After Austin Appleby's public-domain reference, MurmurHash3_x86_32.
 */
export function murmur3(text: string, seed = 0): number {
  const length = writeAscii(text);
  if (length >= 0) return hashBytes(scratch, length, seed);
  const bytes = encoder.encode(text);
  return hashBytes(bytes, bytes.length, seed);
}

/** The beginning of texts that are hashed, as far as their hash has it in common. */
export interface HashedStart {
  readonly text: string;
  readonly seed: number;
  /** The hash after all whole words of the beginning. */
  readonly hash: number;
  /** The bytes after these words, as the low bytes of a word, and how many bits they are. */
  readonly word: number;
  readonly bits: number;
  /** In bytes. */
  readonly length: number;
}

export function hashedStart(text: string, seed = 0): HashedStart {
  const ascii = writeAscii(text);
  const bytes = ascii >= 0 ? scratch : utf8(text);
  const length = ascii >= 0 ? ascii : bytes.length;
  const tail = length & ~3;
  let hash = seed;
  for (let i = 0; i < tail; i += 4) hash = mixed(hash, scramble(wordAt(bytes, i)));
  let word = 0;
  for (let i = tail; i < length; i++) word |= bytes[i]! << (8 * (i - tail));
  return { hash, word, bits: 8 * (length - tail), length, text, seed };
}

/** {@link murmur3} of that beginning and the text after it, without putting the two together. */
export function murmur3After(start: HashedStart, text: string): number {
  let { hash, word, bits } = start;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return murmur3(start.text + text, start.seed);
    word |= code << bits;
    bits += 8;
    if (bits < 32) continue;
    hash = mixed(hash, scramble(word));
    word = 0;
    bits = 0;
  }
  return finished(bits === 0 ? hash : hash ^ scramble(word), start.length + text.length);
}

/** Writes a short ASCII text to the scratch; its length, or -1 for any other text. */
function writeAscii(text: string): number {
  if (text.length > SCRATCH_BYTES) return -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return -1;
    scratch[i] = code;
  }
  return text.length;
}

/** A text that is hashed with many seeds: what of the hash does not depend on the seed. */
export interface ScrambledText {
  readonly words: Int32Array;
  /** Of the last one to three bytes; 0 where there are none. */
  readonly rest: number;
  /** In bytes. */
  readonly length: number;
}

export function scrambled(text: string): ScrambledText {
  const bytes = utf8(text);
  const words = Int32Array.from({ length: bytes.length >> 2 }, (_, i) => scramble(wordAt(bytes, i * 4)));
  return { words, rest: scrambledRest(bytes, bytes.length), length: bytes.length };
}

/** {@link murmur3} of a text that was scrambled before. */
export function murmur3OfScrambled({ words, rest, length }: ScrambledText, seed: number): number {
  let hash = seed;
  for (let i = 0; i < words.length; i++) hash = mixed(hash, words[i]!);
  return finished(hash ^ rest, length);
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

function hashBytes(bytes: Uint8Array, length: number, seed: number): number {
  const tail = length & ~3;
  let hash = seed;
  for (let i = 0; i < tail; i += 4) hash = mixed(hash, scramble(wordAt(bytes, i)));
  return finished(hash ^ scrambledRest(bytes, length), length);
}

function wordAt(bytes: Uint8Array, i: number): number {
  return bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
}

function mixed(hash: number, word: number): number {
  const both = hash ^ word;
  return (Math.imul((both << 13) | (both >>> 19), 5) + 0xe6546b64) | 0;
}

function scrambledRest(bytes: Uint8Array, length: number): number {
  const tail = length & ~3;
  let word = 0;
  for (let i = length - 1; i >= tail; i--) word = (word << 8) | bytes[i]!;
  return tail === length ? 0 : scramble(word);
}

function finished(unfinished: number, length: number): number {
  let hash = unfinished ^ length;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}

function scramble(word: number): number {
  const product = Math.imul(word, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}
