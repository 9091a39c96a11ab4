import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findFreePort, type ServerProcess, startServerProcess } from '../servers/server-process.js';
import { until } from '../timing.js';

const ROOT = join(import.meta.dirname, '../..');

let server: ServerProcess;
let origin: string;
beforeAll(async () => {
  const port = await findFreePort();
  origin = `http://127.0.0.1:${port}`;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const config = join(ROOT, 'console/vite.config.ts');
  server = startServerProcess(process.execPath, [vite, '--config', config, '--host', '127.0.0.1', '--port', `${port}`]);
  await until(async () => {
    if (server.hasExited()) throw new Error(`vite has ended: ${server.output()}`);
    return fetch(origin).then(
      () => true,
      () => false,
    );
  }, 30_000);
}, 60_000);
afterAll(() => server?.stop());

describe('npm run console:dev', () => {
  it('leads from / to the page, whose files are all there', async () => {
    const page = await fetch(origin, { headers: { accept: 'text/html' } });
    expect(page.url).toBe(`${origin}/console/`);
    const html = await page.text();
    const base = new URL(/<base href="([^"]+)"/.exec(html)![1]!, page.url);
    const scripts = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, path]) => new URL(path!, base).href);
    expect(scripts).toContain(`${origin}/console/theme.js`);
    expect(scripts).toContain(`${origin}/console/src/main.tsx`);
    for (const script of scripts) {
      const answer = await fetch(script);
      expect([script, answer.status, answer.headers.get('content-type')]).toEqual([script, 200, 'text/javascript']);
    }
  });
});
