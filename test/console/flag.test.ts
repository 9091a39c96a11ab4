import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page, Request } from 'playwright-core';
import type { FeatureFlag, GetFlagResponse } from '../../src/protocol/gen/admin-json.js';
import { busy, until } from '../timing.js';
import { PHONE, startConsole, type Visit, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { saved } from './stand/saving.js';
import { steadyAria } from './stand/texts.js';

const TEN = {
  all: [
    {
      name: 'Create ten reports',
      fact: 'actionCount',
      params: { action: 'report_created', windowDays: 30 },
      operator: 'greaterThanInclusive',
      value: 10,
      public: true,
    },
    { any: [{ condition: 'known' }, { not: { fact: 'roles', operator: 'contains', value: 'guest' } }] },
  ],
};

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  await server.admin('PATCH', '/api/admin/segments/known', {
    name: 'Known people',
    conditions: { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] },
  });
  for (const [user, times] of [
    ['ada', 9],
    ['grace', 12],
  ] as const) {
    await server.admin('PATCH', `/api/admin/users/${user}`, { email_verified: true, roles: ['editor'] });
    for (let i = 0; i < times; i++) {
      const event = { id: `${user}-${i}`, user_id: user, action: 'report_created' };
      await server.admin('POST', '/api/events?wait=true', event);
    }
  }
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A flag of this key with two rules, as if it had been there for long. */
async function flagOf(key: string): Promise<void> {
  await server.admin('PATCH', `/api/admin/flags/${key}`, {
    name: 'Reports',
    tags: ['web'],
    rules: [
      { id: 'ten', name: '10 reports', policy: 'LATCHING', conditions: TEN },
      { id: 'few', name: 'Early birds', conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'beta' }] } },
    ],
  });
}

async function stored(key: string): Promise<FeatureFlag> {
  const { flag } = (await server.admin('GET', `/api/admin/flags/${key}`)) as GetFlagResponse;
  return flag!;
}

async function onFlag(key: string, use: (visit: Visit) => Promise<void>, options = {}): Promise<void> {
  await flagOf(key);
  await visit(
    browser,
    server,
    async (visiting) => {
      await visiting.open(`flags/${key}`);
      await visiting.signIn();
      await visiting.page.getByRole('heading', { name: 'Reports', level: 1 }).waitFor();
      await use(visiting);
    },
    options,
  );
}

const edit = (page: Page, rule = 0) => page.getByRole('button', { name: 'Edit', exact: true }).nth(rule).click();
const rows = (page: Page) => page.locator('.condition-row');
const said = (page: Page, text: string) => page.locator('.rule-words p').getByText(text).waitFor();

describe('the page of a flag', () => {
  it('says who has it, and shows every condition of its rules in words and fields', async () => {
    await onFlag('shown', async ({ page, look }) => {
      await said(page, 'everyone who created at least 10 reports in the last 30 days and (who is in the segment');
      await look('flag');
      await edit(page);
      await page.getByLabel('User id').fill('ada');
      await page.keyboard.press('Enter');
      await page.locator('.tried').getByText('off for ada').waitFor();
      await look('flag-rule');
      const snapshot = await steadyAria(page.getByRole('region', { name: 'Conditions' }));
      expect(snapshot.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'AN INSTANT')).toMatchSnapshot();
    });
  });

  it('changes a rule by keys, says what that comes to and for whom, and saves it', async () => {
    await onFlag('changed', async ({ page, look, expectFault }) => {
      // What is typed may be no draft that can be tried yet.
      expectFault(/status of 400/);
      await page.getByLabel('User id').fill('ada');
      await page.keyboard.press('Enter');
      await edit(page);
      await rows(page).nth(1).getByLabel('Value', { exact: true }).fill('9');
      await said(page, 'everyone who created at least 9 reports');
      await page.locator('.tried').getByText('would gain it').waitFor();
      const asked: string[] = [];
      const hear = (request: Request) => void (request.method() === 'POST' && asked.push(request.url()));
      page.on('request', hear);
      await rows(page).nth(1).press('Enter');
      await page.keyboard.press('Escape');
      const added = rows(page).nth(2);
      await said(page, 'Choose a fact');
      await page.getByRole('button', { name: 'Preview', exact: true, disabled: true }).waitFor();
      await page.getByText('It is tried as soon as').waitFor();
      await page.keyboard.press('Control+s');
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
      // The page's timers fire in their order: what it would have asked once nothing is typed any more it has asked by then.
      await page.evaluate(() => new Promise((fired) => setTimeout(fired, 1_000)));
      expect(asked).toEqual([]);
      page.off('request', hear);
      // A text is no value of the next fact; nobody is asked about it, and it is said what is missing. A number stays where it fits.
      const fact = added.getByRole('combobox', { name: 'Fact', exact: true });
      const value = added.getByLabel('Value', { exact: true });
      await fact.selectOption('daysSinceJoin');
      await said(page, 'Say what it is compared with');
      await value.fill('12');
      await fact.selectOption('daysInStage');
      expect(await value.inputValue()).toBe('12');
      await fact.selectOption('emailVerified');
      await said(page, 'Say what it is compared with');
      // Had anything been asked, it were refused, which the visit would tell.
      await page.evaluate(() => new Promise((fired) => setTimeout(fired, 1_000)));
      await added.getByRole('combobox', { name: 'Value', exact: true }).selectOption('true');
      await said(page, 'who has verified their e-mail address');
      await added.press('Alt+ArrowUp');
      await rows(page).nth(1).press('n');
      await said(page, 'who has not verified their e-mail address');
      await rows(page).nth(1).press('n');
      await page.getByRole('button', { name: 'Preview', exact: true }).click();
      await page.locator('.preview-group[data-group="would_unlock"]').getByText('ada').waitFor();
      await page.getByRole('status').getByText('1 would gain it').waitFor();
      await page.waitForFunction(() => {
        const [panel, bar] = ['.preview', '.floating-bar'].map((of) =>
          document.querySelector(of)!.getBoundingClientRect(),
        );
        return panel!.top >= 0 && panel!.bottom <= bar!.top;
      });
      await look('flag-preview');
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog');
      await dialog.getByText('would gain it', { exact: true }).waitFor();
      await look('flag-review');
      await dialog.getByLabel(/^Lock it again for all who unlocked it/).check();
      await dialog.getByLabel('Why?').fill('nine will do');
      // Pressed twice it is saved once: a second save would be refused as a conflict, with oneself.
      await dialog.getByLabel('Why?').evaluate((field) => {
        for (let press = 0; press < 2; press += 1)
          field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }));
      });
      await saved(page, 2);
      const { rules } = await stored('changed');
      const [count, group] = TEN.all;
      expect(rules[0]!.conditions).toEqual({
        all: [{ fact: 'emailVerified', operator: 'equal', value: true }, { ...count, value: 9 }, group],
      });
      expect(rules.map(({ id }) => id)).toEqual(['ten', 'few']);
      await page.locator('.floating-bar').waitFor({ state: 'detached' });
      // Whoever has earned it anew has it anew.
      await page.getByRole('link', { name: 'Unlocks' }).click();
      const backfill = page.getByRole('region', { name: 'Backfill' });
      await backfill.getByText(/^Done/).waitFor();
      await backfill.getByText(/2 of 2 .* since its rules changed/).waitFor();
      const ledger = await server.admin('GET', '/api/admin/flags/changed/unlocks');
      expect(JSON.stringify(ledger)).toContain('KIND_RELOCKED');
      await look('flag-backfill');
    });
  });

  it('takes back what was typed word by word, and keeps the draft over a reload', async () => {
    await onFlag('kept', async ({ page }) => {
      const name = page.getByRole('region', { name: 'About' }).getByLabel('Name');
      await name.press('End');
      await name.pressSequentially(' tab', { delay: 10 });
      await page.getByRole('region', { name: 'About' }).getByLabel('Owner').fill('grace');
      await page.getByText('2 unsaved changes').first().waitFor();
      await page.reload();
      await page.getByText('2 unsaved changes').first().waitFor();
      expect(await name.inputValue()).toBe('Reports tab');
      await page.getByRole('button', { name: 'Discard' }).click();
      await page.getByText('0 unsaved changes').first().waitFor();
      await page.keyboard.press('Control+z');
      expect(await name.inputValue()).toBe('Reports tab');
      await page.getByRole('button', { name: 'Discard' }).click();
      await name.press('End');
      await name.pressSequentially('!?');
      await page.keyboard.press('Control+z');
      expect(await name.inputValue()).toBe('Reports');
    });
  });

  it('edits the same draft as JSON, and shows what it cannot draw without a loss', async () => {
    await onFlag('as_json', async ({ page, look, expectFault }) => {
      expectFault(/status of 400/);
      await edit(page, 1);
      await page.getByRole('button', { name: 'As JSON' }).click();
      const odd = { any: [{ fact: 'roles', operator: 'contains', value: 'beta' }, { both: ['a', { b: 1 }] }] };
      const json = page.getByLabel('Conditions as JSON');
      await json.fill('{\n  "any": [\n    {"fact": "rolls", "operator": "contains", "value": "beta"}\n  ]\n}');
      await page.getByRole('button', { name: 'Line 3' }).click();
      await page.getByText('rolls').nth(1).waitFor();
      await look('flag-json');
      // Letters are text there, and Tab goes on.
      await page.keyboard.press('Escape');
      await json.press('End');
      await page.keyboard.press('Tab');
      expect(await json.evaluate((editor) => editor.matches(':focus'))).toBe(false);
      await json.fill(JSON.stringify(odd));
      await page.getByRole('button', { name: 'As a tree' }).click();
      const opaque = page.getByLabel('Cannot be drawn: shown as JSON');
      expect(JSON.parse(await opaque.innerText())).toEqual({ both: ['a', { b: 1 }] });
      await page.locator('.condition-fault').first().waitFor();
      await look('flag-opaque');
      await page.keyboard.press('Control+s');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page
        .getByRole('alert')
        .getByRole('button', { name: /^Rule 2.*, condition 2$/ })
        .first()
        .waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
      await opaque.fill('{"condition": "known"}');
      await said(page, 'who is in the segment "Known people"');
    });
  });

  it('merges what two operators change, and asks where both changed the same', async () => {
    await onFlag('merged', async ({ page, look, expectFault }) => {
      expectFault(/status of (409|412)/);
      await edit(page);
      const rollout = page.getByLabel('Rollout', { exact: true }).first();
      // What is typed on the way to what is no percentage is meant by nobody.
      await rollout.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.type('133');
      await page.getByText('0 to 100').waitFor();
      await page.getByText('0 unsaved changes').first().waitFor();
      await rollout.fill('12.345');
      await page.getByRole('region', { name: 'About' }).getByLabel('Owner').fill('grace');
      await page.getByText('2 unsaved changes').first().waitFor();
      await server.admin('PATCH', '/api/admin/flags/merged', { description: 'theirs', owner: 'ada' });
      await page.keyboard.press('Control+s');
      await page.getByRole('dialog').waitFor();
      // Pressed twice in haste it is not the browser's own to save a page.
      const taken = await page.getByLabel('Why?').evaluate((field) => {
        const again = new KeyboardEvent('keydown', { key: 's', ctrlKey: true, bubbles: true, cancelable: true });
        return !field.dispatchEvent(again);
      });
      expect(taken).toBe(true);
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      const conflict = page.getByRole('alertdialog');
      await conflict.getByText('Theirs: “ada”').waitFor();
      await look('flag-conflict');
      await conflict.getByText('Theirs: “ada”').click();
      await conflict.getByRole('button', { name: 'Go on from there' }).click();
      await saved(page, 3);
      expect(await page.getByText('Changed', { exact: true }).count()).toBe(0);
      const { description, owner, rules } = await stored('merged');
      expect([description, owner, rules[0]!.rollout]).toEqual(['theirs', 'ada', 12_345]);
    });
  });

  it('has nothing to save any more where its page is left while it is being saved', async () => {
    await onFlag('left', async ({ page }) => {
      await page.locator('.page-back').click();
      await page.locator('a[href$="/flags/left"]').first().click();
      await page.waitForURL(({ pathname }) => pathname.endsWith('/left'));
      await page.getByRole('region', { name: 'About' }).getByLabel('Owner').fill('grace');
      await page.keyboard.press('Control+s');
      const { promise: left, resolve: leave } = Promise.withResolvers<void>();
      await page.route('**/flags/left/access', async (route) => {
        // What says where a request comes from browsers add later than this.
        const headers = { ...route.request().headers(), 'sec-fetch-site': 'same-origin' };
        const response = await route.fetch({ headers });
        await left;
        await route.fulfill({ response });
      });
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await until(async () => (await stored('left')).owner === 'grace');
      await page.goBack();
      await page.waitForURL(({ pathname }) => !pathname.endsWith('/left'));
      leave();
      const drafts = () => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes('draft')));
      await until(async () => (await drafts()).length === 0);
    });
  });

  it('makes a rule for whoever earns it, for a share of them, and requires another flag', async () => {
    await server.admin('PATCH', '/api/admin/flags/first_one', { is_enabled_globally: true });
    await onFlag('made', async ({ page, expectFault }) => {
      expectFault(/status of 400/);
      await page.getByRole('button', { name: 'Whoever earns it' }).click();
      const fact = rows(page).nth(1).getByRole('combobox', { name: 'Fact', exact: true });
      // One goes on there, and not at what made the rule.
      await fact.and(page.locator(':focus')).waitFor();
      await fact.selectOption('daysSinceJoin');
      await rows(page).nth(1).getByRole('combobox', { name: 'Operator' }).selectOption('greaterThanInclusive');
      await rows(page).nth(1).getByLabel('Value', { exact: true }).fill('7');
      await page.getByLabel('Rollout', { exact: true }).fill('0.001');
      await said(page, 'a random 0.001 % of everyone who joined at least 7 days ago, for good');
      await page.getByPlaceholder('Key of a flag that must be on').fill('first_one');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Review and save' }).click();
      await saved(page, 2);
      const { rules, prerequisites } = await stored('made');
      expect(prerequisites).toEqual([{ flag_key: 'first_one', variant: '' }]);
      expect(rules[2]).toMatchObject({
        policy: 'LATCHING',
        rollout: 1,
        conditions: { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 }] },
      });
      // The rule has its own id by now, and goes on being edited under it.
      await edit(page, 2);
      await page.getByLabel('Rollout', { exact: true }).fill('50');
      await page.getByText('1 unsaved change', { exact: true }).first().waitFor();
    });
  });

  it('asks for the number of those who would lose it', async () => {
    await onFlag('lost', async ({ page }) => {
      await page.getByRole('switch', { name: 'Switched on' }).click();
      await page.getByRole('button', { name: 'Review and save' }).click();
      const dialog = page.getByRole('dialog');
      const save = dialog.getByRole('button', { name: 'Save' });
      await dialog.getByLabel('Number of people who would lose it').waitFor();
      await until(() => save.isDisabled());
      await dialog.getByLabel('Number of people who would lose it').fill('2');
      expect(await save.isDisabled()).toBe(true);
      await dialog.getByLabel('Number of people who would lose it').fill('1');
      await save.click();
      await page.getByText('Off for everybody, whatever stands below.').waitFor();
      await until(async () => (await stored('lost')).active === false);
    });
  });

  it('asks to go on unseeing where nobody can say who would lose it, and again where there is room later', async () => {
    await onFlag('unseen', async ({ page, expectFault }) => {
      expectFault(/status of 429|ERR_FAILED/);
      await page.getByRole('switch', { name: 'Switched on' }).click();
      // No room for it at first; then no answer at all.
      let asked = 0;
      await page.route('**/preview', (route) => {
        asked += 1;
        if (asked > 1) return route.abort();
        const problem = { status: 429, code: 'LIMITED', title: 'Too Many Requests', detail: 'two run already' };
        const headers = { 'retry-after': '0', 'content-type': 'application/problem+json' };
        return route.fulfill({ status: 429, headers, json: problem });
      });
      await page.getByRole('button', { name: 'Review and save' }).click();
      const dialog = page.getByRole('dialog');
      const save = dialog.getByRole('button', { name: 'Save' });
      const unseeing = dialog.getByLabel('Save without knowing whom it takes it from');
      await unseeing.waitFor({ timeout: busy(30_000) });
      expect(asked).toBeGreaterThan(1);
      expect(await save.isDisabled()).toBe(true);
      await unseeing.check();
      expect(await save.isEnabled()).toBe(true);
      await page.unroute('**/preview');
      await dialog.getByRole('button', { name: 'Ask again' }).click();
      await dialog.getByLabel('Number of people who would lose it').waitFor();
      expect(await save.isDisabled()).toBe(true);
    });
  });

  it('says at which rule and condition a draft is refused, and leads there', async () => {
    await server.admin('PATCH', '/api/admin/segments/a_passing_one', { conditions: {} });
    await onFlag('refused', async ({ page, look, expectFault }) => {
      expectFault(/status of 40[04]/);
      await page.getByRole('button', { name: 'Edit' }).first().click();
      await page.getByRole('button', { name: 'Segment', exact: true }).click();
      await page.getByRole('combobox', { name: 'Segment' }).last().selectOption('a_passing_one');
      await server.admin('DELETE', '/api/admin/segments/a_passing_one');
      // Before it is closed again, where it is refused.
      await page.getByRole('button', { name: 'Done' }).first().click();
      await page.getByRole('button', { name: 'Review and save' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const place = dialog.getByRole('button', { name: 'Rule 1 (10 reports), condition 3' });
      await place.waitFor();
      expect(await dialog.innerText()).not.toContain('/rules');
      await look('flag-refused');
      await place.click();
      await dialog.waitFor({ state: 'detached' });
      await until(() =>
        page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Condition 3 of 3, level 2'),
      );
    });
  });

  it('fits a phone', async () => {
    await onFlag(
      'phone',
      async ({ page, look }) => {
        await edit(page);
        await look('flag-phone');
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
        // As WCAG 1.4.10 counts: 1280 x 1024 at 400 %.
        await page.setViewportSize({ width: 320, height: 256 });
        await page.getByLabel('Rollout', { exact: true }).first().fill('50');
        await page.getByText('1 unsaved change').first().waitFor();
        const between = async () => {
          const [top, bar] = [page.locator('.top-bar'), page.locator('.floating-bar')];
          const [above, below] = await Promise.all([top.boundingBox(), bar.boundingBox()]);
          return below!.y - above!.y - above!.height;
        };
        await until(async () => (await between()) > 100);
      },
      { viewport: PHONE },
    );
  });

  it.each([320, 768, 1280])('cuts nothing off in a condition, however long its parts are, at %s px', async (width) => {
    const key = `long-${'k'.repeat(120)}`;
    await onFlag(key, async ({ page, look }) => {
      const path = '$.billing.subscription.current_plan_identifier';
      const value = 'enterprise-annual-with-priority-support-and-onboarding';
      const long = { fact: 'attribute', path, operator: 'equal', value };
      const action = { action: 'a_rather_long_action_name_that_a_build_makes', windowDays: 90 };
      const counted = { fact: 'actionCount', params: action, operator: 'lessThan', value: 3 };
      await server.admin('PATCH', `/api/admin/flags/${key}`, {
        rules: [{ id: 'ten', conditions: { all: [long, { any: [long, { all: [counted, long] }] }] } }],
      });
      await page.reload();
      await edit(page);
      await page.setViewportSize({ width, height: 1000 });
      const beyond = await page.locator('.conditions').evaluate((editor) => {
        const { right } = editor.getBoundingClientRect();
        return [...editor.querySelectorAll('.condition-row, .condition-row :is(input, select, button)')]
          .filter((each) => each.getBoundingClientRect().right > right + 1)
          .map((each) => each.className || each.tagName);
      });
      expect(beyond).toEqual([]);
      expect(await page.locator('main').evaluate(({ scrollWidth }) => scrollWidth)).toBeLessThanOrEqual(width);
      await page.locator('.conditions').scrollIntoViewIfNeeded();
      await look(`flag-long-conditions-${width}`);
    });
  });
});
