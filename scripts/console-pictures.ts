/**
 * Takes the pictures of the console that the README shows, in both themes, into docs/console/: of the demonstration with some people in it,
 * in Debian's Chromium, 1280 by 800, or as high as they say. Who does what in them is made up, and the same each time.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startConsole, visit, WIDE } from '../test/console/stand/console-browser.js';
import type { ConsoleServer } from '../test/console/stand/console-server.js';
import { toPalette } from './palette-png.js';

const FOLDER = join(import.meta.dirname, '../docs/console');
const DAY_MS = 24 * 60 * 60 * 1_000;
const PEOPLE =
  'ada alan alonzo anita barbara betty butler claude dennis donald dorothy edsger evelyn frances grace hedy jean john karen katherine ken kurt leslie linus margaret mary niklaus radia robin shafi sophie tony vint whitfield'.split(
    ' ',
  );
const STAGES = ['signup_complete', 'profile_setup', 'first_report'];
const ROLES = ['employee', 'employee', 'manager', 'employee', 'employee', 'admin'];

const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

/** People in their first weeks, each a little further or less far than the one before, and who looks after which flag. */
async function seed({ admin }: ConsoleServer): Promise<void> {
  for (const [key, change] of Object.entries({
    insights_tab: { tags: ['web'], owner: 'growth' },
    dashboard: { tags: ['web', 'onboarding'], owner: 'growth' },
    reports_tab: { tags: ['web', 'reports'], owner: 'insights' },
    advanced_analytics: { tags: ['reports', 'paid'], owner: 'insights' },
    manager_tools: { tags: ['team'], owner: 'platform' },
    admin_console: { tags: ['team'], owner: 'platform' },
    new_editor: { tags: ['web', 'beta'], owner: 'editor', delegated: true },
    new_checkout: {
      name: 'New checkout',
      rules: [{ name: 'First part', rollout: 25_000 }],
      tags: ['shop'],
      owner: 'payments',
    },
    summer_theme: {
      ...{ name: 'Summer theme', is_enabled_globally: true, tags: ['web'], owner: 'design' },
      starts_at: new Date(Date.now() + 180 * DAY_MS).toISOString(),
    },
    legacy_export: { name: 'Legacy export', active: false, tags: ['reports'], owner: 'insights' },
  }))
    await admin('PATCH', `/api/admin/flags/${key}`, change);
  for (const organization of ['acme', 'globex']) await admin('PATCH', `/api/admin/organizations/${organization}`, {});
  const events: object[] = [];
  for (const [i, id] of PEOPLE.entries()) {
    await admin('PATCH', `/api/admin/users/${id}`, {
      organization_id: ['acme', 'globex', 'early-adopter'][i % 3],
      roles: [ROLES[i % ROLES.length]],
      joined_at: daysAgo(((i * 7) % 45) + 0.3),
      email_verified: i % 4 !== 1,
    });
    const reached = i % 5 === 0 ? 1 : i % 5 < 3 ? 2 : 3;
    for (const stage of STAGES.slice(0, reached)) await admin('PATCH', `/api/user/progress?user_id=${id}`, { stage });
    const reports = reached === 3 ? (i * 5) % 14 : 0;
    for (let n = 0; n < reports; n++)
      events.push({ id: `${id}-${n}`, user_id: id, action: 'report_created', occurred_at: daysAgo((n + 1) / 3) });
  }
  for (let at = 0; at < events.length; at += 100)
    await admin('POST', '/api/events?wait=true', events.slice(at, at + 100));
}

/** The pictures by name: where each is, and what is done there before it is taken. */
const PICTURES: Readonly<
  Record<
    string,
    {
      readonly path: string;
      readonly height?: number;
      readonly prepare: (page: Page, server: ConsoleServer) => Promise<void>;
    }
  >
> = {
  today: {
    path: 'today',
    prepare: async (page, { admin }) => {
      await page.locator('.live-dot[data-live]').waitFor();
      // Who has earned nothing yet does, in front of whoever looks.
      for (const [id, days] of Object.entries({ dorothy: 9, ken: 12, sophie: 15 })) {
        const earned = Array.from({ length: 10 }, (_, n) => ({
          id: `${id}-today-${n}`,
          user_id: id,
          action: 'report_created',
          occurred_at: daysAgo(days / (n + 2)),
        }));
        await admin('POST', '/api/events?wait=true', earned);
        await page.getByRole('region', { name: 'Live unlocks' }).getByText(id).first().waitFor();
      }
    },
  },
  flags: { path: 'flags', prepare: (page) => page.getByText('Advanced analytics').waitFor() },
  flag: {
    path: 'flags/advanced_analytics',
    // The rule and what its change comes to, both.
    height: 1_120,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit' }).first().click();
      await page.getByRole('textbox', { name: 'Value' }).first().fill('6');
      await page.getByRole('button', { name: 'Preview', exact: true }).click();
      const preview = page.getByRole('region', { name: 'Who would gain it, who would lose it' });
      await preview.getByRole('status').getByText('stay off').waitFor();
    },
  },
  person: {
    path: 'people/barbara?q=analytics&flag=advanced_analytics',
    prepare: (page) => page.getByRole('button', { name: 'Copy explanation' }).waitFor(),
  },
  onboarding: { path: 'onboarding', prepare: (page) => page.getByText('profile_setup').first().waitFor() },
};

const wanted = process.argv.slice(2);
const [server, browser] = await startConsole({ LATCHKEY_ENVIRONMENT: 'staging' }, '--demo');
try {
  await seed(server);
  await mkdir(FOLDER, { recursive: true });
  await visit(browser, server, async ({ page, open, signIn }) => {
    await open();
    await signIn();
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const [name, { path, height, prepare }] of Object.entries(PICTURES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await page.setViewportSize({ ...WIDE, ...(height === undefined ? {} : { height }) });
      await open(path);
      await prepare(page, server);
      await page.locator('.live-dot[data-live]').waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(() => document.fonts.ready);
        const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' });
        await writeFile(join(FOLDER, `${name}-${colorScheme}.png`), toPalette(taken));
      }
      // A draft is no reason to ask before the next page.
      await page.evaluate(() => sessionStorage.clear());
    }
  });
} finally {
  await browser.close();
  await server.close();
}
