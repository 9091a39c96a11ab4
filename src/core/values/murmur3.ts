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

function hashBytes(bytes: Uint8Array, length: number, seed: number): number {
  const tail = length & ~3;
  let hash = seed;
  for (let i = 0; i < tail; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash ^= scramble(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  const rest = length & 3;
  if (rest > 0) {
    let word = 0;
    for (let i = rest - 1; i >= 0; i--) word = (word << 8) | bytes[tail + i]!;
    hash ^= scramble(word);
  }
  hash ^= length;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, C1);
  return Math.imul((mixed << 15) | (mixed >>> 17), C2);
}
