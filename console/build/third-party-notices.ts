import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

const PACKAGES = resolve(import.meta.dirname, '../../node_modules');
const HEAD = `The console of Latchkey contains parts of the packages below, each under its own licence.\n`;
const STYLE = /\.css(?:\?|$)/;
/** What a package that is itself a bundle says of others, of which nothing is in the console. */
const BUNDLED_BY_IT = /^# Licenses of bundled dependencies$/m;
const LICENCE_FILE = /^(?:licen[cs]e|copying|ofl)(?:[-.].*)?$/i;

/** Writes THIRD_PARTY.txt: name, version and licence of each package of which something is in the built files. */
export function thirdPartyNotices(): Plugin {
  return {
    name: 'third-party-notices',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).flatMap((file) =>
        file.type === 'chunk'
          ? Object.keys(file.modules).filter((id) => file.modules[id]!.renderedLength > 0)
          : // Of fonts and pictures only the files are known that they come from.
            file.originalFileNames.map((name) => resolve(import.meta.dirname, '..', name)),
      );
      // Styles are taken out of the chunk that imports them.
      const styles = [...this.getModuleIds()].filter((id) => STYLE.test(id));
      const folders = new Set([...files, ...styles].flatMap(packageOf));
      const notices = [...folders].map(noticeOf).toSorted((a, b) => (a < b ? -1 : 1));
      this.emitFile({
        type: 'asset',
        fileName: 'THIRD_PARTY.txt',
        source: [HEAD, ...notices].join(`\n${'-'.repeat(80)}\n`),
      });
    },
  };
}

/** The folder of the package that a module belongs to; none for the console's own. The builder's own helpers are called `\0PACKAGE/…`. */
function packageOf(id: string): string[] {
  const given = id.split('?', 1)[0]!;
  const path = given.startsWith('\0') ? join(PACKAGES, given.slice(1)) : given;
  if (!path.includes('/node_modules/')) return [];
  for (let folder = dirname(path); folder.includes('/node_modules/'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && read(manifest).name !== undefined && read(manifest).version !== undefined)
      return [folder];
  }
  throw new Error(`${path} belongs to no package`);
}

function noticeOf(folder: string): string {
  const { name, version, license } = read(join(folder, 'package.json'));
  const file = readdirSync(folder).find((each) => LICENCE_FILE.test(each));
  if (license === undefined) throw new Error(`${name} names no licence`);
  const text =
    file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').split(BUNDLED_BY_IT, 1)[0]!.trim()}\n`;
  return `${name} ${version} (${license})\n${text}`;
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
