import { MINUTE_MS, SECOND_MS } from '../core/time.js';
import { StoreUnavailable } from '../store/store.js';
import type { MachineToken, TokenStore } from '../store/token-store.js';
import type { Machine } from './caller.js';
import type { Clock } from './clock.js';
import { unauthenticated } from './errors.js';
import { hashSecret } from './tokens.js';

export interface AuthenticationOptions {
  readonly tokens: Pick<TokenStore, 'byHash' | 'touch'>;
  readonly clock: Clock;
  /** Told of what failed in the background. */
  readonly onError: (error: unknown) => void;
}

interface Known {
  readonly token: MachineToken | undefined;
  readonly machine: Machine | undefined;
  readonly checkedAt: number;
}

/** Revocation holds everywhere within this, even where its notice was lost. */
const TRUST_MS = 5 * SECOND_MS;
/** While the store is away, what was known is trusted for this long. */
const STALE_MAX_MS = 60 * MINUTE_MS;
const TOUCH_MS = MINUTE_MS;
const MAX_KNOWN = 10_000;

/** Who a machine token belongs to. Remembers for five seconds; a notice about tokens makes it look again. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #known = new Map<string, Known>();
  readonly #touched = new Map<string, number>();
  #recheckBefore = 0;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** The machine of an `Authorization` header's bearer token; rejects with UNAUTHENTICATED. At once when remembered. */
  machine(secret: string): Machine | Promise<Machine> {
    const hash = hashSecret(secret);
    const known = this.#known.get(hash);
    const now = this.#options.clock.now();
    if (known !== undefined && now - known.checkedAt < TRUST_MS && known.checkedAt >= this.#recheckBefore) {
      return this.#admit(known, now);
    }
    return this.#look(hash, known);
  }

  /** Tokens changed somewhere: what is remembered is looked up again. */
  forget(): void {
    this.#recheckBefore = this.#options.clock.now() + 1;
  }

  /** Tokens as of the last snapshot on disk, for a start without the store. */
  preload(tokens: readonly MachineToken[]): void {
    const checkedAt = this.#options.clock.now() - TRUST_MS;
    for (const token of tokens) this.#remember(token.hash, { token, machine: machineOf(token), checkedAt });
  }

  async #look(hash: string, known: Known | undefined): Promise<Machine> {
    const checkedAt = this.#options.clock.now();
    try {
      const token = await this.#options.tokens.byHash(hash);
      const looked = { token, machine: token && machineOf(token), checkedAt };
      this.#remember(hash, looked);
      return this.#admit(looked, checkedAt);
    } catch (error) {
      const usable =
        error instanceof StoreUnavailable && known !== undefined && checkedAt - known.checkedAt < STALE_MAX_MS;
      if (!usable) throw error;
      return this.#admit(known, checkedAt);
    }
  }

  #admit({ token, machine }: Known, now: number): Machine {
    if (token === undefined || machine === undefined) {
      throw unauthenticated('the token is not known here; check that it is complete and for this server');
    }
    if (token.revokedAt !== undefined) throw unauthenticated('the token was revoked; ask for another one');
    if (token.expiresAt !== undefined && token.expiresAt <= now) {
      throw unauthenticated(`the token expired at ${new Date(token.expiresAt).toISOString()}; ask for another one`);
    }
    this.#touch(token, now);
    return machine;
  }

  #remember(hash: string, known: Known): void {
    if (this.#known.size >= MAX_KNOWN && !this.#known.has(hash)) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(hash, known);
  }

  #touch({ id, lastUsedAt = 0 }: MachineToken, now: number): void {
    if (now - Math.max(lastUsedAt, this.#touched.get(id) ?? 0) < TOUCH_MS) return;
    this.#touched.set(id, now);
    this.#options.tokens.touch(id, now).catch(this.#options.onError);
  }
}

function machineOf({ id, scopes, organizationId }: MachineToken): Machine {
  return { kind: 'machine', tokenId: id, scopes: new Set(scopes), organizationId };
}
