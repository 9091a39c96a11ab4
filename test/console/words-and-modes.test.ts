import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { pause, until } from '../timing.js';
import { PHONE, startConsole, type Visit, visit, WIDE } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { misfits } from './stand/misfits.js';
import { buildSpoken, type OtherBuild } from './stand/other-build.js';
import { seedCustomers } from './stand/seed-customers.js';
import { seedFlags } from './stand/seed-flags.js';
import { LONG, seedLong } from './stand/seed-long.js';
import { foreignTexts, listen, type Told, tooWide } from './stand/texts.js';

/** Every page, with its parts. */
const ADDRESSES = [
  'today',
  'segments',
  'segments/new',
  'segments/verified',
  'flags',
  'flags?q=nothing-is-called-so',
  'flags/new',
  'flags/reports_tab',
  'flags/reports_tab?edit=true',
  'flags/reports_tab?tab=access',
  'flags/reports_tab?tab=unlocks',
  'flags/reports_tab?tab=use',
  'flags/reports_tab?tab=versions',
  'people',
  'people?q=a',
  'people/ada',
  'people/ada?flag=export',
  'people/ada?tab=timeline',
  'people/ada?tab=data',
  'people/ada?tab=access',
  'people/nobody-yet',
  'organizations',
  'organizations/acme',
  'organizations/acme?tab=unlocks',
  'organizations/acme?tab=roles',
  'organizations/acme?tab=members',
  'organizations/acme?tab=onboarding',
  'organizations/acme?tab=data',
  'organizations/acme?tab=tokens',
  'organizations/acme?tab=history',
  'onboarding',
  'onboarding?tab=organizations',
  'onboarding?tab=weeks',
  'onboarding?tab=versions',
  'onboarding/profile_setup',
  'actions',
  'history',
  'settings?tab=tokens',
  'settings?tab=sessions',
  'settings?tab=webhooks',
  'settings?tab=dead-letters',
  'settings?tab=health',
  'no/such/page',
  'flags/report_tab',
  'segments/verifed',
  'people/aada',
  'onboarding/profil_setup',
  'actions?action=repot_created',
  'history?entry=999999',
  'flags/reports_tab?tab=versions&version=99',
];

let server: ConsoleServer;
let browser: Browser;
let pseudo: OtherBuild;
beforeAll(async () => {
  pseudo = await buildSpoken(join(import.meta.dirname, 'stand/pseudo-words.ts'));
  [server, browser] = await startConsole();
  await seedFlags(server);
  await seedCustomers(server);
  const verified = { fact: 'emailVerified', operator: 'equal', value: true };
  await server.admin('PATCH', '/api/admin/segments/verified', { name: 'Verified', conditions: { all: [verified] } });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pseudo.remove();
});

/** Goes there as a link does, without loading the page anew. */
const go = (page: Page, address: string) =>
  page.evaluate((to) => history.pushState(null, '', new URL(to, document.baseURI)), address);

describe('in a language that is 40 % longer', () => {
  const visitPseudo = (use: (visit: Visit, told: Told) => Promise<void>, options: BrowserContextOptions) =>
    visit(
      browser,
      server,
      async (visiting) => {
        const { context, page, open, expectFault } = visiting;
        // Some of the addresses name what is not there.
        expectFault(/status of 404/);
        await pseudo.serve(context);
        const told = listen(page);
        await open('flags');
        await page.locator('.flag-key').first().waitFor();
        await use(visiting, told);
      },
      options,
    );

  it('no page says anything that stands in no catalogue, nor is wider than 320 px', async () => {
    await visitPseudo(
      async ({ page }, told) => {
        const wrong: Record<string, object> = {};
        for (const address of ADDRESSES) {
          await go(page, address);
          await told.settled();
          const foreign = await foreignTexts(page, told);
          const wide = await tooWide(page);
          if (foreign.length + wide.length > 0) wrong[address] = { foreign, wide };
        }
        expect(wrong).toEqual({});
        // The test sees what it is to see.
        await page.evaluate(() => {
          document.querySelector('h1')!.textContent = 'Not found';
          document.querySelector<HTMLElement>('h1')!.style.inlineSize = '400px';
        });
        expect(await foreignTexts(page, told)).toEqual(['Not found']);
        expect(await tooWide(page)).toContain('h1.');
      },
      { viewport: { width: 320, height: 800 } },
    );
  }, 120_000);

  it('pages are mirrored where one reads from right to left', async () => {
    await visitPseudo(async ({ page, look }, { settled }) => {
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      for (const address of ['flags', 'flags/reports_tab', 'people/ada?flag=export']) {
        await go(page, address);
        await settled();
        const { x } = (await page.getByRole('navigation').first().boundingBox())!;
        expect(x).toBeGreaterThan(640);
        expect(await tooWide(page)).toEqual([]);
        await look(`rtl-${address.replaceAll(/\W+/g, '-')}`);
      }
    }, {});
  });
});

describe('in every width that is not the usual one', () => {
  it.each([
    ['a phone, dark', 'dark', PHONE],
    ['a large screen, light', 'light', { width: 1920, height: 1080 }],
  ] as const)(
    'no page lacks what axe asks for, nor is too wide: %s',
    async (_what, colorScheme, viewport) => {
      await visit(
        browser,
        server,
        async ({ page, open, expectFault, violations }) => {
          // Some addresses lead to nothing, which is what they are for.
          expectFault(/status of 404/);
          const { settled } = listen(page);
          await open('flags');
          await page.locator('.flag-key').first().waitFor();
          const wrong: Record<string, object> = {};
          for (const address of ADDRESSES) {
            await go(page, address);
            await settled();
            const found = [...(await violations()), ...(await tooWide(page))];
            if (found.length > 0) wrong[address] = found;
          }
          expect(wrong).toEqual({});
          // The test sees what it is to see.
          await page.evaluate(() => document.querySelector('main')!.append(document.createElement('button')));
          expect((await violations()).join()).toContain('button-name');
        },
        { viewport, colorScheme },
      );
    },
    120_000,
  );
});

describe('a page that has parts', () => {
  const TABS = {
    'flags/reports_tab': ['rules', 'access', 'unlocks', 'use', 'versions'],
    'segments/verified': ['conditions', 'versions'],
    'people/ada': ['features', 'timeline', 'data', 'access'],
    'organizations/acme': ['features', 'unlocks', 'roles', 'members', 'onboarding', 'data', 'tokens', 'history'],
    onboarding: ['funnel', 'organizations', 'weeks', 'versions'],
    settings: ['tokens', 'sessions', 'webhooks', 'dead-letters', 'health'],
  };

  it('marks the one that it shows, also where the address names the first one, or one that there is not', async () => {
    await visit(browser, server, async ({ page, open }) => {
      await open('flags');
      await page.locator('.flag-key').first().waitFor();
      const parts = page.locator('.page-tab, [role=tab]');
      const wrong: Record<string, unknown> = {};
      for (const [path, tabs] of Object.entries(TABS)) {
        for (const [address, at] of [
          ...tabs.map((tab, i) => [`${path}?tab=${tab}`, i] as const),
          [path, 0] as const,
          [`${path}?tab=none`, 0] as const,
        ]) {
          await go(page, address);
          const marked = () =>
            parts.evaluateAll((all) =>
              all.flatMap((each, i) => (each.matches('[aria-current=page], [aria-selected=true]') ? [i] : [])),
            );
          const isRight = async () => (await parts.count()) === tabs.length && (await marked()).join() === String(at);
          await until(isRight).catch(async () => {
            wrong[address] = await marked();
          });
        }
      }
      expect(wrong).toEqual({});
    });
  });
});

describe('as the system asks for it', () => {
  it('a page has the colours of the system alone', async () => {
    await visit(
      browser,
      server,
      async ({ page, open, signIn, look }) => {
        await open('flags/reports_tab');
        await signIn();
        const controls = page.getByRole('switch');
        await controls.first().waitFor();
        await look('forced-colors-flag');
        // Whether it is on the system draws, since grounds are taken away; the page that one is on has a border.
        expect(await controls.first().evaluate((each) => getComputedStyle(each).appearance)).toBe('auto');
        const present = page.locator('.rail-link[aria-current]');
        expect(await present.evaluate((each) => getComputedStyle(each).outlineStyle)).toBe('solid');
        await open('flags');
        await page.locator('.flag-key').first().waitFor();
        await look('forced-colors-flags');
      },
      { forcedColors: 'active' },
    );
  });

  it('nothing moves for whoever asks for that', async () => {
    await visit(browser, server, async ({ page, open, signIn }) => {
      await open('flags/reports_tab');
      await signIn();
      await page.getByRole('switch').first().waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find or do' }).waitFor();
      const moving = await page.evaluate(() =>
        [...document.querySelectorAll('*')].flatMap((element) => {
          const { transitionDuration, animationDuration } = getComputedStyle(element);
          const longest = Math.max(...`${transitionDuration}, ${animationDuration}`.split(', ').map(Number.parseFloat));
          return longest > 0 ? [`${element.tagName} ${element.className} ${longest} s`] : [];
        }),
      );
      expect(moving).toEqual([]);
    });
  });

  it('a pinned theme is there before the first script of the console has run', async () => {
    await visit(
      browser,
      server,
      async ({ page, open }) => {
        await open();
        await page.getByLabel('Token').waitFor();
        await page.evaluate(() => localStorage.setItem('latchkey.theme', 'dark'));
        const held = Promise.withResolvers<void>();
        await page.route('**/assets/index-*.js', async (route) => {
          await held.promise;
          await route.continue();
        });
        await page.reload({ waitUntil: 'commit' });
        await page.locator('#console').waitFor({ state: 'attached' });
        await until(() => page.evaluate(() => document.styleSheets.length > 0));
        expect(await page.locator('#console').innerHTML()).toBe('');
        expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
        held.resolve();
        await page.getByLabel('Token').waitFor();
      },
      { colorScheme: 'light', signedOut: true },
    );
  });
});

describe('among names and values that are as long as they may be', () => {
  const WIDTHS = [WIDE, PHONE, { width: 320, height: 640 }];
  const { flag, segment, person, organization } = LONG;
  beforeAll(() => seedLong(server), 30_000);

  /** What does not fit at each of the widths, of which the page has the first one again afterwards. */
  async function misfitsAtAllWidths(page: Page): Promise<Record<string, readonly string[]>> {
    const wrong: Record<string, readonly string[]> = {};
    for (const size of [...WIDTHS, WIDE]) {
      await page.setViewportSize(size);
      // What belongs to something on the page follows it a moment later.
      let found = await misfits(page);
      for (let again = 0; found.length > 0 && again < 5; again += 1) {
        await pause(100);
        found = await misfits(page);
      }
      if (found.length > 0) wrong[size.width] = found;
    }
    return wrong;
  }

  it('no page is wider than its window, and no short word of a table is broken for a long one', async () => {
    const tabs = (path: string, names: readonly string[]) => [path, ...names.map((name) => `${path}?tab=${name}`)];
    const addresses = [
      ...['today', 'flags', 'segments', `segments/${segment}`, 'people', 'organizations', 'onboarding', 'actions'],
      ...[
        'onboarding/profile_setup',
        'history',
        'settings?tab=tokens',
        'settings?tab=sessions',
        'settings?tab=webhooks',
      ],
      ...tabs(`flags/${flag}`, ['access', 'unlocks', 'use', 'versions']),
      ...['flags/new', `flags/${flag}?edit=true`],
      ...tabs(`people/${person}`, ['timeline', 'data', 'access']),
      `people/${person}?flag=${flag}`,
      ...tabs(`organizations/${organization}`, [
        'unlocks',
        'roles',
        'members',
        'onboarding',
        'data',
        'tokens',
        'history',
      ]),
    ];
    await visit(browser, server, async ({ page, open }) => {
      const { settled } = listen(page);
      await open('flags');
      await page.locator('.flag-key').first().waitFor();
      const wrong: Record<string, object> = {};
      for (const address of addresses) {
        await go(page, address);
        await settled();
        const found = await misfitsAtAllWidths(page);
        if (Object.keys(found).length > 0) wrong[address] = found;
      }
      expect(wrong).toEqual({});
      // The test sees what it is to see.
      await go(page, 'segments');
      await settled();
      await page.evaluate(() => {
        document.querySelector<HTMLElement>('.plain-table td')!.textContent = 'everyone';
        document.querySelector<HTMLElement>('.plain-table td')!.style.cssText = 'display: block; inline-size: 60px';
      });
      expect(await misfits(page)).toContain('everyone broken');
    });
  }, 120_000);

  it('no button of a dialog is outside of the window, however long what it is about is', async () => {
    const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
    const pick = async (page: Page) => page.getByRole('checkbox').nth(1).check();
    const dialogs: Record<string, readonly [address: string, ...steps: ((page: Page) => Promise<unknown>)[]]> = {
      'the review of a flag': [
        'flags/dashboard',
        (page) => page.getByRole('switch', { name: 'Switched on' }).click(),
        (page) => page.getByLabel('Owner').fill('o'.repeat(100)),
        press('Review and save'),
        (page) => page.getByLabel('Number of people who would lose it').waitFor(),
      ],
      'a list of people for rows': [`flags/${flag}?tab=access`, press(/^Paste a list/)],
      'a grant to many': [`flags/${flag}?tab=unlocks`, press('Grant…')],
      'archiving many': ['flags', pick, press('Archive')],
      'a tag for many': ['flags', pick, press('Add tag')],
      'switching a flag off': ['flags', (page) => page.getByRole('switch').first().click()],
      'what helps a person': [
        `people/${person}?flag=${flag}`,
        (page) => page.locator('.fixes-list button').first().click(),
      ],
      'a role': [`organizations/${organization}?tab=roles`, press('Add role')],
      'removing a role': [`organizations/${organization}?tab=roles`, press(/^Remove/)],
      'roles of a member': [`organizations/${organization}?tab=members`, press(/^Change roles/)],
      'data of an organization': [`organizations/${organization}?tab=data`, press('Edit')],
      'access of an organization': [`organizations/${organization}`, press(/^Change access/)],
      'an organization': ['organizations', press(/^New organization/)],
      stages: ['onboarding', press('Edit stages')],
      'a token': ['settings?tab=tokens', press('Make a token')],
      'a webhook': ['settings?tab=webhooks', press('Make a webhook')],
      undoing: [
        'history?kind=flag&subject=manager_tools',
        (page) => page.locator('.history-entry').first().click(),
        press(/^Undo/),
      ],
      'the account': ['flags', press(/^Account/)],
      keys: ['flags', (page) => page.keyboard.press('?')],
      finding: ['flags', (page) => page.keyboard.press('Control+k'), (page) => page.keyboard.type('a')],
    };
    await visit(browser, server, async ({ page, open }) => {
      const { settled } = listen(page);
      const wrong: Record<string, object> = {};
      for (const [name, [address, ...steps]] of Object.entries(dialogs)) {
        await open(address);
        await settled();
        for (const step of steps) await step(page);
        await page.locator('.dialog, .popover').first().waitFor();
        await settled();
        const found = await misfitsAtAllWidths(page);
        if (Object.keys(found).length > 0) wrong[name] = found;
      }
      expect(wrong).toEqual({});
      // The test sees what it is to see.
      await page.evaluate(() => {
        document.querySelector<HTMLElement>('.dialog')!.style.marginBlockStart = '80dvh';
      });
      expect((await misfits(page)).join()).toContain('outside of the window');
    });
  }, 120_000);
});
