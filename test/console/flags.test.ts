import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { until } from '../timing.js';
import { PHONE, startConsole, visit, withoutOperation } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { seedFlags } from './stand/seed-flags.js';
import { steadyAria } from './stand/texts.js';

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole({ LATCHKEY_ENVIRONMENT: 'staging' });
  await seedFlags(server);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const table = (page: Page) => page.locator('tr[data-at]').first();
const row = (page: Page, key: string) =>
  page.locator('tr[data-at]', { has: page.locator('.flag-key', { hasText: new RegExp(`^${key}$`) }) });
const keys = (page: Page) => page.locator('tr[data-at] .flag-key').allTextContents();
const flag = async (key: string) =>
  ((await server.admin('GET', `/api/admin/flags/${key}`)) as { flag: Record<string, unknown> }).flag;

describe('the list of flags', () => {
  it('tells of each flag its state, who gets it, and whether it is switched on', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags');
      await signIn();
      await table(page).waitFor();
      await page.waitForURL(`${server.origin}/console/flags`);
      expect(await page.title()).toBe('Flags · Latchkey');
      await look('flags');
      // It is loaded once the page stands.
      await page.getByRole('region', { name: 'Notifications' }).waitFor({ state: 'attached' });
      expect(await steadyAria(page.locator('body'))).toMatchSnapshot();
    });
  });

  it('is a list of cards on a phone, and at 320 pixels nothing is cut off', async () => {
    await visit(
      browser,
      server,
      async ({ page, open, signIn, look }) => {
        await open('flags');
        await signIn();
        await table(page).waitFor();
        await look('flags-phone');
        await page.setViewportSize({ width: 320, height: 640 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        await look('flags-320');
      },
      { viewport: PHONE },
    );
  });

  it('keeps what it is filtered by in its address, so that a link shows the same', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags?state=earned&tag=reports&order=updated');
      await signIn();
      await until(async () => (await keys(page)).length === 2);
      expect((await keys(page)).toSorted()).toEqual(['advanced_analytics', 'reports_tab']);
      await page.keyboard.press('/');
      await page.keyboard.type('ana');
      await until(async () => (await keys(page)).join() === 'advanced_analytics');
      await page.waitForURL(({ search }) => search === '?state=earned&tag=reports&order=updated&q=ana');
      await look('flags-filtered');
      await page.reload();
      await until(async () => (await keys(page)).join() === 'advanced_analytics');
      expect(await page.getByLabel('Filter flags').inputValue()).toBe('ana');
      await page.getByRole('button', { name: 'Clear filters' }).last().click();
      await until(async () => (await keys(page)).length === 8);
      // Archived ones are listed where they are asked for.
      await page.getByRole('radio', { name: /Archived/ }).check({ force: true });
      await until(async () => (await keys(page)).join() === 'old_banner');
    });
  });

  it('says when nothing fits, and that an archived one would', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags?q=old_banner');
      await signIn();
      await page.getByText('No flag is like this').waitFor();
      await look('flags-no-match');
      await page.getByRole('button', { name: 'Show archived' }).click();
      await until(async () => (await keys(page)).join() === 'old_banner');
      await page.getByLabel('Filter flags').fill(`"%_'\\+<b>`);
      await page.getByText('Nothing fits all the filters together.').waitFor();
    });
  });

  it('asks before it switches a flag, with who gains it and who loses it, and keeps why in the history', async () => {
    await server.admin('PATCH', '/api/admin/users/mona', { roles: ['manager'] });
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags');
      await signIn();
      const held = Promise.withResolvers<void>();
      await page.route('**/manager_tools/preview', async (route) => {
        await held.promise;
        await route.continue();
      });
      const toggle = row(page, 'manager_tools').getByRole('switch');
      await toggle.click();
      const dialog = page.getByRole('dialog', { name: 'Switch off manager_tools?' });
      await dialog.getByText('everyone who has the role manager').waitFor();
      const does = dialog.getByRole('button', { name: 'Switch off', exact: true });
      // Nothing is done before it is known whom it takes the flag from.
      expect(await does.isDisabled()).toBe(true);
      held.resolve();
      const losers = dialog.getByLabel('Number of people who would lose it');
      await losers.waitFor();
      await dialog.getByRole('status').getByText('1 would lose it').waitFor();
      await dialog.getByRole('listitem').getByText('mona', { exact: true }).waitFor();
      expect(await does.isDisabled()).toBe(true);
      await look('flags-switch');
      // Until it is confirmed nothing happens.
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await toggle.isChecked()).toBe(true);
      expect((await flag('manager_tools')).active).toBe(true);

      await toggle.click();
      await dialog.getByLabel(/^Why/).fill('an incident');
      await losers.fill('2');
      expect(await does.isDisabled()).toBe(true);
      await losers.fill('1');
      await page.keyboard.press('Control+Enter');
      await page.getByText('manager_tools is off').waitFor();
      await until(async () => !(await toggle.isChecked()));
      expect((await flag('manager_tools')).active).toBe(false);
      const { entries } = (await server.admin('GET', '/api/admin/audit?page_size=1')) as {
        entries: { comment: string }[];
      };
      expect(entries[0]!.comment).toBe('an incident');
      await look('flags-switched');
    }).finally(() => server.admin('DELETE', '/api/admin/users/mona?comment=only%20visiting'));
  });

  it('asks whoever may not know whom it takes a flag from to say that they switch it off without knowing', async () => {
    await visit(browser, server, async ({ page, context, open }) => {
      await withoutOperation(context, 'PreviewRule');
      await open('flags');
      await row(page, 'new_checkout').getByRole('switch').click();
      const dialog = page.getByRole('dialog', { name: 'Switch off new_checkout?' });
      const unseen = dialog.getByLabel(/^Switch off without knowing whom it takes it from/);
      await unseen.waitFor();
      const does = dialog.getByRole('button', { name: 'Switch off', exact: true });
      expect(await does.isDisabled()).toBe(true);
      await unseen.check();
      expect(await does.isEnabled()).toBe(true);
    });
  });

  it('switches no flag that somebody else has changed since before it has said who, and what it comes to now', async () => {
    const { secret } = (await server.admin('POST', '/api/admin/tokens', { name: 'Nightly', scopes: ['manage'] })) as {
      secret: string;
    };
    const change = async (body: object, comment: string) => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const path = `/api/admin/flags/new_checkout?comment=${encodeURIComponent(comment)}`;
      const answer = await fetch(`${server.origin}${path}`, { method: 'PATCH', headers, body: JSON.stringify(body) });
      expect(answer.status).toBe(200);
    };
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      expectFault(/status of 412/);
      await open('flags');
      await signIn();
      const toggle = row(page, 'new_checkout').getByRole('switch');
      await toggle.click();
      const dialog = page.getByRole('dialog', { name: 'Switch off new_checkout?' });
      const does = dialog.getByRole('button', { name: 'Switch off', exact: true });
      await until(() => does.isEnabled());
      await server.admin('PATCH', '/api/admin/users/mona', { roles: ['employee'] });
      await change({ is_enabled_globally: true }, 'for all');
      // By now there is somebody who has it, which the preview finds out by itself; who has changed it is told when it is saved.
      await dialog.getByLabel('Number of people who would lose it').fill('1');
      await does.click();
      await dialog
        .getByRole('alert')
        .getByText(/^Changed meanwhile by token “.?Nightly.?”/)
        .waitFor();
      await dialog.getByRole('alert').getByText('for all').waitFor();
      await look('flags-switch-overtaken');
      expect((await flag('new_checkout')).active).toBe(true);
      await does.click();
      await page.getByText('new_checkout is off').waitFor();
      expect((await flag('new_checkout')).active).toBe(false);

      // What somebody else has done already is not done again.
      await until(async () => !(await toggle.isChecked()));
      await toggle.click();
      const other = page.getByRole('dialog', { name: 'Switch on new_checkout?' });
      await other.getByRole('status').getByText('1 would gain it').waitFor();
      await change({ active: true }, 'it is mended');
      await other.getByRole('button', { name: 'Switch on', exact: true }).click();
      await page.getByText('new_checkout is switched on already').waitFor();
      await other.waitFor({ state: 'detached' });
    }).finally(() => server.admin('DELETE', '/api/admin/users/mona?comment=only%20visiting'));
    await server.admin('PATCH', '/api/admin/flags/new_checkout', { is_enabled_globally: false });
  });

  it('shows by itself what others change', async () => {
    await visit(browser, server, async ({ page, open, signIn }) => {
      await open('flags');
      await signIn();
      await page.locator('.live-dot[data-live]').waitFor();
      await server.admin('PATCH', '/api/admin/flags/dashboard', { name: 'Another name' });
      await page.getByText('Another name').waitFor();
      await server.admin('PATCH', '/api/admin/flags/dashboard', { name: 'Dashboard' });
      await page.getByText('Dashboard', { exact: true }).waitFor();
    });
  });

  it('goes by keys: to a flag, picking it, tagging what is picked, archiving and bringing back', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags?q=e');
      await signIn();
      await page.locator('tr[data-at]').nth(3).waitFor();
      const focused = () => page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('data-at'));
      const press = async (key: string, at: number) => {
        await page.keyboard.press(key);
        await until(async () => (await focused()) === String(at));
      };
      await press('j', 0);
      await press('j', 1);
      await press('x', 1);
      await press('j', 2);
      await press('x', 2);
      await press('k', 1);
      const bar = page.getByRole('toolbar', { name: '2 selected' });
      await bar.waitFor();
      await look('flags-selected');
      const picked = (await keys(page)).slice(1, 3);
      await bar.getByRole('button', { name: 'Add tag' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Tag', { exact: true }).fill('q3');
      await look('flags-tagging');
      await dialog.getByRole('button', { name: 'Add tag' }).click();
      await page.getByText('2 flags changed').waitFor();
      for (const key of picked) expect((await flag(key)).tags).toContain('q3');

      await server.admin('PATCH', '/api/admin/users/loser', {});
      for (const key of picked) {
        const access = [{ user_id: 'loser' }];
        await server.admin('PATCH', `/api/admin/flags/${key}/access`, { flag: { active: true }, access });
      }
      await page.goto(`${server.origin}/console/flags?tag=q3`);
      await until(async () => (await keys(page)).length === 2);
      await page.getByLabel('Select all that are loaded').check();
      await page.getByRole('toolbar').getByRole('button', { name: 'Archive' }).click();
      // Who puts many away at once is told which, and whom that takes them from, and says how many that are.
      for (const key of picked) await dialog.getByRole('link', { name: key, exact: true }).waitFor();
      await until(async () => (await dialog.getByText(/would lose it: .*loser/).count()) === 2);
      const archive = dialog.getByRole('button', { name: 'Archive' });
      expect(await archive.isDisabled()).toBe(true);
      await look('flags-archiving');
      await dialog.getByLabel('How many would lose a flag?').fill('2');
      await archive.click();
      await page.getByRole('button', { name: 'Show archived' }).click();
      await until(async () => (await keys(page)).length === 2);
      for (const key of picked) expect((await flag(key)).archived).toBe(true);
      await page.getByLabel('Select all that are loaded').check();
      await page.getByRole('toolbar').getByRole('button', { name: 'Bring back' }).click();
      await dialog.getByRole('button', { name: 'Bring back' }).click();
      await until(
        async () => (await flag(picked[0]!)).archived === false && (await flag(picked[1]!)).archived === false,
      );
    });
  });

  it('shows names of any characters as they are', async () => {
    const names = ['<img src=x onerror=alert(1)>', 'abc\u202Egnp.exe', '"><script>alert(1)</script>', 'é'.repeat(255)];
    for (const [i, name] of names.entries()) {
      await server.admin('PATCH', `/api/admin/flags/hostile_${i}`, {
        name,
        description: name,
        tags: [name.slice(0, 60)],
        owner: name.slice(0, 60),
      });
    }
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags?q=hostile_');
      await signIn();
      await until(async () => (await keys(page)).length === 4);
      expect((await page.locator('.flag-name').allTextContents()).toSorted()).toEqual(names.toSorted());
      await look('flags-hostile');
      await row(page, 'hostile_0').getByRole('switch').click();
      await page.getByRole('dialog', { name: 'Switch off hostile_0?' }).waitFor();
    });
    for (const i of names.keys()) await server.admin('PATCH', `/api/admin/flags/hostile_${i}`, { archived: true });
  });

  it('offers nothing to who may only look', async () => {
    const { secret } = (await server.admin('POST', '/api/admin/tokens', { name: 'reader', scopes: ['evaluate'] })) as {
      secret: string;
    };
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags');
      await signIn(secret);
      await page.getByRole('button', { name: 'Account: reader' }).waitFor();
      await page.getByText('You may not see this').waitFor();
      await page.getByText('Your token has the scope “evaluate”, and this needs another one.').waitFor();
      await look('flags-not-allowed');
      expect(await page.getByRole('checkbox').count()).toBe(0);
    });
  });
});
