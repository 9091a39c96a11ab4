import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Metrics } from '../src/observability/metrics.js';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const DOCUMENTS = [
  '.',
  'docs',
  'docs/clients',
  'docs/decisions',
  'bench',
  'examples/enqueue-events',
  'test/decisions',
].flatMap(markdownIn);

/** `{a,b}` in a path stands for each of the two. */
function spelledOut(path: string): string[] {
  const [, before, names, after] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  return names === undefined ? [path] : names.split(',').map((name) => `${before}${name}${after}`);
}

/** A path with `*` is there when something beside it fits. */
function isThere(path: string): boolean {
  if (!path.includes('*')) return existsSync(join(root, path));
  const fits = new RegExp(`^${path.split('/').at(-1)!.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  const folder = join(root, dirname(path));
  return existsSync(folder) && readdirSync(folder).some((name) => fits.test(name));
}

describe('the documents', () => {
  it.each(DOCUMENTS)('%s names files that are there', (document) => {
    const named = [
      ...read(document).matchAll(/`((?:src|test|scripts|migrations|bench|proto|docs|examples|\.ci)\/[^\s`]*)`/g),
    ];
    const paths = named.flatMap(([, path]) => spelledOut(path!));
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  it.each(DOCUMENTS)('%s links to files that are there', (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  it('are each linked from the README or the table of the administration', () => {
    const linked = ['README.md', 'docs/administration.md'].flatMap((from) =>
      [...read(from).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link]) => join(dirname(from), link!)),
    );
    const pages = DOCUMENTS.filter((path) => dirname(path) === 'docs');
    expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
  });

  it('name programs of package.json that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = DOCUMENTS.flatMap((document) => [...read(document).matchAll(/npm run ([\w:-]+)/g)]);
    expect(named.map(([, name]) => name!).filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md');
  const roomsOf = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
      .map(({ name }) => name);

  it('names every floor, every room of the core and every feature', () => {
    const unnamed = [
      ...roomsOf('src').filter((name) => !page.includes(`\`src/${name}`)),
      ...roomsOf('src/core').filter((name) => !page.includes(`\`src/core/${name}\``)),
      ...roomsOf('src/services').filter((name) => !page.includes(`\`${name}\``)),
    ];
    expect(unnamed).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  const source = readdirSync(join(root, 'src/config'))
    .filter((name) => !name.endsWith('.test.ts'))
    .map((name) => read(`src/config/${name}`))
    .join('\n');
  const readNames = (pattern: RegExp): string[] =>
    [...new Set([...source.matchAll(pattern)].map(([, name]) => name!))].toSorted();
  const rows = read('docs/configuration.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ') as [string, string, string]);
  const namesIn = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

  it('holds every setting that is read, and no other', () => {
    const settings = readNames(/\b(?:env\.\w+|address)\((?:env, )?'([A-Z_]+)'/g);
    expect(settings).toContain('DATABASE_URL');
    expect(rows.flatMap(([names]) => namesIn(names)).toSorted()).toEqual(settings);
  });

  it('says of which a file may hold the value', () => {
    const secret = rows.filter(([, , meaning]) => /\bSecret \|$/.test(meaning)).flatMap(([names]) => namesIn(names));
    expect(secret.toSorted()).toEqual(readNames(/env\.secret\('([A-Z_]+)'/g));
  });
});

const NOTHING_CACHED = { users: 0, organizations: 0, userBytes: 0, organizationBytes: 0 };

describe('docs/metrics.md', () => {
  it('holds every metric, and no other', () => {
    const metrics = new Metrics();
    metrics.cacheObserver();
    metrics.watchWorker(() => undefined);
    metrics.doors.watch({ openStreams: () => new Map(), openConnections: () => new Map() });
    metrics.watch({
      ...{ deadLetters: () => Promise.resolve(0), compileFailures: () => 0 },
      ...{ snapshotRevision: () => 0, snapshotAgeMs: () => 0, cachedStates: () => NOTHING_CACHED },
      ...{ openStreams: () => ({ watch: 0, administration: 0, evaluate: 0 }), streamBacklog: () => 0 },
    });
    const own = metrics.registry.getMetricsAsArray().filter(({ name }) => !/^latchkey_(nodejs|process)_/.test(name));
    const told = [...read('docs/metrics.md').matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names]) => names!.split(', '));
    expect(new Set(told)).toEqual(new Set(own.map(({ name }) => `\`${name}\``)));
  });
});
