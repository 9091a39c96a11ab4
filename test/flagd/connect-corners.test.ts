import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { until } from '../timing.js';

const ORIGIN = 'https://app.example.com';
const RPC = '/flagd.evaluation.v2.Service/ResolveBoolean';
const STREAM = '/flagd.evaluation.v2.Service/EventStream';

let latchkey: EmbeddedLatchkey;
let bearer: Readonly<Record<string, string>>;

beforeAll(async () => {
  latchkey = await startEmbedded({ HTTP_BASE_PATH: '/flags', CORS_ORIGINS: ORIGIN, HTTP_REQUESTS_PER_MINUTE: '60' });
  bearer = { authorization: `Bearer ${latchkey.adminSecret}` };
});
afterAll(() => latchkey.close());

function ask(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  headers: Readonly<Record<string, string>>,
  method = 'POST',
) {
  return fetch(`http://${latchkey.httpAddress}/flags${path}`, {
    ...{ method, headers: { 'content-type': 'application/json', ...headers } },
    ...(body !== undefined && { body }),
  });
}

const failure = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

describe('Connect over HTTP', () => {
  it('lies below the base path, and answers pages of other origins', async () => {
    const response = await ask(RPC, '{"flagKey":"none"}', { ...bearer, origin: ORIGIN });
    expect(await failure(response)).toEqual([404, 'not_found']);
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const preflight = await ask(
      RPC,
      undefined,
      {
        ...{ origin: ORIGIN, 'access-control-request-method': 'POST' },
        'access-control-request-headers': 'authorization,connect-protocol-version,content-type,flagd-selector',
      },
      'OPTIONS',
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('flagd-selector');
    expect((await fetch(`http://${latchkey.httpAddress}${RPC}`, { method: 'POST' })).status).toBe(404);
  });

  it('takes names of fields in both spellings, and members that it does not know', async () => {
    const known = await ask(RPC, '{"flag_key":"none","context":{},"later":1}', bearer);
    expect(await failure(known)).toEqual([404, 'not_found']);
  });

  it('answers by the name that version 1 had at first, with every member, as the provider for PHP needs it', async () => {
    const flag = { mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
    const inputs = { plain: {}, switched_off: { active: false, isEnabledGlobally: true } };
    for (const [keyOrId, input] of Object.entries(inputs))
      await latchkey.services.flags.set(latchkey.operator, { ...flag, keyOrId, input, access: [], removeAccess: [] });
    const former = async (flagKey: string, rpc = 'ResolveBoolean') =>
      ask(`/schema.v1.Service/${rpc}`, JSON.stringify({ flag_key: flagKey, context: { targetingKey: 'ada' } }), bearer);
    expect(await (await former('plain')).json()).toMatchObject({ value: false, reason: 'DEFAULT', variant: 'off' });
    expect(await (await former('switched_off')).json()).toMatchObject({ value: false, reason: 'DISABLED' });
    expect(await failure(await former('none'))).toEqual([404, 'not_found']);
    expect(await failure(await former('plain', 'ResolveString'))).toEqual([400, 'invalid_argument']);
    expect(await failure(await former('plain', 'None'))).toEqual([404, 'unimplemented']);
    const unknown = await ask('/schema.v1.Service/ResolveBoolean', '{}', {});
    expect(await failure(unknown)).toEqual([401, 'unauthenticated']);
  });

  it.each([
    ['no JSON', '{"flagKey":', [400, 'invalid_argument']],
    ['a member of another type', '{"flagKey":7}', [400, 'invalid_argument']],
    ['a list', '[]', [400, 'invalid_argument']],
    ['a name as no name', '{"flagKey":"none","context":{"targetingKey":7}}', [400, 'invalid_argument']],
    ['more than a body may have', JSON.stringify({ flagKey: 'x'.repeat(1_100_000) }), [429, 'resource_exhausted']],
  ])('tells of %s in the form of Connect', async (_what, body, expected) => {
    expect(await failure(await ask(RPC, body, bearer))).toEqual(expected);
  });

  it('tells of bytes that are no message, and of text that is not UTF-8', async () => {
    const proto = { ...bearer, 'content-type': 'application/proto' };
    for (const bytes of [
      [255, 255, 255],
      [10, 2, 0xc3, 0x28],
    ]) {
      const [status, code] = await failure(await ask(RPC, new Uint8Array(bytes), proto));
      expect([status, code]).toEqual([400, 'invalid_argument']);
    }
  });

  it('takes no bytes for a failure of its own', async () => {
    const made = await latchkey.services.tokens.create(latchkey.operator, {
      ...{ name: 'fuzzing', scopes: ['evaluate'], organizationId: '', expiresAt: undefined, comment: '' },
    });
    const proto = { authorization: `Bearer ${made.secret}`, 'content-type': 'application/proto' };
    const nested = Array.from({ length: 200 }).reduce<string>((json) => `{"a":${json}}`, '1');
    const deep = await ask(RPC, `{"flagKey":"none","context":${nested}}`, {
      ...proto,
      'content-type': 'application/json',
    });
    expect(await failure(deep)).toEqual([400, 'invalid_argument']);
    const field = fc.record({ tag: fc.constantFrom(0x0a, 0x12, 0x0f, 0x1a), value: fc.uint8Array({ maxLength: 6 }) });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc.array(field, { maxLength: 3 }).map((all) => all.flatMap(({ tag, value }) => [tag, ...value])),
    );
    const property = fc.asyncProperty(bytes, async (some) => {
      const response = await ask(RPC, new Uint8Array(some), proto);
      await response.arrayBuffer();
      expect([400, 404]).toContain(response.status);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('tells the same of what opens a stream', async () => {
    for (const [flags, message] of [
      [0, [255, 255]],
      [1, [1]],
    ] as const) {
      const body = new Uint8Array([flags, 0, 0, 0, message.length, ...message]);
      const response = await ask(STREAM, body, { ...bearer, 'content-type': 'application/connect+proto' });
      expect(response.status).toBe(200);
      const end = Buffer.from(await response.arrayBuffer());
      expect([end[0], JSON.parse(end.subarray(5).toString()).error.code]).toEqual([2, 'invalid_argument']);
    }
  });

  it('refuses media types and methods that it does not speak', async () => {
    const grpc = await ask(RPC, '{}', { ...bearer, 'content-type': 'application/grpc' });
    expect(await failure(grpc)).toEqual([415, 'invalid_argument']);
    expect((await ask(STREAM, '{}', bearer)).status).toBe(415);
    expect((await ask(RPC, undefined, bearer, 'GET')).status).toBe(405);
  });

  it('counts a stream that it refuses as refused', async () => {
    const body = new Uint8Array([0, 0, 0, 0, 0]);
    const connect = { 'content-type': 'application/connect+proto' };
    const counted = async (sample: RegExp) => {
      const metrics = await (await fetch(`http://${latchkey.server.opsAddress}/metrics`)).text();
      const line = metrics.split('\n').find((each) => sample.test(each));
      return Number(line?.split(' ').at(-1) ?? 0);
    };
    const refused = /^latchkey_request_duration_seconds_count{door="connect",.*EventStream",code="401"}/;
    const unknown = /^latchkey_failed_authentications_total{door="connect"}/;
    const before = [await counted(refused), await counted(unknown)] as const;
    const response = await ask(STREAM, body, connect);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('unauthenticated')]);
    await until(async () => (await counted(refused)) === before[0] + 1);
    expect(await counted(unknown)).toBe(before[1] + 1);
  });

  it('reads nothing of a body whose sender is not known', async () => {
    const response = await ask(RPC, '{"flagKey":', {});
    expect(await failure(response)).toEqual([401, 'unauthenticated']);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('tells when to ask again where there were too many calls', async () => {
    const made = await latchkey.services.tokens.create(latchkey.operator, {
      ...{ name: 'eager', scopes: ['evaluate'], organizationId: '', expiresAt: undefined, comment: '' },
    });
    const eager = { authorization: `Bearer ${made.secret}` };
    let response = await ask(RPC, '{}', eager);
    for (let calls = 0; response.status === 404 && calls < 2_000; calls++) response = await ask(RPC, '{}', eager);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await failure(response)).toEqual([429, 'resource_exhausted']);
  });
});
