import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../servers/launch-chromium.js';
import { busy, until } from '../timing.js';
import { type ClientsServer, startClientsServer } from './stand/clients-server.js';
import { requireClients } from './stand/packages.js';
import { buildBrowserPage, programsOf } from './stand/page-code.js';
import { PageOrigin } from './stand/page-origin.js';
import { personToken } from './stand/person-token.js';

const htmlOf = (body: string, script: string): string =>
  `<!doctype html><title>page</title>${body}<script type="module" src="/${script}"></script>`;

const plainPage = (code: string) => ({
  'main.jsx': code,
  'index.html': htmlOf('<div id="root"></div>', 'main.jsx'),
});

/** Templates are compiled in the browser, which takes no other tool than a bundler. */
const angularPage = (code: string) => ({
  'main.ts': code,
  'start.ts': "import '@angular/compiler';\nimport './main';\n",
  'index.html': htmlOf('<app-projects></app-projects>', 'start.ts'),
});

let server: ClientsServer;
let origin: PageOrigin;
let browser: Browser;

beforeAll(async () => {
  requireClients();
  origin = await PageOrigin.open();
  server = await startClientsServer({ CORS_ORIGINS: origin.origin });
  browser = await launchChromium();
}, 240_000);
afterAll(async () => {
  await browser.close();
  await server.close();
  await origin.close();
});

/** Opens a page that a document shows, as this person; gives what the browser complained about and what it asked the server. */
async function visitPage(
  name: string,
  files: Readonly<Record<string, string>>,
  user: string,
  use: (page: OpenedPage) => Promise<void>,
) {
  origin.serve(buildBrowserPage(name, files));
  origin.session = { url: server.origin, user, token: await personToken(user) };
  const context = await browser.newContext();
  const faults: string[] = [];
  const asked: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  context.on('request', (request) => {
    if (request.url().startsWith(server.origin)) asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(busy(10_000));
  try {
    await page.goto(origin.origin);
    await use({ page, asked, faults });
  } finally {
    await context.close();
  }
}

interface OpenedPage {
  readonly page: Page;
  readonly asked: readonly string[];
  readonly faults: string[];
}

/** Reports what unlocks `first_project` for somebody. */
function unlock(user: string): Promise<unknown> {
  return server.admin('POST', '/api/events?wait=true', { id: `of-${user}`, user_id: user, action: 'project_saved' });
}

describe('docs/clients/react.md, as it stands', () => {
  it('draws what is unlocked when it is unlocked, and what is changed when it is changed, without polling', async () => {
    const [program] = programsOf('react.md', 'jsx');
    await visitPage('react', plainPage(program!.code), 'kim', async ({ page, asked, faults }) => {
      await page.getByText('Save a project first').waitFor();
      await page.locator('main[data-theme="dark"]').waitFor();
      await until(() => asked.some((each) => each.startsWith('GET ')));
      const before = asked.filter((each) => each.startsWith('POST')).length;
      await unlock('kim');
      await page.getByRole('button', { name: 'Invite your team' }).waitFor();
      await server.admin('PATCH', '/api/admin/flags/theme', { distribution: [{ variant: 'light', weight: 1 }] });
      await page.locator('main[data-theme="light"]').waitFor();
      await server.admin('PATCH', '/api/admin/flags/theme', { distribution: [{ variant: 'dark', weight: 1 }] });
      await page.locator('main[data-theme="dark"]').waitFor();
      expect(faults).toEqual([]);
      // It asked when it was told to, and seldom otherwise.
      expect(asked.filter((each) => each.startsWith('POST')).length - before).toBeLessThan(12);
    });
  });

  it('comes back when the server was away', async () => {
    const [program] = programsOf('react.md', 'jsx');
    await visitPage('react', plainPage(program!.code), 'lee', async ({ page, asked }) => {
      await page.getByText('Save a project first').waitFor();
      await until(() => asked.some((each) => each.startsWith('GET ')));
      await server.stop();
      await server.start();
      await unlock('lee');
      // The provider waits twice as long after each attempt, a minute at most: a server that starts slowly is found late.
      await page.getByRole('button', { name: 'Invite your team' }).waitFor({ timeout: 120_000 });
    });
  }, 240_000);
});

describe('docs/clients/angular.md, as it stands', () => {
  it('draws what is unlocked when it is unlocked, and what is changed when it is changed', async () => {
    const [program] = programsOf('angular.md', 'typescript');
    await visitPage('angular', angularPage(program!.code), 'ava', async ({ page, faults }) => {
      await page.getByText('Save a project first').waitFor();
      await page.locator('main[data-theme="dark"]').waitFor();
      await unlock('ava');
      await page.getByRole('button', { name: 'Invite your team' }).waitFor();
      await server.admin('PATCH', '/api/admin/flags/theme', { distribution: [{ variant: 'light', weight: 1 }] });
      await page.locator('main[data-theme="light"]').waitFor();
      await server.admin('PATCH', '/api/admin/flags/theme', { distribution: [{ variant: 'dark', weight: 1 }] });
      await page.locator('main[data-theme="dark"]').waitFor();
      expect(faults).toEqual([]);
    });
  });
});

describe('docs/clients/browser.md, as it stands', () => {
  it('shows what is unlocked when it is unlocked', async () => {
    const [program] = programsOf('browser.md', 'javascript');
    await visitPage('browser', plainPage(program!.code), 'max', async ({ page, faults }) => {
      await page.getByText('Save a project first').waitFor();
      await unlock('max');
      await page.getByText('Invite your team').waitFor();
      expect(faults).toEqual([]);
    });
  });

  it('shows over Connect what is unlocked, and what a change of the flag brings', async () => {
    const [, program] = programsOf('browser.md', 'javascript');
    await visitPage('flagd-web', plainPage(program!.code), 'noa', async ({ page, faults }) => {
      await page.getByText('Save a project first').waitFor();
      await unlock('noa');
      await page.getByText('Invite your team').waitFor();
      await server.admin('PATCH', '/api/admin/flags/first_project', { active: false });
      await page.getByText('Save a project first').waitFor();
      await server.admin('PATCH', '/api/admin/flags/first_project', { active: true });
      await page.getByText('Invite your team').waitFor();
      expect(faults).toEqual([]);
    });
  });
});
