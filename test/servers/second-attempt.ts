/**
 * What scripts/test makes of jest's results. Files that drive browsers and whole processes depend on how busy the machine is: where
 * few of them failed, and nothing else did, they run once more, alone.
 *
 *   second-attempt.ts files RESULTS        prints the files to run once more, one a line: none where all passed or too much failed
 *   second-attempt.ts close RESULTS AGAIN… prints the closing lines; ends with 1 where something failed to the end
 */
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is read here of jest's results. */
export interface Results {
  readonly wasInterrupted: boolean;
  readonly testResults: readonly ResultsOfFile[];
}

interface ResultsOfFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

const ROOMS = ['test/clients/', 'test/cluster/', 'test/console/'];
const AT_MOST = 3;

/** The files of these results that run once more, by their whole names. `root` is the repository. */
export function filesToRepeat(results: Results | undefined, root: string): readonly string[] {
  const failed = (results?.testResults ?? []).filter(({ status }) => status === 'failed').map(({ name }) => name);
  const mayRepeat = (name: string): boolean =>
    ROOMS.some((room) => relative(root, name).split(sep).join('/').startsWith(room));
  const few = failed.length <= AT_MOST && failed.every(mayRepeat);
  return few && results?.wasInterrupted === false ? failed : [];
}

/** The closing lines of a run whose files were partly repeated, and whether it passed. A file that could not be run counts as one failure. */
export function close(
  results: Results | undefined,
  repeated: readonly (Results | undefined)[],
  root: string,
): { readonly lines: readonly string[]; readonly passed: boolean } {
  if (results === undefined) return { lines: ['0 passed, 1 failed'], passed: false };
  const latest = new Map(results.testResults.map((file) => [file.name, file]));
  const wasRed = (name: string): boolean => latest.get(name)?.status === 'failed';
  const mended: string[] = [];
  for (const file of repeated.flatMap((each) => each?.testResults ?? [])) {
    if (wasRed(file.name) && file.status === 'passed') mended.push(relative(root, file.name));
    latest.set(file.name, file);
  }
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults } of latest.values()) {
    const count = (which: string): number => assertionResults.filter((each) => each.status === which).length;
    passed += count('passed');
    // Its tests never had the chance.
    failed += status === 'failed' ? Math.max(count('failed'), 1) : 0;
  }
  const told = `${mended.length} ${mended.length === 1 ? 'file' : 'files'} passed at the second attempt: ${mended.join(', ')}`;
  return {
    lines: [...(mended.length === 0 ? [] : [told]), `${passed} passed, ${failed} failed`],
    passed: failed === 0,
  };
}

function read(path: string): Results | undefined {
  const text = readFileSync(path, 'utf8');
  return text === '' ? undefined : (JSON.parse(text) as Results);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , command, first = '', ...again] = process.argv;
  if (command === 'files') {
    for (const name of filesToRepeat(read(first), process.cwd())) console.log(name);
  } else {
    const { lines, passed } = close(read(first), again.map(read), process.cwd());
    for (const line of lines) console.log(line);
    process.exitCode = passed ? 0 : 1;
  }
}
