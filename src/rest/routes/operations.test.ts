import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askOf, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

describe('what operators ask', () => {
  it('is answered without a token: alive, ready, degraded, or neither', async () => {
    expect(await stand.ask('/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });
    expect(await stand.ask('/readyz/')).toMatchObject({ status: 200, json: { status: 'ready' } });
    const degraded = { ready: () => ({ ready: true, degraded: true }) };
    await stand.withDoor(degraded, async (_, origin) => {
      expect(await askOf(origin, '/readyz')).toMatchObject({ status: 200, json: { status: 'degraded' } });
    });
    await stand.withDoor({ ready: async () => ({ ready: false, degraded: true }) }, async (_, origin) => {
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
    const { openapi, paths, components } = json as {
      openapi: string;
      paths: Record<string, object>;
      components: object;
    };
    expect(openapi).toBe('3.1.0');
    expect(Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods)])).toEqual([
      ['/healthz', ['get']],
      ['/readyz', ['get']],
      ['/metrics', ['get']],
      ['/api/stream', ['get']],
      ['/api/feature-flags/', ['get']],
      ['/api/feature-flags/{id}', ['patch']],
      ['/api/feature-flags/{key}/requirements', ['get']],
      ['/api/requirements/', ['get']],
      ['/api/user/progress/', ['get', 'patch']],
      ['/api/stream/ticket', ['post']],
      ['/api/events', ['post']],
    ]);
    expect(components).toMatchObject({ schemas: { Problem: { type: 'object' } }, securitySchemes: { bearer: {} } });
    expect(JSON.stringify(json)).not.toContain('"$ref":"Problem"');
  });
});
