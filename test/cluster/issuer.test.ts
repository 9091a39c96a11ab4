import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { makeAuthority } from '../servers/certificates.js';
import { findFreePort } from '../servers/server-process.js';
import { until } from '../timing.js';
import { type LatchkeyProcess, startLatchkey } from './latchkey-process.js';

const authority = makeAuthority('an authority of tests');
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [one, two, stranger] = [pair(), pair(), pair()];

let directory: string;
let server: LatchkeyProcess;
let port: number;
let issuer: Server | undefined;
/** What the issuer publishes, and how often it was asked. */
let published: readonly object[] = [];
let asked = 0;

/** Has the issuer answer from now on, with a certificate of that authority. */
async function publish(by = authority): Promise<void> {
  await takeAway();
  const { certificate: cert, key } = by.issue('an issuer');
  issuer = createServer({ cert, key }, (_request, response) => {
    asked++;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: published }));
  }).listen(port, '127.0.0.1');
  await once(issuer, 'listening');
}

async function takeAway(): Promise<void> {
  if (issuer === undefined) return;
  const closed = once(issuer, 'close');
  issuer.close();
  issuer.closeAllConnections();
  issuer = undefined;
  await closed;
}

const jwk = (key: KeyObject, kid: string): object => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });

let tokens = 0;

/** What a person's token says; no two are the same, so that none is remembered. */
function claims(): Record<string, unknown> {
  return {
    ...{ iss: 'https://id.example', aud: 'app', sub: 'ada' },
    ...{ jti: String(tokens++), exp: Math.floor(Date.now() / 1_000) + 600 },
  };
}

function sign(key: KeyObject | Uint8Array, kid: string, alg = 'ES256'): Promise<string> {
  return new SignJWT(claims()).setProtectedHeader({ alg, kid }).sign(key);
}

async function ask(token: string): Promise<{ readonly status: number; readonly retryAfter: string | null }> {
  const answer = await fetch(`http://${server.httpAddress}/api/feature-flags/?user_id=ada`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.text();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
}

const statusOf = async (key: KeyObject, kid: string): Promise<number> => (await ask(await sign(key, kid))).status;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'latchkey-issuer-'));
  const trusted = join(directory, 'authority.pem');
  writeFileSync(trusted, authority.certificate);
  port = await findFreePort();
  server = await startLatchkey({
    DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`,
    DATA_DIR: directory,
    NODE_EXTRA_CA_CERTS: trusted,
    JWT_JWKS_URL: `https://localhost:${port}/keys`,
    JWT_JWKS_MAX_AGE: '1',
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'app',
    FAILED_AUTHENTICATIONS_PER_MINUTE: '0',
    ROLES: 'rest',
    CONSOLE: 'false',
  });
});
afterAll(async () => {
  await takeAway();
  await server?.end('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

describe('people of an issuer that publishes its keys by https', () => {
  it('are asked to come again while it is away from the start on, and machines are served', async () => {
    const answer = await ask(await sign(one.privateKey, 'one'));
    expect(answer.status).toBe(503);
    expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1);
    const machine = readFileSync(join(directory, 'admin-token'), 'utf8').trim();
    expect((await ask(machine)).status).toBe(200);
  });

  it('are known once it is there, by a certificate that this process was told to trust', async () => {
    published = [jwk(one.publicKey, 'one')];
    await publish(makeAuthority('nobody in particular'));
    await expect(statusOf(one.privateKey, 'one')).resolves.toBe(503);
    await publish();
    await until(async () => (await statusOf(one.privateKey, 'one')) === 200);
    expect(server.log()).toMatch(/the keys of JWT_JWKS_URL could not be fetched/);
  });

  it('are known by its old key and by its new one while it publishes both, then by the new one alone', async () => {
    published = [jwk(one.publicKey, 'one'), jwk(two.publicKey, 'two')];
    await until(async () => (await statusOf(two.privateKey, 'two')) === 200);
    expect(await statusOf(one.privateKey, 'one')).toBe(200);
    published = [jwk(two.publicKey, 'two')];
    await until(async () => (await statusOf(one.privateKey, 'one')) === 401);
    expect(await statusOf(two.privateKey, 'two')).toBe(200);
  });

  it('are told apart where it gives two keys one name', async () => {
    published = [jwk(one.publicKey, 'same'), jwk(two.publicKey, 'same')];
    await until(async () => (await statusOf(two.privateKey, 'same')) === 200);
    expect(await statusOf(one.privateKey, 'same')).toBe(200);
    expect(await statusOf(stranger.privateKey, 'same')).toBe(401);
  });

  it('are nobody with a token that is unsigned, that uses the public key as a secret, or another algorithm', async () => {
    published = [jwk(two.publicKey, 'two')];
    await until(async () => (await statusOf(two.privateKey, 'two')) === 200);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none', kid: 'two' })}.${part(claims())}.`;
    expect((await ask(unsigned)).status).toBe(401);
    for (const secret of [
      two.publicKey.export({ type: 'spki', format: 'pem' }),
      JSON.stringify(jwk(two.publicKey, 'two')),
    ]) {
      const content = `${part({ alg: 'HS256', kid: 'two' })}.${part(claims())}`;
      const signature = createHmac('sha256', secret).update(content).digest('base64url');
      expect((await ask(`${content}.${signature}`)).status).toBe(401);
    }
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect((await ask(await sign(rsa, 'two', 'RS256'))).status).toBe(401);
  });

  it('do not have it asked more often because somebody makes up names of keys', async () => {
    const [before, since] = [asked, performance.now()];
    const made = await Promise.all(Array.from({ length: 200 }, (_, i) => sign(stranger.privateKey, `made up ${i}`)));
    for (const token of made) expect((await ask(token)).status).toBe(401);
    // Keys are too old after a second here, and fetched again when they are half as old, whoever asks.
    expect(asked - before).toBeLessThanOrEqual(2 + (performance.now() - since) / 500);
  });

  it('go on with its last keys when it goes away, and whose key is not among these is asked to come again', async () => {
    published = [jwk(two.publicKey, 'two')];
    await until(async () => (await statusOf(two.privateKey, 'two')) === 200);
    await takeAway();
    await until(async () => (await statusOf(one.privateKey, 'one')) === 503);
    expect(await statusOf(two.privateKey, 'two')).toBe(200);
    await publish();
    await until(async () => (await statusOf(one.privateKey, 'one')) === 401);
  });
});
