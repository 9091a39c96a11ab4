import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import type {
  ExplainFlagResponse,
  GetOrganizationResponse,
  ListAccessResponse,
} from '../../src/protocol/gen/admin-json.js';
import { until } from '../timing.js';
import { PHONE, startConsole, visit, WIDE } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { NASTY, seedCustomers } from './stand/seed-customers.js';
import { steadyAria } from './stand/texts.js';

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole();
  await seedCustomers(server);
  await seedWhole();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** What a customer earns as a whole, and an action that is counted from another one. */
async function seedWhole(): Promise<void> {
  const { admin } = server;
  await admin('PATCH', '/api/admin/actions', {
    actions: [
      {
        name: 'tour_finished',
        derivation: {
          from: ['tour_seen'],
          where: { all: [{ fact: 'property', params: { name: 'steps' }, operator: 'equal', value: 5 }] },
        },
      },
    ],
  });
  await admin('PATCH', '/api/admin/flags/team_space', {
    name: 'Team space',
    rules: [
      {
        policy: 'LATCHING',
        earned_by: 'ORGANIZATION',
        conditions: {
          all: [
            { fact: 'actionCount', params: { action: 'shift_planned' }, operator: 'greaterThanInclusive', value: 2 },
          ],
        },
      },
    ],
  });
  await admin(
    'POST',
    '/api/events?wait=true',
    ['ada', 'grace'].map((user_id) => ({ id: 'shift', user_id, action: 'shift_planned' })),
  );
}

/** What whoever administers an organization sees of it. */
const PARTS_OF_ITS_OWN = ['Features', 'Unlocks', 'Roles', 'Members', 'Onboarding', 'Data', 'History'];

/** Addresses with a slip: what the page says, what it offers, and how the thing is made. */
const SLIPS = [
  ['flags/payrol', 'There is no flag payrol', 'Payroll', 'Make this flag'],
  ['segments/gold-memebrs', 'There is no segment gold-memebrs', 'Gold members', 'Make this segment'],
  ['organizations/glbex', 'Nothing is known of an organization glbex', 'globex', 'Make it'],
  ['onboarding/profile_setpu', 'No stage is called profile_setpu', 'profile_setup', 'To the list of stages'],
  ['actions?action=report_craeted', 'Nobody declares an action report_craeted', 'report_created', 'Declare it'],
] as const;

describe('what is not there', () => {
  it('is told with what is called like it, and how it is made', async () => {
    await server.admin('PATCH', '/api/admin/segments/gold-members', { name: 'Gold members', conditions: {} });
    await server.admin('PATCH', '/api/admin/flags/payroll_2019', { archived: true });
    await visit(browser, server, async ({ page, open, look, expectFault }) => {
      expectFault(/status of 404/);
      const notice = page.locator('.notice');
      const again = page.getByRole('button', { name: 'Try again' });
      for (const [address, title, near, make] of SLIPS) {
        await open(address);
        await notice.getByRole('heading', { name: title }).waitFor();
        await notice.getByRole('link', { name: near, exact: true }).waitFor();
        await notice.getByText(make, { exact: true }).waitFor();
        expect(await again.count()).toBe(0);
      }
      await notice.getByRole('button', { name: 'Declare it' }).click();
      await until(
        async () => (await page.getByRole('alertdialog').getByLabel('Name').inputValue()) === 'report_craeted',
      );
      await open('people/linuz');
      await page.getByRole('link', { name: 'linus', exact: true }).waitFor();
      for (const [address, title] of [
        ['history?entry=999999', 'There is no such entry'],
        ['flags/payroll?tab=versions&version=99', 'There is no such version'],
      ] as const) {
        await open(address);
        await notice.getByRole('heading', { name: title }).waitFor();
        expect(await again.count()).toBe(0);
      }
      await open('flags/payrol');
      const archived = notice.getByRole('listitem').filter({ hasText: 'payroll_2019' });
      await archived.getByText('Archived').waitFor();
      await look('flag-not-there');
      await notice.getByRole('link', { name: 'Make this flag' }).click();
      await page.waitForURL(/flags\/new\?key=payrol$/);
    });
  });
});

describe('organizations', () => {
  it('are listed, found by the beginning of their ids, and made', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('organizations');
      await signIn();
      await page.getByRole('link', { name: NASTY }).waitFor();
      await look('organizations');
      await page.getByRole('searchbox', { name: 'Find an organization' }).fill('acm');
      await page.getByRole('link', { name: NASTY }).waitFor({ state: 'detached' });
      await page.waitForURL(({ search }) => search === '?q=acm');
      await page.getByRole('searchbox').fill('nobody');
      await page.getByText('No id begins with “nobody”.').waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.getByRole('button', { name: 'New organization' }).click();
      await page.getByLabel('Id', { exact: true }).fill('initech');
      await page.getByRole('button', { name: 'Make it' }).click();
      await page.waitForURL('**/console/organizations/initech');
      await page.getByRole('heading', { name: 'initech', level: 1 }).waitFor();
    });
  });
  it('refuse another one of the same id, and say so', async () => {
    await visit(browser, server, async ({ page, open, signIn, expectFault }) => {
      expectFault(/status of 409/);
      await open('organizations');
      await signIn();
      await page.getByRole('button', { name: 'New organization' }).click();
      await page.getByLabel('Id', { exact: true }).fill('acme');
      await page.getByRole('button', { name: 'Make it' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').textContent()).toContain('Somebody changed this meanwhile');
    });
  });
  it('show each part of theirs', async () => {
    // What is counted of all its people together is counted soon after.
    await until(async () => {
      const { unlocks } = (await server.admin('GET', '/api/admin/organizations/acme')) as { unlocks?: unknown[] };
      return unlocks?.length === 1;
    });
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('organizations/acme');
      await signIn();
      for (const tab of ['Features', 'Unlocks', 'Roles', 'Members', 'Onboarding', 'Data', 'Tokens', 'History']) {
        await page.getByRole('navigation', { name: 'Parts of acme' }).getByRole('link', { name: tab }).click();
        await page.locator('.page-body :is(table, .card, .notice, .history)').first().waitFor();
        if (tab === 'Data') {
          await page
            .getByRole('table', { name: 'Counters' })
            .getByRole('row', { name: /^shift_planned 2 / })
            .waitFor();
        }
        if (tab === 'Unlocks') {
          const unlocked = page.getByRole('table', { name: 'Unlocked for all of it' });
          await unlocked.getByRole('row', { name: /^team_space Rule 1 Unlocked / }).waitFor();
        }
        if (tab === 'Roles') expect(await steadyAria(page.locator('.page-body'))).toMatchSnapshot();
        await look(`organization-${tab.toLowerCase()}`);
      }
    });
  });
  it('are granted a flag, have it taken away and given back, each with why', async () => {
    const hedyHas = async () => {
      const answer = await server.admin('GET', '/api/admin/users/hedy/flags/team_space/explain?consistency=FULL');
      return (answer as ExplainFlagResponse).explanation?.decision?.enabled;
    };
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('organizations');
      await signIn();
      await page.getByRole('table', { name: 'Organizations' }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).fill('glob');
      await page.getByRole('option', { name: 'globex' }).click();
      await page.getByRole('heading', { name: 'globex', level: 1 }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).fill('tour_s');
      await page.getByRole('option', { name: 'tour_seen' }).click();
      await page.locator('.plain-table tbody tr').first().getByRole('rowheader', { name: 'tour_seen' }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).fill('profile');
      await page.getByRole('option', { name: 'profile_setup' }).click();
      await page.waitForURL(/onboarding\/profile_setup$/);
      await open('organizations/globex');
      await page.getByRole('navigation', { name: 'Parts of globex' }).getByRole('link', { name: 'Unlocks' }).click();
      await page.getByText('Nothing is unlocked for all of it').waitFor();
      const dialog = page.getByRole('alertdialog');
      const say = async (why: string, does: string) => {
        await dialog.getByLabel('Why?').fill(why);
        await dialog.getByRole('button', { name: does, exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
      };
      await page.getByRole('button', { name: 'Grant a flag…' }).click();
      const flag = dialog.getByRole('combobox', { name: 'Flag' });
      await flag.fill('payroll');
      await dialog.getByText('Organizations earn no rule of it.', { exact: false }).waitFor();
      await flag.fill('team_space');
      await dialog.getByRole('combobox', { name: 'What of it' }).waitFor();
      await look('organization-grant');
      await say('a pilot customer', 'Grant');
      const now = page.getByRole('table', { name: 'Unlocked for all of it' });
      await now.getByText('Granted').waitFor();
      expect(await hedyHas()).toBe(true);
      await page.getByRole('button', { name: 'Take away… team_space' }).click();
      await say('the pilot is over', 'Take away');
      await now.getByText('Taken away').first().waitFor();
      expect(await hedyHas()).toBe(false);
      const ledger = page.getByRole('table', { name: 'How it came about' });
      await ledger.getByText('“the pilot is over”').first().waitFor();
      expect(await ledger.getByText('“a pilot customer”').count()).toBe(1);
      await look('organization-unlocks');
      await page.getByRole('button', { name: 'Let it earn it again… team_space' }).click();
      await say('a new pilot', 'Let it earn it again');
      await page.getByText('Nothing is unlocked for all of it').waitFor();
      await ledger.getByText('“a new pilot”').first().waitFor();
    });
  });
  it('take a role whose consequences were shown, refuse circles while they are chosen, and move those whose role goes', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('organizations/acme?tab=roles');
      await signIn();
      await page.getByRole('button', { name: 'Edit shift-lead' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('manager').check();
      await dialog.getByText(/2 people gain/).waitFor();
      await look('role-consequences');
      await dialog.getByRole('button', { name: 'Cancel' }).click();

      await page.getByRole('button', { name: 'Add role' }).click();
      await dialog.getByLabel('Name').fill('foreman');
      await dialog.getByLabel('shift-lead').check();
      await dialog.getByText('Nobody gains or loses anything.').waitFor();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Edit shift-lead' }).click();
      await dialog.getByLabel('foreman').check();
      await dialog.getByText('This would be a circle: shift-lead → foreman → shift-lead.').waitFor();
      expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await look('role-circle');
      await dialog.getByRole('button', { name: 'Cancel' }).click();

      await page.getByRole('button', { name: 'Remove shift-lead' }).click();
      await dialog.getByText(/^the role "shift-lead" is in use: .* Choose the role that takes its place/).waitFor();
      // Nothing was done wrong yet.
      expect(await dialog.locator('.loss').count()).toBe(0);
      expect(await dialog.getByRole('button', { name: 'Remove' }).isDisabled()).toBe(true);
      await dialog.getByLabel('What takes its place').selectOption('employee');
      await dialog.getByText(/would have other roles/).waitFor();
      await look('role-removed');
      await dialog.getByLabel('Why?').fill('nobody leads shifts any more');
      await dialog.getByRole('button', { name: 'Remove' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Remove shift-lead' }).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'Members' }).click();
      await page.getByRole('row', { name: /linus/ }).getByText('employee').first().waitFor();
    });
  });
  it('have a change of their roles undone from their own page, with what that comes to for whom', async () => {
    const path = '/api/admin/organizations/acme';
    const rolesNow = async () => ((await server.admin('GET', path)) as GetOrganizationResponse).organization!.roles;
    const others = (await rolesNow()).filter(({ name }) => name !== 'site-owner');
    for (const above of ['manager', 'employee'])
      await server.admin('PATCH', path, { roles: [...others, { name: 'site-owner', inherits: [above] }] });
    await server.admin('PATCH', '/api/admin/users/alan', { organization_id: 'acme', roles: ['site-owner'] });
    await visit(browser, server, async ({ page, open, look }) => {
      await open('organizations/acme?tab=history');
      await page.locator('.history-entry').first().click();
      await page.getByRole('button', { name: 'Undo…' }).click();
      const dialog = page.getByRole('alertdialog');
      const consequences = dialog.getByRole('region', { name: 'What it comes to' });
      await consequences.getByText('alan').waitFor();
      await look('organization-undo');
      await dialog.getByLabel('Why?').fill('it was for another one');
      await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      expect((await rolesNow()).find(({ name }) => name === 'site-owner')?.inherits).toEqual(['manager']);
    });
    await server.admin('PATCH', '/api/admin/users/alan', { organization_id: 'acme', roles: [] });
  });
  it('have their own admin, who sees what is theirs and no more, and decides for their people', async () => {
    let secret = '';
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('organizations/acme?tab=tokens');
      await signIn();
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByLabel('Name').fill('acme’s admin');
      await page.getByRole('button', { name: 'Make it' }).click();
      await page.getByText('Copy the secret now').waitFor();
      secret = (await page.locator('.snippet code').textContent()) ?? '';
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('row', { name: /acme’s admin/ }).waitFor();
      expect(await page.content()).not.toContain(secret);
      await look('tokens');
    });
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      expectFault(/status of 40[34]/);
      await open();
      await signIn(secret);
      await page.getByRole('heading', { name: 'acme' }).waitFor();
      const parts = page.getByRole('navigation', { name: 'Parts of acme' }).getByRole('link');
      await until(async () => (await parts.count()) > 0);
      expect(await parts.allTextContents()).toEqual(PARTS_OF_ITS_OWN);
      await page.getByRole('button', { name: 'Change access: beta_reports' }).click();
      await page.getByLabel('For manager').selectOption('ALLOW');
      await page.getByLabel('Why?').fill('they asked for it');
      await page.getByRole('button', { name: 'Save' }).click();
      await page
        .getByRole('table', { name: 'beta_reports' })
        .getByRole('row', { name: /^manager.*On/ })
        .waitFor();
      await look('admin-features');
      await page.getByRole('link', { name: 'History' }).click();
      await page.getByText('“they asked for it”').waitFor();
      // What they did they undo, and that again.
      const dialog = page.getByRole('alertdialog');
      const undo = async (entry: RegExp, has: boolean) => {
        await page.getByRole('button', { name: entry }).first().click();
        await page.getByRole('button', { name: 'Undo…' }).click();
        await dialog.getByLabel('without knowing whom it takes it from').check();
        await dialog.getByLabel('Why?').fill('a slip');
        await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
        await until(async () => (await verdictOf('acme', 'manager')) === has);
      };
      await undo(/they asked for it/, false);
      await page.reload();
      await look('admin-history');
      await undo(/a slip/, true);
      // A part of the settings that they may not have is refused without a word that is for those who write code.
      await open('settings?tab=health');
      await page.getByText('This is for the whole platform').waitFor();
      expect(await page.locator('main').innerText()).not.toMatch(/[a-z][A-Z]/);
      // Of rows that the platform put they are not told: the page says that there may be some, and why a flag is on all the same.
      await open('people/linus?tab=access');
      await page.getByText('No row of your organization names this person').waitFor();
      await open('people/linus?q=beta_reports&flag=beta_reports');
      const panel = page.getByRole('region', { name: 'Why beta_reports' });
      await panel.getByText(/^(On|Off): ./).waitFor();
      await panel.getByText('not told to you').first().waitFor();
      await open('organizations/globex');
      await page.getByText('There is nothing at this address').or(page.getByText('You may not see this')).waitFor();
      await look('admin-elsewhere');
      expect(await page.locator('main').textContent()).not.toContain('hedy');
    });
    expect(await verdictOf('acme', 'manager')).toBe(true);
    expect(await verdictOf('globex', 'manager')).toBe(false);
  });
  it('are seen as their admin sees them by who administers the platform, who changes nothing then', async () => {
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      expectFault(/status of 40[34]/);
      await open('organizations/acme');
      await signIn();
      await page.getByRole('button', { name: 'View as their admin' }).click();
      await page.getByText('You see the console as the administrator of').waitFor();
      const parts = page.getByRole('navigation', { name: 'Parts of acme' }).getByRole('link');
      await until(async () => (await parts.count()) === PARTS_OF_ITS_OWN.length);
      expect(await parts.allTextContents()).toEqual(PARTS_OF_ITS_OWN);
      await page.getByRole('button', { name: 'Change access: beta_reports' }).waitFor();
      await look('viewed-as-admin');
      await page.getByRole('button', { name: 'Change access: beta_reports' }).click();
      await page.getByLabel('For manager').selectOption('DENY');
      expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await page.getByRole('checkbox').check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page
        .getByRole('alert')
        .getByText(/nothing is changed in their name/)
        .waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await open('organizations/globex');
      await page.getByText('There is nothing at this address').or(page.getByText('You may not see this')).waitFor();
      await page.getByRole('button', { name: 'Leave this view' }).click();
      await page.getByRole('heading', { name: 'acme', level: 1 }).waitFor();
      await page.getByRole('button', { name: 'View as their admin' }).waitFor();
    });
    expect(await verdictOf('acme', 'manager')).toBe(true);
  });
  it('lose a flag by a row of the platform only with their number, and never by a row over one that nobody has seen', async () => {
    const rowOfAcme = async () => {
      const listed = (await server.admin('GET', '/api/admin/flags/beta_reports/access')) as ListAccessResponse;
      return listed.access.find(
        ({ organization_id, role, managed_by }) => organization_id === 'acme' && role + managed_by === '',
      );
    };
    await visit(browser, server, async ({ page, open, signIn, expectFault }) => {
      expectFault(/status of 409/);
      await open('organizations/acme?tab=features');
      await signIn();
      await page.getByRole('button', { name: 'Change access: beta_reports' }).click();
      const dialog = page.getByRole('dialog', { name: 'Who has beta_reports' });
      await dialog.getByText('Nothing is changed yet.').waitFor();
      const access = { organization_id: 'acme', effect: 'ALLOW' };
      await server.admin('PATCH', '/api/admin/flags/beta_reports/access', { access: [access], comment: 'promised' });
      const whole = dialog.getByLabel('For the whole organization');
      await whole.selectOption('DENY');
      const number = dialog.getByLabel('Number of people who would lose it');
      await number.waitFor();
      const save = dialog.getByRole('button', { name: 'Save' });
      expect(await save.isDisabled()).toBe(true);
      const moment = { timeout: 1_000 };
      const losing = async () => /([1-9]\d*) would lose it/.exec((await dialog.textContent(moment)) ?? '')?.[1] ?? '';
      // What others have changed is counted anew, and while it is nobody can save.
      const confirm = (after: Locator, state: 'visible' | 'hidden') =>
        until(async () => {
          try {
            await number.fill(await losing(), moment);
            await save.click(moment);
            await after.waitFor({ state, timeout: 5_000 });
            return true;
          } catch {
            // What took long was done all the same.
            return state === 'hidden' && after.isHidden();
          }
        }, 40_000);
      await confirm(dialog.getByRole('alert').getByText('Somebody has changed this meanwhile'), 'visible');
      await dialog.locator('del', { hasText: 'Allow' }).waitFor();
      expect((await rowOfAcme())?.effect).toBe('ALLOW');
      await confirm(dialog, 'hidden');
      expect((await rowOfAcme())?.effect).toBe('DENY');
    });
    const remove_access = [{ organization_id: 'acme' }];
    await server.admin('PATCH', '/api/admin/flags/beta_reports/access', { remove_access });
  });
  it('are seen so no more by who signs in next and may not, who is not locked out by that', async () => {
    await visit(browser, server, async ({ page, open, signIn, expectFault }) => {
      expectFault(/status of 403/);
      await open('organizations/acme');
      await signIn();
      await page.getByRole('button', { name: 'View as their admin' }).click();
      await page.getByText('You see the console as the administrator of').waitFor();
      // A flag of a member is explained in the view, which is by reading alone.
      await open('people/barbara?flag=beta_reports');
      await page.locator('.panel-sentence').waitFor();
      const { secret } = (await server.admin('POST', '/api/admin/tokens', { name: 'm', scopes: ['manage'] })) as {
        secret: string;
      };
      await page.context().request.post(`${server.origin}/api/session`, {
        headers: { 'x-latchkey-console': '1' },
        data: { token: secret },
      });
      await open('organizations/acme');
      await page.getByRole('heading', { name: 'acme', level: 1 }).waitFor();
      expect(await page.getByRole('button', { name: 'Leave this view' }).count()).toBe(0);
    });
  });
  it('save over nothing of a member that somebody changed meanwhile', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('organizations/acme?tab=members');
      await signIn();
      await page.getByRole('button', { name: 'Change roles of barbara' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('manager').check();
      await server.admin('PATCH', '/api/admin/users/barbara', { roles: ['night'] });
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText('Somebody changed barbara meanwhile, so nothing was saved.').waitFor();
      await dialog.getByText('They have now: night.').waitFor();
      await look('member-conflict');
      await dialog.getByRole('button', { name: 'Begin with what they have now' }).click();
      await dialog.getByLabel('employee').check();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
    });
    const { user } = (await server.admin('GET', '/api/admin/users/barbara')) as { user: { roles: string[] } };
    expect(user.roles).toEqual(['night', 'employee']);
  });
  it('look anew at what a role comes to when somebody changes the roles meanwhile', async () => {
    await visit(browser, server, async ({ page, open, signIn }) => {
      await open('organizations/acme?tab=roles');
      await signIn();
      await page.getByRole('button', { name: 'Edit site-owner' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('employee').check();
      const save = dialog.getByRole('button', { name: 'Save' });
      await until(() => save.isEnabled());
      const { organization } = (await server.admin('GET', '/api/admin/organizations/acme/roles')) as {
        organization: { roles: { name: string; inherits: string[]; built_in: boolean }[] };
      };
      const roles = organization.roles.filter(({ built_in }) => !built_in);
      await server.admin('PUT', '/api/admin/organizations/acme/roles', {
        roles: [...roles.map(({ name, inherits }) => ({ name, inherits })), { name: 'night', inherits: ['employee'] }],
      });
      await dialog.getByText('Somebody changed the roles meanwhile.', { exact: false }).waitFor();
      await dialog.getByLabel('night').waitFor();
      await until(() => save.isEnabled());
      await save.click();
      await dialog.waitFor({ state: 'detached' });
    });
    const { organization } = (await server.admin('GET', '/api/admin/organizations/acme/roles')) as {
      organization: { roles: { name: string }[] };
    };
    expect(organization.roles.map(({ name }) => name)).toEqual(expect.arrayContaining(['night', 'site-owner']));
  });
});

/** Whether a delegated flag is on for whoever has a role in an organization. */
async function verdictOf(organization: string, role: string): Promise<boolean | undefined> {
  const { flags } = (await server.admin('GET', `/api/admin/organizations/${organization}/flags`)) as {
    flags: { flag_key: string; verdicts: { role: string; result: { enabled: boolean } }[] }[];
  };
  const flag = flags.find(({ flag_key }) => flag_key === 'beta_reports');
  return flag?.verdicts.find((each) => each.role === role)?.result.enabled;
}

describe('onboarding', () => {
  it('leads from the funnel to who is stuck, what they miss, and a flag for them', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('onboarding');
      await signIn();
      await page.getByRole('row', { name: /^signed_up 7 100% 3 4/ }).waitFor();
      await look('onboarding');
      await page.getByRole('link', { name: 'signed_up' }).click();
      await page.getByText(/are not yet somebody who created at least 10 reports/).waitFor();
      await page.getByRole('row', { name: /^barbara/ }).waitFor();
      await look('stage');
      await page.getByLabel('In it for').selectOption('7');
      await page.getByText('Nobody is in it for so long.').first().waitFor();
      await page.getByRole('link', { name: 'Make a flag for these' }).click();
      await page.getByLabel('Name', { exact: true }).fill('Help with the start');
      await look('flag-for-these');
      await page.getByRole('button', { name: 'Make the flag' }).click();
      await page.getByRole('heading', { name: 'Help with the start' }).first().waitFor();
      const { flag } = (await server.admin('GET', '/api/admin/flags/help_with_the_start')) as {
        flag: { active: boolean; rules: { conditions: unknown }[] };
      };
      expect(flag.active).toBe(false);
      expect(flag.rules[0]?.conditions).toEqual({
        all: [
          { fact: 'stage', operator: 'equal', value: 'signed_up' },
          { fact: 'daysInStage', operator: 'greaterThanInclusive', value: 7 },
        ],
      });
    });
  });
  it('shows how far each organization has come, and those who joined in each week', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('onboarding?tab=organizations');
      await signIn();
      await page.getByRole('row', { name: 'acme 6 4 2 1' }).waitFor();
      await look('onboarding-organizations');
      await page.getByRole('link', { name: 'By week of joining' }).click();
      await page.getByRole('row', { name: /^\d{4}-W\d\d 7 4 2 1$/ }).waitFor();
      await look('onboarding-weeks');
    });
  });
  it('tells before stages are saved who is in those that go, and what reads them', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('onboarding');
      await signIn();
      await page.getByRole('button', { name: 'Edit stages' }).click();
      await page.getByRole('button', { name: 'Remove first_report' }).click();
      await page.getByText(/reads “first_report”, which would be gone/).waitFor();
      await page.getByText('1 person is in “first_report”.', { exact: false }).waitFor();
      await look('stages-edited');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Edit stages' }).click();
      await page.getByRole('button', { name: 'Add stage' }).click();
      await page.getByRole('textbox', { name: 'Stage 5' }).fill('paid');
      await page.getByText('Nothing that is there already changes.').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('row', { name: /^paid/ }).waitFor();
      // An older list comes back by way of the same dialog.
      await page.getByRole('link', { name: 'Versions' }).click();
      await page.getByRole('button', { name: /^Version 1/ }).click();
      await page.getByRole('region', { name: 'Version 1, the first that is kept' }).waitFor();
      await look('onboarding-versions');
      await page.getByRole('button', { name: 'Restore as a draft' }).click();
      const dialog = page.getByRole('alertdialog');
      expect(await dialog.getByLabel(/^Why/).inputValue()).toBe('restores version 1');
      expect(await dialog.getByRole('textbox', { name: /^Stage / }).count()).toBe(4);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByText('“restores version 1”').waitFor();
    });
  });
  it('shows actions with how often they were done', async () => {
    await server.admin('PATCH', '/api/admin/actions', {
      actions: [{ name: 'big_report', derivation: { from: ['report_created', 'tour_seen', 'exported', 'shared'] } }],
    });
    await until(async () => {
      const { times } = (await server.admin('GET', '/api/admin/actions/report_created')) as { times: number };
      return times === 3;
    });
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      // What nobody declares nor reads any more is asked for once again, before the page knows that.
      expectFault(/status of 404 .*\/actions\/(exported|shared)/);
      await open('actions');
      await signIn();
      await page.getByRole('img', { name: 'report_created: 3 times in the last 30 days' }).first().waitFor();
      await page
        .getByRole('row', { name: /^tour_finished/ })
        .getByText('from tour_seen: every event whose property steps is 5')
        .waitFor();
      // Of a derived one the events are counted by the actions that they name, and said to be no more than that.
      const derived = page.getByRole('row', { name: /^big_report/ });
      await derived.getByText('some of these count:').waitFor();
      await derived.getByRole('img', { name: 'report_created: 3 times in the last 30 days' }).waitFor();
      await derived.getByText('tour_seen', { exact: true }).waitFor();
      await derived.getByText('and of 1 other action').waitFor();
      await look('actions');
      await server.admin('DELETE', '/api/admin/actions/big_report');
      await derived.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Remove the declaration of report_created' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByText('1 thing reads it:').waitFor();
      await dialog.getByRole('link', { name: 'export' }).waitFor();
      await look('action-removed');
      await dialog.getByRole('button', { name: 'Remove it' }).click();
      await page.getByRole('rowheader', { name: 'report_created' }).waitFor({ state: 'detached' });
      // What stands in the way is no change meanwhile: the server says what, and it is a link.
      expectFault(/status of 409 .*\/actions\/tour_seen/);
      await page.getByRole('button', { name: 'Remove the declaration of tour_seen' }).click();
      await dialog.getByRole('button', { name: 'Remove it' }).click();
      const said = dialog.getByRole('alert');
      await said.getByText('is referred to by the derived action "tour_finished"').waitFor();
      expect(await said.textContent()).not.toContain('Somebody changed this meanwhile');
      await dialog.getByRole('link', { name: 'tour_finished' }).click();
      await page.waitForURL(/actions\?action=tour_finished$/);
      // The rail says of what the page is a part.
      expect(await page.locator('.rail-link[aria-current]').evaluateAll(marksOf)).toEqual([['Onboarding', 'true']]);
      await page.getByRole('link', { name: 'Onboarding', exact: true }).first().click();
      await page.waitForURL(/onboarding$/);
      await page.locator('.rail-link[aria-current="page"]').waitFor();
      expect(await page.locator('.rail-link[aria-current]').evaluateAll(marksOf)).toEqual([['Onboarding', 'page']]);
    });
  });
});

/** What is marked in the rail, and as what. */
const marksOf = (links: Element[]) => links.map((link) => [link.textContent, link.getAttribute('aria-current')]);

it.each([
  'organizations',
  'organizations/acme',
  'organizations/acme?tab=roles',
  'organizations/acme?tab=members',
  // Its member has an id of one long word, and so has their role.
  `organizations/${encodeURIComponent(NASTY)}?tab=members`,
  'onboarding',
  'onboarding/signed_up',
  'actions',
])('%s fits a phone', async (address) => {
  await visit(
    browser,
    server,
    async ({ page, open, signIn, look }) => {
      await open(address);
      await signIn();
      await page.locator('.page-body table').first().waitFor();
      await look(`phone-${address.replaceAll(/\W+/g, '-').slice(0, 100)}`);
      const width = () =>
        page.evaluate(() =>
          Math.max(document.documentElement.scrollWidth, document.querySelector('main')?.scrollWidth ?? 0),
        );
      expect(await width()).toBeLessThanOrEqual(PHONE.width);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await width()).toBeLessThanOrEqual(320);
      await page.setViewportSize(WIDE);
      expect(await width()).toBeLessThanOrEqual(WIDE.width);
    },
    { viewport: PHONE },
  );
});
