import { createRequire } from 'node:module';

/** The version of this release, as its package says. */
export const RELEASE = (createRequire(import.meta.url)('../../package.json') as { readonly version: string }).version;
