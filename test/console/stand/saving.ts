import type { Page } from 'playwright-core';
import { until } from '../../timing.js';

/**
 * Saves what the open dialog shows, and waits until the page has that version, or until it is `done`. Presses again where the server could not
 * do it yet, as its user would. What is looked for stays: a notice may have gone before a busy machine looks.
 */
export async function saved(page: Page, done: number | (() => Promise<boolean>)): Promise<void> {
  const save = page.getByRole('dialog').getByRole('button', { name: 'Save' });
  const isDone =
    typeof done === 'function'
      ? done
      : () => page.locator('main').getByText(`version ${done}, changed`).first().isVisible();
  await until(async () => {
    if (await isDone()) return true;
    if (await save.isEnabled({ timeout: 500 }).catch(() => false))
      await save.click({ timeout: 500 }).catch(() => undefined);
    return false;
  });
}
