import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { sampleOf } from '../../console/src/pages/settings/webhooks/webhook-samples.js';
import { until } from '../timing.js';
import { PHONE, startConsole, visit } from './stand/console-browser.js';
import type { ConsoleServer } from './stand/console-server.js';
import { NASTY } from './stand/seed-people.js';
import { steadyAria } from './stand/texts.js';

/** A receiver of webhooks: `/hooks` takes what comes, all else answers 500. */
const bodies: string[] = [];
const receiver: Server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const taken = request.url === '/hooks';
    if (taken) bodies.push(Buffer.concat(chunks).toString());
    response.writeHead(taken ? 204 : 500).end();
  });
});
const receiverUrl = (path: string): string => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;

let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  [server, browser] = await startConsole({ WEBHOOKS_ALLOW_HTTP: 'true', WEBHOOKS_ALLOW_PRIVATE: 'true' });
  const { admin } = server;
  await admin('POST', '/api/admin/tokens', { name: 'checkout service', scopes: ['evaluate', 'track'] });
  await admin('POST', '/api/admin/tokens', { name: NASTY, scopes: ['manage'], organization_id: 'acme' });
  await admin('POST', '/api/admin/webhooks', {
    url: receiverUrl('/down'),
    description: 'The warehouse',
    types: ['dev.latchkey.flag.changed'],
  });
  await admin('PATCH', '/api/admin/flags/beta', { name: 'Beta' });
  // Sums end at 9,000,000,000,000: the second one of each person cannot be counted.
  await admin(
    'POST',
    '/api/events',
    ['ada', NASTY].flatMap((user_id) =>
      ['1', '2'].map((id) => ({ id, user_id, action: 'paid', value: 8_999_999_999_999 })),
    ),
  );
  await until(async () => ((await admin('GET', '/api/admin/dead-letters')) as { total: number }).total === 2);
  await giveUp();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  receiver.close();
});

/** Has what is pending be given up, as it is after three days. */
async function giveUp(): Promise<void> {
  const { webhooks } = (await server.admin('GET', '/api/admin/webhooks')) as { webhooks: [{ id: string }] };
  const path = `/api/admin/webhooks/${webhooks[0].id}/deliveries`;
  await until(async () => {
    const { deliveries } = (await server.admin('GET', path)) as { deliveries: { log: unknown[] }[] };
    return (deliveries[0]?.log.length ?? 0) > 0;
  });
  await server.stop();
  const database = new DatabaseSync(server.databasePath);
  database.exec("UPDATE deliveries SET state = 'failed', next_attempt_at = NULL, finished_at = created_at + 1000");
  database.close();
  await server.start();
}

describe('tokens', () => {
  it('are made with a secret that is shown once and is nowhere then, replaced and revoked', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('settings');
      await signIn();
      await page.getByRole('row', { name: /checkout service/ }).waitFor();
      const told = await steadyAria(page.locator('main'));
      expect(told.replaceAll(/tok_[0-9a-f]{32}/g, 'tok_…')).toMatchSnapshot();
      await look('settings-tokens');
      await page.getByRole('button', { name: 'Make a token' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Name').fill('nightly export');
      await dialog.getByLabel('evaluate').check();
      await dialog.getByLabel('Ends').selectOption('days90');
      await look('settings-token-made');
      const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
      let made = 0;
      await page.route('**/api/admin/tokens', async (route) => {
        if (route.request().method() === 'POST') {
          made += 1;
          await answered;
        }
        await route.fallback();
      });
      // Pressed as fast as can be, more often than once: a second token would be there without anybody having seen its secret.
      await dialog.getByLabel('Name').evaluate((field: HTMLInputElement) => {
        for (let press = 0; press < 3; press += 1) field.form!.requestSubmit();
      });
      await dialog.getByRole('button', { name: 'Make it', disabled: true }).waitFor();
      // Its answer is shown once: until it is there, nothing closes over it.
      await dialog.getByRole('button', { name: 'Cancel', disabled: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      answer();
      await page.getByText('Copy the secret now').waitFor();
      const secret = (await page.locator('.snippet code').textContent()) ?? '';
      expect(secret.length).toBeGreaterThan(20);
      expect(made).toBe(1);
      await look('settings-secret');
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('row', { name: /nightly export/ }).waitFor();
      const kept = await page.evaluate(() =>
        JSON.stringify([document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, history.state]),
      );
      expect(kept).not.toContain(secret);
      expect(page.url()).not.toContain(secret);

      await page.getByRole('button', { name: 'Replace nightly export' }).click();
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await page.getByText('The token before, nightly export, goes on working', { exact: false }).waitFor();
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('button', { name: 'Revoke nightly export' }).last().click();
      await dialog.getByText('It was never used.').waitFor();
      await dialog.getByRole('button', { name: 'Revoke' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByLabel('State').selectOption('revoked');
      await page.getByRole('row', { name: /nightly export/ }).waitFor();
      await page.getByRole('row', { name: /checkout service/ }).waitFor({ state: 'detached' });
      await page.waitForURL(({ searchParams }) => searchParams.get('state') === 'revoked');
    });
  });
});

describe('sessions', () => {
  it('end one by one, and all others at once', async () => {
    const elsewhere = await browser.newContext();
    for (let times = 0; times < 3; times++)
      await elsewhere.request.post(`${server.origin}/api/session`, { data: { token: server.adminToken } });
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('settings?tab=sessions');
      await signIn();
      await page.getByText('this one').waitFor();
      await look('settings-sessions');
      // Those that the list does not show yet are others, too.
      await page.route(/\/api\/admin\/tokens\?/, (route) =>
        route.continue({ url: route.request().url().replace('page_size=500', 'page_size=1') }),
      );
      await page.reload();
      await page.getByRole('button', { name: 'Show more' }).waitFor();
      await page.getByRole('button', { name: 'End all others' }).click();
      const dialog = page.getByRole('alertdialog', { name: /End \d+ other sessions?\?/ });
      await dialog.getByRole('button', { name: 'End all others' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.unrouteAll();
      await page.reload();
      await until(async () => (await page.locator('tbody tr').count()) === 1);
      await page.getByText('this one').waitFor();
    });
    await elsewhere.close();
  });
});

describe('the end of a session', () => {
  it('is told of two minutes before, and put off', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await page.clock.install();
      await open('settings?tab=sessions');
      await signIn();
      await page.getByText('this one').waitFor();
      const asked = page.waitForResponse(/\/api\/session$/);
      await page.clock.fastForward(6_000);
      await asked;
      const dialog = page.getByRole('alertdialog', { name: 'You will be signed out soon' });
      // What is answered after the leap is a use of the session, which puts its end off: then there is another one.
      await until(async () => {
        await page.clock.fastForward('11:57:00');
        await page.clock.fastForward('00:31');
        return dialog.waitFor({ timeout: 2_000 }).then(
          () => true,
          () => false,
        );
      });
      await look('session-warning');
      await dialog.getByRole('button', { name: 'Stay signed in' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.route('**/api/session', async (route) => {
        // What says where a request comes from browsers add later than this.
        const headers = { ...route.request().headers(), 'sec-fetch-site': 'same-origin' };
        const answer = await route.fetch({ headers });
        const json = (await answer.json()) as { session: object };
        // By the clock of the answer, to which the page holds it; within the two minutes, with time for a busy machine.
        const expires_at = new Date(Date.parse(answer.headers().date!) + 110_000).toISOString();
        await route.fulfill({ response: answer, json: { ...json, session: { ...json.session, expires_at } } });
      });
      await page.clock.fastForward('11:57:00');
      await page.clock.fastForward('00:31');
      await dialog.getByRole('button', { name: 'Stay signed in' }).click();
      await dialog.getByRole('button', { name: 'Sign in again' }).click();
      await page
        .getByRole('dialog', { name: 'Your session is over' })
        .or(page.getByRole('alertdialog', { name: 'Your session is over' }))
        .waitFor();
    });
  });
});

describe('webhooks', () => {
  it('are made after one has seen what they are sent, tried, and given another secret', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('settings?tab=webhooks');
      await signIn();
      await page.getByText(/Failing: 1 of the last/).waitFor();
      await look('settings-webhooks');
      await page.getByRole('button', { name: 'Make a webhook' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByLabel('Address').fill(receiverUrl('/hooks'));
      await dialog.getByLabel('dev.latchkey.flag.changed').check();
      await dialog.getByText('What it is sent, as an example').click();
      await look('settings-webhook-made');
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await page.getByText(/^whsec_/).waitFor();
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('button', { name: 'Send a test' }).click();
      const delivery = page.getByRole('dialog');
      await delivery.getByText('Delivered').waitFor();
      await delivery.getByText(/Answered 204/).waitFor();
      await delivery.getByText(/"type": "dev.latchkey.ping"/).waitFor();
      await page.waitForURL(({ searchParams }) => searchParams.get('delivery')?.startsWith('dlv_') === true);
      await look('settings-delivery');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'New secret' }).click();
      await dialog.getByLabel('For how long').selectOption('3600s');
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await page.getByText(/Messages are signed with the one before, too, until/).waitFor();
      await page.getByRole('button', { name: 'I have copied it' }).click();
      expect(await page.content()).not.toContain('whsec_');

      // What somebody else changes while it is edited stays so.
      const id = new URL(page.url()).searchParams.get('webhook');
      await page.getByRole('button', { name: 'Edit' }).click();
      await server.admin('PATCH', `/api/admin/webhooks/${id}`, { description: 'The shop' });
      await page.getByText('The shop').waitFor();
      await dialog.getByRole('checkbox', { name: 'dev.latchkey.unlocked' }).uncheck();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
      const { webhooks } = (await server.admin('GET', '/api/admin/webhooks')) as { webhooks: { id: string }[] };
      expect(webhooks.find((each) => each.id === id)).toMatchObject({
        description: 'The shop',
        types: ['dev.latchkey.flag.changed'],
      });

      await server.admin('PATCH', '/api/admin/flags/beta', { description: 'For those who ask.' });
      const changed = () =>
        bodies
          .map((body) => JSON.parse(body) as { type: string; data: object })
          .find(({ type }) => type === 'dev.latchkey.flag.changed');
      await until(() => changed() !== undefined);
      await page.reload();
      await page.getByRole('row', { name: /flag\.changed/ }).waitFor();
      const real = changed();
      const [, sample] = sampleOf('dev.latchkey.flag.changed').split('\n\n');
      const keysOf = (event: { data: object }) => [new Set(Object.keys(event)), new Set(Object.keys(event.data))];
      expect(keysOf(real!)).toEqual(keysOf(JSON.parse(sample ?? '') as { data: object }));

      await page.getByRole('button', { name: 'Switch off' }).click();
      await dialog.getByRole('button', { name: 'Switch off' }).click();
      await page.getByRole('button', { name: 'Switch on' }).waitFor();
      expect(await page.getByRole('button', { name: 'Send a test' }).isDisabled()).toBe(true);
      await page.getByRole('button', { name: 'Remove' }).click();
      await dialog.getByRole('button', { name: 'Remove it' }).click();
      await page.getByRole('table', { name: 'Webhooks' }).waitFor();
      await page.getByRole('link', { name: '/hooks' }).waitFor({ state: 'detached' });
    });
  });
  it('are sent again what was given up since an instant', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('settings?tab=webhooks');
      await signIn();
      await page.getByRole('link', { name: '/down' }).click();
      await page
        .getByRole('row', { name: /Given up/ })
        .first()
        .waitFor();
      await look('settings-webhook');
      await page.getByRole('button', { name: 'Send again what failed' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByText('1 delivery would be sent again.').waitFor();
      await dialog.getByLabel('Made since').fill('2099-01-01T00:00');
      await dialog.getByText('Nothing was given up since then.').waitFor();
      await dialog.getByLabel('Made since').fill('2020-01-01T00:00');
      await dialog.getByText('1 delivery would be sent again.').waitFor();
      await look('settings-replay');
      await dialog.getByRole('button', { name: 'Send again' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page
        .getByRole('row', { name: /Waiting/ })
        .first()
        .waitFor();
      await page.getByLabel('State').selectOption('failed');
      await page.getByText('Nothing was given up within a week').waitFor();
    });
  });
});

describe('dead letters', () => {
  it('are found by their reason, looked at, and replayed', async () => {
    await visit(browser, server, async ({ page, open, signIn, look }) => {
      await open('settings?tab=dead-letters');
      await signIn();
      await page.getByText('2 events could not be counted').waitFor();
      await look('settings-dead-letters');
      await page.getByRole('searchbox').fill('ada');
      await page.getByRole('button', { name: 'Replay 1' }).waitFor();
      await page.getByRole('button', { name: 'Look at 2' }).click();
      await page.getByRole('dialog').getByText('"user_id": "ada"').waitFor();
      await look('settings-dead-letter');
      await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();
      const dialog = page.getByRole('alertdialog');
      await dialog.getByRole('button', { name: 'Replay' }).click();
      await page.getByText('1 event is processed again').waitFor();
      // It cannot be counted now, either.
      await until(
        async () => ((await server.admin('GET', '/api/admin/dead-letters')) as { total: number }).total === 2,
      );
      await page.getByRole('searchbox').fill('txt.exe');
      await page.getByRole('row', { name: /\bada\b/ }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Discard 1' }).click();
      expect(await dialog.getByRole('button', { name: 'Discard' }).isDisabled()).toBe(true);
      await dialog.getByLabel('Why?').fill('a test of the till');
      await look('settings-discard');
      await dialog.getByRole('button', { name: 'Discard' }).click();
      await page.getByText('1 event is discarded').waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.getByRole('row', { name: /txt\.exe/ }).waitFor({ state: 'detached' });

      // What one reads stays where the list becomes empty behind it, of which the page is told.
      await page.getByRole('button', { name: 'Look at 2' }).click();
      const read = page.getByRole('dialog', { name: 'A dead letter' });
      await read.waitFor();
      await page.route(/\/api\/admin\/dead-letters\?/, (route) =>
        route.fulfill({ json: { dead_letters: [], total: 0, next_page_token: '' } }),
      );
      await server.admin('POST', '/api/admin/dead-letters/discard', {
        events: [{ user_id: 'nobody', source: 'nowhere', id: '1' }],
        comment: 'there is none',
      });
      await page.getByText('No dead letters').waitFor();
      expect(await read.isVisible()).toBe(true);
    });
  });
});

describe('the health', () => {
  it('says what is wrong and what helps, and shows to who may not administer what they may see', async () => {
    await visit(browser, server, async ({ page, open, signIn, look, expectFault }) => {
      await page.route('**/api/admin/overview', (route) =>
        route.fulfill({ status: 400, json: { detail: 'not now', code: 'INVALID' } }),
      );
      expectFault(/status of 400/);
      await open('settings?tab=health');
      await signIn();
      await page.getByText('whether events, timers or webhooks are late is not known').waitFor();
      await look('settings-health-unknown');
      await page.unrouteAll();
      await page.reload();
      await page.getByText(/were put aside|was put aside/).waitFor();
      await page.getByText('Mend what their reasons say').waitFor();
      await page.getByRole('table', { name: 'Servers' }).getByText('newest').waitFor();
      await look('settings-health');
    });
    const { secret } = (await server.admin('POST', '/api/admin/tokens', {
      name: 'a manager',
      scopes: ['manage'],
    })) as { secret: string };
    await visit(
      browser,
      server,
      async ({ page, open, signIn, look }) => {
        await open('settings?tab=tokens');
        await signIn(secret);
        await page.getByRole('table', { name: 'Servers' }).waitFor();
        const tabs = page.getByRole('navigation', { name: 'Parts of the settings' }).getByRole('link');
        expect(await tabs.allTextContents()).toEqual(['Health']);
        await look('settings-health-phone');
      },
      { viewport: PHONE },
    );
  });
});

describe('what nothing tells of', () => {
  it.each([
    ['health', /\/admin\/health$/, 5],
    ['dead-letters', /\/admin\/dead-letters$/, 15],
    ['webhooks', /\/deliveries$/, 15],
  ])('is asked for again every few seconds, but not in a tab that nobody sees: %s', async (tab, path, everySeconds) => {
    await visit(browser, server, async ({ page, open }) => {
      let asked = 0;
      page.on('request', (request) => {
        if (path.test(new URL(request.url()).pathname)) asked += 1;
      });
      await page.clock.install();
      await open(`settings?tab=${tab}`);
      await until(() => asked > 0);
      await page.getByRole('table').first().waitFor();
      const ahead = () => page.clock.runFor(everySeconds * 1_100);
      const before = asked;
      await ahead();
      await until(() => asked > before);
      const sees = (visibility: DocumentVisibilityState) =>
        page.evaluate((state) => {
          Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
          Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        }, visibility);
      await sees('hidden');
      const hidden = asked;
      for (let i = 0; i < 4; i++) await ahead();
      // What would have been asked for has been by the time that something else is answered.
      await page.evaluate(() => fetch('/healthz').catch(() => undefined));
      expect(asked).toBe(hidden);
      await sees('visible');
      await until(() => asked > hidden);
    });
  });
});

describe('at 320 pixels', () => {
  it('nothing is wider than the page', async () => {
    await visit(
      browser,
      server,
      async ({ page, open, signIn }) => {
        await open('settings');
        await signIn();
        for (const tab of ['tokens', 'sessions', 'webhooks', 'dead-letters', 'health']) {
          await open(`settings?tab=${tab}`);
          await page.locator('.page-body :is(table, .notice)').first().waitFor();
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([tab, wider]).toEqual([tab, 0]);
        }
      },
      { viewport: { width: 320, height: 640 } },
    );
  });
});
