import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../servers/launch-chromium.js';
import { busy, until } from '../timing.js';
import { asPeopleAreTold, BROWSER_CLIENTS, BrowserMatrix, MATRIX_PAGE, PEOPLE } from './stand/browser-matrix.js';
import type { Details, Question } from './stand/client-driver.js';
import { CASES } from './stand/client-flags.js';
import { type ClientsServer, startClientsServer } from './stand/clients-server.js';
import { requireClients } from './stand/packages.js';
import { buildBrowserPage } from './stand/page-code.js';
import { PageOrigin } from './stand/page-origin.js';
import { personToken } from './stand/person-token.js';

const CHANGE_MS = 10_000;
const HTML = '<!doctype html><title>page</title><script type="module" src="/main.js"></script>';

let server: ClientsServer;
let origin: PageOrigin;
let browser: Browser;
let page: Page;
const matrices = new Map<string, BrowserMatrix>();

beforeAll(async () => {
  requireClients();
  origin = await PageOrigin.open();
  server = await startClientsServer({ CORS_ORIGINS: origin.origin, CLIENT_ATTRIBUTES: 'plan' });
  origin.serve(buildBrowserPage('matrix', { 'index.html': HTML, 'main.js': MATRIX_PAGE }));
  browser = await launchChromium();
  page = await browser.newPage();
  page.setDefaultTimeout(busy(10_000));
  await page.goto(origin.origin);
  await page.waitForFunction('document.title === "ready"');
  for (const traits of BROWSER_CLIENTS) {
    const matrix = new BrowserMatrix(page, traits);
    for (const person of PEOPLE) await matrix.open(person, server.origin, await personToken(person));
    matrices.set(traits.provider, matrix);
  }
}, 240_000);
afterAll(async () => {
  await browser.close();
  await server.close();
  await origin.close();
});

const isOn = (flag: string, otherwise = false): Question => ({
  ...{ type: 'boolean', flag, otherwise, context: { targetingKey: 'ada' } },
});
const patch = (flag: string, body: object) => server.admin('PATCH', `/api/admin/flags/${flag}`, body);

describe.each(BROWSER_CLIENTS.map((traits) => [traits.provider, traits] as const))('%s in Chromium', (name, traits) => {
  const matrix = (): BrowserMatrix => matrices.get(name)!;

  /** What is answered once the store, on a busy machine, confirms it in time. */
  async function asked(question: Question): Promise<Details> {
    let details = await matrix().ask(question);
    await until(async () => {
      if (details.reason !== 'STALE') return true;
      details = await matrix().ask(question);
      return false;
    });
    return details;
  }

  it.each(CASES.map((each) => [each.case, each] as const))('%s, as people are told', async (_, each) => {
    const details = await asked(each.ask);
    const expected = asPeopleAreTold(each, traits);
    if (typeof expected === 'function') expected(details);
    else expect(details).toMatchObject(expected);
  });

  it('knows nothing of a flag that is not for people’s screens', async () => {
    await patch(`hidden_${name}`, { is_enabled_globally: true, client_visible: false });
    expect(await asked(isOn(`hidden_${name}`))).toMatchObject({ value: false, errorCode: 'FLAG_NOT_FOUND' });
  });

  it('is told of what is made, changed, denied and put away, without asking', async () => {
    const flag = `made_for_${name}`;
    const becomes = (expected: object) =>
      until(async () => {
        const details = await matrix().read(isOn(flag));
        return Object.entries(expected).every(([member, value]) => details[member as keyof Details] === value);
      }, CHANGE_MS);
    await matrix().news();
    await patch(flag, { is_enabled_globally: true });
    await becomes({ value: true, reason: 'DEFAULT' });
    const told = (await matrix().news()).filter(({ event }) => event === 'PROVIDER_CONFIGURATION_CHANGED');
    expect(told.length).toBeGreaterThan(0);
    if (traits.names) expect(told.flatMap(({ flags }) => flags)).toContain(flag);
    await server.admin('PATCH', `/api/admin/flags/${flag}/access`, {
      access: [{ user_id: 'ada', effect: 'DENY' }],
      comment: 'not for ada',
    });
    await becomes({ value: false, reason: 'DEFAULT' });
    expect(await matrix().read({ ...isOn(flag), context: { targetingKey: 'grace' } })).toMatchObject({ value: true });
    await patch(flag, { archived: true });
    await becomes({ errorCode: 'FLAG_NOT_FOUND' });
  });
});

describe('both in Chromium', () => {
  it('come back when the server was away, and hold nothing of before for true', async () => {
    await patch('outlasting', { is_enabled_globally: true });
    const values = () =>
      Promise.all([...matrices.values()].map(async (each) => (await each.read(isOn('outlasting'))).value));
    await until(async () => (await values()).every((value) => value === true), CHANGE_MS);
    await server.stop();
    await server.start();
    await patch('outlasting', { is_enabled_globally: false });
    // Providers wait twice as long after each attempt, a minute at most: a server that starts slowly is found late.
    await until(async () => (await values()).every((value) => value === false), 30_000);
    // Their streams are there again, too.
    await until(async () => {
      await patch('outlasting', { description: `at ${performance.now()}`, is_enabled_globally: true });
      return (await values()).every((value) => value === true);
    }, 30_000);
  }, 300_000);
});
