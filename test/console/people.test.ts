import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { ListAccessResponse } from '../../src/protocol/gen/admin-json.js';
import { busy, until } from '../timing.js';
import { PHONE, startConsole, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { NASTY, seedPeople } from './stand/seed-people.js';
import { steadyAria } from './stand/texts.js';

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  await seedPeople(server);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const LIMIT_MS = busy(40_000);

/** The flag's row, and what helps there as the page offers it. */
const row = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('button', { name: new RegExp(`${name} `) }) });
const ladder = (page: Page, flag: string) =>
  page.getByRole('list', { name: `Order of evaluation of ${flag}`, exact: true });

async function rowsOf(flag: string): Promise<readonly string[]> {
  const { access } = (await server.admin('GET', `/api/admin/flags/${flag}/access`)) as ListAccessResponse;
  return access.map(({ user_id, role, effect }) => `${effect} ${user_id}${role}`);
}

async function offered(page: Page, id: string, flag: string): Promise<readonly string[]> {
  const url = new URL(page.url());
  await page.goto(`${url.origin}/console/people/${encodeURIComponent(id)}?flag=${flag}&q=${flag}`);
  await ladder(page, flag).waitFor();
  await page.locator('.fixes[aria-busy="false"]').waitFor({ state: 'attached' });
  return page.locator('.fixes-list button').allTextContents();
}

describe('finding people', () => {
  it(
    'narrows them down by what the address holds, and keeps who was seen',
    async () => {
      await visit(browser, server, async ({ page, open, signIn, look }) => {
        await open('people');
        await signIn();
        const table = page.getByRole('table', { name: 'People' });
        await table.waitFor();
        expect(await table.locator('tbody tr').count()).toBe(3);
        await page.getByRole('searchbox', { name: 'Find somebody' }).fill('gr');
        await page.waitForURL(/\?q=gr$/);
        await page.getByText('1 person', { exact: true }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'grace', level: 1 }).waitFor();
        await page.getByRole('button', { name: 'Pin' }).click();
        await open('people?organization=acme&role=manager');
        await page.getByText('1 person', { exact: true }).waitFor();
        await table.getByRole('link', { name: 'ada' }).waitFor();
        await open('people?q=%25_%27');
        await page.getByRole('heading', { name: 'Nobody is like this' }).waitFor();
        await page.getByRole('button', { name: 'Clear filters' }).last().click();
        await page.getByRole('region', { name: 'Pinned' }).getByRole('link', { name: 'grace' }).waitFor();
        await look('people');
      });
    },
    LIMIT_MS,
  );
});

describe('a person who does not see it', () => {
  it(
    'is explained without waiting for files: what a page opens next is there before it is opened',
    async () => {
      await visit(browser, server, async ({ page, open, signIn }) => {
        const came = (name: string) =>
          page.waitForEvent('requestfinished', { predicate: (request) => request.url().includes(`/assets/${name}-`) });
        const ahead = Promise.all([came('feature-panel'), came('fix-dialog')]);
        await open('people/ada');
        await signIn();
        await page.locator('.person-feature').first().waitFor();
        await ahead;
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.locator('.person-feature').first().click();
        await page.getByRole('list', { name: /^Order of evaluation of / }).waitFor();
        expect(asked.filter((url) => /feature-panel|fix-dialog/.test(url))).toEqual([]);
      });
    },
    LIMIT_MS,
  );

  it(
    'is found, explained and let in by keys alone, and the row flips as it happens',
    async () => {
      await visit(browser, server, async ({ page, open, signIn, look }) => {
        await open('flags');
        await signIn();
        await page.getByRole('table', { name: 'Flags' }).waitFor();
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox', { name: 'Find or do' }).pressSequentially('ada');
        await page.getByRole('option', { name: /^ada/ }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: /Admin tools/ }).waitFor();
        await page.keyboard.press('/');
        await page.keyboard.type('admin_t');
        await page.waitForURL(/q=admin_t/);
        await page.locator('.features[data-stale]').waitFor({ state: 'detached' });
        await page.keyboard.press('Enter');
        const lines = ladder(page, 'admin_tools');
        await lines.waitFor();
        // The page shows the line that the server says answers, and no other.
        const { explanation } = (await server.admin('GET', '/api/admin/users/ada/flags/admin_tools/explain')) as {
          explanation: { sentence: string; lines: { verdict: string; says: string }[] };
        };
        const answering = lines.locator('[aria-current="true"]');
        expect(await answering.count()).toBe(1);
        expect(await answering.locator('.ladder-says').textContent()).toBe(
          explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')?.says,
        );
        await page.getByText(explanation.sentence, { exact: true }).waitFor();
        expect(await lines.getByText('not reached').count()).toBe(4);
        expect(await steadyAria(lines)).toMatchSnapshot();
        await look('person-denied');
        await page.getByRole('button', { name: 'Allow for ada…' }).focus();
        await page.keyboard.press('Enter');
        await page.getByText('ada alone: off now, on after', { exact: true }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByText('Say why first.').waitFor();
        await page.keyboard.type('she is back');
        await look('person-fix');
        await page.keyboard.press('Enter');
        await page.getByText('admin_tools came on just now').waitFor();
        await row(page, 'Admin tools').getByText('by a row for this person').waitFor();
        const { entries } = (await server.admin('GET', '/api/admin/audit?kind=user&subject=ada')) as {
          entries: { action: string; comment: string }[];
        };
        expect(entries[0]).toMatchObject({ action: 'access.set', comment: 'she is back' });
      });
    },
    LIMIT_MS,
  );

  it(
    'shows what others change about somebody, and tells of the flag that it flips',
    async () => {
      await server.admin('PATCH', '/api/admin/users/visited', { roles: ['employee'] });
      await visit(browser, server, async ({ page, context, open, signIn }) => {
        await context.clock.install();
        await open('people/visited');
        await signIn();
        await page.getByRole('button', { name: /Export as PDF/ }).waitFor();
        await page.locator('.identity').getByText('employee').waitFor();
        // The page's clock moves by more than a flip is told of, so that what was told is kept here.
        await page.evaluate(() => {
          const told: string[] = [];
          const place = document.querySelector('.live-flip')!;
          new MutationObserver(() => told.push(place.textContent)).observe(place, {
            ...{ characterData: true, childList: true, subtree: true },
          });
          Object.assign(window, { told });
        });
        const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told.join('; '));
        await server.admin('PATCH', '/api/admin/users/visited/progress', { stage: 'active' });
        await server.admin('PATCH', '/api/admin/users/visited', { roles: ['manager'] });
        await context.clock.fastForward(31_000);
        await page.locator('.identity').getByText('manager').waitFor();
        await until(async () => /(?:^|; )export came on /.test(await told()));
      }).finally(() => server.admin('DELETE', '/api/admin/users/visited?comment=only%20visiting'));
    },
    LIMIT_MS,
  );

  it(
    'is offered what helps at the line that answers, and nothing else',
    async () => {
      await visit(browser, server, async ({ page, open, signIn, look }) => {
        await open('people/grace');
        await signIn();
        await page.getByRole('button', { name: /Dashboard/ }).waitFor();
        expect(await offered(page, 'grace', 'dashboard')).toEqual(['Deny for grace…']);
        expect(await offered(page, 'grace', 'first_steps')).toEqual(['Take away…', 'Deny for grace…']);
        expect(await offered(page, 'grace', 'export')).toEqual(['Allow for grace…', 'Grant…']);
        expect(await offered(page, 'grace', 'legacy')).toEqual(['Switch on…']);
        expect(await offered(page, 'grace', 'export_pdf')).toEqual([]);
        await ladder(page, 'export').waitFor();
        await look('person-prerequisite');
        expect(await offered(page, 'grace', 'new_checkout')).toEqual([
          'Raise the rollout…',
          'Allow for grace…',
          'Grant…',
        ]);
        await page.getByRole('button', { name: 'Raise the rollout…' }).click();
        await page.getByText(/would get it/).waitFor();
        await look('person-raise');
        await page.getByLabel('Why?').fill('more of them');
        await page.getByRole('button', { name: 'Raise', exact: true }).click();
        await page.getByRole('alertdialog').waitFor({ state: 'detached' });
        await row(page, 'New checkout').getByText('in the rollout “A part”').waitFor();
        const { flag } = (await server.admin('GET', '/api/admin/flags/new_checkout')) as {
          flag: { rules: { id: string; name: string; rollout: number }[] };
        };
        expect(flag.rules).toMatchObject([{ id: 'part', name: 'A part' }]);
        expect(flag.rules[0]?.rollout).toBeGreaterThan(1);
        // What the ledger holds is taken away, told with who did it and why, and given back.
        await offered(page, 'grace', 'first_steps');
        await page.getByRole('button', { name: 'Take away…' }).click();
        await page.getByRole('status').getByText('grace alone: on now, off after', { exact: true }).waitFor();
        await page.getByLabel('Why?').fill('by mistake');
        await page.getByRole('button', { name: 'Take away', exact: true }).click();
        await page.getByText(/Taken away by .*by mistake/).waitFor();
        await page.getByRole('button', { name: 'Let them earn it again…' }).click();
        await page.getByText('grace alone: off now, on after', { exact: true }).waitFor();
        await page.getByLabel('Why?').fill('it was hers');
        await page.getByRole('button', { name: 'Rearm' }).click();
        await row(page, 'First steps').getByText('unlocked', { exact: true }).first().waitFor();
        // What is in no rule's reach is granted, with who did it and why.
        await offered(page, 'grace', 'export');
        await page.getByRole('button', { name: 'Grant…' }).click();
        await page.getByLabel('Why?').fill('they paid for it');
        await page.getByRole('button', { name: 'Grant', exact: true }).click();
        await page.getByRole('alertdialog').waitFor({ state: 'detached' });
        await row(page, 'Export').first().getByText('granted by hand').waitFor();
        const { entries } = (await server.admin('GET', '/api/admin/audit?kind=user&subject=grace')) as {
          entries: { action: string; comment: string }[];
        };
        expect(entries[0]).toMatchObject({ comment: 'they paid for it' });
      });
    },
    LIMIT_MS,
  );

  it(
    'is offered nothing that what stands below would undo, and is told what is missing; all that is needed at once',
    async () => {
      const admin = (path: string, body: object, method = 'PATCH') => server.admin(method, `/api/admin/${path}`, body);
      await admin('flags/autumn', { active: false, is_enabled_globally: true, starts_at: '2099-09-01T00:00:00Z' });
      await admin('flags/shelved', { active: false, rules: [{ id: 'few', rollout: 0 }] });
      await admin('flags/widened', { is_enabled_globally: true });
      await admin('flags/widened/access', { access: [{ user_id: 'grace' }], comment: 'first' });
      const employed = { fact: 'roles', operator: 'contains', value: 'employee' };
      await admin('flags/staff', { rules: [{ id: 'staff', policy: 'LATCHING', conditions: { all: [employed] } }] });
      await admin('users/grace/unlocks/staff/revoke', { reason: 'she leaves' }, 'POST');
      await admin('users/grace', { roles: ['contractor'] });
      await visit(browser, server, async ({ page, open, signIn, look }) => {
        await open('people/grace');
        await signIn();
        await page.getByRole('button', { name: /Dashboard/ }).waitFor();
        const dialog = page.getByRole('alertdialog');
        // Allowed by a row, and on for everyone.
        expect(await offered(page, 'grace', 'widened')).toEqual(['Deny for grace…']);
        await page.getByText(/^“Remove the row” alone would change nothing: on for grace/).waitFor();
        await page.getByRole('button', { name: 'Deny for grace…' }).click();
        await dialog.getByText('grace alone: on now, off after', { exact: true }).waitFor();
        await look('person-deny');
        await dialog.getByRole('button', { name: 'Cancel' }).click();
        // Taken away, and what earned it is gone.
        expect(await offered(page, 'grace', 'staff')).toEqual(['Allow for grace…', 'Grant…']);
        await page.getByText(/^Letting them earn it again would change nothing now: .*employee/).waitFor();
        await look('person-barred');
        // Switched off, and nothing below lets anybody in.
        expect(await offered(page, 'grace', 'shelved')).toEqual(['Switch on and allow for grace…']);
        await page.getByText(/^“Switch on” alone would change nothing: off for grace/).waitFor();
        await page.getByRole('button', { name: 'Switch on and allow for grace…' }).click();
        await dialog.getByText('grace: off now, on after', { exact: true }).waitFor();
        // She is none of the others.
        await dialog.getByText('0 people would get it').waitFor();
        await look('person-switch-and-row');
        await dialog.getByLabel('Why?').fill('for her alone');
        await dialog.getByRole('button', { name: 'Switch on and allow', exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
        const { flag } = (await server.admin('GET', '/api/admin/flags/shelved')) as { flag: { active: boolean } };
        expect([flag.active, await rowsOf('shelved')]).toEqual([true, ['ALLOW grace']]);
        // Switched off before its window: both at once.
        expect(await offered(page, 'grace', 'autumn')).toEqual(['Switch on and open the schedule…']);
        await page.getByRole('button', { name: 'Switch on and open the schedule…' }).click();
        await dialog.getByText('grace: off now, on after', { exact: true }).waitFor();
        await dialog.getByText('2 people would get it').waitFor();
        await look('person-switch-and-window');
        await dialog.getByLabel('Why?').fill('it is time');
        await dialog.getByRole('button', { name: 'Switch on and open', exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
        await page.locator('.panel-sentence[data-on]').waitFor();
      });
      await admin('users/grace', { roles: ['employee'] });
    },
    LIMIT_MS,
  );

  it(
    'is helped by nothing that nobody could see, and by no row over one that somebody else has put meanwhile',
    async () => {
      const admin = (path: string, body: object) => server.admin('PATCH', `/api/admin/${path}`, body);
      await admin('flags/unseen', { active: false, is_enabled_globally: true });
      await admin('flags/contested', { name: 'Contested' });
      await visit(browser, server, async ({ page, open, look, expectFault }) => {
        expectFault(/status of 40[39]/);
        await open('people/grace');
        await page.getByRole('button', { name: /Dashboard/ }).waitFor();
        const dialog = page.getByRole('alertdialog');
        const held = Promise.withResolvers<void>();
        await page.route('**/unseen/preview', async (route) => {
          await held.promise;
          await route.fulfill({ status: 403, json: { status: 403, title: 'Forbidden', detail: 'not for you' } });
        });
        expect(await offered(page, 'grace', 'unseen')).toEqual(['Switch on…']);
        await page.getByRole('button', { name: 'Switch on…' }).click();
        await dialog.getByText('grace: off now, on after', { exact: true }).waitFor();
        await dialog.getByLabel('Why?').fill('at once');
        const does = dialog.getByRole('button', { name: 'Switch on', exact: true });
        expect(await does.isDisabled()).toBe(true);
        await page.keyboard.press('Enter');
        held.resolve();
        const unseen = dialog.getByLabel(/^Switch on without knowing whom it takes it from/);
        await unseen.waitFor();
        expect(await does.isDisabled()).toBe(true);
        await look('person-fix-unseen');
        await page.unroute('**/unseen/preview');
        await dialog.getByRole('button', { name: 'Ask again' }).click();
        await dialog.getByText('2 people would get it').waitFor();
        const { flag } = (await server.admin('GET', '/api/admin/flags/unseen')) as { flag: { active: boolean } };
        expect(flag.active).toBe(false);
        await does.click();
        await dialog.waitFor({ state: 'detached' });

        await offered(page, 'grace', 'contested');
        await page.getByRole('button', { name: 'Allow for grace…' }).click();
        await dialog.getByText('grace alone: off now, on after', { exact: true }).waitFor();
        await admin('flags/contested/access', { access: [{ user_id: 'grace', effect: 'DENY' }] });
        await dialog.getByLabel('Why?').fill('she asked');
        const allow = dialog.getByRole('button', { name: 'Allow', exact: true });
        await allow.click();
        const changed = dialog.getByText('Somebody changed this row meanwhile').locator('..');
        await changed.waitFor();
        expect(await changed.locator('dl > div').allTextContents()).toEqual(['Wasno row', 'Theirsdeny', 'Yoursallow']);
        expect(await rowsOf('contested')).toEqual(['DENY grace']);
        await look('person-fix-row-changed');
        await allow.click();
        await dialog.waitFor({ state: 'detached' });
        expect(await rowsOf('contested')).toEqual(['ALLOW grace']);
      });
    },
    LIMIT_MS,
  );

  it(
    'gets it by a schedule that is opened, at either end, once it is said why and for whom else',
    async () => {
      await visit(browser, server, async ({ page, open, look }) => {
        await open('people/grace');
        await page.getByRole('button', { name: /Dashboard/ }).waitFor();
        const windowOf = async (flag: string) => {
          const answer = await server.admin('GET', `/api/admin/flags/${flag}`);
          const { starts_at, ends_at, active } = (answer as { flag: Record<string, unknown> }).flag;
          return { starts_at, ends_at, active };
        };
        for (const [flag, name, diff] of [
          ['summer', 'Summer', 'summer: begins: 1 Jun 2099, 02:00:00 CEST → no beginning'],
          ['winter', 'Winter', 'winter: ends: 1 Mar 2020, 01:00:00 CET → no end'],
        ] as const) {
          expect(await offered(page, 'grace', flag)).toEqual(['Open the schedule…']);
          await page.getByRole('button', { name: 'Open the schedule…' }).click();
          const dialog = page.getByRole('alertdialog');
          await dialog.getByText(diff, { exact: true }).waitFor();
          await dialog.getByText('2 people would get it').waitFor();
          await look(`person-window-${flag}`);
          await dialog.getByRole('button', { name: 'Open', exact: true }).click();
          await dialog.getByText('Say why first.').waitFor();
          await dialog.getByLabel('Why?').fill('they wait for it');
          await dialog.getByRole('button', { name: 'Open', exact: true }).click();
          await dialog.waitFor({ state: 'detached' });
          await row(page, name).getByText('on for everyone', { exact: true }).waitFor();
          expect(await windowOf(flag)).toEqual({ active: true });
          const { entries } = (await server.admin('GET', `/api/admin/audit?kind=flag&subject=${flag}`)) as {
            entries: { comment: string }[];
          };
          expect(entries[0]).toMatchObject({ comment: 'they wait for it' });
        }
      });
    },
    LIMIT_MS,
  );

  it(
    'is told when time opens it; other values are tried and not stored; the explanation is copied',
    async () => {
      await visit(
        browser,
        server,
        async ({ page, open, signIn, look }) => {
          await open('people/ada?flag=reports_tab');
          await signIn();
          await page.getByText(/Opens by itself .*if nothing else happens/).waitFor();
          await page.getByText('3 of 7', { exact: true }).waitFor();
          await look('person-ladder');
          // What is met before is kept off by the flag's schedule, and by a rule that is paused.
          const opens = () => page.locator('.panel-opens time').getAttribute('datetime');
          const met = await opens();
          const days = (value: number) => ({
            conditions: { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value }] },
          });
          const starts_at = new Date(Date.now() + 60 * 60_000).toISOString();
          await server.admin('PATCH', '/api/admin/flags/late_tab', {
            starts_at,
            rules: [{ ...days(5), rollout: 0 }, days(7)],
          });
          await open('people/ada?flag=late_tab');
          expect(await opens()).toBe(met);
          // Of two instants at which it is on it is the first.
          await server.admin('PATCH', '/api/admin/flags/late_tab', { is_enabled_globally: true });
          await until(async () => Date.parse((await opens()) ?? '') === Date.parse(starts_at));
          await server.admin('PATCH', '/api/admin/flags/late_tab', { archived: true });
          await open('people/ada?flag=reports_tab');
          await page.getByRole('button', { name: 'Copy explanation' }).click();
          await page.getByRole('button', { name: 'Copied' }).waitFor();
          const copied = await page.evaluate(() => navigator.clipboard.readText());
          expect(copied).toContain('reports_tab: off for ada');
          expect(copied).toContain('days since joining: 3 of 7, not met');
          await page.getByRole('button', { name: 'What if…' }).click();
          await page.getByRole('button', { name: 'Another attribute' }).click();
          await page.getByLabel('Name of attribute 1').fill('plan');
          await page.getByLabel('Type of attribute 1').selectOption('JSON');
          await page.getByLabel('Value of attribute 1').fill('{"gold"');
          await page.getByRole('button', { name: 'Ask' }).click();
          await page.getByText('This is no JSON.').waitFor();
          await page.getByLabel('Type of attribute 1').selectOption('Text');
          await page.getByLabel('Value of attribute 1').fill('2024');
          await page.getByLabel('Roles').fill('admin');
          await page.getByRole('button', { name: 'Ask' }).click();
          await page.getByText('what if', { exact: true }).waitFor();
          await look('person-what-if');
          await page.reload();
          await page.getByText('what if', { exact: true }).waitFor();
          await page.waitForURL(({ href }) => decodeURIComponent(href).includes('"attributes":{"plan":"2024"}'));
          await page.getByRole('button', { name: 'Back to what is stored' }).click();
          await page.getByText('what if', { exact: true }).waitFor({ state: 'detached' });
          const { user } = (await server.admin('GET', '/api/admin/users/ada')) as { user: { roles: string[] } };
          expect(user.roles).toEqual(['contractor', 'manager']);
        },
        { permissions: ['clipboard-read', 'clipboard-write'] },
      );
    },
    LIMIT_MS,
  );
});

describe('what is known of a person', () => {
  it(
    'is what happened, what is stored and which rows name them, until they are erased',
    async () => {
      await server.admin('PATCH', '/api/admin/users/linus', {
        roles: ['employee'],
        email_verified: true,
        attributes: { a: { b: 1 } },
      });
      await server.admin('PATCH', '/api/admin/users/linus/progress', { stage: 'invited' });
      await server.admin('PATCH', '/api/admin/flags/export/access', {
        access: [{ user_id: 'linus' }],
        comment: 'a favour',
      });
      await visit(browser, server, async ({ page, open, signIn, look }) => {
        await open('people/linus?tab=timeline');
        await signIn();
        const happened = page.getByRole('list', { name: /What happened/ });
        await happened.getByText('“a favour”').waitFor();
        await happened.getByText('reached invited').waitFor();
        await happened.getByText('unlocked through who they are').waitFor();
        await look('person-timeline');
        await page.getByRole('tab', { name: 'Timeline' }).focus();
        await page.keyboard.press('ArrowRight');
        await page.getByRole('region', { name: 'Attributes' }).waitFor();
        const unlocked = page.getByRole('region', { name: 'What the ledger says now' }).getByRole('listitem');
        const first = unlocked.filter({ hasText: 'first_steps' });
        await first.getByRole('link', { name: 'Rule 1', exact: true }).waitFor();
        await first.getByText(/verified their e-mail address/).waitFor();
        await look('person-data');
        await page.keyboard.press('ArrowRight');
        await page.getByRole('button', { name: 'Remove…' }).click();
        await page.getByLabel('Why?').fill('enough');
        await page.getByRole('button', { name: 'Remove', exact: true }).click();
        await page.getByText('There is no row for this person.').waitFor();
        await open('people/linus?tab=data');
        await page.getByRole('button', { name: 'Erase this person…' }).click();
        const erase = page.getByRole('button', { name: 'Erase', exact: true });
        await page.getByLabel('Type linus to confirm').fill('linu');
        expect(await erase.isDisabled()).toBe(true);
        await page.getByLabel('Type linus to confirm').fill('linus');
        await page.getByLabel('Why?').fill('asked for it');
        await look('person-erase');
        await erase.click();
        await page.waitForURL(/\/people$/);
        await page.getByText('linus was erased').waitFor();
        await open('people/linus');
        await page.getByText('Nothing is stored about this person.').waitFor();
        await open('history?kind=flag&subject=export');
        const entry = 'set the access row of somebody who has been deleted in the flag "export"';
        await page.getByText(entry).first().click();
        await page.getByText('erased with them').waitFor();
      });
    },
    LIMIT_MS,
  );

  it(
    'follows what happens elsewhere, and fits narrow screens with any name',
    async () => {
      await visit(
        browser,
        server,
        async ({ page, open, signIn, look }) => {
          await open(`people/${encodeURIComponent(NASTY)}?flag=export_pdf`);
          await signIn();
          await ladder(page, 'export_pdf').waitFor();
          await server.admin('PATCH', `/api/admin/users/${encodeURIComponent(NASTY)}/progress`, { stage: 'active' });
          await page.getByText(/export_pdf came on just now/).waitFor();
          const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
          expect(wider).toBe(false);
          await look('person-phone');
          await open('people');
          await page.getByRole('table', { name: 'People' }).waitFor();
          await look('people-phone');
        },
        { viewport: { ...PHONE, width: 320 } },
      );
    },
    LIMIT_MS,
  );

  it(
    'is for an organization’s administrator that of their own people, with rows of delegated flags alone',
    async () => {
      const { secret } = (await server.admin('POST', '/api/admin/tokens', {
        name: 'acme',
        scopes: ['manage', 'identify'],
        organization_id: 'acme',
      })) as { secret: string };
      await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
        await open('people');
        await signIn(secret);
        const table = page.getByRole('table', { name: 'People' });
        await table.waitFor();
        expect(await table.locator('.person-link').allTextContents()).toEqual(['ada']);
        expect(await offered(page, 'ada', 'reports_tab')).toEqual(['Allow for ada…']);
        await look('person-delegated');
        // What its own row changes is tried before it is offered, and shown before it is done.
        await page.getByRole('button', { name: 'Allow for ada…' }).click();
        const dialog = page.getByRole('alertdialog');
        await dialog.getByText('ada alone: off now, on after', { exact: true }).waitFor();
        await dialog.getByRole('button', { name: 'Cancel' }).click();
        // The platform denies it to her, which no row of the organization beats; its own row alone is nothing that helps.
        await server.admin('PATCH', '/api/admin/flags/withheld', { name: 'Withheld', delegated: true });
        await server.admin('PATCH', '/api/admin/flags/withheld/access', {
          access: [{ user_id: 'ada', effect: 'DENY' }],
        });
        expect(await offered(page, 'ada', 'withheld')).toEqual([]);
        await page.getByText('“Allow for ada” alone would change nothing: still off', { exact: true }).waitFor();
        // A denial by the organization itself: a row of her own helps, and removing that one does not.
        await server.admin('PATCH', '/api/admin/flags/barred', { name: 'Barred', delegated: true });
        const put = await fetch(`${server.origin}/api/admin/flags/barred/access`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
          body: JSON.stringify({ access: [{ role: 'manager', effect: 'DENY' }] }),
        });
        expect(put.status).toBe(200);
        expect(await offered(page, 'ada', 'barred')).toEqual(['Allow for ada…']);
        await page.getByText('“Remove the row” alone would change nothing: still off', { exact: true }).waitFor();
        await look('person-delegated-denied');
        expect(await offered(page, 'ada', 'dashboard')).toEqual([]);
        expectFault(/status of 404/);
        await open('people/grace');
        await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
      });
    },
    LIMIT_MS,
  );
});
