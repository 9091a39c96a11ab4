import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { etagOf } from '../server/etag.js';

/** The console as it was built: the names of its files, and its one page. */
export interface ConsoleFiles {
  readonly folder: string;
  /** Relative to the folder, with `/`; compressed copies left out. */
  readonly names: ReadonlySet<string>;
  readonly page: string;
  /** Changes with the page's content. */
  readonly pageTag: string;
}

const BASE = '<base href="/console/">';

/**
 * Reads what was built into `folder`; undefined where nothing was.
 * @param basePath what all paths of this server begin with: '' or like `/flags`
 */
export function readConsoleFiles(folder: string, basePath: string): ConsoleFiles | undefined {
  let built: string;
  try {
    built = readFileSync(join(folder, 'index.html'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (!built.includes(BASE)) throw new Error(`${folder}/index.html has no ${BASE}; run npm run console:build`);
  const page = built.replace(BASE, `<base href="${basePath}/console/">`);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => /^[^.].*\.(?:css|js|svg|txt|woff2)$/.test(name));
  return { folder, names: new Set(names), page, pageTag: etagOf(page) };
}
