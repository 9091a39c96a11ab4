import { SECOND_MS } from '../core/values/time/time.js';
import type { TokenReader } from '../store/token-store.js';
import { type Call, confinedTo } from './caller.js';
import type { Clock } from './clock.js';
import { busy, type LatchkeyError, unauthenticated } from './errors.js';
import { isConfinedAdmin } from './permissions.js';
import { endOf } from './token-end.js';

/** Who reads a stream, and until when. */
export interface Reader {
  /** Whether the reader is told what people are: only of flags for their screens, and a denial as a flag that is off. */
  readonly people: boolean;
  /** The machine token, or the session, that the stream was opened with, or its ticket was made with; '' for a JWT. */
  readonly tokenId: string;
  /** Whose JWT it was opened with, where it was one. */
  readonly bearer?: string;
  /** The only organization whose users the reader may watch; '' for any. */
  readonly organizationId: string;
  /** When the JWT that the stream was opened with expires, in epoch milliseconds; Infinity for a machine token. */
  readonly endsAt: number;
}

/** The reader of a stream that this call opens. */
export function readerOf({ caller }: Call): Reader {
  if (caller.kind === 'machine') {
    const people = isConfinedAdmin(caller, 'Watch');
    return {
      people,
      tokenId: caller.sessionId ?? caller.tokenId,
      organizationId: confinedTo(caller),
      endsAt: Infinity,
    };
  }
  // Who administers an organization is told of its members what those are told themselves.
  const { organizationId: administered = '', sessionId = '' } = caller.kind === 'operator' ? caller : {};
  const people = caller.kind === 'person' || administered !== '';
  // The streams of all JWTs together would be one person's to take up.
  const bearer = `${caller.organizationId}:${caller.userId}`;
  return { people, tokenId: sessionId, bearer, organizationId: administered, endsAt: caller.expiresAt ?? Infinity };
}

/** The failure that a stream ends with when the token it was opened with is revoked or expires. */
export function tokenEnded(): LatchkeyError {
  return unauthenticated('the token was revoked or has expired; ask for another one');
}

/** A stream of any kind, as {@link OpenReaders} sees it. */
export interface OpenReader {
  readonly reader: Reader;
  /** Whether it tells of one user: those are bounded by user, and not by token, as one token may serve many users. */
  readonly ofUser?: boolean;
  end(reason: 'unauthenticated'): void;
}

export interface OpenReadersOptions {
  readonly tokens: Pick<TokenReader, 'all'>;
  readonly clock: Clock;
  /** How many streams may be open at once in this process. */
  readonly maxOpen: number;
  /** How many of them, those of users aside, may be opened with one token; 0 for any number. */
  readonly maxOfToken: number;
  readonly onError: (error: unknown) => void;
}

const TICK_MS = SECOND_MS;
const CHECK_TOKENS_MS = 4 * SECOND_MS;

/**
 * The streams of every kind that are open in this process. It limits how many there are, and ends each with the token that
 * it was opened with: within a second after a JWT expires, within 5 s after a machine token expires or is revoked, and
 * sooner where a notice tells of it.
 */
export class OpenReaders {
  readonly #options: OpenReadersOptions;
  readonly #open = new Set<OpenReader>();
  /** How many streams are open that are not of users, by token; all that were opened with JWTs together. */
  readonly #ofTokens = new Map<string, number>();
  #ticking: NodeJS.Timeout | undefined;
  #checkedAt = 0;

  constructor(options: OpenReadersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Throws LIMITED when this stream may not be opened now. */
  requireRoom({ reader, ofUser = false }: Pick<OpenReader, 'reader' | 'ofUser'>): void {
    const { maxOpen, maxOfToken } = this.#options;
    if (this.#open.size >= maxOpen) throw busy(`${maxOpen} streams are open here, which is the most; try again`);
    if (ofUser || maxOfToken === 0 || (this.#ofTokens.get(countedAs(reader)) ?? 0) < maxOfToken) return;
    throw busy(`${maxOfToken} streams of this token are open here, which is the most; close one`);
  }

  add(reader: OpenReader): void {
    if (this.#open.has(reader)) return;
    this.#open.add(reader);
    this.#count(reader, 1);
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  delete(reader: OpenReader): void {
    if (this.#open.delete(reader)) this.#count(reader, -1);
    if (this.#open.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** A notice: tokens were made or revoked. */
  tokensChanged(): void {
    this.#checkedAt = 0;
  }

  #count({ reader, ofUser }: OpenReader, more: 1 | -1): void {
    if (ofUser) return;
    const token = countedAs(reader);
    const open = (this.#ofTokens.get(token) ?? 0) + more;
    if (open === 0) this.#ofTokens.delete(token);
    else this.#ofTokens.set(token, open);
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
    for (const token of await this.#options.tokens.all()) {
      if (held.has(token.id) && (token.revokedAt !== undefined || endOf(token) <= now)) over.add(token.id);
    }
    if (over.size === 0) return;
    for (const one of this.#open) if (over.has(one.reader.tokenId)) one.end('unauthenticated');
  }
}

/** By what the streams of one token, session or JWT are counted. */
function countedAs({ tokenId, bearer = '' }: Reader): string {
  return tokenId === '' ? `jwt:${bearer}` : tokenId;
}
