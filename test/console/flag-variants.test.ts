import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { FeatureFlag, GetFlagResponse } from '../../src/protocol/gen/admin-json.js';
import { PHONE, startConsole, type Visit, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { steadyAria } from './stand/texts.js';

const BETA = { all: [{ fact: 'roles', operator: 'contains', value: 'beta' }] };
const NASTY = '<img src=x onerror=alert(1)> \u202eright to left';

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function stored(key: string): Promise<FeatureFlag> {
  const { flag } = (await server.admin('GET', `/api/admin/flags/${key}`)) as GetFlagResponse;
  return flag!;
}

async function onFlag(
  key: string,
  body: object,
  use: (visit: Visit) => Promise<void>,
  options: Parameters<typeof visit>[3] = {},
): Promise<void> {
  await server.admin('PATCH', `/api/admin/flags/${key}`, { name: 'Greeting', ...body });
  await visit(
    browser,
    server,
    async (visiting) => {
      await visiting.open(`flags/${key}`);
      await visiting.signIn();
      await visiting.page.getByRole('heading', { name: 'Greeting', level: 1 }).waitFor();
      await use(visiting);
    },
    options,
  );
}

const serving = (page: Page) => page.getByRole('region', { name: 'What it serves' });
const edit = (page: Page, rule = 0) => page.getByRole('button', { name: 'Edit', exact: true }).nth(rule).click();

async function save(page: Page, version: number): Promise<void> {
  await page.keyboard.press('Control+s');
  await saved(page, version);
}

describe('what a flag serves', () => {
  it('is edited as one draft: variants of a type, renamed wherever they are named, and shares that come to 100 %', async () => {
    await onFlag('greeting', { rules: [{ id: 'beta', name: 'Beta', conditions: BETA }] }, async ({ page, look }) => {
      const part = serving(page);
      await part.getByText('Whoever has it gets').waitFor();
      await part.getByRole('button', { name: 'Change', exact: true }).click();
      await part.getByLabel('Type of the values').selectOption('STRING');
      await part.getByLabel('Value of on', { exact: true }).fill('Hello');
      await part.getByLabel('Key of variant 1').fill('hello');
      await part.getByRole('button', { name: 'Add a variant' }).click();
      await part.getByLabel('Key of variant 3').fill('off');
      await part.getByText('is another variant’s key').waitFor();
      await part.getByLabel('Key of variant 3').fill(NASTY);
      await part.getByLabel(`Value of ${NASTY}`).fill('Hi\nthere');
      await part.getByLabel('Whoever has it gets').selectOption({ label: 'Shares…' });
      await part.getByLabel('Share of hello').fill('70');
      await part.getByText('They come to 70 %: 30 % are missing.').waitFor();
      await part.getByRole('button', { name: `Give 30 % more to ${NASTY}` }).click();
      await part
        .getByRole('img', { name: `hello 70 %, ${NASTY} 30 %` })
        .first()
        .waitFor();
      await edit(page);
      await page.getByRole('combobox', { name: 'Serves', exact: true }).selectOption({ label: 'hello · Hello' });
      await look('variants');
      await save(page, 2);
      const { type, variants, distribution, off_variant, rules } = await stored('greeting');
      expect({ type, variants, distribution, off_variant }).toEqual({
        type: 'STRING',
        variants: [
          { key: 'hello', value: 'Hello' },
          { key: 'off', value: 'false' },
          { key: NASTY, value: 'Hi\nthere' },
        ],
        distribution: [
          { variant: 'hello', weight: 70_000 },
          { variant: NASTY, weight: 30_000 },
        ],
        off_variant: 'off',
      });
      expect(rules[0]!.distribution).toEqual([{ variant: 'hello', weight: 100_000 }]);
      const snapshot = await steadyAria(part);
      expect(snapshot.replace(/salt [0-9a-f]+/, 'salt SALT')).toMatchSnapshot();
      // Of two, the other one is the rest.
      await part.getByRole('button', { name: `Remove ${NASTY}` }).click();
      await part.getByLabel('Whoever has it gets').selectOption({ label: 'Shares…' });
      await part.getByLabel('Share of off').fill('12.345');
      expect(await part.getByLabel('Share of hello').inputValue()).toBe('87.655');
      await page.keyboard.press('Control+z');
      await page.keyboard.press('Control+z');
      await part.getByLabel(`Share of ${NASTY}`).waitFor();
    });
  });

  it('says in the server’s words what it would refuse', async () => {
    const values = [
      { key: 'on', value: 1 },
      { key: 'off', value: 0 },
    ];
    await onFlag('refused', { type: 'NUMBER', variants: values }, async ({ page, expectFault }) => {
      expectFault(/status of 400/);
      const part = serving(page);
      await part.getByRole('button', { name: 'Change', exact: true }).click();
      await part.getByLabel('Value of on', { exact: true }).fill('1.');
      await part.getByText('A number, such as 12.5').waitFor();
      await part.getByLabel('Value of on', { exact: true }).fill('1.5');
      await part.getByRole('button', { name: 'Remove on' }).click();
      await part.getByText('a flag without a distribution needs a variant "on" to serve').waitFor();
    });
  });
});

describe('a rule', () => {
  it('is paused and goes on, is copied, and changes its place by keys, by a press and by the pointer', async () => {
    const rules = [
      { id: 'first', name: 'First', policy: 'LATCHING', rollout: 40_000, conditions: BETA },
      { id: 'second', name: 'Second', rollout: 20_000 },
    ];
    await onFlag('ordered', { rules }, async ({ page, look }) => {
      const names = async () =>
        (await page.locator('.rule-card h3').allInnerTexts()).map((name) =>
          name.split('\n')[0]!.replace(/( ?(New|Changed|Paused))+$/, ''),
        );
      await edit(page);
      await page.getByLabel('Rollout', { exact: true }).fill('10');
      await page.getByText('Lowered from 40 %: who has unlocked it keeps it').waitFor();
      await page.getByLabel('Rollout', { exact: true }).fill('60');
      await page.getByText('Raised from 40 %: who was in stays in').waitFor();
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      await page.getByText('Paused: nobody new gets it. Who has unlocked it keeps it.').waitFor();
      await look('rule-paused');
      await page.getByRole('button', { name: 'Resume at 60 %' }).click();
      await page.getByRole('button', { name: 'Duplicate' }).click();
      expect(await names()).toEqual(['First', 'First (copy)', 'Second']);
      await page.getByRole('button', { name: 'Done', exact: true }).first().click();
      await page.getByRole('button', { name: 'Done', exact: true }).first().click();
      const grip = (name: string) => page.getByRole('button', { name: `Move ${name}: drag` });
      await grip('Second').press('ArrowUp');
      await page.getByText('Second is rule 2 of 3 now').waitFor();
      expect(await names()).toEqual(['First', 'Second', 'First (copy)']);
      expect(await grip('Second').evaluate((button) => button === document.activeElement)).toBe(true);
      await page.keyboard.press('Home');
      expect(await names()).toEqual(['Second', 'First', 'First (copy)']);
      await page.getByRole('button', { name: 'Move down' }).first().click();
      expect(await names()).toEqual(['First', 'Second', 'First (copy)']);
      await grip('First (copy)').scrollIntoViewIfNeeded();
      const [from, to] = await Promise.all([grip('First (copy)').boundingBox(), grip('First').boundingBox()]);
      await page.mouse.move(from!.x + 8, from!.y + 8);
      await page.mouse.down();
      await page.mouse.move(to!.x + 8, to!.y - 8, { steps: 4 });
      await page.mouse.up();
      expect(await names()).toEqual(['First (copy)', 'First', 'Second']);
      await save(page, 2);
      const saved = (await stored('ordered')).rules;
      expect(saved.map(({ name, rollout }) => [name, rollout])).toEqual([
        ['First (copy)', 60_000],
        ['First', 60_000],
        ['Second', 20_000],
      ]);
      expect(saved.slice(1).map(({ id }) => id)).toEqual(['first', 'second']);
    });
  });

  it('is spread over people, organizations or an attribute', async () => {
    await onFlag('spread', { rules: [{ id: 'some', rollout: 20_000 }] }, async ({ page }) => {
      await edit(page);
      await page.getByLabel('Spread over').selectOption('attribute');
      // The server is not asked what is missing: it would refuse to say.
      await page.locator('.rule-words p:not([data-faulty])').getByText('Name the attribute').waitFor();
      await page.getByLabel('Attribute', { exact: true }).fill('team');
      await page.locator('.rule-words p').getByText('team').waitFor();
      await save(page, 2);
      expect((await stored('spread')).rules[0]).toMatchObject({ bucket_by: 'attribute:team', rollout: 20_000 });
    });
  });
});

describe('a schedule', () => {
  it('takes a year as it is typed, names its zone, and says what the clocks do', async () => {
    await onFlag('scheduled', {}, async ({ page, look }) => {
      const from = page.getByLabel('From', { exact: true });
      // On the way to 2026 the field has the years 2, 20 and 202.
      for (const year of ['0002', '0020', '0202']) {
        await from.fill(`${year}-10-25T02:30`);
        await page.getByText('Not a whole date and time').waitFor();
        expect(await from.inputValue()).toBe(`${year}-10-25T02:30`);
      }
      await from.fill('2026-10-25T02:30');
      await page.getByText('This is the earlier one (UTC+02:00)').waitFor();
      await page.getByRole('button', { name: 'Take the later one' }).click();
      await page.getByText('This is the later one (UTC+01:00)').waitFor();
      await look('schedule-twice');
      await save(page, 2);
      expect((await stored('scheduled')).starts_at).toBe('2026-10-25T01:30:00Z');
      const until = page.getByLabel('Until', { exact: true });
      await until.fill('2027-03-28T02:30');
      await page.getByText('it counts as 03:30 (UTC+02:00)').waitFor();
      expect(await until.inputValue()).toBe('2027-03-28T02:30');
      await until.focus();
      await page.keyboard.press('Delete');
      await page.getByText('Not a whole date and time').waitFor();
      await save(page, 3);
      expect((await stored('scheduled')).ends_at).toBe('2027-03-28T01:30:00Z');
    });
  });

  it('fits a phone, with all that is served open', async () => {
    const rules = [
      {
        id: 'a',
        name: NASTY,
        rollout: 0,
        distribution: [
          { variant: 'on', weight: 1 },
          { variant: 'off', weight: 2 },
        ],
      },
      {},
    ];
    await onFlag(
      'narrow',
      { rules },
      async ({ page, look }) => {
        await serving(page).getByRole('button', { name: 'Change', exact: true }).click();
        await edit(page);
        await look('variants-phone');
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      },
      { viewport: { ...PHONE, width: 320 } },
    );
  });
});
