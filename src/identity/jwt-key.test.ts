import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { jwtKey } from './jwt-key.js';
import type { JwtOptions } from './jwt-options.js';

const FOR_US = { issuer: 'i', audiences: ['a'] };
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKey = (pem: string): Options => ({ key: { kind: 'publicKey', pem }, ...FOR_US });
const published = (url: string): Options => ({ key: { kind: 'jwks', url, maxAgeMs: 600_000 }, ...FOR_US });

type Options = Pick<JwtOptions, 'key' | 'issuer' | 'audiences'>;

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}

function publicPem(kind: 'rsa' | 'rsa-pss', bits: number): string {
  return pemOf(generateKeyPairSync(kind as 'rsa', { modulusLength: bits }).publicKey);
}

function curvePem(namedCurve: string): string {
  return pemOf(generateKeyPairSync('ec', { namedCurve }).publicKey);
}

describe('a key for JWTs', () => {
  it.each<[string, Options, readonly string[]]>([
    ['a secret', { key: { kind: 'secret', secret: 's'.repeat(32) }, issuer: undefined, audiences: [] }, ['HS256']],
    ['RSA', publicKey(publicPem('rsa', 2048)), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['RSA-PSS', publicKey(publicPem('rsa-pss', 2048)), ['PS256', 'PS384', 'PS512']],
    ['P-256', publicKey(curvePem('P-256')), ['ES256']],
    ['P-384', publicKey(curvePem('P-384')), ['ES384']],
    ['P-521', publicKey(curvePem('P-521')), ['ES512']],
    ['Ed25519', publicKey(pemOf(generateKeyPairSync('ed25519').publicKey)), ['EdDSA', 'Ed25519']],
  ])('of kind %s is used with its own algorithms only', (_kind, options, algorithms) => {
    expect(jwtKey(options).algorithms).toEqual(algorithms);
  });

  it('that an issuer publishes is never used as a secret', () => {
    const { key, algorithms } = jwtKey(published('https://id.example/keys'));
    expect(String(key)).toBe('https://id.example/keys');
    expect(algorithms).toContain('ES256');
    expect(algorithms.filter((algorithm) => algorithm.startsWith('HS'))).toEqual([]);
  });

  it.each<[string, Options, RegExp]>([
    ['too short a secret', { key: { kind: 'secret', secret: 'short' }, ...FOR_US }, /5 bytes and needs at least 32/],
    ['no PEM', publicKey('hello'), /no public key in PEM/],
    ['a private key', publicKey(ec.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string), /private key/],
    ['a weak RSA key', publicKey(publicPem('rsa', 1024)), /1024 bits/],
    ['a curve that signs no JWTs', publicKey(curvePem('secp256k1')), /secp256k1/],
    ['a public key without issuer', { ...publicKey(pemOf(ec.publicKey)), issuer: undefined }, /JWT_ISSUER/],
    ['a public key without audience', { ...publicKey(pemOf(ec.publicKey)), audiences: [] }, /JWT_AUDIENCE/],
    ['published by nobody in particular', { ...published('https://h/k'), issuer: undefined }, /JWT_ISSUER/],
    ['published over plain http', published('http://id.example/keys'), /no https URL/],
    ['published nowhere', published('https://'), /no https URL/],
  ])('that is %s is refused', (_what, options, message) => {
    expect(() => jwtKey(options)).toThrow(message);
  });
});
