import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busy } from '../../test/timing.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../grpc/testing/self-signed.js';
import { askOf, JWT_OPTIONS, personToken, type RestStand, startRestStand } from './testing/rest-stand.js';
import { slowMetrics } from './testing/slow-metrics.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

describe('pages of other origins', () => {
  it('may call where they are listed, and read what they need', async () => {
    await stand.withDoor({ corsOrigins: ['https://app.example'] }, async (_, origin) => {
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
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,if-none-match');
      const headers = { origin: 'https://app.example' };
      const answer = await askOf(origin, '/api/feature-flags/', { token: await personToken({ sub: 'a' }), headers });
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
      expect(answer.headers.get('vary')).toBe('Origin, Authorization');
      const foreign = await askOf(origin, '/healthz', { headers: { origin: 'https://evil.example' } });
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    });
  });

  it('may send what they ask for, as those that trace do, within bounds', async () => {
    await stand.withDoor({ corsOrigins: ['https://app.example'] }, async (_, origin) => {
      const allowed = async (path: string, asked: string) => {
        const headers = {
          ...{ origin: 'https://app.example', 'access-control-request-method': 'GET' },
          'access-control-request-headers': asked,
        };
        const { status, headers: answer } = await askOf(origin, path, { method: 'OPTIONS', headers });
        expect(status).toBe(204);
        return answer.get('access-control-allow-headers');
      };
      for (const path of ['/api/feature-flags/', '/api/stream', '/api/admin/flags']) {
        for (const asked of ['traceparent,tracestate', 'baggage, sentry-trace', 'authorization,cache-control']) {
          expect(await allowed(path, asked)).toBe(asked);
        }
      }
      const many = Array.from({ length: 51 }, (_, i) => `x-${i}`).join();
      for (const asked of [many, 'x'.repeat(101), 'a b', 'a,,b', '"quoted"']) {
        expect(await allowed('/api/stream', asked)).toBeNull();
      }
    });
  });

  it('may not where none are listed', async () => {
    const answer = await stand.ask('/healthz', { headers: { origin: 'https://app.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
  });
});

describe('headers for browsers', () => {
  it('are on every answer, those of TLS by TLS alone, and few: an answer is no page', async () => {
    const ofAnswers = {
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    };
    const ofPages = { 'cross-origin-opener-policy': 'same-origin' };
    for (const path of ['/healthz', '/no/such/route', '/api/feature-flags/', '/api/admin/flags', '/openapi.json']) {
      const headers = Object.fromEntries((await stand.ask(path)).headers);
      expect(headers).toMatchObject({
        ...ofAnswers,
        'cache-control': expect.stringMatching(/no-store|no-cache/),
        'content-type': expect.stringContaining('json'),
      });
      for (const name of [...Object.keys(ofPages), 'strict-transport-security'])
        expect(headers).not.toHaveProperty(name);
    }
    const page = Object.fromEntries((await stand.ask('/docs')).headers);
    expect(page).toMatchObject({
      ...ofAnswers,
      ...ofPages,
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
  });
});

describe('opening', () => {
  it('on a port that is taken says so, and what to do', async () => {
    const { address } = stand.door;
    await expect(stand.withDoor({ address }, async () => undefined)).rejects.toThrow(
      `cannot serve HTTP on ${address}: another program listens there; end it, or give another HTTP_ADDR`,
    );
  });

  it('on an address that is none of ours says so', async () => {
    await expect(stand.withDoor({ address: '203.0.113.1:80' }, async () => undefined)).rejects.toThrow(
      '203.0.113.1:80',
    );
  });

  it('with a weak key does not happen', async () => {
    const jwt = { ...JWT_OPTIONS, key: { kind: 'secret', secret: 'short' } } as const;
    await expect(stand.withDoor({ jwt }, async () => undefined)).rejects.toThrow('JWT_SECRET');
  });

  it('with certificates speaks TLS', async () => {
    const tls = { certificate: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY };
    await stand.withDoor({ tls }, async ({ address }) => {
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
  });
});

describe('draining', () => {
  it('finishes what is in flight, then closes its connection, and takes nobody new', async () => {
    const { options, release, inFlight } = slowMetrics();
    await stand.withDoor(options, async (door, origin) => {
      const answer = askOf(origin, '/metrics');
      await inFlight;
      const drained = door.drain(5_000);
      await expect(askOf(origin, '/healthz')).rejects.toThrow();
      release();
      expect(await answer).toMatchObject({ status: 200, text: 'done' });
      const startedAt = performance.now();
      await drained;
      expect(performance.now() - startedAt).toBeLessThan(busy(1_000));
    });
  });

  it('cuts off what takes longer than the limit', async () => {
    const { options, release, inFlight } = slowMetrics();
    await stand.withDoor(options, async (door, origin) => {
      const answer = askOf(origin, '/metrics').catch((error: unknown) => error);
      await inFlight;
      await door.drain(50);
      expect(await answer).toMatchObject({ message: 'fetch failed' });
      release();
    });
  });
});
