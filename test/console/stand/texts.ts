import type { Locator, Page, Request } from 'playwright-core';
import { until } from '../../timing.js';

/** Knows what the server has told a page so far, and whether the page waits for more. */
export interface Told {
  /** Waits until a page of the console is there and asks for nothing more. */
  settled(): Promise<void>;
  /** All that the answers and the stream were made of, and the names that are the protocol's. */
  texts(): Promise<string>;
}

/** What scopes are called, which the protocol says and no language changes. */
const SCOPES = ['evaluate', 'track', 'identify', 'manage', 'admin', 'test'].join('\n');

/** How many looks in a row have to find that nothing is asked for: files that have come are run before what they ask for is asked. */
const QUIET_LOOKS = 3;

export function listen(page: Page): Told {
  const asks = /\/api\/admin\/(?!stream|watch)|\/assets\//;
  const waiting = new Set<Request>();
  const answers: Promise<string>[] = [];
  const streamed: string[] = [];
  page.on('request', (request) => {
    if (asks.test(request.url())) waiting.add(request);
  });
  page.on('requestfailed', (request) => void waiting.delete(request));
  page.on('requestfinished', (request) => {
    waiting.delete(request);
    if (request.url().includes('/api/admin/')) answers.push(answerOf(request));
  });
  const stream = hearStream(page, (data) => void streamed.push(data));
  const isIdle = () =>
    page.evaluate(async () => {
      // What a page asks for it asks for once it is drawn.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return document.querySelector('h1') !== null && !document.querySelector('[aria-busy=true]');
    });
  return {
    settled: async () => {
      let quiet = 0;
      await until(async () => {
        quiet = (await isIdle()) && waiting.size === 0 ? quiet + 1 : 0;
        return quiet >= QUIET_LOOKS;
      });
    },
    texts: async () => {
      await stream;
      return [SCOPES, ...(await Promise.all(answers)), ...streamed].join('\n');
    },
  };
}

/** What the stream tells, of which the answer never ends. */
async function hearStream(page: Page, heard: (data: string) => void): Promise<void> {
  const client = await page.context().newCDPSession(page);
  client.on('Network.eventSourceMessageReceived', ({ data }) => heard(normal(data)));
  await client.send('Network.enable');
}

async function answerOf(request: Request): Promise<string> {
  const response = await request.response();
  const text = (await response?.text().catch(() => '')) ?? '';
  return text.split('\n').map(normal).join('\n');
}

/** JSON as it is written here, whichever characters its writer escapes. */
function normal(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json;
  }
}

/**
 * What a page shows, or tells screen readers, outside of brackets, and that is neither what the server `told` nor an instant, a key or
 * code. A sentence of the server's has its instants in UTC, which the page spells by the browser's zone. A page that others change may show
 * what was answered while it was read: what was found is looked for again.
 */
export async function foreignTexts(page: Page, told: Told): Promise<string[]> {
  let found = await foreignNow(page, await told.texts());
  for (let again = 0; found.length > 0 && again < 2; again += 1) {
    await told.settled();
    found = await foreignNow(page, await told.texts());
  }
  return found;
}

function foreignNow(page: Page, told: string): Promise<string[]> {
  return page.evaluate((answered) => {
    const known = answered.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '@');
    const found = new Set<string>();
    const look = (text: string) => {
      let rest = text.replaceAll(/\d{1,2} [A-Za-z]+ \d{4}, \d\d:\d\d:\d\d \S+?(?=[\s.,;)]|$)/g, '@');
      for (let before = ''; before !== rest; ) {
        before = rest;
        rest = rest.replace(/⟦[^⟦⟧]*⟧/g, ' ');
      }
      for (const piece of rest.split(/\s{2,}|\n|, | \(/).map((each) => each.replaceAll(/^[\s:,.]+|[\s:,.]+$/g, '')))
        if (/[A-Za-z]{2}/.test(piece) && !known.includes(JSON.stringify(piece).slice(1, -1))) found.add(piece);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement!;
      if (element.closest('time, kbd, code, pre, script, style, noscript') !== null) continue;
      if (node instanceof Element)
        for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description'])
          look(node.getAttribute(name) ?? '');
      else look(node.textContent ?? '');
    }
    return [...found];
  }, told);
}

/**
 * What screen readers are told of a part of a page, the same at whatever moment and after however long a wait: AN INSTANT stands for each
 * that is exact, A WHILE for each that is so and so long ago, wherever it is repeated.
 */
export async function steadyAria(part: Locator): Promise<string> {
  const told = await part.ariaSnapshot();
  const times = [...told.matchAll(/^\s*- time: (.+)$/gm)].map(([, text]) => text!);
  const longestFirst = [...new Set(times)].toSorted((a, b) => b.length - a.length);
  return longestFirst
    .reduce((text, time) => text.replaceAll(time, 'A WHILE'), told)
    .replaceAll(/\d+ \w+ \d{4}, [\d:]+ \w+|\w{3} \d+ \w{3}, \d\d:\d\d \w+ \([^)]*\)/g, 'AN INSTANT')
    .replaceAll(/\d+ seconds/g, 'A WHILE');
}

/** What makes a page wider than the window, or is cut off at its side, by its class or tag. What scrolls by itself is none of it. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { clientWidth: width, scrollWidth } = document.documentElement;
    const scrolls = (element: Element | null): boolean =>
      element !== null &&
      element.id !== 'content' &&
      (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
    const wide = [...document.querySelectorAll('body *')]
      .filter((element) => {
        const { left, right, width: own } = element.getBoundingClientRect();
        return own > 0 && (right > width + 1 || left < -1) && !scrolls(element.parentElement);
      })
      .map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}`);
    return [...(scrollWidth > width ? [`${scrollWidth} px`] : []), ...wide.slice(0, 6)];
  });
}
