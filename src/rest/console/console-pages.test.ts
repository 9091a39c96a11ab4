import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askOf, type RestStand, startRestStand } from '../testing/rest-stand.js';

const SCRIPT = 'export const answer = 42;\n'.repeat(40);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-console-'));
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let stand: RestStand;
beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<head>\n<base href="/console/">\n</head>');
  writeFileSync(join(folder, '.built'), 'a stamp');
  writeFileSync(join(folder, 'theme.js'), '// theme');
  writeFileSync(join(folder, 'assets/index-a1b2c3.js'), SCRIPT);
  writeFileSync(join(folder, 'assets/index-a1b2c3.js.gz'), gzipSync(SCRIPT));
  stand = await startRestStand({ consoleFolder: folder });
});
afterAll(async () => {
  await stand.close();
  rmSync(folder, { recursive: true });
});

describe('the console', () => {
  it.each(['/console', '/console/', '/console/flags', '/console/flags/a%2Fb?tag=x', '/console/no/such/page'])(
    'has its page at %s',
    async (path) => {
      const answer = await stand.ask(path, { headers: BROWSER });
      expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('<base href="/console/">') });
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      const again = await stand.ask(path, { headers: { ...BROWSER, 'if-none-match': answer.headers.get('etag')! } });
      expect([again.status, again.text]).toEqual([304, '']);
    },
  );

  it('lets the page load and run what is its own alone', async () => {
    const { headers } = await stand.ask('/console/', { headers: BROWSER });
    const policy = headers.get('content-security-policy')!;
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const directives = policy.split(';').map((each) => each.trim());
    // Each by itself: default-src stands for some of them alone.
    for (const directive of [
      ...["default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'self'"],
      ...["frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"],
    ])
      expect(directives).toContain(directive);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('permissions-policy')).toContain('camera=()');
  });

  it('sends files compressed as they were built, those with a hash in their name for good', async () => {
    const script = await stand.ask('/console/assets/index-a1b2c3.js', { headers: { 'accept-encoding': 'gzip' } });
    expect([script.status, script.text]).toEqual([200, SCRIPT]);
    expect(script.headers.get('content-encoding')).toBe('gzip');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('content-type')).toMatch(/^(?:text|application)\/javascript/);
    expect(script.headers.get('vary')).toMatch(/accept-encoding/i);
    const plain = await stand.ask('/console/assets/index-a1b2c3.js', { headers: { 'accept-encoding': 'identity' } });
    expect([plain.text, plain.headers.get('content-encoding')]).toEqual([SCRIPT, null]);
    const theme = await stand.ask('/console/theme.js');
    expect([theme.status, theme.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  it.each([
    '/console/assets/gone-000000.js',
    '/console/assets/index-a1b2c3.js.gz',
    '/console/.built',
    '/console/assets/..%2F..%2Fetc%2Fpasswd',
    '/console/%2e%2e/package.json',
    '/console/theme.js.map',
  ])('has no file %s', async (path) => {
    const answer = await stand.ask(path);
    expect(answer).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  it('is where / leads browsers, and nobody else', async () => {
    const response = await fetch(`http://${stand.door.address}/`, { headers: BROWSER, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/console/']);
    expect(await stand.ask('/')).toMatchObject({ status: 404 });
  });

  it('takes nothing but GET and HEAD', async () => {
    expect(await stand.ask('/console/flags', { method: 'POST', body: {} })).toMatchObject({ status: 405 });
    expect(await stand.ask('/console/', { method: 'HEAD', headers: BROWSER })).toMatchObject({ status: 200 });
  });

  it('that was not built says how to build it', async () => {
    await stand.withDoor({ consoleFolder: join(folder, 'nothing') }, async (_door, origin) => {
      const answer = await askOf(origin, '/console/', { headers: BROWSER });
      expect(answer).toMatchObject({ status: 404, text: expect.stringContaining('npm run console:build') });
    });
  });

  it('is left out where there shall be none', async () => {
    await stand.withDoor({ consoleFolder: undefined }, async (_door, origin) => {
      for (const path of ['/console/', '/'])
        expect(await askOf(origin, path, { headers: BROWSER })).toMatchObject({ status: 404 });
    });
  });
});

describe('a door with a base path', () => {
  it('has everything below it, and nothing elsewhere', async () => {
    await stand.withDoor({ basePath: '/x/y', consoleFolder: folder }, async (_door, origin) => {
      const page = await askOf(origin, '/x/y/console/flags', { headers: BROWSER });
      expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<base href="/x/y/console/">') });
      const start = await fetch(`${origin}/x/y`, { headers: BROWSER, redirect: 'manual' });
      expect([start.status, start.headers.get('location')]).toEqual([302, '/x/y/console/']);
      for (const path of ['/healthz', '/docs', '/openapi.json', '/console/theme.js'])
        expect([path, (await askOf(origin, `/x/y${path}`)).status]).toEqual([path, 200]);
      for (const path of ['/healthz', '/console/', '/x/healthz', '/x/yhealthz', '/x/y/x/y/healthz', '/-']) {
        const answer = await askOf(origin, path, { headers: BROWSER });
        expect([path, answer.status]).toEqual([path, 404]);
        expect(answer.text).toContain(path);
      }
      const { json } = await askOf(origin, '/x/y/openapi.json');
      expect(json).toMatchObject({ servers: [{ url: '/x/y' }], paths: { '/api/session': {} } });
      const docs = await askOf(origin, '/x/y/docs', { headers: BROWSER });
      expect(docs.text).toContain('/x/y/docs/static/swagger-ui-bundle.js');
      expect((await askOf(origin, '/x/y/docs/static/swagger-ui-bundle.js')).status).toBe(200);
    });
  });

  it('signs in, takes ids of any characters, and gives tickets for streams below it', async () => {
    const admin = await stand.machine(['admin']);
    await stand.withDoor({ basePath: '/x/y' }, async (_door, origin) => {
      const ask = (path: string, more = {}) => askOf(origin, `/x/y${path}`, { token: admin, ...more });
      expect(await ask('/api/session', { method: 'GET' })).toMatchObject({ status: 200 });
      const signedIn = await askOf(origin, '/x/y/api/session', { body: { token: admin } });
      expect(signedIn.headers.get('set-cookie')).toMatch(/Path=\/;/);
      expect(await ask('/api/admin/users/a%2F..%2Fb')).toMatchObject({
        status: 200,
        text: expect.stringContaining('"a/../b"'),
      });
      expect(await ask('/api/admin/users/progress?user_id=..')).toMatchObject({
        status: 200,
        text: expect.stringContaining('".."'),
      });
      const { json } = await ask('/api/stream/ticket?user_id=ada', { method: 'POST' });
      const { url } = json as { url: string };
      expect(url).toMatch(/^\/x\/y\/api\/stream\?ticket=/);
      const stream = await fetch(`${origin}${url}`);
      expect(stream.status).toBe(200);
      await stream.body?.cancel();
    });
  });
});
