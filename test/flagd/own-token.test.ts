import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import { type RunningServer, startServer } from '../../src/compose/server/start-server.js';
import { readConfig } from '../../src/config/config.js';
import { rpcsOf } from '../../src/grpc/testing/door-stand.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../../src/grpc/testing/self-signed.js';
import { createLogger } from '../../src/observability/logger.js';
import { startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { FeatureServiceClient, FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';
import { makeAuthority } from '../servers/certificates.js';
import { until } from '../timing.js';
import { connectWire, grpcWire, type Wire } from './wires.js';

// Whoever has a listener's own token in hand has the bootstrap admin token here, which may do everything elsewhere.
const SECRET = 'latchkey_0123456789abcdef0123456789abcdef';

const OPERATOR: Call = {
  caller: { kind: 'machine', tokenId: 'test', scopes: new Set(['admin']), organizationId: '' },
  requestId: 'test',
};

let folder: string;
let server: RunningServer;
let client: Client;
let grpc: Wire;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-flagd-'));
  const file = join(folder, 'token');
  await writeFile(file, `${SECRET}\n`);
  const config = readConfig({
    ...{ DATABASE_URL: `sqlite:${folder}/latchkey.db`, DATA_DIR: folder, LOG_LEVEL: 'trace' },
    ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', FLAGD_ADDR: '127.0.0.1:0' },
    ...{ LATCHKEY_ADMIN_TOKEN: SECRET, FLAGD_TOKEN_FILE: file, TEST_OVERRIDES: 'on' },
  });
  server = await startServer(config, createLogger(config.logLevel, { write: (line) => void lines.push(line) }));
  await set('banner');
  client = new Client(server.flagdAddress!, credentials.createInsecure());
  grpc = grpcWire(client);
});

afterAll(async () => {
  client.close();
  await server.stop(1_000);
  await rm(folder, { recursive: true, force: true });
});

/** Makes a flag that is on for everybody. */
async function set(key: string): Promise<void> {
  await server.composed.services.flags.set(OPERATOR, {
    ...({ mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const),
    ...{ keyOrId: key, input: { isEnabledGlobally: true }, access: [], removeAccess: [] },
  });
}

const banner = { flagKey: 'banner', context: { targetingKey: 'ada' } };

describe('a listener with a token of its own', () => {
  it('answers callers that send none, who may evaluate and hear of changes', async () => {
    expect(await grpc.call('v2', 'ResolveBoolean', banner)).toMatchObject({ code: 'OK', answer: { value: true } });
    const events = grpc.events('v1');
    expect(await events.next()).toEqual({ type: 'provider_ready' });
    events.close();
  });

  it('does not take it for a token that is wrong', async () => {
    const headers = { authorization: 'Bearer latchkey_wrong' };
    expect(await grpc.call('v2', 'ResolveBoolean', banner, headers)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('leaves the HTTP door as it is', async () => {
    const http = connectWire(`http://${server.httpAddress}`, 'json');
    expect(await http.call('v2', 'ResolveBoolean', banner)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is asked as the page shows it, at the HTTP door', async () => {
    const page = await readFile(new URL('../../docs/flagd.md', import.meta.url), 'utf8');
    const [, command, printed] = /^```\n(curl [\s\S]*?)^```\n[\s\S]*?^```json\n([\s\S]*?)^```/m.exec(page)!;
    const typed = command!.replace('127.0.0.1:8080', server.httpAddress!);
    await set('new_editor');
    let answer = { reason: 'STALE' };
    // On a busy machine the store may be late to confirm what is at hand.
    await until(async () => {
      const { stdout } = await promisify(execFile)('sh', ['-c', typed], { env: { ...process.env, TOKEN: SECRET } });
      answer = JSON.parse(stdout);
      return answer.reason !== 'STALE';
    });
    expect(answer).toEqual(JSON.parse(printed!));
  });

  it('tells health and reflection of both services', async () => {
    const check = (service: string): Promise<unknown> =>
      new Promise((resolve) => {
        const request = Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]);
        const asItIs = (bytes: Buffer): Buffer => bytes;
        client.makeUnaryRequest('/grpc.health.v1.Health/Check', asItIs, asItIs, request, (error, answer) =>
          resolve(error === null ? answer?.at(-1) : error.code),
        );
      });
    expect(await check('flagd.evaluation.v1.Service')).toBe(1);
    expect(await check('flagd.evaluation.v2.Service')).toBe(1);
    expect(await check('latchkey.v1.AdminService')).toBe(5);
  });
});

it('lets calls of tests decide flags, by tokens with the scope test and by no others', async () => {
  const { tokens } = server.composed.services;
  const input = {
    name: 'test',
    scopes: ['evaluate', 'test'] as const,
    organizationId: '',
    expiresAt: undefined,
    comment: '',
  };
  const { secret } = await tokens.create(OPERATOR, input);
  const overrides = { 'latchkey-overrides': 'banner=off' };
  for (const wire of [grpc, connectWire(`http://${server.httpAddress}`, 'json')]) {
    const ask = (headers: Readonly<Record<string, string>>) => wire.call('v2', 'ResolveBoolean', banner, headers);
    expect((await ask({ ...overrides, authorization: `Bearer ${secret}` })).answer).toMatchObject({ variant: 'off' });
    expect((await ask({ authorization: `Bearer ${secret}` })).answer).toMatchObject({ variant: 'on' });
    expect(await ask({ ...overrides, authorization: `Bearer ${SECRET}` })).toMatchObject({ code: 'PERMISSION_DENIED' });
  }
  expect(await grpc.call('v2', 'ResolveBoolean', banner, overrides)).toMatchObject({ code: 'PERMISSION_DENIED' });
});

it('logs calls of both doors, and no secret that they carry', async () => {
  const http = connectWire(`http://${server.httpAddress}`, 'json');
  for (const wire of [grpc, http]) {
    for (const selector of [`flagSetId=web,token=${SECRET}`, `token=${SECRET}x`, `tokens=${SECRET}`, `${SECRET}=1`]) {
      const outcome = await wire.call('v2', 'ResolveBoolean', banner, { 'flagd-selector': selector });
      expect(JSON.stringify(outcome)).not.toContain(SECRET);
    }
  }
  const calls = lines.filter((line) => line.includes('flagd.evaluation.v2.Service/ResolveBoolean'));
  expect(new Set(calls.map((line) => (JSON.parse(line) as { door: string }).door))).toEqual(
    new Set(['flagd', 'connect']),
  );
  expect(lines.join('\n')).not.toContain(SECRET);
});

describe('a listener with TLS', () => {
  it.each([
    ['by the files of the other doors serves nobody in plaintext', false, ['UNAVAILABLE', 'OK', 'OK']],
    [
      'and authorities of clients serves those alone who have a certificate',
      true,
      ['UNAVAILABLE', 'UNAVAILABLE', 'OK'],
    ],
  ])('%s', async (_, asksClients, expected) => {
    const authority = makeAuthority('the clients’');
    const files = { TLS_CERT_FILE: SELF_SIGNED_CERTIFICATE, TLS_KEY_FILE: SELF_SIGNED_KEY };
    const given = { ...files, ...(asksClients && { TLS_CLIENT_CA_FILE: authority.certificate }) };
    const settings = { FLAGD_ADDR: '127.0.0.1:0', ROLES: 'grpc' };
    for (const [name, content] of Object.entries(given)) {
      const path = join(folder, `${name}.pem`);
      await writeFile(path, content);
      Object.assign(settings, { [name]: path });
    }
    const secure = await startEmbedded(settings);
    const headers = { authorization: `Bearer ${secure.adminSecret}` };
    const [trusted, own] = [Buffer.from(SELF_SIGNED_CERTIFICATE), authority.issue('a client')];
    const channels = [
      credentials.createInsecure(),
      credentials.createSsl(trusted),
      credentials.createSsl(trusted, Buffer.from(own.key), Buffer.from(own.certificate)),
    ];
    const clients = channels.map((channel) => new Client(secure.server.flagdAddress!, channel));
    const codes = clients.map(async (one) => (await grpcWire(one).call('v2', 'ResolveAll', {}, headers)).code);
    expect(await Promise.all(codes)).toEqual(expected);
    for (const one of clients) one.close();
    await secure.close();
  });
});

it('shares the calls that a token has a minute with the gRPC listener, and counts those without one by address', async () => {
  const proxied = { TRUSTED_PROXIES: '127.0.0.1', GRPC_CALLS_PER_MINUTE: '2' };
  const file = { FLAGD_ADDR: '127.0.0.1:0', FLAGD_TOKEN_FILE: join(folder, 'token') };
  const limited = await startEmbedded({ ...proxied, ...file, LATCHKEY_ADMIN_TOKEN: SECRET, ROLES: 'grpc' });
  const flagd = new Client(limited.server.flagdAddress!, credentials.createInsecure());
  const feature = new FeatureServiceClient(limited.grpcAddress, credentials.createInsecure());
  const codeOf = async (headers: Readonly<Record<string, string>>) =>
    (await grpcWire(flagd).call('v2', 'ResolveAll', {}, headers)).code;
  const { evaluate } = rpcsOf(feature, FeatureServiceDefinition, SECRET);
  try {
    await evaluate({ flagKey: 'x' });
    const own = { authorization: `Bearer ${SECRET}` };
    expect([await codeOf(own), await codeOf(own)]).toEqual(['OK', 'RESOURCE_EXHAUSTED']);
    await expect(evaluate({ flagKey: 'x' })).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    for (const client of ['198.51.100.1', '198.51.100.2']) {
      const from = { 'x-forwarded-for': client };
      expect([await codeOf(from), await codeOf(from), await codeOf(from)]).toEqual(['OK', 'OK', 'RESOURCE_EXHAUSTED']);
    }
  } finally {
    flagd.close();
    feature.close();
    await limited.close();
  }
});

describe('the settings of the listener', () => {
  const read = (settings: Record<string, string>) => () => readConfig(settings);

  it('allow a token on loopback, and elsewhere where that is said', async () => {
    const file = join(folder, 'token');
    const own = { FLAGD_TOKEN_FILE: file, ALLOW_PLAINTEXT: 'true' };
    expect(read({ ...own, FLAGD_ADDR: '127.0.0.1:8013' })().flagd).toEqual({
      address: '127.0.0.1:8013',
      token: SECRET,
    });
    expect(read({ ...own, FLAGD_ADDR: '0.0.0.0:8013' })).toThrow(
      /FLAGD_ADDR=0.0.0.0:8013 is reachable.*FLAGD_ALLOW_REMOTE=true/,
    );
    expect(read({ ...own, FLAGD_ADDR: '0.0.0.0:8013', FLAGD_ALLOW_REMOTE: 'true' })().flagd?.address).toBe(
      '0.0.0.0:8013',
    );
  });

  it('are refused where they cannot be meant', () => {
    expect(read({ FLAGD_TOKEN: SECRET })).toThrow('FLAGD_TOKEN_FILE is of no use without FLAGD_ADDR');
    expect(read({ FLAGD_ALLOW_REMOTE: 'true' })).toThrow('FLAGD_ALLOW_REMOTE is of no use without FLAGD_ADDR');
    expect(read({ FLAGD_ADDR: '127.0.0.1:8013', FLAGD_TOKEN: 'eyJhbGciOi' })).toThrow('holds no machine token');
    expect(read({ FLAGD_ADDR: '8013' })).toThrow('FLAGD_ADDR="8013" is no HOST:PORT');
    expect(read({ FLAGD_ADDR: '0.0.0.0:8013' })).toThrow(
      'FLAGD_ADDR=0.0.0.0:8013 is reachable from other machines without TLS',
    );
    expect(read({})().flagd).toBeUndefined();
  });
});
