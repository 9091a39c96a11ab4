import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { GetSegmentResponse } from '../../src/protocol/gen/admin-json.js';
import { until } from '../timing.js';
import { asksOfNothingUnfinished } from './stand/asks-of-nothing-unfinished.js';
import { PHONE, startConsole, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { steadyAria } from './stand/texts.js';

const VERIFIED = { fact: 'emailVerified', operator: 'equal', value: true };
const NASTY = `<img src=x onerror=alert(1)>\u202Egnp.exe ${'w'.repeat(120)}`;

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  const put = (key: string, body: object) => server.admin('PATCH', `/api/admin/segments/${key}`, body);
  await put('known', { name: 'Known people', conditions: { all: [VERIFIED] } });
  await put('insiders', { name: NASTY, conditions: { all: [{ condition: 'known' }] } });
  await server.admin('PATCH', '/api/admin/flags/tour', { rules: [{ conditions: { condition: 'known' } }] });
  for (const [user, email_verified] of [
    ['ada', true],
    ['grace', false],
  ] as const)
    await server.admin('PATCH', `/api/admin/users/${user}`, { email_verified });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const stored = async (key: string) =>
  ((await server.admin('GET', `/api/admin/segments/${key}`)) as GetSegmentResponse).segment!;

describe('segments', () => {
  it('are listed in words, with what refers to them, and found by the palette', async () => {
    await visit(browser, server, async ({ page, open, look }) => {
      await open('segments');
      const table = page.getByRole('table', { name: 'Segments' });
      await table.getByText('everyone who has verified their e-mail address').first().waitFor();
      await table.getByText('2 places').waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      await look('segments');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).fill('known');
      await page.getByRole('option', { name: /Known people/ }).click();
      await page.waitForURL(/segments\/known$/);
      await page.getByRole('region', { name: 'What refers to it' }).getByRole('link', { name: 'tour' }).waitFor();
      expect(await page.getByRole('button', { name: 'Delete…' }).isDisabled()).toBe(true);
    });
  });

  it('are changed as a draft that says who loses which flag, and asks for their number', async () => {
    await visit(browser, server, async ({ page, open, look }) => {
      await open('segments/known');
      const rows = page.locator('.condition-row');
      await page.getByRole('button', { name: 'Count', exact: true }).click();
      await page.getByText('1 of 2 people').waitFor();
      await asksOfNothingUnfinished(page, async () => {
        await rows.nth(1).press('Enter');
        await page.keyboard.press('Escape');
        await page.locator('.segment-sentence').getByText('Choose a fact').waitFor();
        await page.getByRole('button', { name: /^Count/, disabled: true }).waitFor();
        await page.keyboard.press('Control+s');
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
      });
      await rows.nth(2).press('Delete');
      await rows.nth(1).press('n');
      await page.locator('.segment-sentence').getByText('has not verified').waitFor();
      // Conditions have room for their tools beside them.
      const heights = await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
      expect(Math.max(...heights)).toBeLessThan(60);
      await look('segment');
      await page.reload();
      await page.locator('.segment-sentence').getByText('has not verified').waitFor();
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog');
      await dialog.getByText('1 person would gain it').waitFor();
      await dialog.getByText('1 person would lose it').waitFor();
      await look('segment-review');
      expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await dialog.getByLabel('How many would lose a flag?').fill('1');
      await dialog.getByLabel('Why?').fill('the others');
      await saved(page, 2);
      expect((await stored('known')).conditions).toEqual({ all: [{ not: VERIFIED }] });
      expect(await steadyAria(page.getByRole('main'))).toMatchSnapshot();
      await page.getByRole('link', { name: 'Versions' }).click();
      await page.getByText('the others').waitFor();
    });
  });

  it('merge what two operators change', async () => {
    await visit(browser, server, async ({ page, open, look }) => {
      await open('segments/insiders');
      await page.getByLabel('Name', { exact: true }).fill('Mine');
      await page.getByText('1 unsaved change').first().waitFor();
      await server.admin('PATCH', '/api/admin/segments/insiders', { name: 'Theirs' });
      await page.getByRole('button', { name: 'Look at it' }).click();
      const conflict = page.getByRole('alertdialog');
      await conflict.getByText('Theirs: “Theirs”').click();
      await look('segment-conflict');
      await conflict.getByRole('button', { name: 'Go on from there' }).click();
      await until(async () => (await page.getByLabel('Name', { exact: true }).inputValue()) === 'Theirs');
    });
  });

  it('are made and deleted, on a phone, too; a key that is taken is refused at its field', async () => {
    await visit(
      browser,
      server,
      async ({ page, open, look, expectFault }) => {
        expectFault(/status of (409|412)/);
        await open('segments/new');
        await page.getByRole('textbox', { name: 'Key', exact: true }).fill('known');
        await page.getByRole('button', { name: 'Review and save' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await page.getByText('There is a segment known already.').waitFor();
        await look('segment-new');
        await page.setViewportSize({ width: 320, height: 640 });
        await until(async () => (await page.evaluate(() => document.documentElement.scrollWidth)) === 320);
        await page.getByRole('textbox', { name: 'Key', exact: true }).fill('everybody');
        await page.getByRole('button', { name: 'Review and save' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await page.waitForURL(/segments\/everybody$/);
        await page.getByRole('button', { name: 'Delete…' }).click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
        await page.waitForURL(/segments$/);
        await expect(stored('everybody')).rejects.toThrow('404');
      },
      { viewport: PHONE },
    );
  });

  it('have a review count anew whom it takes a flag from, when somebody changes them meanwhile', async () => {
    const set = (conditions: object) => server.admin('PATCH', '/api/admin/segments/few', { conditions });
    await set({ not: { any: [VERIFIED, { not: VERIFIED }] } });
    await server.admin('PATCH', '/api/admin/flags/late', { rules: [{ conditions: { condition: 'few' } }] });
    await visit(browser, server, async ({ page, open }) => {
      await open('flags/late');
      await page.getByRole('switch').first().click();
      // A preview may end without a word, too.
      const untold = { status: 200, body: '{"progress": {"done": "1", "total": "2"}}\n' };
      await page.route('**/preview', (route) => route.fulfill(untold), { times: 1 });
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(/without knowing whom it takes it from/).waitFor();
      await dialog.getByRole('button', { name: 'Ask again' }).click();
      await dialog.getByRole('button', { name: 'Save', disabled: false }).waitFor();
      await set({ all: [VERIFIED] });
      await dialog.getByLabel('Number of people who would lose it').fill('1');
      await saved(page, 2);
    });
  });
});
