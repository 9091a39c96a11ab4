import { expect } from '@jest/globals';
import type { Page, Request } from 'playwright-core';

/** Longer than a page waits for whether somebody goes on typing. */
const SETTLED_MS = 1_000;

/** Holds that a page asks the server about no condition without a fact, be it by what is done or a moment later. */
export async function asksOfNothingUnfinished(page: Page, done: () => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const hear = (request: Request): void => {
    const body = request.postData() ?? '';
    if (body.includes('"fact":""')) asked.push(`${request.url()} ${body}`);
  };
  page.on('request', hear);
  await done();
  // The page's timers fire in their order: what it would have asked once nothing is typed any more it has asked by then.
  await page.evaluate((ms) => new Promise((fired) => setTimeout(fired, ms)), SETTLED_MS);
  page.off('request', hear);
  expect(asked).toEqual([]);
}
