import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type {
  CreateTokenResponse,
  FeatureFlag,
  GetFlagResponse,
  ListAccessResponse,
} from '../../src/protocol/gen/admin-json.js';
import { until } from '../timing.js';
import { PHONE, startConsole, type Visit, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { steadyAria } from './stand/texts.js';

const run = promisify(execFile);
const NASTY = `<img src=x onerror=alert(1)> \u202Egnp.exe ${'w'.repeat(200)}`;

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  const joined_at = new Date(Date.now() - 20 * 24 * 60 * 60_000).toISOString();
  await server.admin('PATCH', '/api/admin/users/ada', { roles: ['manager'], organization_id: 'acme', joined_at });
  await server.admin('PATCH', '/api/admin/users/grace', { roles: ['editor'], joined_at });
  await server.admin('PUT', '/api/admin/stages', { stages: [{ name: 'trial' }] });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function stored(key: string): Promise<FeatureFlag> {
  const { flag } = (await server.admin('GET', `/api/admin/flags/${key}`)) as GetFlagResponse;
  return flag!;
}

async function on(path: string, use: (visit: Visit) => Promise<void>, options = {}): Promise<void> {
  await visit(
    browser,
    server,
    async (visiting) => {
      await visiting.open(path);
      await visiting.signIn();
      await visiting.page.getByRole('heading', { level: 1 }).waitFor();
      await use(visiting);
    },
    options,
  );
}

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const choose = (page: Page, who: string) => page.locator('.choice', { hasText: who }).click();
const make = (page: Page) => page.getByRole('button', { name: 'Make the flag' }).click();
const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true }).waitFor();

describe('a new flag', () => {
  it('begins at an empty list, says by name who would have it, and ends at the code that asks for it', async () => {
    await on('flags', async ({ page, look }) => {
      await page.getByText('Make your first flag').waitFor();
      await page.keyboard.press('c');
      await heading(page, 'New flag');
      await page.keyboard.type('Reports & exports (new)');
      expect(await field(page, 'Key').inputValue()).toBe('reports_exports_new');
      await choose(page, 'Roles');
      await page
        .getByRole('textbox', { name: 'Roles' })
        .or(page.getByRole('combobox', { name: 'Roles' }))
        .fill('manager');
      await page.keyboard.press('Enter');
      const outcome = page.getByRole('region', { name: 'What it comes to' });
      await outcome.locator('.outcome-sentence', { hasText: 'manager' }).waitFor();
      await outcome.locator('[data-group="would_unlock"]').getByText('ada').waitFor();
      await look('new-flag');
      expect(await steadyAria(page.locator('.new-flag'))).toMatchSnapshot();
      await field(page, 'Why? (kept in the history)').fill('managers first');
      await make(page);
      await heading(page, 'Reports & exports (new)');
      await page.getByRole('region', { name: 'JavaScript' }).getByText("key === 'reports_exports_new'").waitFor();
      const flag = await stored('reports_exports_new');
      expect(flag).toMatchObject({ active: false, version: 1, name: 'Reports & exports (new)' });
      expect(flag.rules[0]).toMatchObject({
        policy: 'LIVE',
        conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] },
      });
      await page.goBack();
      await heading(page, 'New flag');
      expect(await field(page, 'Name').inputValue()).toBe('');
    });
  });

  it('keeps what is typed over a reload and the end of the session, and refuses a key that is taken at its field', async () => {
    await server.admin('PATCH', '/api/admin/flags/there', { name: 'There' });
    await on('flags/new', async ({ page, look, context, signIn, expectFault }) => {
      await field(page, 'Name').fill('There');
      await page.getByText('There is a flag with the key there already.').waitFor();
      await make(page);
      await until(
        async () => (await field(page, 'Key').evaluate((input) => input === document.activeElement)) === true,
      );
      await look('new-flag-taken');
      await field(page, 'Key').fill('a b');
      await page.getByText('“ ” cannot be in a key').waitFor();
      // That the next one is taken is not seen beforehand.
      await page.route('**/api/admin/flags?q=*', (route) => route.fulfill({ json: { flags: [] } }));
      await field(page, 'Key').fill('mine');
      await choose(page, 'A percentage');
      await field(page, 'Percentage').fill('12.5');
      await page.reload();
      await until(async () => (await field(page, 'Key').inputValue()) === 'mine');
      expect(await field(page, 'Percentage').inputValue()).toBe('12.5');
      // Another operator makes it in between, and the session ends.
      await page.getByText('About so many.').waitFor();
      await server.admin('PATCH', '/api/admin/flags/mine', { name: 'Theirs' });
      expectFault(/status of (401|409|412)/);
      // Just then: what is asked by the way would tell of the end before.
      await page.route(
        '**/api/admin/flags/mine/access',
        async (route) => {
          await context.clearCookies();
          const problem = { status: 401, code: 'UNAUTHENTICATED', title: 'Unauthorized', detail: 'it is over' };
          await route.fulfill({ status: 401, contentType: 'application/problem+json', json: problem });
        },
        { times: 1 },
      );
      await make(page);
      await page.getByText('Your session is over').waitFor();
      await signIn();
      await page.getByText('Somebody has made a flag with the key mine.').waitFor();
      await page.getByRole('link', { name: 'Open that flag' }).waitFor();
      expect((await stored('mine')).name).toBe('Theirs');
      await field(page, 'Key').fill('mine.too');
      await choose(page, 'Made switched on');
      await make(page);
      await heading(page, 'There');
      expect(await stored('mine.too')).toMatchObject({ active: true, rules: [{ rollout: 12_500 }] });
    });
  });

  it('is for people whom it names, for whoever earns it, and for those who are stuck', async () => {
    await on('flags/new', async ({ page, open, look }) => {
      await field(page, 'Name').fill('For some');
      await choose(page, 'People');
      const people = page.getByRole('combobox', { name: 'People' });
      await people.fill('ada');
      await people.press('Enter');
      await people.fill(NASTY.slice(0, 191).trim());
      await people.press('Enter');
      await page.getByText('nothing is stored of them yet').waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      await look('new-flag-people');
      await page.locator('.items-list').getByRole('button').nth(1).click();
      // What is typed and not added yet counts, too.
      await people.fill('grace');
      await make(page);
      await heading(page, 'For some');
      const { access } = (await server.admin('GET', '/api/admin/flags/for_some/access')) as ListAccessResponse;
      expect(new Set(access.map(({ user_id, effect }) => `${user_id} ${effect}`))).toEqual(
        new Set(['ada ALLOW', 'grace ALLOW']),
      );

      await open('flags/new');
      await field(page, 'Name').fill('Earned');
      await choose(page, 'Who earns it');
      await make(page);
      await page.getByText('Say which action.').waitFor();
      await field(page, 'Action').fill('report_created');
      await page
        .getByText('everyone who created at least 10 reports, for good')
        .or(page.getByText('for good'))
        .first()
        .waitFor();
      await look('new-flag-earned');
      await make(page);
      await page.getByRole('region', { name: 'Conditions' }).waitFor();
      expect((await stored('earned')).rules[0]).toMatchObject({ policy: 'LATCHING' });

      await open('flags/new?stage=trial&days=7');
      await page.getByText('On for whoever has been in trial for 7 days at least.').first().waitFor();
      await field(page, 'Name').fill('new');
      await make(page);
      // A flag that is called like the page that makes one has an address, too.
      await heading(page, 'new');
      await page.waitForURL(({ pathname }) => pathname === '/console/flags/~new');
      expect((await stored('new')).rules[0]?.conditions).toEqual({
        all: [
          { fact: 'stage', operator: 'equal', value: 'trial' },
          { fact: 'daysInStage', operator: 'greaterThanInclusive', value: 7 },
        ],
      });
    });
  });

  it('is not made by who administers an organization', async () => {
    const made = await server.admin('POST', '/api/admin/tokens', {
      name: 'acme',
      scopes: ['manage'],
      organization_id: 'acme',
    });
    await visit(browser, server, async ({ page, open, signIn }) => {
      await open('flags/new');
      await signIn((made as CreateTokenResponse).secret);
      await page.getByText('You may not see this').waitFor();
      await page.getByText('your token is for the organization acme alone').waitFor();
      await page.keyboard.press('c');
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').getByRole('combobox').fill('new fl');
      await page.getByText('Nothing is called').waitFor();
    });
  });

  it('fits a phone', async () => {
    await on(
      'flags/new',
      async ({ page, look }) => {
        await choose(page, 'Who earns it');
        await look('new-flag-phone');
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
      },
      { viewport: PHONE },
    );
  });
});

describe('the use of a flag', () => {
  it('is told by code that the server takes, and that answers as is said', async () => {
    await server.admin('PATCH', '/api/admin/flags/used', {
      name: 'Used',
      rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }],
    });
    await on('flags/used?tab=use', async ({ page, open, look }) => {
      await page.locator('.use-standing').getByText('on for ada').waitFor();
      await look('flag-use');
      const shown = (name: string) => page.getByRole('region', { name, exact: true }).locator('pre').innerText();
      const answer = async () => JSON.parse(await shownAnswer(page)) as unknown;
      const LATCHKEY_TOKEN = server.adminToken;
      const path = `${join(import.meta.dirname, '../../node_modules/.bin')}:${process.env.PATH}`;
      const options = { env: { ...process.env, LATCHKEY_TOKEN, PATH: path } };
      const shell = async (code: string) => JSON.parse((await run('bash', ['-c', code], options)).stdout) as unknown;

      const script = `${await shown('JavaScript')}\nconsole.log(JSON.stringify({ flags, isOn }));`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], options);
      const listed = JSON.parse(stdout) as { flags: { key: string }[]; isOn: boolean };
      expect(listed.isOn).toBe(true);
      const ofFlag = (flags: readonly { key: string }[], key = 'used') => flags.find((each) => each.key === key);
      expect(ofFlag(listed.flags)).toEqual(await answer());

      await page.getByRole('button', { name: 'curl' }).click();
      const { flags } = (await shell(await shown('curl'))) as { flags: { key: string }[] };
      expect(ofFlag(flags)).toEqual(await answer());

      await page.getByRole('button', { name: 'gRPC' }).click();
      const call = await shown('gRPC');
      expect(await shell(call)).toEqual(await answer());

      // Names that would end a string or a command are none the worse for it.
      const id = `it's "$(id)" \\u0041 ${'ü'}`;
      await field(page, 'For whom').fill(id);
      await page.locator('.use-standing').getByText(`off for ${id}`).waitFor();
      expect(await shell(await shown('gRPC'))).toEqual(await answer());
      await page.getByRole('button', { name: 'curl' }).click();
      const byCurl = async () => (await shell(await shown('curl'))) as { flags: { key: string }[] };
      expect(ofFlag((await byCurl()).flags)).toBeUndefined();
      await page.getByText('what is off is not in the list').waitFor();
      // Nothing is shown as an answer that the server does not give.
      expect(await page.locator('.use-answer pre').count()).toBe(0);

      await server.admin('PATCH', '/api/admin/flags/served', { is_enabled_globally: true, client_visible: false });
      await open('flags/served?tab=use');
      await page.locator('.use-standing').getByText('on for ada').waitFor();
      await page.getByText('the list is for their screens').waitFor();
      await page.getByRole('button', { name: 'curl' }).click();
      expect(ofFlag((await byCurl()).flags, 'served')).toBeUndefined();
      expect(await page.locator('.use-answer pre').count()).toBe(0);
    });
  });
});

const shownAnswer = (page: Page) => page.locator('.use-answer pre').innerText();

describe('what a flag is', () => {
  it('has what refers to it, who sees it, and whether it is put away, as parts of the one draft', async () => {
    await server.admin('PATCH', '/api/admin/flags/base', { name: 'Base', is_enabled_globally: true });
    await server.admin('PATCH', '/api/admin/flags/needs_it', { name: NASTY, prerequisites: [{ flag_key: 'base' }] });
    await server.admin('PATCH', '/api/admin/segments/has_base', {
      name: 'Has the base',
      conditions: { all: [{ fact: 'unlocked', params: { flag: 'base' }, operator: 'equal', value: true }] },
    });
    await on('flags/base', async ({ page, look, expectFault }) => {
      // What people are told is asked for once more when the flag is put away, and nothing is told of it then.
      expectFault(/status of 404/);
      const references = page.getByRole('region', { name: 'What refers to it' });
      await references.getByText('Has the base', { exact: true }).waitFor();
      await references.getByRole('link', { name: NASTY.slice(0, 20) }).waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      const about = page.getByRole('region', { name: 'About' });
      await about.getByLabel('Description').fill('Two\nlines');
      await about.getByLabel('Visible to people').uncheck();
      await about.getByLabel('Delegated to organizations').check();
      await about.getByText('2 other things depend on it').waitFor();
      const archive = about.getByRole('button', { name: 'Archive' });
      expect(await archive.isDisabled()).toBe(true);
      await look('flag-references');
      await server.admin('PATCH', '/api/admin/flags/needs_it', { prerequisites: [] });
      await server.admin('DELETE', '/api/admin/segments/has_base');
      await references.getByText('Nothing. No other').waitFor();
      await archive.click();
      await page.getByText('4 unsaved changes').first().waitFor();
      await page.getByRole('button', { name: 'Review and save' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Nobody is on with the draft: the flag is archived.', { exact: true }).waitFor();
      await dialog.getByLabel('Number of people who would lose it').fill('2');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await about.getByRole('button', { name: 'Bring back' }).waitFor();
      expect(await stored('base')).toMatchObject({
        archived: true,
        client_visible: false,
        delegated: true,
        description: 'Two\nlines',
      });
    });
  });
});

describe('the versions of a flag', () => {
  it('are listed with who, when and why, held against each other, and restored by way of the draft', async () => {
    const put = (body: object, why: string) =>
      server.admin('PATCH', `/api/admin/flags/told?comment=${encodeURIComponent(why)}`, body);
    const rule = (value: number) => ({
      id: 'ten',
      name: '10 reports',
      conditions: { all: [{ fact: 'actionCount', params: { action: 'r' }, operator: 'greaterThanInclusive', value }] },
    });
    await put({ name: 'Told', rules: [rule(10)], tags: ['autumn'] }, 'for the autumn');
    await put({ rules: [rule(8)], owner: 'reports' }, NASTY.repeat(3));
    await put({ rules: [], tags: [] }, 'tidying up');
    await on('flags/told?tab=versions', async ({ page, look }) => {
      const versions = page.getByRole('list', { name: 'Versions' });
      await versions.getByText('“for the autumn”').waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      await versions.getByRole('button', { name: /Version 2/ }).click();
      await page.waitForURL(/version=2/);
      await page.getByText('now needs 8 times r instead of 10').nth(1).waitFor();
      await look('flag-versions');
      await page.getByRole('combobox', { name: 'Compare' }).selectOption('3');
      await page.waitForURL(/version=2&to=3/);
      await page.getByRole('heading', { name: 'What version 3 changed' }).waitFor();
      await versions.getByRole('button', { name: /Version 1/ }).click();
      await page.getByRole('combobox', { name: 'Compare' }).selectOption('3');
      await page.reload();
      const difference = page.getByRole('region', { name: 'From version 1 to version 3' });
      await difference.getByRole('rowheader', { name: 'owner' }).waitFor();
      await page.getByRole('button', { name: 'As JSON' }).click();
      await page.getByText('"greaterThanInclusive"').filter({ visible: true }).first().waitFor();
      await page.getByRole('button', { name: 'Restore as a draft' }).click();
      await page.getByText('3 unsaved changes').first().waitFor();
      await page.getByRole('heading', { name: '10 reports' }).waitFor();
      await page.getByRole('button', { name: 'Review and save' }).click();
      const dialog = page.getByRole('dialog');
      expect(await dialog.getByLabel('Why?').inputValue()).toBe('restores version 1');
      await saved(page, 4);
      expect(await stored('told')).toMatchObject({
        owner: '',
        tags: ['autumn'],
        rules: [{ id: 'ten', conditions: rule(10).conditions }],
      });
      await page.getByRole('link', { name: 'Versions' }).click();
      await versions.getByText('“restores version 1”').waitFor();
    });
  });
});
