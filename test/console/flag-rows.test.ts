import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { loadManyUsers } from '../../bench/stand/many-users.js';
import { openStore } from '../../src/compose/server/open-adapters.js';
import type { ListAccessResponse } from '../../src/protocol/gen/admin-json.js';
import { busy, until } from '../timing.js';
import { PHONE, startConsole, type Visit, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { steadyAria } from './stand/texts.js';

const NASTY = '<img src=x onerror=alert(1)>\u202Etxt.exe';
const MANY = 1_500;
/** How many people a backfill has to look at to take some seconds; half of them earn what it is about. */
const EARNERS = 6_000;

const atLeast = (value: number) => ({
  all: [{ fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value }],
});

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole({ USER_SEARCH_ATTRIBUTES: 'email' });
  const { admin } = server;
  await admin('PATCH', '/api/admin/flags/reports', {
    name: 'Reports',
    rules: [{ id: 'ten', name: '10 reports', policy: 'LATCHING', conditions: atLeast(10) }],
  });
  await admin('PATCH', '/api/admin/flags/crowded', { name: 'Crowded' });
  await admin('PATCH', '/api/admin/flags/team', {
    name: 'Team',
    rules: [{ policy: 'LATCHING', earned_by: 'ORGANIZATION', conditions: atLeast(100) }],
  });
  for (const user of ['ada', 'grace', 'linus']) {
    await admin('PATCH', `/api/admin/users/${user}`, {
      roles: [user === 'linus' ? 'manager' : 'employee'],
      organization_id: 'acme',
      attributes: { email: `${user}@example.com` },
    });
  }
  await admin('PATCH', '/api/admin/flags/reports/access', {
    access: [
      { role: 'manager', effect: 'ALLOW' },
      { organization_id: 'globex', effect: 'DENY' },
      { user_id: NASTY, effect: 'ALLOW', enabled: false },
    ],
  });
  const id = (i: number) => `person-${String(i).padStart(4, '0')}`;
  for (let from = 0; from < MANY; from += 500) {
    await admin('PATCH', '/api/admin/flags/crowded/access', {
      access: Array.from({ length: 500 }, (_, i) => ({ user_id: id(from + i), effect: 'ALLOW' })),
    });
  }
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function onTab(address: string, use: (visit: Visit) => Promise<void>, options = {}): Promise<void> {
  await visit(
    browser,
    server,
    async (visiting) => {
      await visiting.open(`flags/${address}`);
      await visiting.signIn();
      await use(visiting);
    },
    options,
  );
}

async function rowsOf(flag: string): Promise<readonly string[]> {
  const path = `/api/admin/flags/${flag}/access?page_size=1000`;
  const { access } = (await server.admin('GET', path)) as ListAccessResponse;
  return access.map(({ user_id, role, organization_id, effect }) => `${effect} ${user_id}${role}${organization_id}`);
}

const done = (userId: string, from: number, times: number) =>
  server.admin(
    'POST',
    '/api/events?wait=true',
    Array.from({ length: times }, (_, i) => ({
      id: `${userId}-${from + i}`,
      user_id: userId,
      action: 'report_created',
    })),
  );

const table = (page: Page) => page.getByRole('table', { name: 'Access rows' });
const row = (page: Page, text: string) => table(page).getByRole('row').filter({ hasText: text });

async function save(page: Page, why: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Review and save' });
  await dialog.getByLabel('Why?').fill(why);
  await saved(page, async () => (await dialog.count()) === 0);
}

describe('access rows of a flag', () => {
  it('are found, put one by one and by a list, and say before they are saved who gains and who loses', async () => {
    await onTab('reports?tab=access', async ({ page, look }) => {
      await row(page, 'role manager').waitFor();
      expect(await steadyAria(table(page))).toMatchSnapshot();
      await page.getByLabel('Find rows').fill('glo');
      await row(page, 'manager').waitFor({ state: 'detached' });
      await page.waitForURL(/q=glo/);
      await page.reload();
      await row(page, 'globex').waitFor();
      await page.getByLabel('Find rows').fill('');
      await page.getByLabel('Whom they are for').selectOption('roles');
      await row(page, 'globex').waitFor({ state: 'detached' });
      await page.getByLabel('Whom they are for').selectOption('All');

      await page.getByRole('button', { name: 'Add a row' }).click();
      const form = page.getByRole('form', { name: 'Add a row' });
      await form.getByLabel('Person', { exact: true }).fill('ADA@example.com');
      await form.locator('.field-hint', { hasText: /^ada$/ }).waitFor();
      await form.getByRole('button', { name: 'Add to the draft' }).click();
      await row(page, 'ada').getByText('New').waitFor();

      await page.getByRole('button', { name: 'Paste a list…' }).click();
      const paste = page.getByRole('alertdialog');
      await paste
        .getByLabel('People, one on each line')
        .fill('grace@example.com\nnobody-yet\ngrace\nx@example.com\nnobody-yet');
      await page.keyboard.press('Control+z');
      await paste
        .getByLabel('People, one on each line')
        .fill('grace@example.com\nnobody-yet\ngrace\nx@example.com\nnobody-yet');
      await paste.getByRole('button', { name: 'Look them up' }).click();
      await paste.getByText('1 person is known').waitFor();
      await paste.getByText('Nothing is stored of 2 ids').waitFor();
      for (const left of ['Line 3: grace – the same as line 1', 'Line 5: nobody-yet – the same as line 2'])
        await paste.getByText(left).waitFor();
      await look('flag-rows-paste');
      await paste.getByText('Take them, too').click();
      await paste.getByRole('button', { name: 'Add 3 rows to the draft' }).click();
      // What was typed in the dialog was taken back there, and nothing of the draft.
      await page.getByText('4 rows change with the next save').waitFor();

      await page.getByRole('combobox', { name: 'What the row for role manager says' }).selectOption('Deny');
      await page.getByRole('button', { name: 'Remove the row for organization globex' }).click();
      await row(page, 'globex').getByText('Goes').waitFor();
      await look('flag-rows-draft');
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog');
      await dialog
        .getByText('4 access rows allow: user ada, user grace, user nobody-yet, user x@example.com')
        .waitFor();
      await dialog.getByText('1 access row changes: role manager: Allow → Deny', { exact: true }).waitFor();
      await dialog.getByText('1 access row is removed: organization globex (Deny)', { exact: true }).waitFor();
      await dialog.locator('[data-group="would_unlock"]').getByText('grace').waitFor();
      await dialog.locator('[data-group="would_lose"]').getByText('linus').waitFor();
      await look('flag-rows-review');
      await dialog.getByLabel('Number of people who would lose it').fill('1');
      await save(page, 'a trial');
      expect(await rowsOf('reports')).toEqual([
        'DENY manager',
        `ALLOW ${NASTY}`,
        ...['ada', 'grace', 'nobody-yet', 'x@example.com'].map((id) => `ALLOW ${id}`),
      ]);
      await page.getByText('change with the next save').waitFor({ state: 'detached' });
    });
  });

  it('take nothing back unseen that somebody else has done to them meanwhile', async () => {
    await server.admin('PATCH', '/api/admin/flags/raced', { name: 'Raced' });
    const put = (user_id: string, effect: 'ALLOW' | 'DENY') =>
      server.admin('PATCH', '/api/admin/flags/raced/access', { access: [{ user_id, effect }] });
    await put('ada', 'ALLOW');
    await put('linus', 'ALLOW');
    await onTab('raced?tab=access', async ({ page, look, expectFault }) => {
      expectFault(/status of 409/);
      await page.getByRole('combobox', { name: 'What the row for user ada says' }).selectOption('On record only');
      await page.getByRole('button', { name: 'Remove the row for user linus' }).click();
      await page.getByRole('button', { name: 'Add a row' }).click();
      const form = page.getByRole('form', { name: 'Add a row' });
      await form.getByLabel('Person', { exact: true }).fill('grace');
      await form.getByRole('button', { name: 'Add to the draft' }).click();
      await page.getByText('3 rows change with the next save').waitFor();
      await put('ada', 'DENY');
      await put('grace', 'DENY');
      await page.keyboard.press('Control+s');
      const losers = page.getByRole('dialog').getByLabel('Number of people who would lose it');
      await losers.fill('1');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      const conflict = page.getByRole('alertdialog');
      const of = (who: string) => conflict.getByRole('group', { name: `Access rows: user ${who}` });
      await of('ada').getByText('Was: Allow').waitFor();
      await of('grace').getByText('Was: no row').waitFor();
      expect(await conflict.getByRole('group').count()).toBe(2);
      await look('flag-rows-conflict');
      await of('grace').getByRole('radio', { name: 'Deny' }).check();
      await conflict.getByRole('button', { name: 'Go on from there' }).click();
      await losers.fill('1');
      await save(page, 'as both would have it');
      expect(await rowsOf('raced')).toEqual(['ALLOW ada', 'DENY grace']);
    });
  });

  it('are in the page as far as they are seen, taken away by many, and downloaded', async () => {
    await onTab('crowded?tab=access&of=people', async ({ page }) => {
      await row(page, 'person-0000').waitFor();
      const shown = () => table(page).locator('tbody tr[aria-rowindex]').count();
      expect(await shown()).toBeLessThan(40);
      await until(async () => {
        await page.locator('.rows-box').evaluate((box) => box.scrollTo(0, box.scrollHeight));
        return (await row(page, 'person-1499').count()) === 1;
      });
      expect(await shown()).toBeLessThan(40);
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'As CSV' }).click();
      const csv = readFileSync(await (await downloading).path(), 'utf8').split('\r\n');
      expect([csv.length, csv[0], csv[1]]).toEqual([
        MANY + 2,
        'user_id,role,organization_id,effect,enabled,managed_by',
        'person-0000,,,ALLOW,true,',
      ]);
      await page.getByLabel('Find rows').fill('person-149');
      await page.getByText('10 rows', { exact: true }).waitFor();
      await page.getByLabel('Select all that are loaded').check();
      await page.getByRole('toolbar').getByRole('button', { name: 'Remove' }).click();
      await page.getByText('10 rows change with the next save').waitFor();
      await page.keyboard.press('Control+z');
      await page.getByText('10 rows change').waitFor({ state: 'detached' });
      await page.keyboard.press('Control+Shift+z');
      await page.getByText('10 rows change with the next save').waitFor();
      await page.keyboard.press('Control+s');
      await page.getByRole('dialog').getByText('10 access rows are removed').waitFor();
      await page
        .getByRole('dialog')
        .getByLabel(/^Number|^Why/)
        .last()
        .waitFor();
      const confirm = page.getByRole('dialog').getByLabel('Number of people who would lose it');
      await confirm.fill('10');
      await save(page, 'they left');
      await page.getByText('No row begins with this').waitFor();
      expect((await rowsOf('crowded')).length).toBe(1_000);
    });
  });
});

describe('the ledger of a flag', () => {
  it('fills while one looks, is given and taken by hand, and is written anew', async () => {
    await onTab('reports?tab=unlocks', async ({ page, look }) => {
      await page.getByText('Nobody has unlocked it yet').waitFor();
      await done('alan', 0, 10);
      const ledger = page.getByRole('table', { name: 'Unlocks' });
      await ledger.getByRole('row', { name: 'alan unlocked through report_created' }).waitFor();
      await page.getByRole('button', { name: 'Grant…' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('People, one on each line').fill('ada\ngrace');
      await dialog.getByRole('button', { name: 'Look them up' }).click();
      await dialog.getByLabel('Why?').fill('they asked');
      await dialog.getByRole('button', { name: 'Grant to 2' }).click();
      await ledger.getByRole('row', { name: 'ada granted by hand' }).waitFor();
      await ledger.getByRole('row', { name: 'grace granted by hand' }).waitFor();
      await look('flag-unlocks');
      await page.getByRole('button', { name: 'Start a backfill…' }).click();
      await dialog.getByLabel('Why?').fill('to be sure');
      await dialog.getByRole('button', { name: 'Start', exact: true }).click();
      const backfill = page.getByRole('region', { name: 'Backfill' });
      await backfill.getByText(/^Done/).waitFor();
      await backfill.getByText('since started by hand').waitFor();
      // Nothing moves below who points at it.
      await ledger.hover();
      await done('hedy', 0, 10);
      await page.getByRole('button', { name: '1 new · show' }).click();
      await ledger.getByRole('row', { name: 'hedy unlocked' }).waitFor();
    });
  });

  it('takes grants on organizations, where they earn it', async () => {
    await onTab('team?tab=unlocks', async ({ page }) => {
      await page.getByRole('button', { name: 'Grant…' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('What of it').selectOption({ index: 1 });
      await dialog.getByLabel('Whose').selectOption('An organization');
      // A rule that was chosen for people is none of theirs.
      expect(await dialog.getByLabel('What of it').inputValue()).toBe('');
      await dialog.getByLabel('Organization', { exact: true }).fill('acme');
      await dialog.getByLabel('Why?').fill('they asked');
      await dialog.getByRole('button', { name: 'Grant to 1' }).click();
      await page.getByRole('row', { name: 'organization acme granted by hand' }).waitFor();
      // Once more changes nothing, and says so.
      await page.getByRole('button', { name: 'Grant…' }).click();
      await dialog.getByLabel('Whose').selectOption('An organization');
      await dialog.getByLabel('Organization', { exact: true }).fill('acme');
      await dialog.getByLabel('Why?').fill('they asked');
      await dialog.getByRole('button', { name: 'Grant to 1' }).click();
      await page.getByText('1 had it so already').waitFor();
    });
  });

  it('is told to people in their own words, and a draft is tried on them line by line', async () => {
    await onTab('reports', async ({ page, look }) => {
      await done('barbara', 0, 4);
      const told = page.getByRole('region', { name: 'What people are told' });
      await told.getByText('They do not have it yet.').waitFor();
      await page.getByLabel('User id').fill('barbara');
      await page.keyboard.press('Enter');
      await told.getByLabel('Told to').selectOption('barbara');
      await told.getByText('4 of 10').waitFor();
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.locator('.condition-row').nth(1).getByLabel('Value', { exact: true }).fill('3');
      await page.locator('.tried').getByText('would gain it').waitFor();
      await look('flag-told');
      await page.getByRole('button', { name: 'Why, for barbara' }).click();
      const why = page.getByRole('dialog');
      await why.getByRole('region', { name: 'What the draft changes' }).getByText('As saved').first().waitFor();
      await why
        .getByRole('list', { name: /reports/ })
        .first()
        .waitFor();
      await look('flag-tried');
      await page.keyboard.press('Escape');
      // What they do and are given meanwhile is told by itself.
      await done('barbara', 4, 6);
      await told.getByText('They have it.').waitFor();
      await page.locator('.tried').getByText('would gain it').waitFor({ state: 'detached' });
    });
  });

  it('fits a phone', async () => {
    await onTab(
      'reports?tab=access',
      async ({ page, look }) => {
        await row(page, 'role manager').waitFor();
        await look('flag-rows-phone');
        await page.setViewportSize({ width: 320, height: 640 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        await page.getByRole('link', { name: 'Unlocks' }).click();
        await page.getByRole('table', { name: 'Unlocks' }).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        await look('flag-unlocks-phone');
      },
      { viewport: PHONE },
    );
  });
});

// Last, since the people whom it takes are in nobody's way then.
describe('a backfill that takes a while', () => {
  it('says how far a backfill is while it runs, and is gone from the other parts of the page when it ends', async () => {
    await server.stop();
    const store = await openStore(
      { kind: 'sqlite', path: server.databasePath },
      { onPoolWait: () => undefined, dropProperties: false },
    );
    await loadManyUsers(store, { users: EARNERS, counters: 0, countOf: () => 0 });
    await store.close();
    await server.start();
    await server.admin('PATCH', '/api/admin/flags/long', { name: 'Long' });
    await onTab('long?tab=use', async ({ page, look }) => {
      await page.locator('.live-dot[data-live]').waitFor();
      // The page notes down what it shows: a busy machine may look seldom.
      await page.evaluate(() => {
        const seen: Seen[] = [];
        Object.assign(globalThis, { seen });
        new MutationObserver(() => {
          const bar = document.querySelector<HTMLProgressElement>('.backfill progress');
          if (bar === null) return;
          const { position, value, max } = bar;
          seen.push({ position, value, max, says: document.querySelector('.backfill-numbers')!.textContent });
        }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      });
      const verified = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
      await server.admin('PATCH', '/api/admin/flags/long', { rules: [{ policy: 'LATCHING', conditions: verified }] });
      const bar = page.getByRole('progressbar', { name: 'Backfill' });
      await bar.waitFor();
      await page.getByText('Whoever has earned it already is being written into the ledger.').waitFor();
      await look('flag-backfill-runs');
      await bar.waitFor({ state: 'detached', timeout: busy(60_000) });
      await page.getByRole('region', { name: 'Backfill' }).waitFor({ state: 'detached' });
      const seen = await page.evaluate(() => (globalThis as unknown as { seen: readonly Seen[] }).seen);
      const between = seen.filter(({ position }) => position > 0 && position < 1);
      expect(between.length).toBeGreaterThan(0);
      const values = between.map(({ value }) => value);
      expect(values).toEqual(values.toSorted((one, other) => one - other));
      for (const { value, max, says } of between) {
        expect(max).toBeGreaterThanOrEqual(EARNERS);
        expect(says).toContain(`${value.toLocaleString('en')} of ${max.toLocaleString('en')}`);
      }
      await page.getByRole('link', { name: 'Unlocks' }).click();
      const backfill = page.getByRole('region', { name: 'Backfill' });
      await backfill.getByText(/^Done/).waitFor();
      await backfill.getByText(new RegExp(`${(EARNERS / 2).toLocaleString('en')} unlocked`)).waitFor();
    });
  }, 120_000);
});

/** What a bar showed at one time, and what stood below it. */
interface Seen {
  readonly position: number;
  readonly value: number;
  readonly max: number;
  readonly says: string | null;
}
