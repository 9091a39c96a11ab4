import type { Browser, Page } from 'playwright-core';
import { migrate } from '../../src/compose/server/open-adapters.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { startConsoleServer } from '../../test/console/stand/console-server.js';
import { launchWholeChromium } from '../../test/servers/launch-chromium.js';
import { mixedFlag } from '../stand/asked.js';
import { fill } from '../stand/fill.js';
import { flagKey } from '../stand/many-flags.js';
import { userName } from '../stand/many-users.js';
import { executeOn } from '../stand/places.js';
import { Report } from '../stand/report.js';
import { type Figures, roundsOr, sideBySide } from '../stand/rounds.js';
import { serveEmpty } from './empty-page.js';

const FLAGS = 200;
const ROUNDS = roundsOr(7);
/** No divisor of the numbers of users that are asked for: each round looks for somebody else, far from the one before. */
const STRIDE = 7_919;

/** As little as a page can be that finds, opens and explains: each asks the server for an answer as long as the console's, and shows it. */
const EMPTY_PAGE = `<!doctype html><title>empty</title><input type="search"><p class="row">row</p>
<button id="person">person</button><button id="ladder">ladder</button><script>
  const row = document.querySelector('.row');
  const show = (what) => async ({ target }) => {
    const answer = await (await fetch('/' + what)).json();
    row.textContent = what + ' ' + target.value + ' ' + Object.keys(answer).length;
  };
  document.querySelector('input').oninput = show('found');
  for (const button of document.querySelectorAll('button')) button.onclick = show(button.id);
</script>`;

/** What somebody does on a page, one after the other: what is waited for tells that its answer stands. */
interface Steps {
  readonly stands: (page: Page) => Promise<void>;
  readonly find: (page: Page, id: string) => Promise<void>;
  readonly open: (page: Page, id: string) => Promise<void>;
  readonly explain: (page: Page) => Promise<void>;
}

const CONSOLE: Steps = {
  stands: (page) => page.getByRole('table', { name: 'People' }).locator('tbody tr').first().waitFor(),
  async find(page, id) {
    await page.getByRole('searchbox', { name: 'Find somebody' }).fill(beginningOf(id));
    await page.getByRole('link', { name: id, exact: true }).waitFor();
  },
  async open(page, id) {
    await page.getByRole('link', { name: id, exact: true }).click();
    await page.locator('.person-feature').first().waitFor();
  },
  async explain(page) {
    await page
      .locator('.person-feature', { hasText: flagKey(1) })
      .first()
      .click();
    await page.getByRole('list', { name: /^Order of evaluation of / }).waitFor();
  },
};

const BARE: Steps = {
  stands: (page) => page.locator('.row').waitFor(),
  async find(page, id) {
    await page.getByRole('searchbox').fill(beginningOf(id));
    await page.locator(`.row:has-text("found ${beginningOf(id)}")`).waitFor();
  },
  async open(page) {
    await page.getByRole('button', { name: 'person' }).click();
    await page.locator('.row:has-text("person")').waitFor();
  },
  async explain(page) {
    await page.getByRole('button', { name: 'ladder' }).click();
    await page.locator('.row:has-text("ladder")').waitFor();
  },
};

/** All but the last digit: of at most eleven people. */
const beginningOf = (id: string): string => id.slice(0, -1);

interface Side {
  readonly address: string;
  readonly steps: Steps;
  readonly cookie?: { readonly name: string; readonly value: string; readonly url: string };
}

/** From the first request of a fresh browser profile to the explanation. */
async function measure(browser: Browser, { address, steps, cookie }: Side, id: string): Promise<Figures> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  try {
    if (cookie !== undefined) await context.addCookies([cookie]);
    const page = await context.newPage();
    const timed = async (does: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await does();
      return performance.now() - began;
    };
    return {
      coldMs: await timed(async () => {
        await page.goto(address, { waitUntil: 'commit' });
        await steps.stands(page);
      }),
      findMs: await timed(() => steps.find(page, id)),
      openMs: await timed(() => steps.open(page, id)),
      explainMs: await timed(() => steps.explain(page)),
    };
  } finally {
    await context.close();
  }
}

/** A new server with so many people in its database, of ten counters each, and 200 flags, every second of which depends on who asks. */
async function startAmong(users: number) {
  const server = await startConsoleServer();
  await server.stop();
  const began = performance.now();
  const target = { kind: 'sqlite', path: server.databasePath } as const;
  await migrate(target);
  const store = await openSqliteStore({ path: target.path });
  const { execute, close } = executeOn(target.path);
  await fill({ users, flags: FLAGS, flag: mixedFlag })(store, execute);
  await execute('ANALYZE');
  close();
  await store.close();
  console.log(`${users} people stored in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  await server.start();
  return server;
}

/** Among many people: the list until rows stand, somebody found by the beginning of their id, opened, and explained a flag. */
export async function measureAmongPeople(users: number): Promise<void> {
  const server = await startAmong(users);
  const browser = await launchWholeChromium();
  const answer = async (path: string) => JSON.stringify(await server.admin('GET', `/api/admin${path}`));
  const somebody = userName(users - 1);
  const empty = await serveEmpty(EMPTY_PAGE, {
    '/found': await answer(`/users?page_size=50&q=${beginningOf(somebody)}`),
    '/person': await answer(`/users/${somebody}/flags?page_size=50`),
    '/ladder': await answer(`/users/${somebody}/flags/${flagKey(1)}/explain`),
  });
  const report = new Report('console-people', { users, flags: FLAGS, rounds: ROUNDS, chromium: browser.version() });
  try {
    const cookie = { ...(await server.session()), url: server.origin };
    const ids = { console: 0, bare: 0 };
    const next = (side: keyof typeof ids): string => userName(users - 1 - ((ids[side]++ * STRIDE) % (users - 50)));
    const [console_, bare] = ['console', 'empty page'];
    const measured = await sideBySide(
      [
        {
          name: console_,
          run: () =>
            measure(browser, { address: `${server.origin}/console/people`, steps: CONSOLE, cookie }, next('console')),
        },
        { name: bare, run: () => measure(browser, { address: empty.origin, steps: BARE }, next('bare')) },
      ],
      ROUNDS,
    );
    for (const [figure, what] of [
      ['coldMs', 'a cold load until rows stand'],
      ['findMs', 'the beginning of an id typed until they stand'],
      ['openMs', 'a person opened until their flags stand'],
      ['explainMs', 'a flag opened until its order of evaluation stands'],
    ] as const) {
      report.row({ what, unit: 'ms', values: measured.of(console_, figure) });
      report.row({ what: `${what}, empty page`, unit: 'ms', values: measured.of(bare, figure) });
      const values = measured.ratio(figure, console_, bare);
      report.row({ what: `${what}, of the empty page`, unit: '×', digits: 1, values });
    }
  } finally {
    report.end();
    await browser.close();
    await server.close();
    empty.close();
  }
}
