/**
 * Where a processor profile's time went: by package or room of the product, and by function.
 *
 *     npm run bench:profile -- FOLDER-OR-FILE [HOW MANY FUNCTIONS]
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const [given = '.', most = '40'] = process.argv.slice(2);
const files = statSync(given).isDirectory()
  ? readdirSync(given)
      .filter((name) => name.endsWith('.cpuprofile'))
      .map((name) => join(given, name))
  : [given];

/** The file, from the product's own folder or from its package on. */
function placeOf(url: string): string {
  const path = url.replace('file://', '');
  return /node_modules\/((?!.*node_modules\/).*)/.exec(path)?.[1] ?? /\/(?:dist|src)\/(.*)/.exec(path)?.[1] ?? path;
}

/** The package, or the room of the product, or what of Node it is. */
function roomOf(url: string, name: string): string {
  if (url === '') return name.startsWith('(') ? name : '(native)';
  if (url.startsWith('node:')) return url.split('/').slice(0, 3).join('/');
  const place = placeOf(url);
  if (url.includes('node_modules'))
    return place
      .split('/')
      .slice(0, place.startsWith('@') ? 2 : 1)
      .join('/');
  return `latchkey ${place.split('/').slice(0, -1).join('/')}`;
}

/** Prints what was in the profile while the processor worked. */
function print(file: string): void {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [rooms, functions] = [new Map<string, number>(), new Map<string, number>()];
  let total = 0;
  for (const [i, id] of profile.samples.entries()) {
    const { functionName, url, lineNumber } = frames.get(id)!;
    if (functionName === '(idle)' || functionName === '(program)') continue;
    const us = profile.timeDeltas[i]!;
    total += us;
    const add = (to: Map<string, number>, key: string): void => void to.set(key, (to.get(key) ?? 0) + us);
    add(rooms, roomOf(url, functionName));
    add(functions, `${functionName || '(anonymous)'} ${url === '' ? '' : `${placeOf(url)}:${lineNumber + 1}`}`);
  }
  const table = (what: Map<string, number>, rows: number): void => {
    for (const [name, us] of [...what].toSorted(([, a], [, b]) => b - a).slice(0, rows)) {
      console.log(`${((100 * us) / total).toFixed(1).padStart(5)} %  ${name}`);
    }
  };
  console.log(`${file}: ${(total / 1e6).toFixed(1)} s of work`);
  table(rooms, Number(most) / 2);
  console.log('by function:');
  table(functions, Number(most));
}

for (const file of files) print(file);
