import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause, until } from '../../test/timing.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../grpc/testing/self-signed.js';
import type { EndedRequest } from './observer.js';
import { openRestDoor, type RestDoor } from './rest-door.js';
import type { RestDoorOptions } from './rest-options.js';
import { askOf, JWT_OPTIONS, personToken, type RestStand, startRestStand } from './testing/rest-stand.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

/** Another door on the same services, for as long as `use` takes. */
async function withDoor<T>(options: Partial<RestDoorOptions>, use: (door: RestDoor, origin: string) => Promise<T>) {
  const door = await openRestDoor({
    services: stand.latchkey.services,
    address: '127.0.0.1:0',
    jwt: JWT_OPTIONS,
    ready: () => ({ ready: true, degraded: false }),
    metrics: () => '',
    observer: { callEnded: () => undefined },
    ...options,
  });
  try {
    return await use(door, `http://${door.address}`);
  } finally {
    await door.drain(0);
  }
}

/** Metrics that take until `release` is called, for a request in flight. */
function slow() {
  let release = (): void => undefined;
  let entered = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const inFlight = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const metrics = async (): Promise<string> => {
    entered();
    await held;
    return 'done';
  };
  return { options: { metrics }, release, inFlight };
}

describe('what operators ask', () => {
  it('is answered without a token: alive, ready, degraded, or neither', async () => {
    expect(await stand.ask('/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });
    expect(await stand.ask('/readyz/')).toMatchObject({ status: 200, json: { status: 'ready' } });
    const degraded = { ready: () => ({ ready: true, degraded: true }) };
    await withDoor(degraded, async (_, origin) => {
      expect(await askOf(origin, '/readyz')).toMatchObject({ status: 200, json: { status: 'degraded' } });
    });
    await withDoor({ ready: async () => ({ ready: false, degraded: true }) }, async (_, origin) => {
      expect(await askOf(origin, '/readyz')).toMatchObject({ status: 503, json: { status: 'not ready' } });
      expect(await askOf(origin, '/healthz')).toMatchObject({ status: 200 });
    });
  });

  it('has metrics: from this machine, or for a token with the scope manage', async () => {
    const open = await stand.ask('/metrics');
    expect(open).toMatchObject({ status: 200, text: 'latchkey_up 1\n' });
    expect(open.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    expect(await stand.ask('/metrics', { headers })).toMatchObject({ status: 401 });
    expect(await stand.ask('/metrics', { headers, token: await stand.machine(['manage']) })).toMatchObject({
      status: 200,
    });
    expect(await stand.ask('/metrics', { token: await stand.machine(['evaluate']) })).toMatchObject({ status: 403 });
    expect(await stand.ask('/metrics', { token: await stand.machine(['manage'], 'acme') })).toMatchObject({
      status: 403,
    });
  });

  it('has a description of every route in OpenAPI 3.1', async () => {
    const { status, json } = await stand.ask('/openapi.json');
    expect(status).toBe(200);
    const { openapi, paths, components } = json as Record<string, Record<string, object>>;
    expect(openapi).toBe('3.1.0');
    expect(Object.entries(paths ?? {}).map(([path, methods]) => [path, Object.keys(methods)])).toEqual([
      ['/healthz', ['get']],
      ['/readyz', ['get']],
      ['/metrics', ['get']],
      ['/api/feature-flags/', ['get']],
      ['/api/feature-flags/{id}', ['patch']],
      ['/api/user/progress/', ['get', 'patch']],
      ['/api/events', ['post']],
    ]);
    expect(components).toMatchObject({ schemas: { Problem: { type: 'object' } }, securitySchemes: { bearer: {} } });
    expect(JSON.stringify(json)).not.toContain('"$ref":"Problem"');
  });
});

describe('a caller', () => {
  it.each<[string, string | undefined]>([
    ['nothing', undefined],
    ['no bearer token', 'Basic YWxpY2U6c2VjcmV0'],
    ['an empty one', 'Bearer '],
    ['two', 'Bearer a b'],
    ['an unknown one', 'Bearer latchkey_unknown'],
    ['a JWT of nobody', 'Bearer a.b.c'],
  ])('that sends %s is nobody', async (_what, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await stand.ask('/api/feature-flags/?user_id=anna', { headers });
    expect(answer).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED', title: 'Unauthorized' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"');
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('with a forged, an expired or an unsigned JWT is nobody', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'anna', exp: 4_102_444_800 };
    const tokens = [
      await personToken({ sub: 'anna' }, 'another secret of more than thirty-two bytes'),
      await personToken({ sub: 'anna', exp: 1_600_000_000 }),
      `${part({ alg: 'none' })}.${part(claims)}.`,
    ];
    for (const token of tokens)
      expect(await stand.ask('/api/feature-flags/', { token })).toMatchObject({ status: 401 });
  });

  it('whose token was revoked or has expired is nobody', async () => {
    const { tokens } = stand.latchkey.services;
    const { operator } = stand.latchkey;
    const input = { name: 'brief', scopes: ['evaluate'], organizationId: '', expiresAt: Date.now() + 300, comment: '' };
    const brief = await tokens.create(operator, input);
    const revoked = await tokens.create(operator, { ...input, expiresAt: undefined });
    const ask = (token: string) => stand.ask('/api/feature-flags/?user_id=anna', { token });
    expect(await ask(brief.secret)).toMatchObject({ status: 200 });
    expect(await ask(revoked.secret)).toMatchObject({ status: 200 });
    await tokens.revoke(operator, revoked.token.id);
    expect(await ask(revoked.secret)).toMatchObject({
      status: 401,
      json: { detail: expect.stringContaining('revoked') },
    });
    await until(() => Date.now() > (brief.token.expiresAt ?? 0) + 20);
    expect(await ask(brief.secret)).toMatchObject({
      status: 401,
      json: { detail: expect.stringContaining('expired') },
    });
  });

  it('with a JWT is told where none are taken', async () => {
    await withDoor({ jwt: undefined }, async (_, origin) => {
      const answer = await askOf(origin, '/api/feature-flags/', { token: await personToken({ sub: 'anna' }) });
      expect(answer).toMatchObject({ status: 401, json: { detail: expect.stringContaining('takes no JWTs') } });
    });
  });

  it('whose claims are synchronized is known to everybody afterwards', async () => {
    await withDoor({ jwt: { ...JWT_OPTIONS, sync: true } }, async (_, origin) => {
      const token = await personToken({ sub: 'synced', org: 'acme', roles: ['manager'] });
      await askOf(origin, '/api/feature-flags/', { token });
      const { inspection } = stand.latchkey.services;
      const stored = () => inspection.user(stand.latchkey.operator, 'synced');
      await until(async () => (await stored()).revision > 0, 2_000);
      expect(await stored()).toMatchObject({ organizationId: 'acme', roles: ['manager'] });
    });
  });

  it('has no more requests a minute than are allowed, each on its own', async () => {
    await withDoor({ requestsPerMinute: 2 }, async (_, origin) => {
      const [anna, bert] = [await personToken({ sub: 'anna' }), await personToken({ sub: 'bert' })];
      const ask = (token: string) => askOf(origin, '/api/feature-flags/', { token });
      expect([(await ask(anna)).status, (await ask(anna)).status]).toEqual([200, 200]);
      const third = await ask(anna);
      expect(third).toMatchObject({ status: 429, json: { code: 'LIMITED', title: 'Too Many Requests' } });
      expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await ask(bert)).toMatchObject({ status: 200 });
      expect(await askOf(origin, '/healthz')).toMatchObject({ status: 200 });
    });
  });
});

describe('a malformed request', () => {
  const send = async (raw: string | Uint8Array<ArrayBuffer>, contentType = 'application/json') =>
    stand.ask('/api/user/progress/', {
      ...{ method: 'PATCH', raw, token: await personToken({ sub: 'anna' }) },
      headers: { 'content-type': contentType },
    });

  it.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['JSON that ends early', '{"stage": "a"', 'not well-formed JSON'],
    ['no JSON', 'stage=a', 'not well-formed JSON'],
    ['nothing', '', 'empty'],
    ['malformed UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'UTF-8'],
    ['__proto__ as a member', '{"stage": "a", "__proto__": {"admin": true}}', '__proto__'],
    ['an escaped __proto__', '{"stage": "a", "__pr\\u006fto__": {"admin": true}}', '__proto__'],
    ['constructor.prototype', '{"stage": "a", "constructor": {"prototype": {"admin": true}}}', 'constructor'],
    ['constructor as a member', '{"stage": "a", "constructor": 1}', 'has no member \\"constructor\\"'],
  ])('with %s is refused', async (_what, raw, detail) => {
    const { status, text } = await send(raw);
    expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining(detail) });
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('over a mebibyte is refused', async () => {
    const answer = await send(JSON.stringify({ stage: 'x'.repeat(1024 * 1024) }));
    expect(answer).toMatchObject({ status: 413, json: { title: 'Payload Too Large' } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/cloudevents+json'])(
    'as %s is refused',
    async (contentType) => {
      expect(await send('{"stage": "a"}', contentType)).toMatchObject({ status: 415 });
    },
  );

  it('to a path of bad encoding, or to none, is refused', async () => {
    const token = await stand.machine(['manage']);
    const bad = await stand.ask('/api/feature-flags/%FF', { method: 'PATCH', body: {}, token });
    expect(bad).toMatchObject({ status: 400, json: { code: 'INVALID', title: 'Bad Request' } });
    const none = await stand.ask('/api/nothing?secret=1', { token });
    expect(none).toMatchObject({ status: 404, json: { detail: expect.stringContaining('"/api/nothing"') } });
    expect(none.text).not.toContain('secret');
  });

  it('by another method is told which ones are taken', async () => {
    for (const [path, method, allow] of [
      ['/api/feature-flags/', 'POST', 'GET, HEAD'],
      ['/api/feature-flags/x', 'DELETE', 'PATCH'],
      ['/api/user/progress', 'PUT', 'GET, HEAD, PATCH'],
      ['/api/events', 'GET', 'POST'],
    ] as const) {
      const answer = await stand.ask(path, { method });
      expect({ path, status: answer.status, allow: answer.headers.get('allow') }).toEqual({ path, status: 405, allow });
    }
  });

  it('that is no HTTP at all costs nobody else anything', async () => {
    const [host, port] = stand.door.address.split(':');
    const socket = connect(Number(port), host);
    socket.end('\x16\x03\x01 nonsense\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(await stand.ask('/healthz')).toMatchObject({ status: 200 });
  });
});

describe('the observer', () => {
  const last = () => stand.ended.at(-1);

  it('is told of each request once, by its route, and never of tokens', async () => {
    const token = await stand.machine(['manage']);
    await stand.flag('seen');
    const before = stand.ended.length;
    const headers = { 'x-request-id': 'abc-1' };
    const answer = await stand.ask('/api/feature-flags/seen', { method: 'PATCH', body: {}, token, headers });
    expect(answer.headers.get('x-request-id')).toBe('abc-1');
    expect(stand.ended).toHaveLength(before + 1);
    expect(last()).toMatchObject({
      ...{ route: '/api/feature-flags/:id', method: 'PATCH', status: 200, requestId: 'abc-1', peer: '127.0.0.1' },
      ...{ caller: { kind: 'machine' }, error: undefined, unexpected: false, durationMs: expect.any(Number) },
    });
    expect(JSON.stringify(last())).not.toContain(token);
  });

  it('is told of refusals with their reason', async () => {
    await stand.ask('/api/feature-flags/', { token: 'latchkey_wrong' });
    expect(last()).toMatchObject({
      status: 401,
      caller: undefined,
      error: { code: 'UNAUTHENTICATED' },
      unexpected: false,
    });
    await stand.ask('/no/such/path');
    expect(last()).toMatchObject({ route: '', status: 404, unexpected: false });
    const unreadable = await stand.ask('/api/feature-flags/%FF');
    expect(last()).toMatchObject({
      ...{ route: '', status: 400, unexpected: false },
      requestId: unreadable.headers.get('x-request-id'),
    });
  });

  it('is told of clients that went away', async () => {
    const ended: EndedRequest[] = [];
    const { options, release, inFlight } = slow();
    const observer = { callEnded: (request: EndedRequest) => void ended.push(request) };
    await withDoor({ ...options, observer }, async (_, origin) => {
      const gone = new AbortController();
      const answer = fetch(`${origin}/metrics`, { signal: gone.signal }).catch((error: unknown) => error);
      await inFlight;
      gone.abort();
      await answer;
      await until(() => ended.length > 0, 2_000);
      release();
      await pause(50);
      expect(ended).toMatchObject([{ route: '/metrics', status: 499, durationMs: expect.any(Number) }]);
    });
  });

  it('is told of a defect, and the client is not', async () => {
    const ended: unknown[] = [];
    const broken = { ...stand.latchkey.services, evaluation: {} } as never;
    const observer = { callEnded: (call: unknown) => void ended.push(call) };
    await withDoor({ services: broken, observer }, async (_, origin) => {
      const headers = { 'x-request-id': 'not valid: spaces' };
      const answer = await askOf(origin, '/api/feature-flags/', { token: await personToken({ sub: 'a' }), headers });
      expect(answer).toMatchObject({
        status: 500,
        json: { code: 'INTERNAL', request_id: expect.stringMatching(/^[\w-]{36}$/) },
      });
      expect(answer.text).not.toMatch(/function|undefined|at /);
      expect(ended).toMatchObject([{ status: 500, unexpected: true, error: expect.any(Error) }]);
    });
  });
});

describe('pages of other origins', () => {
  it('may call where they are listed, and read what they need', async () => {
    await withDoor({ corsOrigins: ['https://app.example'] }, async (_, origin) => {
      const preflight = await askOf(origin, '/api/feature-flags/', {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example',
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization,if-none-match',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(preflight.headers.get('access-control-allow-headers')).toContain('If-None-Match');
      const headers = { origin: 'https://app.example' };
      const answer = await askOf(origin, '/api/feature-flags/', { token: await personToken({ sub: 'a' }), headers });
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
      expect(answer.headers.get('vary')).toBe('Origin, Authorization');
      const foreign = await askOf(origin, '/healthz', { headers: { origin: 'https://evil.example' } });
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    });
  });

  it('may not where none are listed', async () => {
    const answer = await stand.ask('/healthz', { headers: { origin: 'https://app.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
  });
});

describe('opening', () => {
  it('on a port that is taken says so, and what to do', async () => {
    const { address } = stand.door;
    await expect(withDoor({ address }, async () => undefined)).rejects.toThrow(
      `cannot serve HTTP on ${address}: another program listens there; end it, or give another HTTP_ADDR`,
    );
  });

  it('on an address that is none of ours says so', async () => {
    await expect(withDoor({ address: '203.0.113.1:80' }, async () => undefined)).rejects.toThrow('203.0.113.1:80');
  });

  it('with a weak key does not happen', async () => {
    const jwt = { ...JWT_OPTIONS, key: { kind: 'secret', secret: 'short' } } as const;
    await expect(withDoor({ jwt }, async () => undefined)).rejects.toThrow('JWT_SECRET');
  });

  it('with certificates speaks TLS', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'latchkey-rest-'));
    try {
      const tls = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') };
      await expect(withDoor({ tls }, async () => undefined)).rejects.toThrow(tls.certFile);
      await writeFile(tls.certFile, SELF_SIGNED_CERTIFICATE);
      await writeFile(tls.keyFile, SELF_SIGNED_KEY);
      await withDoor({ tls }, async ({ address }) => {
        const agent = new Agent({ ca: SELF_SIGNED_CERTIFICATE });
        const call = request(`https://${address}/healthz`, { agent }).end();
        const [response] = (await once(call, 'response')) as [{ statusCode: number; headers: object; resume(): void }];
        expect(response).toMatchObject({
          statusCode: 200,
          headers: { 'strict-transport-security': expect.any(String) },
        });
        response.resume();
        agent.destroy();
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('draining', () => {
  it('finishes what is in flight, then closes its connection, and takes nobody new', async () => {
    const { options, release, inFlight } = slow();
    await withDoor(options, async (door, origin) => {
      const answer = askOf(origin, '/metrics');
      await inFlight;
      const drained = door.drain(5_000);
      await expect(askOf(origin, '/healthz')).rejects.toThrow();
      release();
      expect(await answer).toMatchObject({ status: 200, text: 'done' });
      const startedAt = performance.now();
      await drained;
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    });
  });

  it('cuts off what takes longer than the limit', async () => {
    const { options, release, inFlight } = slow();
    await withDoor(options, async (door, origin) => {
      const answer = askOf(origin, '/metrics').catch((error: unknown) => error);
      await inFlight;
      await door.drain(50);
      expect(await answer).toMatchObject({ message: 'fetch failed' });
      release();
    });
  });
});
