import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { busy } from '../../test/timing.js';
import type { LatchkeyError } from '../calls/errors.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time/time.js';
import { KEYS_COOLDOWN_MS, KEYS_STALE_MS, MAX_KEYS_BYTES, PublishedKeys } from './published-keys.js';

const MAX_AGE_MS = 10 * MINUTE_MS;

/** What the issuer answers, how often it was asked, and the time that the keys go by. */
let answer: RequestListener;
let asked: number;
let now: number;
let issuer: Server;
let url: URL;

beforeAll(async () => {
  issuer = createServer((request, response) => {
    asked++;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  url = new URL(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`);
});
afterAll(() => {
  issuer.closeAllConnections();
  issuer.close();
});
beforeEach(() => {
  asked = 0;
  now = 0;
});

const pair = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const [first, second] = [pair(), pair()];
const jwk = (key: KeyObject, more: object = {}): object => ({ ...key.export({ format: 'jwk' }), ...more });
const text =
  (body: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);
const keySet = (...keys: readonly object[]): RequestListener => text(JSON.stringify({ keys }));
const away: RequestListener = (_request, response) => void response.socket?.destroy();
const made = (timeoutMs?: number): PublishedKeys =>
  new PublishedKeys({ url, maxAgeMs: MAX_AGE_MS, timeoutMs, uptimeMs: () => now });

/** How many keys there are for a token of that key id, or how the question was answered instead. */
async function known(keys: PublishedKeys, kid: string | undefined, alg = 'ES256'): Promise<number | string> {
  try {
    return (await keys.candidates({ kid, alg })).length;
  } catch (error) {
    const { code, retryMs } = error as LatchkeyError;
    expect(retryMs).toBeGreaterThanOrEqual(SECOND_MS);
    return code;
  }
}

/** Lets a fetch in the background come to its end. */
async function settled(keys: PublishedKeys): Promise<void> {
  const before = asked;
  await known(keys, 'somebody made this up');
  expect(asked).toBeLessThanOrEqual(before + 1);
}

describe('the keys that an issuer publishes', () => {
  it('are fetched once for all who need them at the same time, and not again while they are young', async () => {
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    expect(await Promise.all(Array.from({ length: 20 }, () => known(keys, 'one')))).toEqual(Array(20).fill(1));
    now += MAX_AGE_MS / 2 - 1;
    expect(await known(keys, 'one')).toBe(1);
    expect(asked).toBe(1);
  });

  it('may overlap, and one that was removed counts no more when the keys are too old', async () => {
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    await known(keys, 'one');
    answer = keySet(jwk(first, { kid: 'one' }), jwk(second, { kid: 'two' }));
    now += KEYS_COOLDOWN_MS;
    expect([await known(keys, 'two'), await known(keys, 'one')]).toEqual([1, 1]);
    expect(asked).toBe(2);
    answer = keySet(jwk(second, { kid: 'two' }));
    now += MAX_AGE_MS;
    expect([await known(keys, 'one'), await known(keys, 'two')]).toEqual([0, 1]);
  });

  it('are fetched in the background when they are half as old as they may become, so that nobody waits', async () => {
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    await known(keys, 'one');
    let release = (): void => undefined;
    answer = (_request, response) => {
      release = () => void response.end(JSON.stringify({ keys: [jwk(second, { kid: 'two' })] }));
    };
    now += MAX_AGE_MS / 2;
    expect(await known(keys, 'one')).toBe(1);
    const waits = known(keys, 'two');
    await once(issuer, 'request');
    release();
    expect([await waits, await known(keys, 'one')]).toEqual([1, 0]);
    expect(asked).toBe(2);
  });

  it('are asked for no more than once in ten seconds by names that somebody made up', async () => {
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    for (let i = 0; i < 1_000; i++) {
      expect(await known(keys, `made up ${i}`)).toBe(0);
      now += 20;
    }
    expect(asked).toBe(1 + Math.floor((1_000 * 20 - 1) / KEYS_COOLDOWN_MS));
  });

  it('that are not unique by name are all tried, up to a few', async () => {
    const many = Array.from({ length: 20 }, () => jwk(pair(), { kid: 'same' }));
    answer = keySet(...many);
    const keys = made();
    expect(await known(keys, 'same')).toBe(8);
    expect(await known(keys, undefined)).toBe(8);
  });
});

describe('an issuer that is away', () => {
  it('at first is nobody’s fault but its own, and is asked again after a while that doubles', async () => {
    answer = away;
    const keys = made();
    const times: number[] = [];
    while (now < 3 * MINUTE_MS) {
      const before = asked;
      expect(await known(keys, 'one')).toBe('UNAVAILABLE');
      if (asked > before) times.push(now / SECOND_MS);
      now += SECOND_MS / 2;
    }
    expect(times.slice(0, 7)).toEqual([0, 1, 3, 7, 15, 31, 61]);
    answer = keySet(jwk(first, { kid: 'one' }));
    now += 30 * SECOND_MS;
    expect(await known(keys, 'one')).toBe(1);
  });

  it('leaves its last keys for another hour, and whose name is not among them is not told that they are nobody', async () => {
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    await known(keys, 'one');
    answer = away;
    now += MAX_AGE_MS + KEYS_STALE_MS - 1;
    expect([await known(keys, 'one'), await known(keys, 'two')]).toEqual([1, 'UNAVAILABLE']);
    await settled(keys);
    now += 1;
    expect([await known(keys, 'one'), await known(keys, 'two')]).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  });

  it('is waited for by nobody who has its keys once it is known to be away', async () => {
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    await known(keys, 'one');
    answer = away;
    now += MAX_AGE_MS;
    expect(await known(keys, 'one')).toBe(1);
    // From here on it does not answer at all.
    answer = () => undefined;
    now += 30 * SECOND_MS;
    expect(await known(keys, 'one')).toBe(1);
    issuer.closeAllConnections();
  });
});

describe('an answer that is no key set', () => {
  const good = JSON.stringify({ keys: [jwk(first, { kid: 'one' })] });
  const huge = JSON.stringify({ keys: [jwk(first, { kid: 'one' })], more: 'x'.repeat(MAX_KEYS_BYTES) });
  const rsa = (bits: number): KeyObject => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey;
  const secret = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  it.each<[string, RequestListener]>([
    ['a failure', text('oops', {}, 500)],
    ['a redirect to one', (_request, response) => void response.writeHead(302, { location: url.href }).end(good)],
    ['nothing', text('')],
    ['a page', text('<html>', { 'content-type': 'text/html' })],
    ['other JSON', text('[]')],
    ['JSON that is too large', text(huge)],
    ['JSON that is too large when it is unpacked', text(gzipSync(huge), { 'content-encoding': 'gzip' })],
    ['one that ends in the middle', text(good, { 'content-length': '100000' })],
    ['an empty one', keySet()],
    ['one of texts', text('{"keys":["one"]}')],
    ['one of shared secrets', keySet({ kty: 'oct', k: 'c2VjcmV0', kid: 'one', alg: 'HS256' })],
    ['one of private keys', keySet({ ...secret.export({ format: 'jwk' }), kid: 'one' })],
    ['one of keys for encryption', keySet(jwk(first, { kid: 'one', use: 'enc' }))],
    ['one of keys that only sign', keySet(jwk(first, { kid: 'one', key_ops: ['sign'] }))],
    ['one of weak keys', keySet(jwk(rsa(1024), { kid: 'one' }))],
    ['one of damaged keys', keySet({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'one' })],
    ['one of keys for another algorithm than theirs', keySet(jwk(first, { kid: 'one', alg: 'RS256' }))],
  ])('but %s, leaves the keys as they were', async (_what, bad) => {
    answer = bad;
    expect(await known(made(), 'one')).toBe('UNAVAILABLE');
    answer = keySet(jwk(first, { kid: 'one' }));
    const keys = made();
    await known(keys, 'one');
    answer = bad;
    now += MAX_AGE_MS;
    expect(await known(keys, 'one')).toBe(1);
    issuer.closeAllConnections();
  });

  it.each<[string, RequestListener]>([
    ['begin', () => undefined],
    ['end', (_request, response) => void response.writeHead(200).write(good.slice(0, 10))],
  ])(
    'and does not %s, is given up',
    async (_what, slow) => {
      answer = slow;
      expect(await known(made(50), 'one')).toBe('UNAVAILABLE');
      issuer.closeAllConnections();
    },
    busy(5_000),
  );

  it('has no key for a token that uses a public key as a secret, or is not signed', async () => {
    answer = keySet(jwk(first, { kid: 'one' }), { kty: 'oct', k: 'c2VjcmV0', kid: 'two', alg: 'HS256' });
    const keys = made();
    for (const alg of ['HS256', 'none', 'RS256', 'ES384', '', '__proto__']) {
      for (const kid of ['one', 'two', undefined]) expect(await known(keys, kid, alg)).toBe(0);
    }
  });
});
