import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The version of this release, as its package says. */
export const RELEASE = (createRequire(import.meta.url)('../../../package.json') as { readonly version: string })
  .version;

/** Where the console was built to, beside the server. */
export const CONSOLE_FOLDER = join(import.meta.dirname, '../../../dist-console');
