import type { KeyObject } from 'node:crypto';
import { LatchkeyError } from '../calls/errors.js';
import { HOUR_MS, SECOND_MS } from '../core/values/time/time.js';
import { type KeyHint, KeySet } from './key-set.js';

export interface PublishedKeysOptions {
  /** Where the issuer publishes them. */
  readonly url: URL;
  /** For how long they are used before they are fetched again, in milliseconds. */
  readonly maxAgeMs: number;
  /** How long fetching may take, to the end of the answer. */
  readonly timeoutMs?: number | undefined;
  /** Told of each attempt that failed, and of each that did not. */
  readonly onFetched?: ((error: unknown) => void) | undefined;
  /** Milliseconds that go on and never back. */
  readonly uptimeMs?: (() => number) | undefined;
}

/** For how long keys that cannot be fetched again are used after they have become too old. */
export const KEYS_STALE_MS = HOUR_MS;
/** How soon after an answer the keys are fetched again for a token that names another key: whoever makes up names gets this far. */
export const KEYS_COOLDOWN_MS = 10 * SECOND_MS;
/** How soon after a failure they are fetched again: at first, and at most. Each failure in a row doubles it. */
const FIRST_RETRY_MS = SECOND_MS;
const LAST_RETRY_MS = 30 * SECOND_MS;
const TIMEOUT_MS = 5 * SECOND_MS;
/** A key takes some 2 kB with the chain of its certificates. */
export const MAX_KEYS_BYTES = 256 * 1024;

interface Fetched {
  readonly set: KeySet;
  readonly at: number;
}

/**
 * The keys that an issuer publishes at an address. They are fetched when they are first needed, again in the background when they
 * are half as old as they may become, and once more for a token that names a key that is not among them. There is one attempt at
 * a time, and after a failure none for a while, so that neither an issuer that is away nor tokens with names that somebody made up
 * cost more than that. While the issuer is away the last keys are used for another hour.
 */
export class PublishedKeys {
  readonly #options: PublishedKeysOptions;
  readonly #maxAgeMs: number;
  readonly #cooldownMs: number;
  readonly #uptimeMs: () => number;
  #held: Fetched | undefined;
  #fetching: Promise<unknown> | undefined;
  #failures = 0;
  #failure: unknown;
  #retryAt = Number.NEGATIVE_INFINITY;

  constructor(options: PublishedKeysOptions) {
    this.#options = options;
    this.#maxAgeMs = options.maxAgeMs;
    this.#cooldownMs = Math.min(KEYS_COOLDOWN_MS, options.maxAgeMs);
    this.#uptimeMs = options.uptimeMs ?? (() => performance.now());
  }

  /**
   * The keys that a token with this header may be signed with; none where the issuer has no such key, as it said within the last ten
   * seconds. Rejects with UNAVAILABLE, and says when to try again, where that cannot be told.
   */
  async candidates(hint: KeyHint): Promise<readonly KeyObject[]> {
    const known = (await this.#usable()).set.candidates(hint);
    if (known.length > 0) return known;
    // The keys may have been changed since.
    if (this.#ageMs() >= this.#cooldownMs) {
      await this.#fetch();
      if (this.#ageMs() >= this.#cooldownMs) throw this.#unavailable();
    }
    return this.#held!.set.candidates(hint);
  }

  async #usable(): Promise<Fetched> {
    const age = this.#ageMs();
    // What is known to be away is asked again in the background.
    const isAway = this.#failures > 0 && age < this.#maxAgeMs + KEYS_STALE_MS;
    if (age >= this.#maxAgeMs && !isAway) await this.#fetch();
    else if (age >= this.#maxAgeMs / 2) void this.#fetch();
    if (this.#held === undefined || this.#ageMs() >= this.#maxAgeMs + KEYS_STALE_MS) throw this.#unavailable();
    return this.#held;
  }

  #ageMs(): number {
    return this.#held === undefined ? Number.POSITIVE_INFINITY : this.#uptimeMs() - this.#held.at;
  }

  #unavailable(): LatchkeyError {
    const retryMs = Math.max(FIRST_RETRY_MS, this.#retryAt - this.#uptimeMs());
    return new LatchkeyError('UNAVAILABLE', "the issuer's keys could not be fetched; try again", {
      cause: this.#failure,
      retryMs,
    });
  }

  /** Fetches the keys, or waits for whom does; not right after a failure. Never rejects. */
  async #fetch(): Promise<void> {
    if (this.#fetching === undefined) {
      if (this.#uptimeMs() < this.#retryAt) return;
      this.#fetching = this.#attempt().finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
  }

  async #attempt(): Promise<void> {
    const { url, timeoutMs = TIMEOUT_MS, onFetched } = this.#options;
    try {
      const set = KeySet.parse(await textOf(url, timeoutMs));
      this.#held = { set, at: this.#uptimeMs() };
      this.#failures = 0;
      this.#failure = undefined;
      this.#retryAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#failure = error;
      this.#retryAt = this.#uptimeMs() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10));
    }
    onFetched?.(this.#failure);
  }
}

/** What is at that address. A redirect is no answer: who is trusted with the keys is the address that was configured. */
async function textOf(url: URL, timeoutMs: number): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = { accept: 'application/json, application/jwk-set+json' };
  const answer = await fetch(url, { redirect: 'manual', signal, headers });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`the answer has the status ${answer.status}, and should have 200`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > MAX_KEYS_BYTES) throw new Error(`the answer has more than ${MAX_KEYS_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
