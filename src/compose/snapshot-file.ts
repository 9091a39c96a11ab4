import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Configuration } from '../core/flags/flag.js';
import type { MachineToken } from '../store/token-store.js';

/** What a start without the store needs: the last configuration that was known, and the machine tokens. */
export interface SavedSnapshot {
  readonly configuration: Configuration;
  readonly tokens: readonly MachineToken[];
}

const FORMAT = 2;
const OWNER_ONLY = 0o600;
const FOLDER_OF_OWNER = 0o700;

/** Writes the file whole or not at all. It holds hashes of tokens, so only its owner can read it. */
export async function saveSnapshot(path: string, snapshot: SavedSnapshot): Promise<void> {
  const content = JSON.stringify(snapshot);
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_OF_OWNER });
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(JSON.stringify({ format: FORMAT, checksum: checksum(content), content }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The saved snapshot; undefined where there is none, or where it is damaged or of another format. */
export async function readSnapshot(path: string): Promise<SavedSnapshot | undefined> {
  try {
    const { format, checksum: expected, content } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    if (format !== FORMAT || typeof content !== 'string' || checksum(content) !== expected) return undefined;
    return JSON.parse(content) as SavedSnapshot;
  } catch {
    return undefined;
  }
}

function checksum(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
