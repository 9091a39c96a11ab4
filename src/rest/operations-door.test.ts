import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmbedded } from '../testing/embedded-latchkey.js';
import { askOf, type RestStand, startRestStand } from './testing/rest-stand.js';

let stand: RestStand;
let origin: string;
beforeAll(async () => {
  // The stand's process has the role worker alone.
  stand = await startRestStand();
  origin = `http://${stand.latchkey.server.opsAddress}`;
});
afterAll(() => stand.close());

describe('a process that only works', () => {
  it('says that it is alive and ready', async () => {
    expect(await askOf(origin, '/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });
    expect(await askOf(origin, '/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
  });

  it('can be scraped: from this machine, or with the scope manage', async () => {
    const local = await askOf(origin, '/metrics');
    expect(local).toMatchObject({ status: 200, text: expect.stringMatching(/^latchkey_inbox_oldest_seconds \d/m) });
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    expect(await askOf(origin, '/metrics', { headers })).toMatchObject({ status: 401, json: { status: 401 } });
    expect(await askOf(origin, '/metrics', { headers, token: await stand.machine(['manage']) })).toMatchObject({
      status: 200,
    });
    expect(await askOf(origin, '/metrics', { token: await stand.machine(['evaluate']) })).toMatchObject({
      status: 403,
    });
  });

  it('parses no body', async () => {
    for (const path of ['/metrics', '/healthz', '/none']) {
      for (const method of ['POST', 'OPTIONS']) {
        expect(await askOf(origin, path, { method, raw: '{"broken' })).toMatchObject({ status: 404 });
      }
    }
  });

  it('serves nothing else', async () => {
    for (const path of ['/api/feature-flags/', '/openapi.json', '/docs', '/']) {
      const answer = await askOf(origin, path, { token: stand.latchkey.adminSecret });
      expect(answer).toMatchObject({ status: 404, json: { detail: expect.stringContaining('/metrics alone') } });
    }
  });
});

describe('a process without a worker', () => {
  it('says nothing of the age of events, which it does not know, and has health at both addresses, below the base path of REST alone', async () => {
    const server = await startEmbedded({ ROLES: 'grpc,rest', HTTP_BASE_PATH: '/flags' });
    try {
      const { opsAddress } = server.server;
      expect(await askOf(`http://${opsAddress}/flags`, '/healthz')).toMatchObject({ status: 404 });
      expect(await askOf(`http://${server.httpAddress}`, '/healthz')).toMatchObject({ status: 404 });
      for (const address of [opsAddress, `${server.httpAddress}/flags`]) {
        const { status, text } = await askOf(`http://${address}`, '/metrics');
        expect(status).toBe(200);
        expect(text).toContain('latchkey_snapshot_revision');
        expect(text).not.toMatch(/latchkey_inbox_oldest_seconds|latchkey_webhook_oldest_pending_seconds/);
        expect(await askOf(`http://${address}`, '/healthz')).toMatchObject({ status: 200 });
      }
    } finally {
      await server.close();
    }
  });

  it('and without REST has them, too', async () => {
    const server = await startEmbedded({ ROLES: 'grpc' });
    try {
      expect(await askOf(`http://${server.server.opsAddress}`, '/readyz')).toMatchObject({ status: 200 });
    } finally {
      await server.close();
    }
  });
});
