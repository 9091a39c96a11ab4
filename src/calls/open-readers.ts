import { SECOND_MS } from '../core/values/time.js';
import type { TokenStore } from '../store/token-store.js';
import { type Call, confinedTo } from './caller.js';
import type { Clock } from './clock.js';
import { type LatchkeyError, limited, unauthenticated } from './errors.js';

/** Who reads a stream, for as long as it is open. */
export interface Reader {
  /** Sees as people do: their screens' flags alone, denials as any flag that is off. */
  readonly people: boolean;
  /** The machine token that it goes back to; '' for none. */
  readonly tokenId: string;
  /** Not '': it may read that organization's users only. */
  readonly organizationId: string;
  /** When what it was opened with ends (epoch milliseconds); Infinity: not by itself. */
  readonly endsAt: number;
}

/** Reads as whoever calls may. */
export function readerOf({ caller }: Call): Reader {
  if (caller.kind === 'machine') {
    return { people: false, tokenId: caller.tokenId, organizationId: confinedTo(caller), endsAt: Infinity };
  }
  return { people: caller.kind === 'person', tokenId: '', organizationId: '', endsAt: caller.expiresAt ?? Infinity };
}

/** What a reader is told at that end. */
export function tokenEnded(): LatchkeyError {
  return unauthenticated('the token was revoked or has expired; ask for another one');
}

/** Something that stays open on the strength of a machine token or a JWT. */
export interface OpenReader {
  readonly reader: Reader;
  end(reason: 'unauthenticated'): void;
}

export interface OpenReadersOptions {
  readonly tokens: Pick<TokenStore, 'list'>;
  readonly clock: Clock;
  /** How much may be open at once in this process. */
  readonly maxOpen: number;
  readonly onError: (error: unknown) => void;
}

const TICK_MS = SECOND_MS;
const CHECK_TOKENS_MS = 4 * SECOND_MS;

/**
 * Streams of every kind that are open in this process: so many at once, and none outlives what it was opened with. One
 * ends within a second of its JWT's end, and within 5 s of its machine token's end or revocation, or sooner with a notice.
 */
export class OpenReaders {
  readonly #options: OpenReadersOptions;
  readonly #open = new Set<OpenReader>();
  #ticking: NodeJS.Timeout | undefined;
  #checkedAt = 0;

  constructor(options: OpenReadersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Rejects with LIMITED while as much is open as may be. */
  requireRoom(): void {
    const { maxOpen } = this.#options;
    if (this.#open.size >= maxOpen) throw limited(`${maxOpen} streams are open here, which is the most; try again`);
  }

  add(reader: OpenReader): void {
    this.#open.add(reader);
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  delete(reader: OpenReader): void {
    this.#open.delete(reader);
    if (this.#open.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** A notice: tokens were made or revoked. */
  tokensChanged(): void {
    this.#checkedAt = 0;
  }

  #tick(): void {
    const { clock, onError } = this.#options;
    const now = clock.now();
    for (const one of this.#open) if (one.reader.endsAt <= now) one.end('unauthenticated');
    if (now - this.#checkedAt < CHECK_TOKENS_MS) return;
    this.#checkedAt = now;
    this.#endUnauthenticated(now).catch(onError);
  }

  async #endUnauthenticated(now: number): Promise<void> {
    const held = new Set([...this.#open].map(({ reader }) => reader.tokenId));
    held.delete('');
    if (held.size === 0) return;
    const over = new Set<string>();
    for (const { id, revokedAt, expiresAt = Infinity } of await this.#options.tokens.list()) {
      if (held.has(id) && (revokedAt !== undefined || expiresAt <= now)) over.add(id);
    }
    if (over.size === 0) return;
    for (const one of this.#open) if (over.has(one.reader.tokenId)) one.end('unauthenticated');
  }
}
