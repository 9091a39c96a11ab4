import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause, until } from '../../../test/timing.js';
import { askOf, noted, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';
import { slowMetrics } from '../testing/slow-metrics.js';
import type { EndedRequest } from './observe.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

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

  it('is told the client’s address, by the proxies that are trusted, and by nobody else', async () => {
    const ended: EndedRequest[] = [];
    const observer = { callEnded: (request: EndedRequest) => void ended.push(noted(request)) };
    const headers = { 'x-forwarded-for': '198.51.100.9, 203.0.113.7' };
    await stand.ask('/healthz', { headers });
    expect(last()?.peer).toBe('127.0.0.1');
    await stand.withDoor({ trustedProxies: ['127.0.0.0/8'], observer }, async (_, origin) => {
      await askOf(origin, '/healthz', { headers });
    });
    expect(ended.map(({ peer }) => peer)).toEqual(['203.0.113.7']);
  });

  it('is told of clients that went away', async () => {
    const ended: EndedRequest[] = [];
    const { options, release, inFlight } = slowMetrics();
    const observer = { callEnded: (request: EndedRequest) => void ended.push(noted(request)) };
    await stand.withDoor({ ...options, observer }, async (_, origin) => {
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
    await stand.withDoor({ services: broken, observer }, async (_, origin) => {
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
