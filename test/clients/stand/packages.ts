import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ClientDriver } from './client-driver.js';

/** Where the published clients of JavaScript are installed, by a lock of their own. */
export const JS_FOLDER = join(import.meta.dirname, '../js');

/** A driver of the clients of Node. Throws with what to do where they are not installed. */
export function nodeDriver(): ClientDriver {
  requireClients();
  return new ClientDriver(process.execPath, ['driver.mjs'], JS_FOLDER);
}

export function requireClients(): void {
  if (!existsSync(join(JS_FOLDER, 'node_modules/@openfeature/server-sdk')))
    throw new Error(`the published clients are not installed: run scripts/prepare-clients once`);
}
