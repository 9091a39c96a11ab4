import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
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
    const own = Object.entries(paths).filter(([path]) => !path.startsWith('/api/admin/'));
    expect(own.map(([path, methods]) => [path, Object.keys(methods)])).toEqual([
      ['/healthz', ['get']],
      ['/readyz', ['get']],
      ['/metrics', ['get']],
      ['/api/stream', ['get']],
      ['/ofrep/v1/stream', ['get']],
      ['/ofrep/v1/evaluate/flags/{key}', ['post']],
      ['/ofrep/v1/evaluate/flags', ['post']],
      ['/api/session', ['post', 'get', 'delete']],
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
    expect(await new Validator().validate(structuredClone(json) as Record<string, unknown>)).toEqual({ valid: true });
  });

  it('describes the administration in the words of the protocol', async () => {
    const { paths } = (await stand.ask('/openapi.json')).json as { paths: Record<string, Record<string, object>> };
    expect(paths['/api/admin/flags/{flag}']).toMatchObject({
      get: { operationId: 'GetFlag', summary: 'Gives one flag, archived or not', tags: ['administration: flags'] },
      patch: {
        parameters: expect.arrayContaining([
          expect.objectContaining({ name: 'flag', in: 'path', required: true }),
          expect.objectContaining({ name: 'on_rule_change', in: 'query' }),
          expect.objectContaining({ name: 'If-Match', in: 'header' }),
        ]),
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/FeatureFlagInput' } } },
        },
      },
    });
  });

  it('is shown to people by a page that asks nobody but this server', async () => {
    const page = await stand.ask('/docs');
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<div id="swagger-ui">') });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const named = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
    expect(named.length).toBeGreaterThan(4);
    for (const address of named) {
      expect(address).toMatch(/^\/docs\/static\//);
      expect(await stand.ask(address)).toMatchObject({ status: 200 });
    }
    expect((await stand.ask('/docs/json')).json).toEqual((await stand.ask('/openapi.json')).json);
    expect(await stand.ask('/docs/yaml')).toMatchObject({ status: 404 });
  });
});
