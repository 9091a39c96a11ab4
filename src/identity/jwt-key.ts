import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { JwtOptions } from './jwt-options.js';

/** A key that verifies signatures, with the only algorithms that it may be used with. */
export interface JwtKey {
  /** The key, or where the issuer publishes its public keys. */
  readonly key: KeyObject | URL;
  /** The algorithms for keys of this kind. What a token says of its algorithm can only choose among them. */
  readonly algorithms: readonly string[];
}

const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;
const RSA = ['RS256', 'RS384', 'RS512'];
const RSA_PSS = ['PS256', 'PS384', 'PS512'];
const ED25519 = ['EdDSA', 'Ed25519'];
const BY_CURVE: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** The key of the options. Throws when it is no such key, or a weak one; the message names the setting and no secret. */
export function jwtKey({ key, issuer, audiences }: Pick<JwtOptions, 'key' | 'issuer' | 'audiences'>): JwtKey {
  if (key.kind === 'secret') return secretKey(key.secret);
  const made = key.kind === 'publicKey' ? publicKey(key.pem) : publishedKeys(key.url);
  if (!issuer || audiences.length === 0) {
    throw new Error(
      'with a public key, JWT_ISSUER and JWT_AUDIENCE are required: others may hold tokens of the same issuer',
    );
  }
  return made;
}

function secretKey(secret: string): JwtKey {
  const bytes = Buffer.byteLength(secret);
  if (bytes < MIN_SECRET_BYTES) {
    throw new Error(
      `JWT_SECRET has ${bytes} bytes and needs at least ${MIN_SECRET_BYTES}; make one with: openssl rand -base64 32`,
    );
  }
  return { key: createSecretKey(secret, 'utf8'), algorithms: ['HS256'] };
}

function publicKey(pem: string): JwtKey {
  // A private key would work, but this server must not have it: whoever has it can make tokens.
  if (pem.includes('PRIVATE KEY')) {
    throw new Error('JWT_PUBLIC_KEY_FILE holds a private key; give the public one, and keep the other with the issuer');
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new Error('JWT_PUBLIC_KEY_FILE holds no public key in PEM format, like -----BEGIN PUBLIC KEY-----', {
      cause: error,
    });
  }
  return { key, algorithms: algorithmsOf(key) };
}

/** The algorithms that a public key may be used with. Throws for one that signs no JWTs here, or is too weak. */
export function algorithmsOf(key: KeyObject): readonly string[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const bits = details?.modulusLength;
  if (bits !== undefined && bits < MIN_RSA_BITS) {
    throw new Error(`JWT_PUBLIC_KEY_FILE holds an RSA key of ${bits} bits; it needs at least ${MIN_RSA_BITS}`);
  }
  if (type === 'rsa') return [...RSA, ...RSA_PSS];
  if (type === 'rsa-pss') return RSA_PSS;
  if (type === 'ed25519') return ED25519;
  const byCurve = type === 'ec' ? BY_CURVE[details?.namedCurve ?? ''] : undefined;
  if (byCurve !== undefined) return [byCurve];
  throw new Error(
    `JWT_PUBLIC_KEY_FILE holds a key of kind ${type} ${details?.namedCurve ?? ''}, which signs no JWTs here; use RSA, P-256, P-384, P-521 or Ed25519`,
  );
}

function publishedKeys(url: string): JwtKey {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new Error(`JWT_JWKS_URL ${JSON.stringify(url)} is no https URL: who answers there can make any token`);
  }
  // Only public keys are taken from the list, and each only with the algorithms of its own kind.
  return { key: new URL(url), algorithms: [...RSA, ...RSA_PSS, ...Object.values(BY_CURVE), ...ED25519] };
}
