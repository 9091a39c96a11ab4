import { LRUCache } from 'lru-cache';
import { bearerTokenOf } from '../../calls/call-headers.js';
import type { Machine, Operator } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { STORE_ANSWERS_MS, storeAnswerWithin } from '../../calls/consistency/store-answer.js';
import { unauthenticated } from '../../calls/errors.js';
import { FailedAuthentications, type From } from '../../calls/limits/failed-authentications.js';
import { endOf } from '../../calls/token-end.js';
import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import { StoreUnavailable } from '../../store/store.js';
import type { MachineToken, TokenReader } from '../../store/token-store.js';
import { type HeldToken, HeldTokens, LOOK_SPACING_MS, TRUST_MS } from './held-tokens.js';
import { hashSecret } from './tokens.js';

export interface AuthenticationOptions {
  readonly tokens: Pick<TokenReader, 'version' | 'all' | 'touch'>;
  /** The clock by which tokens expire. */
  readonly clock: Clock;
  /** Told of what failed in the background. */
  readonly onError: (error: unknown) => void;
  /** Bounds how often authentications may fail; without it they may as often as they like. */
  readonly failures?: FailedAuthentications;
  /** Milliseconds of a clock that nobody sets, by which what is held grows old. */
  readonly uptimeMs?: () => number;
  /** How long a call waits for a store that does not answer, in milliseconds; `STORE_ANSWERS_MS` when left out. */
  readonly storeAnswersMs?: number;
}

/** Finds what is held by the hash of a secret. */
type Find<Who> = (hash: string) => HeldToken<Who> | undefined;

interface Stranger {
  readonly refusedAtMs: number;
  readonly generation: number;
}

/** For how long held tokens are trusted while the store is away. */
const STALE_MAX_MS = 60 * MINUTE_MS;
/** For how long nobody waits for the store after it did not answer. */
const AWAY_MS = SECOND_MS;
const TOUCH_MS = MINUTE_MS;
const MAX_REMEMBERED = 10_000;
/** The longest header that is remembered: those that we make tokens for are shorter. */
const MAX_HEADER = 128;

/**
 * Finds the machine of a token among all tokens that there are. What is held is confirmed every few seconds, and when a notice
 * tells of a change. A token that is not among them may have been made a moment ago: its caller waits for a look that begins
 * after it came, which all such callers share.
 */
export class Authentication {
  /** How often authentications have failed, those of people included. */
  readonly failures: FailedAuthentications;
  readonly #options: AuthenticationOptions;
  readonly #uptimeMs: () => number;
  readonly #storeAnswersMs: number;
  readonly #held: HeldTokens;
  readonly #tokens: Find<Machine> = (hash) => this.#held.get(hash);
  readonly #sessions: Find<Machine | Operator> = (hash) => this.#held.session(hash);
  /** Tokens that were looked for lately and do not exist. */
  readonly #strangers = new LRUCache<string, Stranger>({ max: MAX_REMEMBERED });
  /** The hash of the token in each header that named one which is held; whether it still is, is asked each time. */
  readonly #hashes = new Map<string, string>();
  readonly #touched = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  #awayUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#uptimeMs = options.uptimeMs ?? (() => performance.now());
    this.#storeAnswersMs = options.storeAnswersMs ?? STORE_ANSWERS_MS;
    this.#held = new HeldTokens(options.tokens, this.#uptimeMs);
    this.failures = options.failures ?? new FailedAuthentications(0);
  }

  /** The machine whose token an `authorization` header carries; see {@link machine}. A header that is known is not hashed again. */
  bearer(authorization: unknown, from?: From): Machine | Promise<Machine> {
    const known = typeof authorization === 'string' ? this.#hashes.get(authorization) : undefined;
    if (known !== undefined) return this.#callerOf(known, this.#tokens, from);
    const hash = hashSecret(bearerTokenOf(authorization));
    if (this.#held.get(hash) !== undefined) this.#remember(authorization as string, hash);
    return this.#callerOf(hash, this.#tokens, from);
  }

  /** The machine that a bearer token belongs to: without a promise when it is held. UNAUTHENTICATED if it is of no use. */
  machine(secret: string, from?: From): Machine | Promise<Machine> {
    return this.#callerOf(hashSecret(secret), this.#tokens, from);
  }

  /** Who signed in for a session, likewise: its use counts against the time that it may go unused. */
  session(secret: string, from?: From): Machine | Operator | Promise<Machine | Operator> {
    return this.#callerOf<Machine | Operator>(hashSecret(secret), this.#sessions, from);
  }

  /** The token or the session of this id, as it is held. */
  named(id: string): MachineToken | undefined {
    return this.#held.named(id);
  }

  /**
   * Whether the token or the session of this id would be admitted now, which does not count as its use: for whoever comes with something
   * that was made for it, in its place. It is confirmed, or looked for, as though it had come itself. Rejects with `StoreUnavailable`
   * where it is not known here and the store does not answer.
   */
  async isGood(id: string): Promise<boolean> {
    if (this.named(id) === undefined) await this.#lookAnew();
    else await this.confirm();
    const token = this.named(id);
    const parentId = token?.session?.parentId ?? '';
    const parent = parentId === '' ? token : this.named(parentId);
    return token !== undefined && parent !== undefined && !this.#isOver(token, parent, this.#options.clock.now());
  }

  /** Has what is held confirmed where that is due, as a call with a token would. Rejects with `StoreUnavailable` where nothing is held. */
  async confirm(): Promise<void> {
    if (!this.#held.isFresh()) await this.#confirmHeld();
  }

  #callerOf<Who>(hash: string, find: Find<Who>, from: From | undefined): Who | Promise<Who> {
    const held = find(hash);
    if (held !== undefined) return this.#held.isFresh() ? this.#admit(held) : this.#confirm(hash, find);
    // After a notice it may be a token that has just been made, whatever others send from the same address.
    if (this.#held.isFresh()) this.failures.check(from);
    const stranger = this.#strangers.get(hash);
    if (stranger !== undefined && this.#isFresh(stranger)) throw this.#refused(from);
    return this.#lookFor(hash, find, from);
  }

  /** A notice: tokens were made or revoked. */
  forget(): void {
    this.#held.forget();
  }

  /** Asks the store for the tokens, so that callers need not wait for that. */
  async refresh(): Promise<void> {
    await this.#held.refresh();
    this.#awayUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Tokens as of the last snapshot on disk, for a start without the store. */
  preload(tokens: readonly MachineToken[]): void {
    this.#held.preload(tokens);
  }

  #remember(header: string, hash: string): void {
    if (header.length > MAX_HEADER) return;
    if (this.#hashes.size >= MAX_REMEMBERED) this.#hashes.clear();
    this.#hashes.set(header, hash);
  }

  /** Admits a token that is held and has to be confirmed. */
  async #confirm<Who>(hash: string, find: Find<Who>): Promise<Who> {
    await this.#confirmHeld();
    const confirmed = find(hash);
    if (confirmed === undefined) throw unknownToken();
    return this.#admit(confirmed);
  }

  /** Asks the store whether what is held is right; while the store is away, it is for an hour. */
  async #confirmHeld(): Promise<void> {
    const looking = this.#held.look();
    const usable = this.#held.ageMs() < STALE_MAX_MS;
    if (usable && this.#uptimeMs() < this.#awayUntilMs) {
      looking.then(
        () => this.#answered(),
        () => undefined,
      );
      return;
    }
    try {
      await this.#within(this.#storeAnswersMs, looking);
    } catch (error) {
      if (!(error instanceof StoreUnavailable && usable)) throw error;
    }
  }

  async #lookFor<Who>(hash: string, find: Find<Who>, from: From | undefined): Promise<Who> {
    const refusedAtMs = this.#uptimeMs();
    const { generation } = this.#held;
    await this.#lookAnew();
    const found = find(hash);
    if (found !== undefined) return this.#admit(found);
    this.#strangers.set(hash, { refusedAtMs, generation });
    throw this.#refused(from);
  }

  async #lookAnew(): Promise<void> {
    if (this.#uptimeMs() < this.#awayUntilMs) throw new StoreUnavailable('the store did not answer a moment ago');
    await this.#within(LOOK_SPACING_MS + this.#storeAnswersMs, this.#held.lookAnew());
  }

  async #within(limitMs: number, looking: Promise<void>): Promise<void> {
    try {
      await storeAnswerWithin(limitMs, looking);
      this.#answered();
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#awayUntilMs = this.#uptimeMs() + AWAY_MS;
      throw error;
    }
  }

  #answered(): void {
    this.#awayUntilMs = Number.NEGATIVE_INFINITY;
  }

  #isFresh({ refusedAtMs, generation }: Stranger): boolean {
    return generation === this.#held.generation && this.#uptimeMs() - refusedAtMs < TRUST_MS;
  }

  #refused(from: From | undefined): Error {
    this.failures.count(from);
    return unknownToken();
  }

  #admit<Who>({ token, caller, parent = token }: HeldToken<Who>): Who {
    const now = this.#options.clock.now();
    if (token.session !== undefined && this.#isOver(token, parent, now)) {
      throw unauthenticated('the session is over; sign in again');
    }
    if (token.revokedAt !== undefined) throw unauthenticated('the token was revoked; ask for another one');
    if (token.expiresAt !== undefined && token.expiresAt <= now) {
      throw unauthenticated(`the token expired at ${new Date(token.expiresAt).toISOString()}; ask for another one`);
    }
    this.#touch(token, now);
    return caller;
  }

  /**
   * Whether a token was revoked or has expired, or a session is over, be it with its token. When a session was last used, this server may
   * know better than the store.
   */
  #isOver(token: MachineToken, parent: MachineToken, now: number): boolean {
    const lastUsedAt = Math.max(token.lastUsedAt ?? token.createdAt, this.#touched.get(token.id) ?? 0);
    const revoked = [token, parent].some(({ revokedAt }) => revokedAt !== undefined);
    return revoked || endOf({ ...token, lastUsedAt }) <= now || endOf(parent) <= now;
  }

  #touch({ id, lastUsedAt = 0 }: MachineToken, now: number): void {
    if (now - Math.max(lastUsedAt, this.#touched.get(id) ?? 0) < TOUCH_MS) return;
    this.#touched.set(id, now);
    this.#options.tokens.touch(id, now).catch(this.#options.onError);
  }
}

function unknownToken(): Error {
  return unauthenticated('the token is not known here; check that it is complete and for this server');
}
