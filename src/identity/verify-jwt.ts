import { hash, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Person } from '../calls/caller.js';
import { LatchkeyError, unauthenticated } from '../calls/errors.js';
import type { FailedAuthentications, From } from '../calls/limits/failed-authentications.js';
import { type JsonObject, quote } from '../core/values/json.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time/time.js';
import { jwtKey } from './jwt-key.js';
import type { JwtOptions } from './jwt-options.js';
import type { KeyHint } from './key-set.js';
import { claimOf, type PersonOfToken, personOfClaims } from './person-of-claims.js';
import { PublishedKeys } from './published-keys.js';

/** How far the clocks of the issuer and this server may be apart. */
const CLOCK_TOLERANCE_MS = 5 * SECOND_MS;
/** For how long a verified token is remembered, unless it expires before. */
export const TRUST_MS = 5 * MINUTE_MS;
const MAX_TOKEN_LENGTH = 12_000;

export interface JwtVerifierOptions extends JwtOptions {
  /** Called for each token that was verified, and not remembered. */
  readonly onVerified?: (verified: VerifiedToken) => void;
  /** Bounds how often a token may be refused; without it that may be as often as they come. */
  readonly failures?: FailedAuthentications;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Told of each attempt to fetch the issuer's keys: of the error, or undefined where it succeeded. */
  readonly onKeysFetched?: ((error: unknown) => void) | undefined;
}

/** A token that was verified. */
export interface VerifiedToken extends PersonOfToken {
  /** Epoch milliseconds; undefined where the token does not say. */
  readonly issuedAt: number | undefined;
}

interface Known {
  readonly person: Person & { readonly expiresAt: number };
  /** Epoch milliseconds. */
  readonly trustedUntil: number;
}

/** Finds the person of a JWT. */
export class JwtVerifier {
  readonly #options: JwtVerifierOptions;
  readonly #algorithms: readonly string[];
  readonly #keysFor: KeysFor;
  readonly #now: () => number;
  /** Remembered tokens, by hash, so that the memory holds no tokens: those that were used last. */
  readonly #known: LRUCache<string, Known>;

  /** Throws when the key is no such key, or too weak. */
  constructor(options: JwtVerifierOptions) {
    this.#options = options;
    const { key, algorithms } = jwtKey(options);
    this.#algorithms = algorithms;
    this.#keysFor = keysFor(key, options);
    this.#now = options.now ?? Date.now;
    this.#known = new LRUCache({ max: options.cachedTokens });
  }

  /** The token's person, without a promise when remembered. UNAUTHENTICATED, or UNAVAILABLE while keys cannot be fetched. */
  person(token: string, from?: From): Person | Promise<Person> {
    const digest = hash('sha256', token, 'base64url');
    const known = this.#known.get(digest);
    const now = this.#now();
    if (known !== undefined && now < known.trustedUntil) return known.person;
    // A token that was good, and has not ended, is not kept out by others from the same address.
    if (known === undefined || now >= known.person.expiresAt) this.#options.failures?.check(from);
    return this.#verify(token, digest).catch((error: unknown) => {
      if (error instanceof LatchkeyError && error.code === 'UNAUTHENTICATED') {
        this.#known.delete(digest);
        this.#options.failures?.count(from);
      }
      throw error;
    });
  }

  async #verify(token: string, digest: string): Promise<Person> {
    if (token.length > MAX_TOKEN_LENGTH) {
      throw unauthenticated(`a token has at most ${MAX_TOKEN_LENGTH} characters, and this one has ${token.length}`);
    }
    const now = this.#now();
    const payload = await this.#payload(token, now);
    const expiresAt = payload.exp! * SECOND_MS;
    const { person: named, leftOut } = personOfClaims(payload as JsonObject, this.#options);
    const person = { ...named, expiresAt };
    this.#known.set(digest, { person, trustedUntil: Math.min(now + TRUST_MS, expiresAt) });
    // An instant that is yet to come would make every later token an older one.
    const issuedAt =
      payload.iat === undefined ? undefined : Math.floor(Math.min(Math.max(payload.iat * SECOND_MS, 0), now));
    this.#options.onVerified?.({ person, leftOut, issuedAt });
    return person;
  }

  async #payload(token: string, now: number): Promise<JWTPayload> {
    const { issuer } = this.#options;
    try {
      const payload = await signedPayload(token, this.#keysFor, {
        algorithms: [...this.#algorithms],
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_MS / SECOND_MS,
        currentDate: new Date(now),
        ...(issuer ? { issuer } : {}),
      });
      requireAudience(payload as JsonObject, this.#options);
      return payload;
    } catch (error) {
      throw refusal(error);
    }
  }
}

/** Refuses a token that is for others. One that does not say whom it is for by `aud` may say it by another claim. */
function requireAudience(payload: JsonObject, { audiences, audienceClaim }: JwtOptions): void {
  if (audiences.length === 0) return;
  const name = audienceClaim === undefined || Object.hasOwn(payload, 'aud') ? 'aud' : audienceClaim;
  const claim = claimOf(payload, name);
  if (claim === undefined) throw unauthenticated(`the token is refused: missing required ${quote(name)} claim`);
  if ([claim].flat().some((value) => audiences.some((one) => one === value))) return;
  throw unauthenticated(`the token is refused: its claim ${quote(name)} names none of JWT_AUDIENCE`);
}

/** The keys that a token with that header may be signed with. */
type KeysFor = (hint: KeyHint) => readonly KeyObject[] | Promise<readonly KeyObject[]>;

function keysFor(key: KeyObject | URL, { key: given, onKeysFetched }: JwtVerifierOptions): KeysFor {
  if (!(key instanceof URL) || given.kind !== 'jwks') return () => [key as KeyObject];
  const keys = new PublishedKeys({ url: key, maxAgeMs: given.maxAgeMs, onFetched: onKeysFetched });
  return (hint) => keys.candidates(hint);
}

/** The claims of a token that is signed with one of the keys that its header leaves. Issuers may give several keys one name. */
async function signedPayload(token: string, keys: KeysFor, options: JWTVerifyOptions): Promise<JWTPayload> {
  let others: readonly KeyObject[] = [];
  const first = async (hint: KeyHint): Promise<KeyObject> => {
    const [key, ...more] = await keys(hint);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    others = more;
    return key;
  };
  let failure: unknown;
  try {
    return (await jwtVerify(token, first, options)).payload;
  } catch (error) {
    failure = error;
  }
  for (const key of others) {
    if (!(failure instanceof errors.JWSSignatureVerificationFailed)) break;
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** What a caller is told of a token that could not be verified. */
function refusal(error: unknown): LatchkeyError {
  // UNAVAILABLE, where the keys cannot be had.
  if (error instanceof LatchkeyError) return error;
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    const at = new Date((exp ?? Number.NaN) * SECOND_MS);
    const when = Number.isNaN(at.getTime()) ? '' : ` at ${at.toISOString()}`;
    return unauthenticated(`the token expired${when}; get a new one`);
  }
  if (error instanceof errors.JWTClaimValidationFailed)
    return unauthenticated(`the token is refused: ${error.message}`);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return unauthenticated("the token is refused: its algorithm does not belong to this server's key");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return unauthenticated("the token is refused: it is not signed by this server's issuer");
  }
  return new LatchkeyError('UNAUTHENTICATED', 'the token is refused: it is no well-formed JWT', { cause: error });
}
