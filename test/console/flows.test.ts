import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { migrateDatabase } from '../cluster/latchkey-process.js';
import { launchChromium } from '../servers/launch-chromium.js';
import { createDatabase, createRedisSpace } from '../servers/test-servers.js';
import { until } from '../timing.js';
import { type Visit, type VisitOptions, visit } from './stand/console-browser.js';
import { type ConsoleServer, startConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { seedOffice } from './stand/seed-office.js';

/** Both shapes that are deployed. */
const DEPLOYMENTS = {
  'SQLite and the embedded queue': async () => ({ settings: {}, drop: async () => undefined }),
  'MariaDB, BullMQ and Redis': async () => {
    const [database, redis] = [await createDatabase(), await createRedisSpace()];
    migrateDatabase(database.url);
    return { settings: { DATABASE_URL: database.url, REDIS_URL: redis.url }, drop: () => database.drop() };
  },
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);
afterAll(() => browser?.close());

/** What operators come for, from the first key to the effect on people, as they do it. */
describe.each(Object.entries(DEPLOYMENTS))('on %s an operator', (_, deploy) => {
  let server: ConsoleServer;
  let drop = async (): Promise<void> => undefined;
  beforeAll(async () => {
    const { settings, drop: later } = await deploy();
    drop = later;
    server = await startConsoleServer(settings);
    await seedOffice(server);
  }, 180_000);
  afterAll(async () => {
    await server.close();
    await drop();
  });

  const operate = (use: (visiting: Visit) => Promise<void>, options: VisitOptions = {}): Promise<void> =>
    visit(browser, server, use, options);
  const isOn = async (user: string, flag: string): Promise<boolean> => {
    const path = `/api/feature-flags/?user_id=${user}&all=true`;
    const { flags } = (await server.admin('GET', path)) as { flags: { key: string; enabled: boolean }[] };
    return flags.find(({ key }) => key === flag)?.enabled ?? false;
  };
  const report = (user: string, id: string) =>
    server.admin('POST', '/api/events?wait=true', { id, user_id: user, action: 'report_created' });

  it('finds out why somebody does not see a feature, and lets them in', async () => {
    await operate(async ({ page, open }) => {
      await open('flags');
      await find(page, 'linus', /^linus/);
      await page.getByRole('button', { name: /Payroll/ }).click();
      const answering = page.locator('[aria-current="true"] .ladder-says');
      await answering.waitFor();
      expect(await answering.textContent()).toContain('contractor');
      await page.getByRole('button', { name: 'Allow for linus…' }).click();
      await page.getByLabel('Why?').fill('he is back');
      await page.keyboard.press('Enter');
      await page.getByText('payroll came on just now').waitFor();
      expect(await isOn('linus', 'payroll')).toBe(true);
    });
  });

  it('makes a flag for a role, sees by name who would have it before it is made, and takes it back by its rollout', async () => {
    await operate(async ({ page, open }) => {
      await open('flags');
      await page.getByRole('table', { name: 'Flags' }).waitFor();
      await page.keyboard.press('c');
      await page.getByRole('heading', { name: 'New flag', level: 1 }).waitFor();
      await page.getByLabel('Name', { exact: true }).fill('New search');
      await page.locator('.choice', { hasText: 'Roles' }).click();
      await page.getByRole('combobox', { name: 'Roles' }).fill('employee');
      await page.keyboard.press('Enter');
      const outcome = page.getByRole('region', { name: 'What it comes to' });
      await outcome.locator('[data-group="would_unlock"]').getByText('grace').waitFor();
      await page.locator('.choice', { hasText: 'Made switched on' }).click();
      await page.getByLabel('Why? (kept in the history)', { exact: true }).fill('employees first');
      await page.getByRole('button', { name: 'Make the flag' }).click();
      await page.getByRole('heading', { name: 'New search', level: 1 }).waitFor();
      await until(() => isOn('grace', 'new_search'));
      expect(await isOn('linus', 'new_search')).toBe(false);
      await open('flags/new_search');
      await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
      await page.getByLabel('Rollout', { exact: true }).first().fill('0');
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Number of people who would lose it').fill('2');
      await saved(page, 2);
      await until(async () => !(await isOn('grace', 'new_search')));
    });
  });

  it('writes a rule that people earn, sees who gains it before it is saved, and watches it being earned', async () => {
    await operate(async ({ page, context, open, expectFault }) => {
      // What is typed may be no draft that can be tried yet.
      expectFault(/status of 400/);
      await open('flags/reports_tab');
      await page.getByRole('button', { name: 'Whoever earns it' }).click();
      const condition = page.locator('.condition-row').nth(1);
      await condition.getByRole('combobox', { name: 'Fact', exact: true }).selectOption('actionCount');
      await condition.getByLabel('action', { exact: true }).fill('report_created');
      await condition.getByRole('combobox', { name: 'Operator' }).selectOption('greaterThanInclusive');
      await condition.getByLabel('Value', { exact: true }).fill('3');
      await page.locator('.rule-words p').getByText('everyone who created at least 3 reports').waitFor();
      await page.getByRole('button', { name: 'Preview', exact: true }).click();
      await page.locator('.preview-group[data-group="would_unlock"]').getByText('grace').waitFor();
      await page.keyboard.press('Control+s');
      await page.getByRole('dialog').getByText('would gain it', { exact: true }).waitFor();
      await page.getByRole('dialog').getByLabel('Why?').fill('for those who report');
      await page.keyboard.press('Control+Enter');
      await saved(page, 2);
      await until(async () => (await isOn('grace', 'reports_tab')) && !(await isOn('ada', 'reports_tab')));

      const beside = await context.newPage();
      await beside.goto(`${server.origin}/console/people/ada?flag=reports_tab`);
      await beside.getByText('2 of 3', { exact: true }).waitFor();
      await beside.locator('.live-dot[data-live]').waitFor();
      await report('ada', 'the-third');
      await beside.getByText('reports_tab came on just now').waitFor();
      await beside.close();
    });
  });

  it('sees where people are stuck, and makes a flag for them', async () => {
    await operate(async ({ page, open }) => {
      await open('onboarding');
      await page.getByRole('link', { name: 'profile_setup' }).click();
      await page.getByRole('row', { name: /^grace/ }).waitFor();
      await page.getByRole('link', { name: 'Make a flag for these' }).click();
      await page.getByLabel('Name', { exact: true }).fill('Help with the profile');
      await page.getByRole('button', { name: 'Make the flag' }).click();
      await page.getByRole('heading', { name: 'Help with the profile', level: 1 }).waitFor();
      const { flag } = (await server.admin('GET', '/api/admin/flags/help_with_the_profile')) as {
        flag: { active: boolean };
      };
      expect(flag.active).toBe(false);
    });
  });

  it('gives a customer roles of its own, and its administrator decides for its people alone', async () => {
    let secret = '';
    await operate(async ({ page, open }) => {
      await open('organizations');
      await page.getByRole('button', { name: 'New organization' }).click();
      await page.getByLabel('Id', { exact: true }).fill('initech');
      await page.getByRole('button', { name: 'Make it' }).click();
      await page.getByRole('heading', { name: 'initech', level: 1 }).waitFor();
      await page.getByRole('navigation', { name: 'Parts of initech' }).getByRole('link', { name: 'Roles' }).click();
      await page.getByRole('button', { name: 'Add role' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Name').fill('shift-lead');
      await dialog.getByLabel('employee').check();
      await dialog.getByText('Nobody gains or loses anything.').waitFor();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Edit shift-lead' }).waitFor();
      await page.getByRole('link', { name: 'Tokens' }).click();
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByLabel('Name').fill('initech’s admin');
      await page.getByRole('button', { name: 'Make it' }).click();
      secret = (await page.locator('.snippet code').textContent()) ?? '';
    });
    for (const [user, organization_id] of [
      ['barbara', 'initech'],
      ['hedy', 'acme'],
    ])
      await server.admin('PATCH', `/api/admin/users/${user}`, { organization_id, roles: ['shift-lead'] });
    await operate(
      async ({ page, open, signIn }) => {
        await open();
        await signIn(secret);
        await page.getByRole('button', { name: 'Change access: rosters' }).click();
        await page.getByLabel('For shift-lead').selectOption('ALLOW');
        await page.getByLabel('Why?').fill('they plan the shifts');
        await page.getByRole('button', { name: 'Save' }).click();
        await until(() => isOn('barbara', 'rosters'));
        expect(await isOn('hedy', 'rosters')).toBe(false);
        await page.getByRole('link', { name: 'History' }).click();
        await page.getByText('“they plan the shifts”').waitFor();
      },
      { signedOut: true },
    );
  });

  it('finds in the history what was changed, and undoes it, or restores an older version over several changes', async () => {
    await server.admin('PATCH', '/api/admin/flags/checkout', { rules: [{ id: 'all', rollout: 100_000 }] });
    expect(await isOn('ada', 'checkout')).toBe(true);
    await operate(async ({ page, open }) => {
      await open('history?kind=flag&subject=checkout');
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Why?').fill('too early');
      await dialog.getByLabel('Number of people who would lose it').fill('5');
      await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
      await page.getByText('that is version 3').first().waitFor();
      await until(async () => !(await isOn('ada', 'checkout')));
      await open('flags/checkout?tab=versions&version=2');
      await page.getByRole('button', { name: 'Restore as a draft' }).click();
      await page.getByText('1 unsaved change').first().waitFor();
      await page.keyboard.press('Control+s');
      expect(await page.getByRole('dialog').getByLabel('Why?').inputValue()).toBe('restores version 2');
      await saved(page, 4);
      await until(() => isOn('ada', 'checkout'));
    });
  });
});

/** By the palette, from wherever one is. */
async function find(page: Page, typed: string, option: RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find or do' }).fill(typed);
  await page.getByRole('option', { name: option }).click();
}
