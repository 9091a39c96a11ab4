import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from 'playwright-core';
import { launchChromium } from '../../servers/launch-chromium.js';
import { busy } from '../../timing.js';
import { type ConsoleServer, startConsoleServer } from './console-server.js';

/** Where the pictures of a run are put, to be looked at; git has none of them. */
const SCREENS = join(import.meta.dirname, '../screens');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 780 };

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens an address of the console, like `flags?q=a`. */
  open(path?: string): Promise<void>;
  /** Fills in the form, unless the browser has a session: then only with another token, from the beginning. */
  signIn(token?: string): Promise<void>;
  /** Says that this fault is meant: a console message or an answer that fits is none of the page's own. */
  expectFault(pattern: RegExp): void;
  /** Holds that what is shown has no fault that axe finds, in both themes, and takes a picture of each, called `name`; none where CI is set. */
  look(name: string): Promise<void>;
  /** What axe finds wrong in what is shown, as it is shown. */
  violations(): Promise<readonly string[]>;
  /** How often the browser has asked whether to leave a page with something unsaved. It leaves, but for where it is told to `stay`. */
  readonly leaving: { asked: number; stay: boolean };
  /** What was wrong so far: messages of the console, violations of the policy, requests to elsewhere, failures nobody caught. */
  faults(): readonly string[];
}

/** A server of the console and a browser to visit it; where one of them does not start, the other one is not left behind. */
export async function startConsole(
  ...options: Parameters<typeof startConsoleServer>
): Promise<readonly [ConsoleServer, Browser]> {
  const browser = await launchChromium();
  try {
    return [await startConsoleServer(...options), browser];
  } catch (error) {
    await browser.close();
    throw error;
  }
}

export interface VisitOptions extends BrowserContextOptions {
  /** True: begins at the form that asks for a token; otherwise the browser has a session of the admin token's when it comes. */
  readonly signedOut?: boolean;
}

/** Has the console take whoever signs in for somebody who may not call an operation: a page that may ask it nothing. */
export async function withoutOperation(context: BrowserContext, operation: string): Promise<void> {
  await context.route('**/api/session', async (route) => {
    // What says where a request comes from browsers add later than this.
    const response = await route.fetch({ headers: { ...route.request().headers(), 'sec-fetch-site': 'same-origin' } });
    const session = (await response.json()) as { operations?: readonly string[] };
    const operations = session.operations?.filter((each) => each !== operation);
    await route.fulfill({ response, json: { ...session, ...(operations === undefined ? {} : { operations }) } });
  });
}

/** Visits the console with a browser profile of its own, and holds at the end that nothing went wrong on the way. */
export async function visit(
  browser: Browser,
  server: ConsoleServer,
  use: (visit: Visit) => Promise<void>,
  { signedOut = false, ...options }: VisitOptions = {},
): Promise<void> {
  const context = await browser.newContext({
    viewport: WIDE,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    ...options,
  });
  context.setDefaultTimeout(busy(5_000));
  const faults: string[] = [];
  // Who is not signed in yet is told so by the browser, too. A database that others keep busy may be late; a page asks again by itself then.
  const meant: RegExp[] = [/status of 401 .*\/api\/session\)$/, /status of 503/];
  const fault = (text: string): void => {
    if (!meant.some((pattern) => pattern.test(text))) faults.push(text);
  };
  watch(context, server.origin, fault);
  const leaving: Visit['leaving'] = { asked: 0, stay: false };
  context.on('dialog', (dialog) => {
    // The console has dialogs of its own: any other is what markup in a name would open.
    if (dialog.type() !== 'beforeunload') fault(`dialog: ${dialog.type()} ${dialog.message()}`);
    else leaving.asked += 1;
    void (leaving.stay ? dialog.dismiss() : dialog.accept()).catch(() => undefined);
  });
  const failed: string[] = [];
  watchRequests(context, failed);
  if (!signedOut) await context.addCookies([{ ...(await server.session()), url: server.origin }]);
  const page = await context.newPage();
  const base = `${server.origin}${server.basePath}/console/`;
  /** Where the page was sent, whatever it leads to by then: `/` leads each caller elsewhere. */
  let address = base;
  const visiting: Visit = {
    page,
    context,
    open: async (path = '') => {
      address = `${base}${path}`;
      await page.goto(address);
    },
    signIn: async (token) => {
      const hasSession = (await context.cookies()).length > 0;
      if (hasSession && token === undefined) return;
      if (hasSession) {
        await page.goto('about:blank');
        await context.clearCookies();
        await page.goto(address);
      }
      await page.getByLabel('Token').fill(token ?? server.adminToken);
      await page.getByRole('button', { name: 'Sign in' }).click();
    },
    expectFault: (pattern) => void meant.push(pattern),
    look: async (name) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await settled(page);
        if (process.env.CI === undefined) await picture(page, `${name}-${colorScheme}`);
        const violations = await axe(page, colorScheme === 'light' ? EVERY_RULE : COLOUR_RULES);
        if (violations.length > 0) throw new Error(`${name} (${colorScheme}): ${violations.join('\n')}`);
      }
      await page.emulateMedia({ colorScheme: null });
    },
    violations: async () => {
      await settled(page);
      return axe(page, EVERY_RULE);
    },
    leaving,
    faults: () => faults,
  };
  try {
    await use(visiting);
    if (faults.length > 0) throw new Error(`the page had faults:\n${faults.join('\n')}`);
  } catch (error) {
    throw await withEvidence(error, context, failed);
  } finally {
    await context.close();
  }
}

async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `${name}.png`), animations: 'disabled', caret: 'hide' });
}

function watch(context: BrowserContext, origin: string, fault: (text: string) => void): void {
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      fault(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => fault(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) fault(`request to elsewhere: ${url}`);
  });
  void context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
      console.error(`policy: ${violatedDirective} ${blockedURI} ${sample}`);
    });
  });
}

const EVIDENCE_LINES = 40;
const EVIDENCE_REQUESTS = 15;

/** Keeps those requests that were not answered, or not with what was asked for. */
function watchRequests(context: BrowserContext, failed: string[]): void {
  const started = performance.now();
  const keep = (request: Request, outcome: string) => {
    const { pathname, search } = new URL(request.url());
    failed.push(`${Math.round(performance.now() - started)} ms: ${request.method()} ${pathname}${search} ${outcome}`);
  };
  context.on('requestfailed', (request) => keep(request, request.failure()?.errorText ?? 'failed'));
  context.on('response', (response) => {
    if (response.status() >= 400) keep(response.request(), `${response.status()}`);
  });
}

/** The same error, which also tells what each page shows by then and which requests failed: all that a run elsewhere leaves to go by. */
async function withEvidence(error: unknown, context: BrowserContext, failed: readonly string[]): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  const shown = await Promise.all(
    context.pages().map(async (page) => {
      const lines = await page
        .locator('body')
        .ariaSnapshot({ timeout: busy(1_000) })
        .then((text) => text.split('\n'))
        .catch((reason: Error) => [`not to be told: ${reason.message}`]);
      const rest = lines.length - EVIDENCE_LINES;
      return [
        `${page.url()} shows`,
        ...lines.slice(0, EVIDENCE_LINES),
        ...(rest > 0 ? [`... ${rest} more lines`] : []),
      ].join('\n');
    }),
  );
  const requests = failed.length === 0 ? ['none'] : failed.slice(-EVIDENCE_REQUESTS);
  const { message, stack } = error;
  error.message = `${message}\n\n${shown.join('\n\n')}\n\nRequests that failed, the last ones:\n${requests.join('\n')}`;
  // What is printed of an error is its stack, which was put down when it was thrown.
  error.stack = stack?.replace(message, () => error.message) ?? error.message;
  return error;
}

/** Waits until fonts are there and nothing moves. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

const EVERY_RULE = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
/** What another theme can do wrong: it changes colours and nothing else. */
const COLOUR_RULES = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/** What WCAG 2.2 A and AA ask for and the page lacks. Axe comes by the debugger, past the page's policy. */
async function axe(page: Page, runOnly: object): Promise<string[]> {
  const client = await page.context().newCDPSession(page);
  const { result: there } = await client.send('Runtime.evaluate', { expression: 'typeof axe' });
  if (there.value === 'undefined') await client.send('Runtime.evaluate', { expression: AXE });
  const { result } = await client.send('Runtime.evaluate', {
    expression: `axe.run({ runOnly: ${JSON.stringify(runOnly)} }).then(({ violations }) => JSON.stringify(violations.map(({ id, help, nodes }) =>
      id + ': ' + help + '\\n' + nodes.map(({ target, any }) => '  ' + target.join(' ') + ' ' + any.map(({ message }) => message).join('; ')).join('\\n'))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await client.detach();
  return JSON.parse(String(result.value)) as string[];
}
