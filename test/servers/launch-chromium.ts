import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { requireProgram } from './server-process.js';

/** Debian's Chromium. */
export function launchChromium(): Promise<Browser> {
  requireProgram('chromium');
  return chromium.launch({
    executablePath: join(import.meta.dirname, 'chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--font-render-hinting=none'],
  });
}
