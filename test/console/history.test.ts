import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type {
  CreateTokenResponse,
  GetFlagResponse,
  GetSegmentResponse,
  ListAccessResponse,
  ListAuditResponse,
} from '../../src/protocol/gen/admin-json.js';
import { until } from '../timing.js';
import { PHONE, startConsole, type Visit, visit, withoutOperation } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { steadyAria } from './stand/texts.js';

const NASTY = `<img src=x onerror=alert(1)> \u202Egnp.exe ${'w'.repeat(440)}`;

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  const put = (key: string, body: object, why = '') =>
    server.admin('PATCH', `/api/admin/flags/${key}?comment=${encodeURIComponent(why)}`, body);
  await put('reports', { name: 'Reports', owner: 'ada' }, 'it is asked for');
  await put('reports', { owner: 'grace', rules: [{ id: 'half', rollout: 50_000 }] }, 'half of them first');
  await put('reports', { rules: [{ id: 'half', rollout: 80_000 }] });
  await put('nasty', { name: NASTY.slice(0, 255), description: NASTY }, NASTY);
  await server.admin('PATCH', '/api/admin/segments/known', {
    name: 'Known people',
    conditions: { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] },
  });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function onHistory(path: string, use: (visit: Visit) => Promise<void>, options = {}): Promise<void> {
  await visit(
    browser,
    server,
    async (visiting) => {
      await visiting.open(path);
      await visiting.signIn();
      await visiting.page.getByRole('heading', { name: 'History', level: 1 }).waitFor();
      await use(visiting);
    },
    options,
  );
}

const flagNow = async () => ((await server.admin('GET', '/api/admin/flags/reports')) as GetFlagResponse).flag!;
const entriesOf = async (key: string) =>
  ((await server.admin('GET', `/api/admin/audit?kind=flag&subject=${key}`)) as ListAuditResponse).entries;

describe('the history', () => {
  /** With every search of every page. */
  const ADDRESSES = [
    'history?from=~&to=~&q=~&kind=~&subject=~&actor=~&entry=~',
    'people?stage=~&organization=~&role=~&unlocked=~&q=~',
    'flags?q=~&tag=~&state=~&owner=~',
    'flags/reports?tab=~&q=~',
    'onboarding?days=~&weeks=~&organization=~&tab=~',
    'settings?tab=~&webhook=~',
  ];

  it('tells what was changed, narrowed by an address that a link keeps', async () => {
    await onHistory('history', async ({ page, look }) => {
      await page
        .getByRole('button', { name: /Known people|known/ })
        .first()
        .waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      await look('history');
      await page.getByLabel('Kind of thing').selectOption('flag');
      await page.getByLabel('Key, id or name').fill('reports');
      await page.waitForURL(/kind=flag&subject=reports/);
      await until(async () => (await page.locator('.history-entry').count()) === 3);
      await page.getByLabel('Text in entries').fill('half of them');
      await until(async () => (await page.locator('.history-entry').count()) === 1);
      await page.getByText('in the last 30 days').waitFor();
      await page.reload();
      await page.getByText('“half of them first”').waitFor();
      expect(await page.locator('.history-entry').count()).toBe(1);
      await page.getByLabel('Who did it').fill('user:nobody');
      await page.getByText('No entry is like this').waitFor();
      await look('history-none');
    });
  });

  it('goes on saying how long ago something was while the page stands', async () => {
    await onHistory('history?kind=flag&subject=reports', async ({ page, context }) => {
      // The clock of a browser may be off by a day: it is the server's that counts.
      await context.clock.install({ time: Date.now() + 24 * 60 * 60_000 });
      await page.reload();
      const times = page.locator('.history-entry time');
      await until(async () => (await times.count()) === 3);
      const before = await times.first().textContent();
      await context.clock.fastForward(3 * 60 * 60_000);
      await until(async () => /^3 hr/.test((await times.first().textContent()) ?? ''));
      expect(before).not.toMatch(/^3 hr|day/);
    });
  });

  it('says of an entry what it changed, why it cannot be undone, and undoes what can be', async () => {
    await onHistory('history?kind=flag&subject=reports', async ({ page, look }) => {
      await page.getByText('“half of them first”').click();
      await page.getByRole('rowheader', { name: 'flag › owner' }).waitFor();
      // A rule that came as a whole is told in its sentence; its JSON is there for whoever opens it.
      const rule = page.locator('.rule-said');
      await rule.getByText('a random 50 % of everyone').waitFor();
      expect(await rule.locator('code').isVisible()).toBe(false);
      // The instant that a rule keeps is no number among others.
      expect(await page.locator('.history-details').innerText()).not.toMatch(/changedAt|rolloutPer100k|\d{13}/);
      await page.getByText('Cannot be undone:').waitFor();
      await page.getByRole('button', { name: 'As JSON' }).click();
      await page.getByText('"action": "flag.set"').waitFor();
      await look('history-entry');
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).waitFor();
      const snapshot = await steadyAria(page.locator('.history-details'));
      expect(snapshot.replace(/\S*(req_|tok_)[\w-]+|[\da-f]{8}-[\da-f-]{27}/g, 'ID')).toMatchSnapshot();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const dialog = page.getByRole('alertdialog');
      const undo = dialog.getByRole('button', { name: 'Undo', exact: true });
      expect(await undo.isDisabled()).toBe(true);
      await dialog.getByLabel('Why?').fill('too many at once');
      await look('history-undo');
      await undo.click();
      await page.getByText('that is version 4').first().waitFor();
      expect((await flagNow()).rules[0]!.rollout).toBe(50_000);
      await page.getByText('too many at once').first().waitFor();
    });
  });

  it('says from whom undoing takes a flag, and takes it only with their number', async () => {
    await server.admin('PATCH', '/api/admin/users/ada', {});
    await server.admin('PATCH', '/api/admin/flags/given', { rules: [] });
    const change = { flag: { is_enabled_globally: true }, access: [{ user_id: 'ada' }, { user_id: 'bob' }] };
    await server.admin('PATCH', '/api/admin/flags/given/access', change);
    await onHistory('history?kind=flag&subject=given', async ({ page, look }) => {
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const dialog = page.getByRole('alertdialog');
      const changes = dialog.getByRole('list', { name: 'What undoing it changes' });
      await page.getByText('allowed for the user "ada"').waitFor();
      const row = page.getByRole('row', { name: 'access › the user "bob"', includeHidden: true });
      expect((await row.innerText()).split(/\s+/).at(-1)).toBe('allowed');
      await changes.getByText('On for everyone: yes → no').waitFor();
      await changes.getByText('2 access rows are removed').waitFor();
      const undo = dialog.getByRole('button', { name: 'Undo', exact: true });
      await dialog.getByRole('status').getByText('2 would lose it').waitFor();
      const losers = dialog.getByLabel('Number of people who would lose it');
      await losers.fill('2');
      expect(await undo.isDisabled()).toBe(true);
      await dialog.getByLabel('Why?').fill('a slip');
      await losers.fill('');
      expect(await undo.isDisabled()).toBe(true);
      await look('history-undo-flag');
      await losers.fill('1');
      expect(await undo.isDisabled()).toBe(true);
      await losers.fill('2');
      await undo.click();
      await page.getByText('that is version 3').first().waitFor();
      const { access } = (await server.admin('GET', '/api/admin/flags/given/access')) as ListAccessResponse;
      expect(access).toEqual([]);
    });
  });

  it('asks whoever may not know how many lose a flag to say that they go on without it', async () => {
    await server.admin('PATCH', '/api/admin/flags/lent', { name: 'Lent' });
    await server.admin('PATCH', '/api/admin/flags/lent/access', { access: [{ user_id: 'ada' }] });
    await visit(browser, server, async ({ page, context, open }) => {
      await withoutOperation(context, 'PreviewRule');
      await open('history?kind=flag&subject=lent');
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const undo = page.getByRole('alertdialog');
      await undo.getByText('1 access row is removed: user ada (Allow)', { exact: true }).waitFor();
      await undo.getByLabel('Why?').fill('a slip');
      // It says what is done so.
      const unseen = (does: string) => new RegExp(`^${does} without knowing whom it takes it from`);
      const does = undo.getByRole('button', { name: 'Undo', exact: true });
      await undo.getByLabel(unseen('Undo')).waitFor();
      expect(await does.isDisabled()).toBe(true);
      expect(await undo.getByRole('button', { name: 'Ask again' }).count()).toBe(0);
      await undo.getByRole('button', { name: 'Cancel' }).click();
      // So it is where a draft is saved; of its words there is nothing to know.
      await open('flags/lent?edit=true');
      const review = page.getByRole('dialog');
      const save = review.getByRole('button', { name: 'Save' });
      await page.getByLabel('Owner').fill('ada');
      await page.keyboard.press('Control+s');
      await save.waitFor();
      expect(await save.isEnabled()).toBe(true);
      await review.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('switch').first().click();
      await page.keyboard.press('Control+s');
      await review.getByLabel(unseen('Save')).waitFor();
      expect(await save.isDisabled()).toBe(true);
      await review.getByLabel(unseen('Save')).check();
      await save.click();
      await review.waitFor({ state: 'detached' });
    });
    const { flag } = (await server.admin('GET', '/api/admin/flags/lent')) as GetFlagResponse;
    expect(flag).toMatchObject({ owner: 'ada', active: false });
  });

  it('says in words why something is not undone, and leads to where it is changed', async () => {
    await onHistory('history?kind=flag&subject=reports', async ({ page }) => {
      await page.locator('.history-entry').last().click();
      const reason = page.locator('.history-reason');
      await reason.getByText('a flag is never removed, since its ledger stays: archive it').waitFor();
      await reason.getByRole('link', { name: 'reports' }).click();
      await page.waitForURL(/flags\/reports$/);
    });
  });

  it('calls tokens by their names, in the history, in versions and in what happened about a person', async () => {
    const name = 'Nightly \u202Esync <b>';
    const body = { name, scopes: ['manage'] };
    const { secret } = (await server.admin('POST', '/api/admin/tokens', body)) as CreateTokenResponse;
    const does = async (method: string, path: string, sent: object) => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const answer = await fetch(`${server.origin}${path}`, { method, headers, body: JSON.stringify(sent) });
      expect([path, answer.status]).toEqual([path, 200]);
    };
    await does('PATCH', '/api/admin/flags/synced', { rules: [] });
    await does('POST', '/api/admin/users/named/unlocks/synced/grant', { reason: 'it is due' });
    const told = `token “\u2068${name}\u2069”`;
    await onHistory('history?kind=flag&subject=synced', async ({ page, open, look }) => {
      await page.getByText(`${told} granted the flag "synced"`).waitFor();
      await page.getByText(`${told} created the flag "synced"`).click();
      await page.locator('.history-facts').getByText(told).waitFor();
      await look('history-token');
      await open('flags/synced?tab=versions');
      await page.getByText(`by ${told}`).waitFor();
      await open('people/named?tab=timeline');
      await page.getByText(`granted by hand by ${told}`).waitFor();
    });
  });

  it('says from whom undoing an entry of a segment takes which flag, and asks for their number', async () => {
    const crew = (role: string) =>
      server.admin('PATCH', '/api/admin/segments/crew', {
        conditions: { all: [{ fact: 'roles', operator: 'contains', value: role }] },
      });
    await crew('captain');
    await server.admin('PATCH', '/api/admin/flags/bridge', { rules: [{ conditions: { condition: 'crew' } }] });
    for (const [user, role] of Object.entries({ nemo: 'captain', ned: 'sailor', conseil: 'sailor' }))
      await server.admin('PATCH', `/api/admin/users/${user}`, { roles: [role] });
    await crew('sailor');
    await onHistory('history?kind=segment&subject=crew', async ({ page, look, expectFault }) => {
      await page.route('**/preview', (route) => {
        return route.fulfill({ status: 500, body: 'no' });
      });
      expectFault(/status of 500/);
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const dialog = page.getByRole('alertdialog');
      const undo = dialog.getByRole('button', { name: 'Undo', exact: true });
      await dialog.getByLabel('Why?').fill('a slip');
      // Where nobody can tell whom it takes something from, that is said, and taken by whoever goes on.
      const unseeing = dialog.getByLabel('Undo without knowing whom it takes it from');
      await unseeing.waitFor();
      await dialog.getByRole('status').getByText('bridge: not known').waitFor();
      expect(await undo.isDisabled()).toBe(true);
      await unseeing.check();
      expect(await undo.isDisabled()).toBe(false);
      await page.unroute('**/preview');
      await dialog.getByRole('button', { name: 'Ask again' }).click();
      await dialog.getByText('2 people would lose it').waitFor();
      await dialog.getByText('1 person would gain it: nemo').waitFor();
      await dialog.getByRole('status').getByText('bridge: 1 gain it, 2 lose it').waitFor();
      expect(await undo.isDisabled()).toBe(true);
      await look('history-undo-segment');
      await dialog.getByLabel('How many would lose a flag?').fill('2');
      await undo.click();
      await page.getByText('that is version 3').first().waitFor();
      const { segment } = (await server.admin('GET', '/api/admin/segments/crew')) as GetSegmentResponse;
      expect(JSON.stringify(segment!.conditions)).toContain('captain');
    });
  });

  it('undoes nothing over what was changed since, and says by whom', async () => {
    await onHistory('history?kind=segment&subject=known', async ({ page, look, expectFault }) => {
      expectFault(/status of 409/);
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      await server.admin('PATCH', '/api/admin/segments/known', { name: 'Known by mail' });
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Why?').fill('a slip');
      await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
      await dialog
        .locator('.field-fault')
        .getByText(/changed/)
        .waitFor();
      await look('history-conflict');
    });
  });

  it('opens an entry by its link, whatever the list shows, and exports what is filtered', async () => {
    const [, second] = await entriesOf('reports');
    await onHistory(`history?kind=segment&subject=known&entry=${second!.id}`, async ({ page }) => {
      await page.getByRole('region', { name: 'The entry of this link' }).getByText('flag.set').waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Export as JSON lines' }).click(),
      ]);
      const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toContain('segment');
    });
  });

  it('opens whatever stands in an address, typed by hand or cut in a message, and so does every page', async () => {
    await onHistory('history', async ({ page, open, expectFault }) => {
      expectFault(/status of 40[04]/);
      for (const nonsense of ['2026', 'notadate', '%7B%7D']) {
        for (const address of ADDRESSES) {
          await open(address.replaceAll('~', nonsense));
          await page.getByRole('heading', { level: 1 }).waitFor();
          expect(await page.getByText('Something went wrong').count()).toBe(0);
        }
      }
    });
  });

  it('fits a phone, with names that are as bad as they get', async () => {
    await onHistory(
      'history?kind=flag&subject=nasty',
      async ({ page, look }) => {
        await page.locator('.history-entry').first().click();
        await page.getByRole('rowheader', { name: 'description' }).waitFor();
        await look('history-phone');
        await page.setViewportSize({ width: 320, height: 640 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        await page.setViewportSize(PHONE);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
      },
      { viewport: PHONE },
    );
  });

  it('takes roles back with attributes only from whoever says that nobody counts whom that takes a flag from', async () => {
    const lead = (inherits: readonly string[]) =>
      server.admin('PATCH', '/api/admin/organizations/north', {
        roles: [{ name: 'lead', inherits }, { name: 'crew' }],
        attributes: { leads: inherits.length },
      });
    await lead([]);
    await lead(['crew']);
    await onHistory('history?kind=organization&subject=north', async ({ page, look }) => {
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Why?').fill('a slip');
      const undo = dialog.getByRole('button', { name: 'Undo', exact: true });
      await dialog.getByText('It may take flags from people.').waitFor();
      expect(await undo.isDisabled()).toBe(true);
      await look('history-undo-roles');
      await dialog.getByLabel('without knowing whom it takes it from').check();
      await undo.click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('that is version 3').first().waitFor();
      // What had the focus is gone; it stays where that was, and is not at the top of the page again.
      await page.getByRole('button', { name: 'Undo…' }).waitFor({ state: 'detached' });
      await until(() => page.evaluate(() => document.activeElement?.closest('main') != null));
    });
  });
});
