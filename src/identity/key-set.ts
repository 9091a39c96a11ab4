import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../core/values/json.js';
import { algorithmsOf } from './jwt-key.js';

/** What a token's header says of the key that it is signed with. */
export interface KeyHint {
  readonly alg?: string | undefined;
  readonly kid?: string | undefined;
}

interface PublishedKey {
  readonly kid: unknown;
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

/** How many keys may be tried for one token: an issuer has two or three, and each trial takes as long as a signature. */
const MOST_CANDIDATES = 8;

/** The keys that an issuer publishes (RFC 7517), of those that can sign JWTs here. */
export class KeySet {
  readonly #keys: readonly PublishedKey[];

  private constructor(keys: readonly PublishedKey[]) {
    this.#keys = keys;
  }

  /**
   * The key set of that JSON. A key that is none, is too weak, is private or shared, or is for something else than signatures is
   * left out; throws when none remains.
   */
  static parse(text: string): KeySet {
    const json = JSON.parse(text) as unknown;
    const listed = isJsonObject(json) ? (json as JsonObject).keys : undefined;
    if (!Array.isArray(listed)) throw new Error('the answer is JSON, and no key set with a list "keys"');
    const keys = listed.flatMap((one) => publishedKey(one));
    if (keys.length === 0) throw new Error(`the key set has ${listed.length} keys, and none that can sign a JWT here`);
    return new KeySet(keys);
  }

  /** The keys that a token may be signed with: none for a name that is not in the set, several where names are not unique. */
  candidates({ alg, kid }: KeyHint): readonly KeyObject[] {
    return this.#keys
      .filter((key) => (kid === undefined || key.kid === kid) && key.algorithms.some((known) => known === alg))
      .slice(0, MOST_CANDIDATES)
      .map(({ key }) => key);
  }
}

function publishedKey(jwk: unknown): readonly PublishedKey[] {
  if (!isJsonObject(jwk)) return [];
  const { use, key_ops: operations, alg, kid, d } = jwk as JsonObject;
  if (use !== undefined && use !== 'sig') return [];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return [];
  // Whoever can read such a key can make tokens.
  if (d !== undefined) return [];
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const algorithms = algorithmsOf(key).filter((one) => alg === undefined || one === alg);
    return algorithms.length === 0 ? [] : [{ kid, key, algorithms }];
  } catch {
    return [];
  }
}
