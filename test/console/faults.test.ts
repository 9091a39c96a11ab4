import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { FeatureFlag, GetFlagResponse } from '../../src/protocol/gen/admin-json.js';
import { migrateDatabase } from '../cluster/latchkey-process.js';
import { createDatabase, createRedisSpace, type TestDatabase } from '../servers/test-servers.js';
import { busy, until } from '../timing.js';
import { type CuttableProxy, startCuttableProxy } from '../use-cases/stands/cuttable-proxy.js';
import { startConsole, type Visit, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { listen } from './stand/texts.js';

let database: TestDatabase;
let proxy: CuttableProxy;
let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  const redis = await createRedisSpace();
  database = await createDatabase();
  migrateDatabase(database.url);
  const url = new URL(database.url);
  proxy = await startCuttableProxy(Number(url.port));
  url.port = String(proxy.port);
  [server, browser] = await startConsole({ DATABASE_URL: url.href, REDIS_URL: redis.url });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await proxy.close();
  await database.drop();
});

const operate = (use: (visiting: Visit) => Promise<void>): Promise<void> => visit(browser, server, use);
const stored = async (key: string): Promise<FeatureFlag> =>
  ((await server.admin('GET', `/api/admin/flags/${key}`)) as GetFlagResponse).flag!;
const about = (page: Page) => page.getByRole('region', { name: 'About' });
const save = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();

/** A flag whose owner is changed on its page, and not saved yet. */
async function withDraft(page: Page, key: string, owner: string): Promise<void> {
  await server.admin('PATCH', `/api/admin/flags/${key}`, { name: 'Reports', is_enabled_globally: true });
  await page.goto(`${server.origin}/console/flags/${key}`);
  await page.locator('.live-dot[data-live]').waitFor();
  await about(page).getByLabel('Owner').fill(owner);
  await page.getByText('1 unsaved change').first().waitFor();
}

it('a draft outlasts a database that is away: the save says so, and goes through once it is back', async () => {
  await operate(async ({ page, expectFault }) => {
    expectFault(/status of 50\d|ERR_|net::/);
    await withDraft(page, 'database_away', 'ada');
    await page.keyboard.press('Control+s');
    await page.getByRole('dialog').getByLabel('Why?').fill('it is hers');
    await proxy.cut();
    await save(page);
    await page.getByRole('dialog').getByRole('alert').first().waitFor();
    await proxy.mend();
    await until(() =>
      fetch(`${server.origin}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    await saved(page, 2);
    expect((await stored('database_away')).owner).toBe('ada');
  });
});

it('a draft outlasts the end of the session, and is saved after signing in over it', async () => {
  await operate(async ({ page, expectFault }) => {
    expectFault(/status of 401/);
    await withDraft(page, 'session_over', 'grace');
    const { tokens } = (await server.admin('GET', '/api/admin/tokens?sessions=true&page_size=200')) as {
      tokens: { id: string }[];
    };
    for (const { id } of tokens.filter(({ id }) => id.startsWith('ses_')))
      await server.admin('DELETE', `/api/admin/tokens/${id}`);
    await page.keyboard.press('Control+s');
    const over = page.getByRole('alertdialog', { name: 'Your session is over' });
    await over.getByLabel('Token').fill(server.adminToken);
    await over.getByRole('button', { name: 'Sign in' }).click();
    await over.waitFor({ state: 'detached' });
    // Where the stream told that the session is over before the key did, nothing was opened by that.
    await until(async () => {
      if ((await page.getByRole('dialog').count()) > 0) return true;
      await page.keyboard.press('Control+s');
      return false;
    });
    await saved(page, 2);
    expect((await stored('session_over')).owner).toBe('grace');
  });
});

it('two operators on one flag lose nothing of one another’s, and each is told at once', async () => {
  await operate(async ({ page: one, expectFault }) => {
    expectFault(/status of (?:409|412)/);
    await withDraft(one, 'of_two', 'ada');
    await operate(async ({ page: other, open }) => {
      await open('flags/of_two');
      await about(other).getByLabel('Name').fill('Reports of both');
      await other.keyboard.press('Control+s');
      await saved(other, 2);
    });
    // By the stream, before anything is saved.
    await one.getByRole('button', { name: 'Look at it' }).click();
    await one.getByRole('alertdialog').getByRole('button', { name: 'Go on from there' }).click();
    await saved(one, 3);
    const { name, owner } = await stored('of_two');
    expect([name, owner]).toEqual(['Reports of both', 'ada']);
  });
});

it('a draft outlasts the server: it is there after a restart, in a page that goes on by itself', async () => {
  await operate(async ({ page, expectFault }) => {
    expectFault(/ERR_|net::|status of 50\d|preload|dynamically imported module/);
    await withDraft(page, 'restarted', 'edsger');
    await page.keyboard.press('Control+s');
    await page.getByRole('dialog').getByLabel('Why?').fill('it is his');
    await server.stop();
    await save(page);
    await page.getByRole('dialog').getByRole('alert').first().waitFor();
    await server.start();
    await saved(page, 2);
    await page.locator('.live-dot[data-live]').waitFor();
    await page.getByText('Latchkey does not answer').waitFor({ state: 'detached' });
    expect((await stored('restarted')).owner).toBe('edsger');
  });
}, 180_000);

it('what a page loads late comes once the server is there again: notices, dialogs, other pages', async () => {
  await operate(async ({ page, context, leaving, expectFault }) => {
    expectFault(/ERR_|net::|status of 50\d|preload|dynamically imported module/);
    const notices = page.getByRole('region', { name: 'Notifications' });
    const withhold = async (names: string): Promise<() => Promise<void>> => {
      const files = `**/assets/${names}-*`;
      await context.route(files, (route) => route.abort());
      return () => context.unroute(files);
    };
    const showNotices = await withhold('toast-region');
    const showOthers = await withhold('{palette,review-dialog,history-page}');
    const aborted = page.waitForEvent('requestfailed', (request) => request.url().includes('/toast-region-'));
    await withDraft(page, 'late', 'barbara');
    await aborted;
    await page.keyboard.press('Control+s');
    await showNotices();
    // What was told meanwhile is told now.
    const notLoaded = notices.getByText('A part of the console could not be loaded');
    await notLoaded.first().waitFor();
    // Nothing that could not be had holds its place: it is opened again, once it can be, by whatever opens it.
    await page.keyboard.press('Control+k');
    await notLoaded.nth(1).waitFor();
    await page.getByRole('link', { name: 'History', exact: true }).first().click();
    await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor();
    await showOthers();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'History', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    // The console loads itself anew unasked, since that loses no draft.
    const showSegments = await withhold('segments-page');
    await page.getByRole('link', { name: 'Segments', exact: true }).first().click();
    const reload = page.getByRole('button', { name: 'Reload' });
    await reload.waitFor();
    await showSegments();
    await Promise.all([page.waitForEvent('load'), reload.click()]);
    expect(leaving.asked).toBe(0);
    await page.getByRole('heading', { name: 'Segments', level: 1 }).waitFor();
    await page.evaluate(() => history.go(-2));
    await about(page).waitFor();
    await page.keyboard.press('Control+s');
    await Promise.all([notices.getByText('is saved as version 2').first().waitFor(), saved(page, 2)]);
    // Styles, too.
    const missing = await page.evaluate(
      () =>
        [...document.querySelectorAll('link')].filter(({ rel, sheet }) => rel === 'stylesheet' && sheet === null)
          .length,
    );
    expect(missing).toBe(0);
  });
});

/** Markup, a mark that turns what follows it, and nothing to break lines at. */
const nasty = (length: number): string =>
  `<img src=x onerror=alert(1)>\u202Egnp.exe${'w'.repeat(500)}`.slice(0, length);

/**
 * Texts with a name in them, by the mark in which what stands behind it on the same line would be read from the right: within the text itself, or
 * beside the element that has it, up to one that keeps its marks to itself. JSON is shown as it is.
 */
function turned(): string[] {
  const found: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const isTold = (text: string | null): boolean => /[\p{L}\p{N}]/u.test(text ?? '');
  const goesOn = (node: Node): boolean => {
    for (let next = node.nextSibling; next !== null; next = next.nextSibling) if (isTold(next.textContent)) return true;
    return false;
  };
  const keepsMarks = (element: Element): boolean => {
    const { display, unicodeBidi } = getComputedStyle(element);
    return display !== 'inline' || /isolate/.test(unicodeBidi);
  };
  const reachesOn = (text: Node): boolean => {
    if (goesOn(text)) return true;
    let element = text.parentElement;
    for (; element !== null && !keepsMarks(element); element = element.parentElement) if (goesOn(element)) return true;
    return false;
  };
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const { parentElement: parent, nodeValue: told } = text;
    if (parent === null || parent.closest('pre, code, script') !== null || !parent.checkVisibility()) continue;
    const [, behind] = /\u202e(?:gnp\.exe)?w*([^\u2069\u202c]*)$/.exec(told ?? '') ?? [];
    if (behind !== undefined && (isTold(behind) || reachesOn(text))) found.push(told!.slice(0, 120));
  }
  return found;
}

it('names that would be markup where they were no text do no harm on any page', async () => {
  const id = nasty(120).replaceAll(' ', '.');
  const path = encodeURIComponent(id);
  const { admin } = server;
  await admin('PATCH', '/api/admin/segments/nasty', { name: nasty(255), conditions: {} });
  await admin('PATCH', '/api/admin/flags/nasty', {
    ...{ name: nasty(255), description: nasty(1_000), owner: nasty(60), tags: [nasty(60)], delegated: true },
    rules: [{ name: nasty(255), rollout: 50_000 }, { conditions: { all: [{ condition: 'nasty' }] } }],
  });
  await admin('PATCH', `/api/admin/organizations/${path}`, { attributes: { note: nasty(500) } });
  const attributes = { note: nasty(500) };
  const joined_at = new Date().toISOString();
  const known = { organization_id: id, roles: ['employee'], attributes, joined_at };
  await admin('PATCH', `/api/admin/users/${path}`, known);
  await admin('PATCH', '/api/admin/flags/nasty/access', { access: [{ user_id: id }], comment: nasty(500) });
  await admin('POST', '/api/admin/tokens', { name: nasty(100), scopes: ['evaluate'] });
  await admin('POST', '/api/admin/tokens', { name: nasty(100), scopes: ['identify'], organization_id: id });
  const name = nasty(60).replaceAll(' ', '.');
  await admin('PATCH', `/api/admin/organizations/${path}`, { roles: [{ name, inherits: ['employee'] }] });
  await admin('PUT', '/api/admin/stages', { stages: [{ name }], comment: nasty(500) });
  await admin('PATCH', `/api/user/progress?user_id=${path}`, { stage: name });
  await admin('PATCH', '/api/admin/actions', {
    actions: [{ name }, { name: 'derived', derivation: { from: [name] } }],
  });
  await admin('POST', '/api/admin/webhooks', {
    url: 'https://example.com/',
    description: nasty(200),
    enabled: false,
    types: ['dev.latchkey.unlocked'],
  });
  // Sums end at 9,000,000,000,000: the second event cannot be counted.
  const paid = { user_id: id, action: name, value: 8_999_999_999_999 };
  await admin('POST', '/api/events', [
    { ...paid, id: '1' },
    { ...paid, id: '2' },
  ]);
  await until(async () => ((await admin('GET', '/api/admin/dead-letters')) as { total: number }).total === 1);
  await operate(async ({ page }) => {
    const { settled } = listen(page);
    /** Where the names are none of what a page is about. */
    const nameless = ['settings?tab=sessions', 'settings?tab=health'];
    const named = page
      .locator('main')
      .getByText(/gnp\.exe/)
      .filter({ visible: true })
      .first();
    await page.goto(`${server.origin}/console/flags`);
    const unseen: string[] = [];
    const misread: string[] = [];
    for (const address of [
      ...[
        'flags',
        'people',
        'organizations',
        'history',
        'segments',
        'segments/nasty',
        'today',
        'onboarding',
        'actions',
      ],
      ...['', '?tab=access', '?tab=unlocks', '?tab=use', '?tab=versions'].map((tab) => `flags/nasty${tab}`),
      ...['?flag=nasty', '?tab=data', '?tab=timeline', '?tab=access'].map((tab) => `people/${path}${tab}`),
      ...['', ...['roles', 'members', 'onboarding', 'data', 'tokens', 'history'].map((tab) => `?tab=${tab}`)].map(
        (tab) => `organizations/${path}${tab}`,
      ),
      ...['?tab=organizations', '?tab=weeks', '?tab=versions', `/${encodeURIComponent(name)}`].map(
        (part) => `onboarding${part}`,
      ),
      ...['tokens', 'sessions', 'webhooks', 'dead-letters', 'health'].map((tab) => `settings?tab=${tab}`),
    ]) {
      await page.evaluate((to) => history.pushState(null, '', new URL(to, document.baseURI)), address);
      await settled();
      if (!nameless.includes(address))
        await named.waitFor({ timeout: busy(2_000) }).catch(() => void unseen.push(address));
      expect([address, await page.locator('img[src="x"]').count()]).toEqual([address, 0]);
      for (const told of await page.evaluate(turned)) misread.push(`${address}: ${told}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect([address, wider]).toEqual([address, false]);
    }
    expect(unseen).toEqual([]);
    expect(misread).toEqual([]);
  });
}, 180_000);
