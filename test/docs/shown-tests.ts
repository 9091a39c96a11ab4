import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = join(ROOT, 'docs/testing-your-application.md');

/** How many tests of a program passed, of how many that it has. */
export interface Passed {
  readonly passed: number;
  readonly of: number;
}

/** Runs a program of docs/testing-your-application.md, by the name in its first line, with Node's test runner in this folder. */
export async function runShownTests(name: string, folder: string): Promise<Passed> {
  const programs = readFileSync(PAGE, 'utf8').matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms);
  const [, , program] = [...programs].find(([, named]) => named === name) ?? [];
  if (program === undefined) throw new Error(`the page shows no ${name}`);
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, name), program);
  const hooks = ['typescript.mjs', 'installed-latchkey.mjs'].map((file) => join(ROOT, 'test/servers', file));
  const words = [
    '--no-warnings',
    ...hooks.flatMap((hook) => ['--import', hook]),
    '--test',
    '--test-reporter=tap',
    name,
  ];
  const running = promisify(execFile)(process.execPath, words, { cwd: folder, env: {}, timeout: 170_000 });
  // Where tests of it fail, what it prints tells which.
  const { stdout } = await running.catch((error: { readonly stdout: string }) => error);
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
  const of = program.match(/^test\(/gm)?.length ?? 0;
  if (passed !== of) throw new Error(`${name}: ${passed} of ${of} tests passed\n${stdout}`);
  return { passed, of };
}
