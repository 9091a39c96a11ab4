import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { loadManyFlags } from '../../bench/stand/many-flags.js';
import { openStore } from '../../src/compose/server/open-adapters.js';
import { busy, until } from '../timing.js';
import { startConsole, visit, WIDE } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { packagesInside } from './stand/packages-inside.js';

const FLAGS = 10_000;
const dist = join(import.meta.dirname, '../../dist-console');

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  await server.stop();
  const store = await openStore(
    { kind: 'sqlite', path: server.databasePath },
    { onPoolWait: () => undefined, dropProperties: false },
  );
  await loadManyFlags(store, FLAGS, () => ({ isEnabledGlobally: true }));
  await store.close();
  await server.start();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const KIB = 1024;
const gzipped = (name: string): number => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
/** The rows that stand in the page, those that wait for their flags among them. */
const PRESENT = '.flags tbody tr:not(.space)';
const rows = (page: Page) => page.locator('tr[data-at]');

describe('the built files', () => {
  it('of a page other than the first are small, each by itself', () => {
    const sizes = readdirSync(join(dist, 'assets'))
      .filter((name) => name.endsWith('.js') && !/^(?:libraries|json-editor)-/.test(name))
      .map((name) => ({ name, bytes: gzipped(`assets/${name}`) }));
    expect(sizes.filter(({ bytes }) => bytes > 40 * KIB)).toEqual([]);
  });

  it('of the editor of JSON come only where JSON is edited', () => {
    const editors = readdirSync(join(dist, 'assets')).filter((name) => /^json-editor-.*\.js$/.test(name));
    expect(editors).toHaveLength(1);
    expect(gzipped(`assets/${editors[0]}`)).toBeLessThan(125 * KIB);
  });

  it('name every package of which they have a part, and no other', async () => {
    const notices = readFileSync(join(dist, 'THIRD_PARTY.txt'), 'utf8');
    const named = [...notices.matchAll(/^-{80}\n(\S+ \S+) \(.+\)$/gm)].map(([, name]) => name);
    expect(named).toEqual([...(await packagesInside())].sort());
  });
});

describe('ten thousand flags', () => {
  it('are usable after at most 150 kB of script, 14 KiB of style and 16 requests', async () => {
    await visit(browser, server, async ({ page, open, signIn }) => {
      await open('flags');
      await signIn();
      await rows(page).first().waitFor();
      // What the page itself had asked for when the first row stood in it: the test may come to see it later.
      await page.addInitScript(() => {
        new MutationObserver((_changes, observer) => {
          if (document.querySelector('tr[data-at]') === null) return;
          observer.disconnect();
          performance.mark('usable');
        }).observe(document, { childList: true, subtree: true });
      });
      await page.reload();
      await rows(page).first().waitFor();
      const asked = await page.evaluate(() => {
        const usable = performance.getEntriesByName('usable')[0]!.startTime;
        const resources = performance.getEntriesByType('resource').filter(({ startTime }) => startTime < usable);
        return ['/console/', ...resources.map(({ name }) => new URL(name).pathname)];
      });
      const files = asked.filter((path) => path.startsWith('/console/')).map((path) => path.slice('/console/'.length));
      const sizeOf = (ending: string) =>
        files.filter((name) => name.endsWith(ending)).reduce((sum, name) => sum + gzipped(name), 0);
      expect(sizeOf('.js')).toBeLessThanOrEqual(150_000);
      expect(sizeOf('.css')).toBeLessThan(14 * KIB);
      expect(asked.slice(16)).toEqual([]);
    });
  });

  it('are 40 rows in the page at most, wherever one scrolls and however high the window is, and filtered as one types', async () => {
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      await open('flags');
      await signIn();
      await page.getByText('10,000 flags').waitFor();
      const box = page.locator('.flags-box');
      const jump = (share: number) =>
        box.evaluate((element, to) => element.scrollTo(0, element.scrollHeight * to), share);
      await jump(1);
      await look('flags-10000-waiting');
      // All pages up to the end are fetched, one after the other.
      await until(async () => (await page.locator(`tr[data-at="${FLAGS - 1}"]`).count()) === 1, 30_000);
      for (const share of [0, 0.31, 0.77, 0.5]) {
        await jump(share);
        await until(async () => (await rows(page).count()) > 5);
        expect(await page.locator(PRESENT).count()).toBeLessThanOrEqual(40);
      }
      const there = await page.locator(PRESENT).count();
      await page.setViewportSize({ width: 2560, height: 1440 });
      await until(async () => (await page.locator(PRESENT).count()) > there);
      expect(await page.locator(PRESENT).count()).toBeLessThanOrEqual(40);
      // On the highest screens nearly all of them are in sight.
      const at1440 = await page.locator(PRESENT).count();
      await page.setViewportSize({ width: 3840, height: 2160 });
      await until(async () => (await page.locator(PRESENT).count()) > at1440);
      await look('flags-10000-high');
      expect(await page.locator(PRESENT).count()).toBeLessThanOrEqual(40);
      const below = await page.evaluate(() => {
        const box = document.querySelector('.flags-box')!.getBoundingClientRect();
        const rows = [...document.querySelectorAll('.flags tbody tr:not(.space)')];
        return rows.at(-1)!.getBoundingClientRect().bottom - box.bottom;
      });
      expect(below).toBeGreaterThanOrEqual(0);
      await page.setViewportSize(WIDE);
      await look('flags-10000');
      // A page that cannot be had is told, and not asked for over and over.
      let refused = 0;
      await page.route('**/api/admin/flags?*page_token=*', (route) => {
        refused += 1;
        return route.fulfill({ status: 400, json: { detail: 'no such page', code: 'INVALID' } });
      });
      expectFault(/status of 400/);
      await page.reload();
      await page.getByText('10,000 flags').waitFor();
      await jump(1);
      await page.getByText('More flags could not be fetched: no such page').waitFor();
      // Each look at where one is asks for what lacks there, but for what was refused.
      for (const share of [0.5, 1, 0.9, 1]) await jump(share);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      expect(refused).toBe(1);
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Try again' }).click();
      const typed = performance.now();
      await page.getByLabel('Filter flags').fill('flag-4242');
      await until(async () => (await rows(page).count()) === 1);
      expect(performance.now() - typed).toBeLessThan(busy(1_000));
    });
  }, 240_000);
});
