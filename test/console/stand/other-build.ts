import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContext } from 'playwright-core';

const root = join(import.meta.dirname, '../../..');

export interface OtherBuild {
  /** Has a browser profile get this build's files in place of the server's. */
  serve(context: BrowserContext): Promise<void>;
  remove(): Promise<void>;
}

/** Builds the console with another module in the place of its words/spoken.ts. */
export async function buildSpoken(module: string): Promise<OtherBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-console-'));
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(
    process.execPath,
    [vite, 'build', '--config', join(root, 'console/vite.config.ts'), '--logLevel', 'warn'],
    { cwd: root, env: { ...process.env, CONSOLE_SPOKEN: module, CONSOLE_OUT_DIR: folder } },
  );
  return {
    serve: async (context) => {
      await context.route('**/console/**', (route) => {
        const [, name = ''] = new URL(route.request().url()).pathname.split('/console/');
        const path = join(folder, name);
        return route.fulfill({ path: name !== '' && existsSync(path) ? path : join(folder, 'index.html') });
      });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
