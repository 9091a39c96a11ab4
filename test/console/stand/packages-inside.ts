import { execFile } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const PACKAGES = join(ROOT, 'node_modules');

/**
 * Name and version of each package of which something is in the built console: of scripts by the source maps of one more build, of fonts by
 * their bytes. What the builder adds itself, to load files and to tie modules together, is in no map.
 */
export async function packagesInside(): Promise<ReadonlySet<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-console-maps-'));
  try {
    await promisify(execFile)(
      process.execPath,
      [
        ...[join(PACKAGES, 'vite/bin/vite.js'), 'build', '--config', join(ROOT, 'console/vite.config.ts')],
        ...['--logLevel', 'warn', '--sourcemap', 'hidden'],
      ],
      { cwd: ROOT, env: { ...process.env, CONSOLE_OUT_DIR: folder } },
    );
    const assets = join(folder, 'assets');
    const files = readdirSync(assets);
    const sources = files
      .filter((name) => name.endsWith('.map'))
      .flatMap((name) => (JSON.parse(readFileSync(join(assets, name), 'utf8')) as { sources: string[] }).sources)
      .map((source) => resolve(assets, source))
      .filter((path) => path.includes('/node_modules/'));
    const fonts = files.filter((name) => name.endsWith('.woff2')).map((name) => sourceOfFont(join(assets, name)));
    const own = ['vite', 'rolldown'].map((name) => join(PACKAGES, name, 'package.json'));
    return new Set([...sources, ...fonts, ...own].map(packageOf));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sourceOfFont(path: string): string {
  const bytes = readFileSync(path);
  const fonts = globSync(join(PACKAGES, '@fontsource*/*/files/*.woff2'));
  const source = fonts.find((font) => readFileSync(font).equals(bytes));
  if (source === undefined) throw new Error(`${path} is in no package`);
  return source;
}

function packageOf(path: string): string {
  for (let folder = dirname(path); folder !== PACKAGES; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string; version?: string };
    if (name !== undefined && version !== undefined) return `${name} ${version}`;
  }
  throw new Error(`${path} belongs to no package`);
}
