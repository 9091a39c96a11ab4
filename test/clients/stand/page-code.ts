import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JS_FOLDER } from './packages.js';

const ROOT = join(import.meta.dirname, '../../..');

/** A program that a page of `docs/clients/` shows, and what the page says that it prints. */
export interface PageProgram {
  readonly code: string;
  readonly prints: string;
}

/** The programs of a page in this language, each with the `text` block that follows it; '' where none does. */
export function programsOf(page: string, language: string): readonly PageProgram[] {
  const blocks = [...readFileSync(join(ROOT, 'docs/clients', page), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const programs = blocks.flatMap(([, named, code], i) => {
    const [, next, prints] = blocks[i + 1] ?? [];
    return named === language ? [{ code: code!, prints: next === 'text' ? prints! : '' }] : [];
  });
  if (programs.length === 0) throw new Error(`docs/clients/${page} shows nothing in ${language}`);
  return programs;
}

/** A folder in which programs find the clients of JavaScript; git has none of it. */
export function jsWorkshop(name: string): string {
  const folder = join(JS_FOLDER, 'node_modules/.pages', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Decorators are those that TypeScript had first, as Angular has them. */
const BUNDLING = { build: { target: 'es2023', minify: false }, oxc: { decorator: { legacy: true } } };

/** Builds a page of a browser's application from these files, as a bundler does; gives the folder of what is to be served. */
export function buildBrowserPage(name: string, files: Readonly<Record<string, string>>): string {
  const folder = jsWorkshop(name);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, 'vite.config.mjs'), `export default ${JSON.stringify(BUNDLING)};\n`);
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  execFileSync(process.execPath, [vite, 'build', '--logLevel', 'warn', folder], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const built = join(folder, 'dist');
  if (!existsSync(join(built, 'index.html'))) throw new Error(`nothing was built in ${built}`);
  return built;
}
