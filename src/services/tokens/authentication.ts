import { LRUCache } from 'lru-cache';
import type { Machine } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { unauthenticated } from '../../calls/errors.js';
import { STORE_ANSWERS_MS, storeAnswerWithin } from '../../calls/store-answer.js';
import { MINUTE_MS, SECOND_MS } from '../../core/values/time.js';
import { StoreUnavailable } from '../../store/store.js';
import type { MachineToken, TokenReader } from '../../store/token-store.js';
import { hashSecret } from './tokens.js';

export interface AuthenticationOptions {
  readonly tokens: Pick<TokenReader, 'byHash' | 'touch'>;
  /** The clock by which tokens expire. */
  readonly clock: Clock;
  /** Told of what failed in the background. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds of a clock that nobody sets, by which remembered tokens grow old. */
  readonly uptimeMs?: () => number;
}

interface Known {
  readonly token: MachineToken;
  readonly machine: Machine;
  readonly checkedAtMs: number;
  /** How many notices of changed tokens had come when the lookup began. */
  readonly generation: number;
}

interface Stranger {
  readonly checkedAtMs: number;
  readonly generation: number;
}

/** For how long a token is remembered: a revocation holds everywhere within this time, even where its notice was lost. */
const TRUST_MS = 5 * SECOND_MS;
/** For how long a remembered token is trusted while the store is away. */
const STALE_MAX_MS = 60 * MINUTE_MS;
/** For how long remembered callers do not wait for the store after it did not answer. */
const AWAY_MS = SECOND_MS;
const TOUCH_MS = MINUTE_MS;
const MAX_REMEMBERED = 10_000;

/** Finds the machine of a token. It remembers tokens for five seconds; after a notice about tokens it asks the store again. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #uptimeMs: () => number;
  readonly #known = new LRUCache<string, Known>({ max: MAX_REMEMBERED });
  /** Tokens that do not exist. They are kept apart, so that a flood of made-up tokens does not push out real ones. */
  readonly #strangers = new LRUCache<string, Stranger>({ max: MAX_REMEMBERED });
  readonly #lookups = new Map<string, Promise<MachineToken | undefined>>();
  readonly #touched = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  #generation = 0;
  #awayUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#uptimeMs = options.uptimeMs ?? (() => performance.now());
  }

  /** The machine that a bearer token belongs to: without a promise when remembered. UNAUTHENTICATED if it is of no use. */
  machine(secret: string): Machine | Promise<Machine> {
    const hash = hashSecret(secret);
    const known = this.#known.get(hash);
    if (known !== undefined && this.#isFresh(known)) return this.#admit(known.token, known.machine);
    const stranger = this.#strangers.get(hash);
    if (known === undefined && stranger !== undefined && this.#isFresh(stranger)) throw unknownToken();
    return this.#lookUp(hash, known);
  }

  /** A notice: tokens were made or revoked. What is remembered is looked up again, and lookups under way do not count. */
  forget(): void {
    this.#generation++;
    this.#lookups.clear();
  }

  /** Tokens as of the last snapshot on disk, for a start without the store. */
  preload(tokens: readonly MachineToken[]): void {
    for (const token of tokens) this.#remember(token, this.#uptimeMs() - TRUST_MS, this.#generation);
  }

  async #lookUp(hash: string, known: Known | undefined): Promise<Machine> {
    const startedAtMs = this.#uptimeMs();
    const generation = this.#generation;
    const looking = this.#join(hash, startedAtMs, generation);
    const usable = known !== undefined && startedAtMs - known.checkedAtMs < STALE_MAX_MS;
    if (usable && startedAtMs < this.#awayUntilMs) {
      looking.catch(() => undefined);
      return this.#admit(known.token, known.machine);
    }
    try {
      const token = await storeAnswerWithin(STORE_ANSWERS_MS, looking);
      if (token === undefined) throw unknownToken();
      return this.#admit(token, machineOf(token));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#awayUntilMs = this.#uptimeMs() + AWAY_MS;
      if (!usable) throw error;
      return this.#admit(known.token, known.machine);
    }
  }

  /** Callers with the same token share one lookup. */
  #join(hash: string, startedAtMs: number, generation: number): Promise<MachineToken | undefined> {
    const begun = this.#lookups.get(hash);
    if (begun !== undefined) return begun;
    const lookup = this.#options.tokens.byHash(hash).then((token) => {
      this.#awayUntilMs = Number.NEGATIVE_INFINITY;
      if (token === undefined) {
        this.#known.delete(hash);
        this.#strangers.set(hash, { checkedAtMs: startedAtMs, generation });
      } else {
        this.#strangers.delete(hash);
        this.#remember(token, startedAtMs, generation);
      }
      return token;
    });
    const tracked = lookup.finally(() => {
      if (this.#lookups.get(hash) === tracked) this.#lookups.delete(hash);
    });
    this.#lookups.set(hash, tracked);
    return tracked;
  }

  #isFresh({ checkedAtMs, generation }: Stranger): boolean {
    return generation === this.#generation && this.#uptimeMs() - checkedAtMs < TRUST_MS;
  }

  #admit(token: MachineToken, machine: Machine): Machine {
    const now = this.#options.clock.now();
    if (token.revokedAt !== undefined) throw unauthenticated('the token was revoked; ask for another one');
    if (token.expiresAt !== undefined && token.expiresAt <= now) {
      throw unauthenticated(`the token expired at ${new Date(token.expiresAt).toISOString()}; ask for another one`);
    }
    this.#touch(token, now);
    return machine;
  }

  #remember(token: MachineToken, checkedAtMs: number, generation: number): void {
    const known = this.#known.get(token.hash);
    // Of two lookups the one that began later is right, even if it ended first.
    if (known !== undefined && known.checkedAtMs > checkedAtMs) return;
    this.#known.set(token.hash, { token, machine: machineOf(token), checkedAtMs, generation });
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

function machineOf({ id, scopes, organizationId }: MachineToken): Machine {
  return { kind: 'machine', tokenId: id, scopes: new Set(scopes), organizationId };
}
