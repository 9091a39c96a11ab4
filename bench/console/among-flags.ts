import type { Browser, CDPSession, Page } from 'playwright-core';
import { openStore } from '../../src/compose/server/open-adapters.js';
import { startConsoleServer } from '../../test/console/stand/console-server.js';
import { launchWholeChromium } from '../../test/servers/launch-chromium.js';
import { flagKey, loadManyFlags } from '../stand/many-flags.js';
import { Report } from '../stand/report.js';
import { type Figures, roundsOr, sideBySide } from '../stand/rounds.js';
import { serveEmpty } from './empty-page.js';

const FLAGS = Number(process.env.FLAGS ?? 10_000);
const CHANGES = Number(process.env.CHANGES ?? 2_000);
const ROUNDS = roundsOr(7);
const STEPS = 40;
const MIB = 1024 * 1024;

/** As little as a page can be that has a row, a field that asks the server, and a key that changes something. */
const EMPTY_PAGE = `<!doctype html><title>empty</title><input id="filter"><p class="row">row</p><script>
  const row = document.querySelector('.row');
  document.querySelector('input').oninput = async ({ target }) => {
    const { flags } = await (await fetch('/answer')).json();
    row.textContent = target.value + ' ' + flags.length;
  };
  addEventListener('keydown', ({ key }) => { if (key === 'j') row.style.color = row.style.color === 'red' ? '' : 'red'; });
</script>`;

interface Measuring {
  readonly address: string;
  readonly row: string;
  readonly filter: string;
  /** What is there once the key has done something. */
  readonly moved: string;
  /** What stands there once the filter's answer has come. */
  readonly filtered: (text: string) => string;
  readonly cookie?: { readonly name: string; readonly value: string; readonly url: string };
}

/** From the first request of a fresh browser profile to the last key. */
async function measure(
  browser: Browser,
  { address, row, filter, moved, filtered, cookie }: Measuring,
): Promise<Figures> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  try {
    if (cookie !== undefined) await context.addCookies([cookie]);
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    await page.locator(row).first().waitFor();
    const coldMs = performance.now() - began;
    const steps = await keyTimes(page);
    await page.locator(moved).waitFor({ state: 'attached' });
    const typed = performance.now();
    const text = flagKey(FLAGS - 1);
    await page.locator(filter).fill(text);
    await page.locator(filtered(text)).first().waitFor();
    return {
      coldMs,
      filterMs: performance.now() - typed,
      stepMs: steps[Math.floor(steps.length * 0.95)] ?? Number.NaN,
    };
  } finally {
    await context.close();
  }
}

/** From a key to the second frame after it, each, the shortest first. */
async function keyTimes(page: Page): Promise<readonly number[]> {
  const took: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    took.push(
      await page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const began = performance.now();
            const target = document.activeElement ?? document.body;
            target.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
          }),
      ),
    );
  }
  return took.sort((a, b) => a - b);
}

const heapMib = async (client: CDPSession): Promise<number> => {
  await client.send('HeapProfiler.collectGarbage');
  return (await client.send('Runtime.getHeapUsage')).usedSize / MIB;
};

/**
 * Among 10,000 flags: a cold load until rows stand, a filter typed until its answer stands, moving in the list by a key until the next
 * frame; and what remains in the browser of a long stream of changes.
 */
export async function measureAmongFlags(): Promise<void> {
  const server = await startConsoleServer();
  await server.stop();
  const store = await openStore(
    { kind: 'sqlite', path: server.databasePath },
    { onPoolWait: () => undefined, dropProperties: false },
  );
  await loadManyFlags(store, FLAGS, () => ({ isEnabledGlobally: true }));
  await store.close();
  await server.start();
  const answer = JSON.stringify(await server.admin('GET', '/api/admin/flags?page_size=50'));
  const empty = await serveEmpty(EMPTY_PAGE, { '/answer': answer });
  const browser = await launchWholeChromium();
  const report = new Report('console', { flags: FLAGS, changes: CHANGES, rounds: ROUNDS, chromium: browser.version() });
  try {
    const cookie = await server.session();
    const [console_, bare] = ['console', 'empty page'];
    const measured = await sideBySide(
      [
        {
          name: console_,
          run: () =>
            measure(browser, {
              address: `${server.origin}/console/flags`,
              ...{
                row: 'tr[data-at]',
                filter: 'input[type="search"]',
                moved: 'tr[data-at] :focus',
                cookie: { ...cookie, url: server.origin },
              },
              filtered: (text) => `tbody:not(:has(tr[data-at="1"])) .flag-key:text-is("${text}")`,
            }),
        },
        {
          name: bare,
          run: () =>
            measure(browser, {
              address: empty.origin,
              ...{
                row: '.row',
                filter: '#filter',
                moved: '.row[style]',
                filtered: (text) => `.row:has-text("${text}")`,
              },
            }),
        },
      ],
      ROUNDS,
    );
    for (const [figure, what] of [
      ['coldMs', 'a cold load until rows stand'],
      ['filterMs', 'a filter typed until its answer stands'],
      ['stepMs', 'a key in the list until the second frame, p95'],
    ] as const) {
      report.row({ what, unit: 'ms', values: measured.of(console_, figure) });
      report.row({ what: `${what}, empty page`, unit: 'ms', values: measured.of(bare, figure) });
      report.row({
        what: `${what}, of the empty page`,
        unit: '×',
        digits: 1,
        values: measured.ratio(figure, console_, bare),
      });
    }

    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addCookies([{ ...cookie, url: server.origin }]);
    const page = await context.newPage();
    await page.goto(`${server.origin}/console/flags`);
    await page.locator('.live-dot[data-live]').waitFor();
    const client = await context.newCDPSession(page);
    const change = (i: number) => server.admin('PATCH', `/api/admin/flags/${flagKey(i % 40)}`, { description: `${i}` });
    for (let i = 0; i < 100; i++) await change(i);
    const before = await heapMib(client);
    for (let i = 0; i < CHANGES; i++) await change(i);
    await page.waitForTimeout(2_000);
    const after = await heapMib(client);
    const rows = await page.locator('tr[data-at]').count();
    report.row({
      what: `the heap grown by ${CHANGES} changes told by the stream`,
      unit: 'MiB',
      digits: 1,
      values: [after - before],
      mark: { atMost: 10 },
    });
    report.row({ what: 'rows in the page then', unit: '', values: [rows], mark: { atMost: 40 } });
  } finally {
    report.end();
    await browser.close();
    await server.close();
    empty.close();
  }
}
