import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { CreateTokenResponse } from '../../src/protocol/gen/admin-json.js';
import { EvaluateRequest } from '../gen/latchkey/v1/evaluation.js';
import { FeatureServiceClient } from '../gen/latchkey/v1/feature_service.js';
import { until } from '../timing.js';
import { PHONE, startConsole, type Visit, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { steadyAria } from './stand/texts.js';

const NASTY = `<img src=x onerror=alert(1)>\u202Egnp.exe ${'w'.repeat(120)}`;
const VERIFIED = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  // Without a worker what waits goes on waiting, so that it can be looked at.
  [server, browser] = await startConsole({ ROLES: 'grpc,rest' });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function onToday(use: (visit: Visit) => Promise<void>, options = {}): Promise<void> {
  await visit(
    browser,
    server,
    async (visiting) => {
      await visiting.open();
      await visiting.signIn();
      await visiting.page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
      await use(visiting);
    },
    options,
  );
}

const part = (page: Page, name: string) => page.getByRole('region', { name });

describe('today', () => {
  it('leads a new deployment to its first unlock, by commands that the server takes', async () => {
    await onToday(async ({ page, look }) => {
      await part(page, 'Three steps to a first unlock').waitFor();
      await look('today-new');
      const commands = await page.locator('.today-first pre').allTextContents();
      expect(commands).toHaveLength(3);
      for (const command of commands) await answers(command);
      await part(page, 'Three steps to a first unlock').waitFor({ state: 'detached' });
      await part(page, 'Changed lately').getByText('advanced_reports').first().waitFor();
    });
  });

  it('says what needs somebody, what runs and what has changed, each with the way there', async () => {
    await seed();
    await onToday(async ({ page, look }) => {
      const needs = part(page, 'Needs somebody');
      await needs.getByText(/no server has the role/i).waitFor();
      await needs.getByText('reports_tba', { exact: true }).waitFor();
      await part(page, 'Runs').getByRole('progressbar', { name: 'tour' }).waitFor();
      await part(page, 'Runs').getByText('summer_sale').waitFor();
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      await look('today');
      const told = await steadyAria(needs);
      expect(told.replaceAll(/nod_[0-9a-f]+/g, 'nod_…')).toMatchSnapshot();
      await needs.getByRole('link', { name: 'old_tour' }).click();
      await page.waitForURL(/flags\/old_tour$/);
      await page.goBack();
      await part(page, 'Changed lately').getByText('the tour is shown to all').waitFor();
      await part(page, 'Changed lately').getByRole('link', { name: '"tour"' }).first().click();
      await page.waitForURL(/history\?entry=/);
    });
  });

  it('shows unlocks as they happen, a few at a time, and stands still while it is paused', async () => {
    await onToday(async ({ page, look }) => {
      const unlocks = part(page, 'Live unlocks');
      await page.locator('.live-dot[data-live]').waitFor();
      await unlocks.getByText('None since you opened this page').waitFor();
      await server.admin('PATCH', '/api/admin/users/ada', { email_verified: true });
      await unlocks.getByRole('link', { name: 'ada' }).waitFor();
      await unlocks.getByRole('link', { name: 'tour' }).waitFor();
      const verify = (id: string) => server.admin('PATCH', `/api/admin/users/${id}`, { email_verified: true });
      // How many come within one look at them is the machine's affair: there are more until some were too quick.
      let bursts = 0;
      await until(async () => {
        bursts += 1;
        await Promise.all(Array.from({ length: 12 }, (_, i) => verify(`grace-${bursts}-${i}`)));
        return (await unlocks.getByText(/were too quick/).count()) > 0;
      });
      await look('today-unlocks');
      await unlocks.getByRole('button', { name: 'Pause' }).click();
      const paused = unlocks.getByText(/^Paused/);
      await paused.waitFor();
      const [lines, before] = [await unlocks.getByRole('listitem').count(), await paused.innerText()];
      await server.admin('PATCH', '/api/admin/users/kim', { email_verified: true });
      // What was on its way when it was paused counts, too.
      await until(async () => (await paused.innerText()) !== before);
      expect(await paused.innerText()).toMatch(/^Paused: \d+ since\.$/);
      expect(await unlocks.getByRole('listitem').count()).toBe(lines);
      await unlocks.getByRole('button', { name: 'Go on' }).click();
      await server.admin('PATCH', '/api/admin/users/joan', { email_verified: true });
      await unlocks.getByRole('link', { name: 'joan' }).waitFor();
    });
  });

  it('fits a phone, and is not for administrators of one organization', async () => {
    await onToday(
      async ({ page, look }) => {
        await part(page, 'Runs').getByText('summer_sale').waitFor();
        await look('today-phone');
        await page.setViewportSize({ width: 320, height: 640 });
        await until(async () => (await page.evaluate(() => document.documentElement.scrollWidth)) === 320);
      },
      { viewport: PHONE },
    );
    const { secret } = (await server.admin('POST', '/api/admin/tokens', {
      name: 'acme',
      scopes: ['manage'],
      organization_id: 'acme',
    })) as CreateTokenResponse;
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('today');
      await signIn(secret);
      await page.getByText('You may not see this').waitFor();
      expect(await page.getByRole('link', { name: 'Today' }).count()).toBe(0);
      await look('today-not-allowed');
    });
  });
});

/** Holds that the server takes a curl command as it is shown. */
async function answers(command: string): Promise<void> {
  const url = /'(http[^']+)'/.exec(command)?.[1];
  const body = /-d '([\s\S]+)'/.exec(command)?.[1];
  const method = /-X (\w+)/.exec(command)?.[1] ?? (body === undefined ? 'GET' : 'POST');
  await server.admin(method, url!.slice(server.origin.length), body === undefined ? undefined : JSON.parse(body));
}

/** Asks for a flag as clients do. */
async function ask(flagKey: string): Promise<void> {
  const client = new FeatureServiceClient(server.grpcAddress, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${server.adminToken}`);
  const request = EvaluateRequest.fromPartial({ flagKey, context: { userId: 'ada' } });
  await new Promise<void>((resolve, reject) => {
    client.evaluate(request, metadata, (error) => (error === null ? resolve() : reject(error)));
  });
  client.close();
}

/** Something of most that can need somebody. */
async function seed(): Promise<void> {
  const flag = (key: string, body: object, why = '') =>
    server.admin('PATCH', `/api/admin/flags/${key}?comment=${encodeURIComponent(why)}`, body);
  await server.admin('PATCH', '/api/admin/users/early', { email_verified: true });
  await flag('tour', { rules: [{ policy: 'LATCHING', conditions: VERIFIED }] }, 'the tour is shown to all');
  await flag('old_tour', { is_enabled_globally: true, ends_at: '2020-01-01T00:00:00Z' });
  await flag('summer_sale', { is_enabled_globally: true, starts_at: '2099-06-01T00:00:00Z' });
  await flag('nasty', { name: NASTY }, NASTY);
  await ask('reports_tba');
}
