import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from '../servers/built.js';
import { busy } from '../timing.js';

const ROOT = join(import.meta.dirname, '../..');
const BINARIES = join(ROOT, 'node_modules/.bin');

/** An application that has Latchkey installed; a line that must not compile shows that what it imports has types. */
const APPLICATION = `
import { startTestServer, type TestServer } from 'latchkey/testing';
const server: TestServer = await startTestServer({ flags: { reports: true }, now: new Date() });
const answer = await fetch(server.url + '/api/feature-flags/?user_id=ada', { headers: { authorization: 'Bearer ' + server.token } });
process.stdout.write(await answer.text());
await server.close();
// @ts-expect-error
export const wrong = () => startTestServer({ falgs: {} });
`;
const COMPILER_OPTIONS = {
  ...{ target: 'es2024', lib: ['es2024', 'esnext.disposable'], module: 'nodenext', types: ['node'] },
  ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true },
};

let folder: string;
let application: string;
let installed: string;
let files: readonly string[];

const run = (program: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(program, args, { cwd, timeout: busy(60_000), maxBuffer: 2 ** 24 });

beforeAll(async () => {
  build();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
  application = join(folder, 'application');
  installed = join(application, 'node_modules/latchkey');
  mkdirSync(installed, { recursive: true });
  const packing = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', folder],
    ROOT,
  );
  const [packed] = JSON.parse(packing.stdout) as { filename: string; files: { path: string }[] }[];
  files = packed!.files.map(({ path }) => path);
  await run('tar', ['-xzf', join(folder, packed!.filename), '--strip-components=1', '-C', installed], folder);
  // What the package depends on, and the types of Node, which an application has by itself.
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/@types'), join(application, 'node_modules/@types'));
  writeFileSync(join(application, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(application, 'app.ts'), APPLICATION);
  writeFileSync(
    join(application, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['app.ts'] }),
  );
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package, installed in an application', () => {
  it('gives it a test server', async () => {
    const { stdout } = await run(process.execPath, ['--no-warnings', 'app.ts'], application);
    expect(JSON.parse(stdout)).toMatchObject({ flags: [{ key: 'reports', enabled: true }] });
  });

  it('has types of what it exports', async () => {
    await run(join(BINARIES, 'tsc'), ['-p', '.'], application);
  });

  it('has its command, and all that it is served with', async () => {
    const { stdout } = await run(process.execPath, [join(installed, 'dist/main.js'), '--help'], application);
    expect(stdout).toContain('latchkey serve');
    expect(files).toEqual(
      expect.arrayContaining(['CHANGELOG.md', 'dist/main.js', 'dist-console/index.html', 'package.json']),
    );
    for (const part of ['migrations/', 'proto/latchkey/v1/']) {
      expect(files.some((path) => path.startsWith(part))).toBe(true);
    }
    expect(files.filter((path) => /^(?:src|test|docs|console|data|secrets)\/|\.test\.|\/\.built$/.test(path))).toEqual(
      [],
    );
  });
});
