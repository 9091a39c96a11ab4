import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findProgram, requireProgram } from './server-process.js';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--font-render-hinting=none'];

/** Debian's Chromium for tests: the engine alone, without windows, where that is installed, at a quarter of the cost of a page. */
export function launchChromium(): Promise<Browser> {
  if (findProgram('chromium-headless-shell') === undefined) requireProgram('chromium');
  return chromium.launch({ executablePath: join(import.meta.dirname, 'chromium'), args: ARGUMENTS });
}

/** Debian's Chromium as people have it, for what is measured. */
export function launchWholeChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: requireProgram('chromium'), args: ARGUMENTS });
}
