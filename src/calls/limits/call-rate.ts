import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import { tooMany } from '../errors.js';

/** How many callers are counted at once: when there are more, those that called longest ago are forgotten. */
const MAX_KEYS = 50_000;

/**
 * How many calls a minute each caller may make: as fast as they come until that number is used up, and from then on one
 * whenever its share of the minute has passed.
 */
export class CallRate {
  readonly #perMinute: number;
  readonly #what: string;
  readonly #shareMs: number;
  readonly #uptimeMs: () => number;
  /** When each caller's calls will all have had their share of time. What has passed says nothing and may be forgotten. */
  #usedUntilMs = new Map<string, number>();
  /** The same for who has not called since the last turn. */
  #before = new Map<string, number>();
  #turnAtMs: number;

  /**
   * @param perMinute 0 for any number
   * @param what of what there may be so many, in words for callers
   */
  constructor(
    perMinute: number,
    {
      what = 'calls',
      uptimeMs = () => performance.now(),
    }: { what?: string; uptimeMs?: (() => number) | undefined } = {},
  ) {
    this.#perMinute = perMinute;
    this.#what = what;
    this.#shareMs = MINUTE_MS / perMinute;
    this.#uptimeMs = uptimeMs;
    this.#turnAtMs = uptimeMs() + MINUTE_MS;
  }

  /** How many callers are counted now. */
  get size(): number {
    return this.#usedUntilMs.size + this.#before.size;
  }

  /** Counts a call. Throws LIMITED, with the time after which one is taken again, where it is one too many. */
  take(key: string): void {
    this.check(key);
    this.count(key);
  }

  /** Counts a call, and gives true, where it is not one too many. */
  tryTake(key: string): boolean {
    if (this.#waitMs(key) > 0) return false;
    this.count(key);
    return true;
  }

  /** Throws as {@link take} does, without counting. */
  check(key: string): void {
    const waitMs = this.#waitMs(key);
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / SECOND_MS);
    throw tooMany(`at most ${this.#perMinute} ${this.#what} a minute; try again in ${seconds} s`, waitMs);
  }

  /** Counts without asking. */
  count(key: string): void {
    if (this.#perMinute === 0) return;
    const nowMs = this.#uptimeMs();
    if (nowMs >= this.#turnAtMs || this.#usedUntilMs.size >= MAX_KEYS) this.#turn(nowMs);
    const usedUntilMs = Math.max(this.#usedUntil(key), nowMs);
    this.#usedUntilMs.set(key, Math.min(usedUntilMs + this.#shareMs, nowMs + MINUTE_MS));
  }

  /** After which time a call is taken; 0 or less: now. */
  #waitMs(key: string): number {
    if (this.#perMinute === 0) return 0;
    // A little less than a whole share, since sums of shares are rounded.
    return this.#usedUntil(key) - this.#uptimeMs() + this.#shareMs * 0.999 - MINUTE_MS;
  }

  #usedUntil(key: string): number {
    return this.#usedUntilMs.get(key) ?? this.#before.get(key) ?? 0;
  }

  #turn(nowMs: number): void {
    this.#turnAtMs = nowMs + MINUTE_MS;
    this.#before = this.#usedUntilMs;
    this.#usedUntilMs = new Map();
  }
}
