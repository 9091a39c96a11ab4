import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { until } from '../timing.js';
import { PHONE, startConsole, visit, withoutOperation } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { seedFlags } from './stand/seed-flags.js';
import { steadyAria } from './stand/texts.js';

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await startConsole({ HTTP_BASE_PATH: '/x/y', LATCHKEY_ENVIRONMENT: 'production' });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function endSessions(): Promise<void> {
  const { tokens } = (await server.admin('GET', '/api/admin/tokens?sessions=true&page_size=200')) as {
    tokens: { id: string }[];
  };
  for (const { id } of tokens) if (id.startsWith('ses_')) await server.admin('DELETE', `/api/admin/tokens/${id}`);
}

describe('the console below a path', () => {
  it('signs in, says what to do first, and leads from / to where it is', async () => {
    await visit(
      browser,
      server,
      async ({ page, open, signIn, look }) => {
        await page.goto(`${server.origin}/x/y`);
        await page.getByRole('heading', { name: 'Latchkey' }).waitFor();
        await look('sign-in');
        expect(await steadyAria(page.locator('body'))).toMatchSnapshot();
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByText('Paste a token first.').waitFor();
        await signIn('of-nobody');
        await page.getByText('this token signs nobody in here').waitFor();
        await look('sign-in-refused');
        await signIn();
        await page.getByText('Three steps to a first unlock').waitFor();
        await page.waitForURL(`${server.origin}/x/y/console/today`);
        await open('flags');
        await page.getByText('Make your first flag').waitFor();
        await look('flags-empty');
        await open('no/such/page');
        await page.getByRole('heading', { name: 'There is nothing at this address' }).first().waitFor();
        await look('not-found');
        await page.getByRole('link', { name: 'Go to Flags' }).click();
        await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor();
        await until(() => page.evaluate(() => document.activeElement?.tagName === 'H1'));
        await seedFlags(server);
        // By the stream.
        await page.getByText('Advanced analytics').waitFor();
      },
      { signedOut: true },
    );
  });

  it('finds flags, pages and commands by keys, and has a list of them', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('flags');
      await signIn();
      await page.getByText('Advanced analytics').waitFor();
      await page.keyboard.press('Control+k');
      const box = page.getByRole('combobox', { name: 'Find or do' });
      await box.waitFor();
      await look('palette');
      await page.keyboard.type('repo');
      await page.getByRole('option', { name: /Reports tab/ }).waitFor();
      await look('palette-found');
      expect(await steadyAria(page.getByRole('dialog'))).toMatchSnapshot();
      await page.keyboard.press('Enter');
      await until(() => page.url().endsWith('/console/flags/reports_tab'));
      await page.keyboard.press('Control+k');
      await box.fill('theme dark');
      await until(async () => (await page.getByRole('option').count()) === 1);
      await page.getByRole('option', { name: 'Theme: Dark' }).waitFor();
      // Into the field, wherever the dialog that has just opened has the focus meanwhile.
      await box.press('Enter');
      await until(() => page.evaluate(() => document.documentElement.dataset.theme === 'dark'));
      await page.reload();
      expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
      await page.getByRole('button', { name: /^Account/ }).click();
      await look('account');
      await page.getByText('System', { exact: true }).click();
      // How long ago is told without a zone; who has no pointer to ask it for more has all times shown exactly.
      await page.getByText('Exact, with zone', { exact: true }).click();
      await page.keyboard.press('Escape');
      await open('flags');
      const changed = page.locator('.flags time').first();
      await changed.waitFor();
      expect(await changed.innerText()).toMatch(/^\d+ \w+ \d{4}, \d\d:\d\d:\d\d CES?T$/);
      await look('flags-exact-times');
      await page.keyboard.press('z');
      await until(async () => !/CES?T/.test(await changed.innerText()));
      await page.getByRole('button', { name: /^Account/ }).click();
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      await look('shortcuts');
      await page.getByRole('switch').uncheck();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('?');
      await page.keyboard.press('Control+k');
      await box.waitFor();
      expect(await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).count()).toBe(0);
    });
  });

  it('does to a flag what is typed before it, by keys alone, and asks before anything is saved', async () => {
    await server.admin('PATCH', '/api/admin/users/ada', { roles: ['employee'] });
    const isActive = async (key: string) => {
      const { flag } = (await server.admin('GET', `/api/admin/flags/${key}`)) as { flag: { active?: boolean } };
      return flag.active === true;
    };
    await visit(
      browser,
      server,
      async ({ page, open, look }) => {
        const box = page.getByRole('combobox', { name: 'Find or do' });
        const first = page.getByRole('option').first();
        /** Types into the palette, waits for what comes first, and enters it. */
        const enter = async (text: string, option: string | RegExp) => {
          if ((await box.count()) === 0) await page.keyboard.press('Control+k');
          await page.keyboard.type(text);
          await first.and(page.getByRole('option', { name: option, selected: true })).waitFor();
          await page.keyboard.press('Enter');
        };
        await open('flags');
        await page.getByText('Advanced analytics').waitFor();
        // A page and a command have their keys beside them.
        await page.keyboard.press('Control+k');
        const caps = (name: string) => page.getByRole('option', { name }).locator('kbd').allTextContents();
        await page.getByRole('option', { name: 'Go to Flags' }).waitFor();
        expect([await caps('Go to Flags'), await caps('New flag')]).toEqual([['g', 'f'], ['c']]);

        // The switch asks as that of the list does.
        await page.keyboard.type('off dashb');
        await first.and(page.getByRole('option', { name: /^Switch off Dashboard/, selected: true })).waitFor();
        await look('palette-does');
        expect(await steadyAria(page.getByRole('dialog'))).toMatchSnapshot();
        await page.keyboard.press('Enter');
        const off = page.getByRole('dialog', { name: 'Switch off dashboard?' });
        await off.getByLabel('Number of people who would lose it').waitFor();
        await page.keyboard.press('Escape');
        await off.waitFor({ state: 'detached' });
        expect(await isActive('dashboard')).toBe(true);
        await enter('turn on legacy', /^Switch on Legacy export/);
        const on = page.getByRole('dialog', { name: 'Switch on legacy_export?' });
        await until(() => on.getByRole('button', { name: 'Switch on', exact: true }).isEnabled());
        expect(await isActive('legacy_export')).toBe(false);
        await until(() => on.getByLabel(/^Why/).evaluate((field) => field === document.activeElement));
        await page.keyboard.press('Control+Enter');
        await page.getByText('legacy_export is on').waitFor();
        expect(await isActive('legacy_export')).toBe(true);
        // What is so already is shown as it is.
        await enter('on dashboard', /^Dashboard +dashboard/);
        await page.waitForURL(/\/flags\/dashboard$/);

        // Whom it is about is asked for, and may stand before the flag.
        await open('flags');
        await page.getByText('Advanced analytics').waitFor();
        await enter('why dashb', /^Why Dashboard, for whom\?/);
        await until(async () => (await box.inputValue()) === 'why dashboard ');
        await enter('ad', /^Why Dashboard is on or off for ada/);
        await page.getByRole('list', { name: 'Order of evaluation of dashboard', exact: true }).waitFor();
        await page.keyboard.press('Control+k');
        await page.keyboard.type('why ada manager');
        await page.getByRole('option', { name: /^Why Manager tools is on or off for ada/ }).waitFor();
        await box.fill('');
        // The page of a person is about that person, that of a flag about that flag.
        await enter('deny dashb', /^Deny Dashboard to ada/);
        const add = page.getByRole('form', { name: 'Add a row' });
        const person = add.getByRole('combobox', { name: 'Person', exact: true });
        await person.waitFor();
        expect(await person.inputValue()).toBe('ada');
        await until(() => add.getByRole('button', { name: 'Add to the draft' }).isEnabled());
        await look('palette-row');
        await add.getByRole('button', { name: 'Add to the draft' }).click();
        await page.getByText('1 unsaved change').first().waitFor();
        await enter('copy', /^Copy the key Dashboard/);
        await page.getByText('Copied dashboard').waitFor();
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('dashboard');
        await enter('versions', /^Versions of Dashboard/);
        await page.waitForURL(/\/flags\/dashboard\?tab=versions/);
        await page.keyboard.press('Control+k');
        await box.waitFor();
        await look('palette-of-flag');
        await page.keyboard.type('undo');
        await page.getByRole('option', { name: /^History of Dashboard, to undo/ }).waitFor();
        await page.getByRole('option', { name: 'Undo', exact: true }).click();
        await page.getByText('1 unsaved change').first().waitFor({ state: 'detached' });
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    );
    await server.admin('PATCH', '/api/admin/flags/legacy_export', { active: false });
  });

  it('offers nothing in its palette that who is signed in may not do', async () => {
    await visit(browser, server, async ({ page, context, open }) => {
      await withoutOperation(context, 'SetFlag');
      await open('flags');
      await page.getByText('Advanced analytics').waitFor();
      await page.keyboard.press('Control+k');
      const box = page.getByRole('combobox', { name: 'Find or do' });
      await box.waitFor();
      await page.getByRole('option', { name: 'Explain a flag for a person…' }).waitFor();
      expect(await page.getByRole('option', { name: /^(?:Switch|Allow|Deny|New flag)/ }).count()).toBe(0);
      await page.keyboard.type('off dashboard');
      await page.getByRole('option', { name: /^Dashboard +dashboard/ }).waitFor();
      expect(await page.getByRole('option').count()).toBe(1);
    });
  });

  it('opens by Enter what was typed before it', async () => {
    await visit(browser, server, async ({ page, open, signIn }) => {
      await open('flags');
      await signIn();
      await page.getByText('Advanced analytics').waitFor();
      await page.keyboard.press('Control+k');
      const box = page.getByRole('combobox', { name: 'Find or do' });
      await box.fill('dash');
      await page.getByRole('option', { name: /Dashboard/ }).waitFor();
      // Enter at once behind the text: the answer to it is not there yet.
      await box.evaluate((input: HTMLInputElement) => {
        const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!;
        set.call(input, 'manager_');
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
      });
      await until(() => page.url().endsWith('/console/flags/manager_tools'));
    });
  });

  it('has in its palette what was typed at once after its key, and does nothing else by it', async () => {
    await visit(browser, server, async ({ page, open }) => {
      await open('flags');
      await page.getByText('Advanced analytics').waitFor();
      // Faster than anybody types, and before the files of the palette are there: `c` alone would make a flag, `x` would choose one.
      await page.keyboard.press('Control+k');
      await page.keyboard.type('cxdash');
      await page.keyboard.press('Backspace');
      const box = page.getByRole('combobox', { name: 'Find or do' });
      await box.waitFor();
      await until(async () => (await box.inputValue()) === 'cxdas');
      await page.keyboard.type('!');
      await until(async () => (await box.inputValue()) === 'cxdas!');
      expect(page.url()).toMatch(/\/console\/flags$/);
      // Once it is closed, keys are the page's again.
      await page.keyboard.press('Escape');
      await box.waitFor({ state: 'detached' });
      await page.keyboard.press('c');
      await page.waitForURL(/\/flags\/new/);
    });
  });

  it('keeps Enter, the arrows and Escape for its palette, too, from what has the focus', async () => {
    await visit(browser, server, async ({ page, open }) => {
      await open('flags');
      await page.getByText('Advanced analytics').waitFor();
      const elsewhere = page.getByRole('navigation').getByRole('link', { name: 'Segments' });
      /** Presses keys behind `Ctrl K` before anything of the palette can be there; Enter is a press of the link where nobody keeps it. */
      const typeAhead = (...keys: readonly string[]) =>
        elsewhere.evaluate((link: HTMLElement, pressed) => {
          link.focus();
          for (const key of ['Ctrl K', ...pressed]) {
            const how = key === 'Ctrl K' ? { key: 'k', ctrlKey: true } : { key };
            const passes = link.dispatchEvent(
              new KeyboardEvent('keydown', { ...how, bubbles: true, cancelable: true }),
            );
            if (passes && key === 'Enter') link.click();
          }
        }, keys);
      await typeAhead(...'manager_', 'ArrowDown', 'ArrowUp', 'Enter');
      await page.waitForURL(/\/flags\/manager_tools$/);
      const box = page.getByRole('combobox', { name: 'Find or do' });
      await box.waitFor({ state: 'detached' });
      await typeAhead('o', 'Enter', 'ArrowDown');
      await page.locator('.palette-entry[aria-selected=true][data-at="1"]').waitFor();
      expect(await box.inputValue()).toBe('o');
      await page.keyboard.press('Escape');
      await box.waitFor({ state: 'detached' });
      // Whoever does without it has the keys of the page again at once.
      await typeAhead('o', 'Escape');
      await page.keyboard.press('c');
      await page.waitForURL(/\/flags\/new/);
      const name = page.getByLabel('Name', { exact: true });
      await name.waitFor();
      await typeAhead('o');
      await name.dispatchEvent('pointerdown');
      await name.focus();
      await page.keyboard.type('typed here');
      await until(async () => (await name.inputValue()) === 'typed here');
    });
  });

  it('is a sheet with its palette on a phone', async () => {
    await visit(
      browser,
      server,
      async ({ page, open, signIn, look }) => {
        await open('flags');
        await signIn();
        await page.getByText('Advanced analytics').waitFor();
        await page.getByRole('button', { name: 'Find or do…' }).click();
        await page.getByRole('combobox', { name: 'Find or do' }).waitFor();
        await look('palette-phone');
      },
      { viewport: PHONE },
    );
  });

  it('asks over the page to sign in again when the session is over, and goes on where it was', async () => {
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      expectFault(/status of 401/);
      await open('flags?q=a');
      await signIn();
      await page.getByText('Advanced analytics').waitFor();
      await endSessions();
      const filter = page.getByLabel('Filter flags');
      await filter.fill('dash').catch(() => undefined);
      const dialog = page.getByRole('alertdialog', { name: 'Your session is over' });
      await dialog.waitFor();
      await look('session-ended');
      await page.keyboard.press('Escape');
      await dialog.getByLabel('Token').fill(server.adminToken);
      await dialog.getByRole('button', { name: 'Sign in' }).click();
      await dialog.waitFor({ state: 'detached' });
      await filter.fill('dash');
      await until(async () => (await page.locator('.flag-key').allTextContents()).join() === 'dashboard');
    });
  });

  it('keeps what somebody saw and drafted for them alone, and has it thrown away by nobody who was not asked', async () => {
    await server.admin('PATCH', '/api/admin/users/ada', { email_verified: true });
    await server.admin('PATCH', '/api/admin/flags/dashboard', { description: 'Where one begins' });
    const { secret } = (await server.admin('POST', '/api/admin/tokens', { name: 'm', scopes: ['manage'] })) as {
      secret: string;
    };
    await visit(browser, server, async ({ page, context, open, signIn, leaving, expectFault }) => {
      expectFault(/status of 401/);
      const draft = async () => {
        await open('flags/dashboard');
        const owner = page.getByRole('region', { name: 'About' }).getByLabel('Owner');
        await owner.click();
        await owner.fill('ada');
        await page.getByText('1 unsaved change').first().waitFor();
      };
      const kept = () => page.evaluate(() => JSON.stringify([{ ...sessionStorage }, localStorage['latchkey.people']]));
      await open('people/ada');
      await until(async () => (await kept()).includes('recent'));
      await draft();
      // The session is over, and somebody else signs in over the page: nothing of it stays.
      await page.evaluate(() => Object.assign(window, { before: true }));
      await endSessions();
      const over = page.getByRole('alertdialog', { name: 'Your session is over' });
      await over.getByLabel('Token').fill(secret);
      await over.getByRole('button', { name: 'Sign in' }).click();
      await until(() => page.evaluate(() => !('before' in window)).catch(() => false));
      await page.getByRole('region', { name: 'About' }).waitFor();
      expect(await kept()).not.toMatch(/latchkey.draft|recent/);
      expect(await page.getByText('1 unsaved change').count()).toBe(0);
      // The page comes anew, and somebody else signs in.
      await draft();
      await signIn(server.adminToken);
      await page.getByRole('region', { name: 'About' }).waitFor();
      expect(await kept()).not.toContain('latchkey.draft');
      expect(await page.getByText('1 unsaved change').count()).toBe(0);

      // Leaving asks where something would be lost alone.
      const { asked } = leaving;
      await draft();
      expect(leaving.asked).toBe(asked);
      // Closing the tab asks.
      leaving.stay = true;
      await page.close({ runBeforeUnload: true });
      await until(() => leaving.asked > asked || page.isClosed());
      expect([leaving.asked, page.isClosed()]).toEqual([asked + 1, false]);
      leaving.stay = false;
      // Signing out asks, in a tab that has no draft, too.
      const other = await context.newPage();
      await other.goto(`${server.origin}/x/y/console/flags`);
      await other.getByRole('button', { name: /^Account/ }).click();
      await other.getByRole('button', { name: 'Sign out' }).click();
      const dialog = other.getByRole('alertdialog', { name: 'Sign out and throw away what is not saved?' });
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      expect(await kept()).toContain('latchkey.draft');
      await page.bringToFront();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).fill('sign out');
      await page.getByRole('option', { name: 'Sign out' }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Sign out and throw it away' }).click();
      await page.getByLabel('Token').waitFor();
      expect(await kept()).not.toContain('latchkey.draft');
    });
  });

  it('has one stream for eight tabs, hands it on when its tab closes, and signs out of all', async () => {
    await visit(browser, server, async ({ page, context, open, signIn, expectFault }) => {
      expectFault(/status of 401/);
      let streams = 0;
      context.on('request', (request) => {
        if (/\/api\/admin\/(?:stream|watch)/.test(request.url())) streams += 1;
      });
      await open('flags');
      await signIn();
      // The first to come holds the stream.
      await page.locator('.live-dot[data-live]').waitFor();
      await server.admin('PATCH', '/api/admin/users/ada', { roles: ['employee'] });
      const tabs = [page];
      // A page that had a stream of its own would have the sixth and all after it wait for a connection.
      while (tabs.length < 8) {
        const tab = await context.newPage();
        await tab.goto(`${server.origin}/x/y/console/${tabs.length < 2 ? 'flags' : 'people/ada'}`);
        await tab.getByText('Advanced analytics').waitFor();
        tabs.push(tab);
      }
      for (const tab of tabs) await tab.locator('.live-dot[data-live]').waitFor();
      expect(streams).toBe(1);
      await tabs.shift()!.close();
      await until(() => streams === 2);
      await server.admin('PATCH', '/api/admin/flags/dashboard', { name: 'Told to all' });
      for (const tab of tabs) {
        await tab.bringToFront();
        await tab.getByText('Told to all').waitFor();
      }
      await tabs[0]!.getByRole('button', { name: /^Account/ }).click();
      await tabs[0]!.getByRole('button', { name: 'Sign out' }).click();
      for (const tab of tabs) await tab.getByLabel('Token').waitFor();
      await tabs[1]!.getByText('You signed out in another tab.').waitFor();
      expect(await context.cookies()).toEqual([]);
      // Nothing secret is kept in the browser.
      expect(await tabs[1]!.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(
        'token',
      );
    });
  });

  it('says that Latchkey is away, keeps what it shows, and goes on by itself', async () => {
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      // What is loaded later may be asked for while nobody answers.
      expectFault(/ERR_|net::|status of 50\d|preload|dynamically imported module/);
      await open('flags');
      await signIn();
      await page.locator('.live-dot[data-live]').waitFor();
      await server.stop();
      const bar = page.getByText(/^(?:Live updates are paused|Latchkey does not answer)\.$/);
      await bar.waitFor({ timeout: 30_000 });
      await page.getByText('Advanced analytics').waitFor();
      await look('away');
      await server.start();
      await bar.waitFor({ state: 'detached', timeout: 60_000 });
      await page.locator('.live-dot[data-live]').waitFor();
    });
  }, 180_000);
});
