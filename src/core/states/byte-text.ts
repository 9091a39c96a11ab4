/** How many characters are made at once: no more than one call can be given. */
const MOST_AT_ONCE = 8_192;

/** Numbers and texts in one text of characters below 256, each of which takes a byte in memory. */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written, so that the room can be used again. */
  begin(): this {
    this.#length = 0;
    return this;
  }

  /** A whole number from 0 to 2^53 − 1: seven bits a byte, the lowest first, with the eighth where more follow. */
  natural(number: number): this {
    let rest = number;
    while (rest > 127) {
      this.#put((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#put(rest);
    return this;
  }

  /** A whole number from −(2^53 − 1) to 2^53 − 1: its sign is the lowest bit. */
  whole(number: number): this {
    const size = Math.abs(number);
    const low = (size % 64) * 2 + Number(number < 0);
    const rest = Math.floor(size / 64);
    if (rest === 0) return this.natural(low);
    this.#put(low + 128);
    return this.natural(rest);
  }

  string(text: string): this {
    this.natural(text.length);
    for (let i = 0; i < text.length; i++) this.natural(text.charCodeAt(i));
    return this;
  }

  /** What another one has written. */
  bytes(other: ByteWriter): this {
    for (let i = 0; i < other.#length; i++) this.#put(other.#bytes[i]!);
    return this;
  }

  /** What was written since the last time. */
  take(): string {
    const parts: string[] = [];
    for (let from = 0; from < this.#length; from += MOST_AT_ONCE) {
      const part = this.#bytes.subarray(from, Math.min(from + MOST_AT_ONCE, this.#length));
      parts.push(String.fromCharCode.apply(undefined, part as unknown as number[]));
    }
    this.#length = 0;
    // Joined, not added to: what is added to stays in parts.
    return parts.length === 1 ? parts[0]! : parts.join('');
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads what {@link ByteWriter} wrote, in the same order. */
export class ByteReader {
  at: number;
  readonly #text: string;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.at = at;
  }

  natural(): number {
    let byte = this.#text.charCodeAt(this.at++);
    if (byte < 128) return byte;
    let number = byte - 128;
    let unit = 128;
    do {
      byte = this.#text.charCodeAt(this.at++);
      number += (byte & 127) * unit;
      unit *= 128;
    } while (byte > 127);
    return number;
  }

  whole(): number {
    const first = this.#text.charCodeAt(this.at++);
    const low = (first & 127) >> 1;
    const size = first > 127 ? low + this.natural() * 64 : low;
    return (first & 1) === 0 ? size : -size;
  }

  string(): string {
    let text = '';
    for (let left = this.natural(); left > 0; left--) text += String.fromCharCode(this.natural());
    return text;
  }
}
