import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, where the system has one. */
const MEMORY = '/dev/shm';

const present = new Set<string>();

/**
 * Makes a folder of its own: in memory where the system has a file system there, else in the system's temporary folder. It goes
 * when it is removed, and at the end of the process in any case.
 */
export function makeFolder(): string {
  const folder = mkdtempSync(join(parent(), `latchkey-test-${process.pid}-`));
  if (present.size === 0) process.on('exit', removeAll);
  present.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  present.delete(folder);
  if (present.size === 0) process.off('exit', removeAll);
}

function removeAll(): void {
  for (const folder of present) rmSync(folder, { recursive: true, force: true });
}

function parent(): string {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    return MEMORY;
  } catch {
    return tmpdir();
  }
}
