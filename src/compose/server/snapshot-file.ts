import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import type { Configuration } from '../../core/flags/flag.js';
import type { MachineToken } from '../../store/token-store.js';

/** What a start without the store needs: the last configuration that was known, and the machine tokens. */
export interface SavedSnapshot {
  readonly configuration: Configuration;
  readonly tokens: readonly MachineToken[];
}

const FORMAT = 3;
const OWNER_ONLY = 0o600;
const FOLDER_OF_OWNER = 0o700;
/** How many characters are written at a time. */
const CHUNK = 1 << 16;

/**
 * Writes the file whole or not at all. It holds hashes of tokens, so only its owner can read it. It has a line for each flag, and the
 * last line vouches for the others: so a server with very many flags goes on answering while it writes them.
 */
export async function saveSnapshot(path: string, snapshot: SavedSnapshot): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_OF_OWNER });
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      const checksum = createHash('sha256');
      const pauses = new EventLoopPauses({});
      let chunk = '';
      const write = async (): Promise<void> => {
        checksum.update(chunk);
        await file.writeFile(chunk);
        chunk = '';
      };
      for (const line of linesOf(snapshot)) {
        chunk += `${JSON.stringify(line)}\n`;
        if (chunk.length > CHUNK) await write();
        if (pauses.due(STEPS_A_LINE)) await pauses.take();
      }
      await write();
      await file.writeFile(`${JSON.stringify(['checksum', checksum.digest('hex')])}\n`);
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
    const content = await readFile(path, 'utf8');
    const end = content.lastIndexOf('\n', content.length - 2) + 1;
    const [, expected] = JSON.parse(content.slice(end)) as Line;
    const told = content.slice(0, end);
    if (createHash('sha256').update(told).digest('hex') !== expected) return undefined;
    return snapshotOf(told.split('\n').slice(0, -1));
  } catch {
    return undefined;
  }
}

/** What a line is about, and one of it. */
type Line = readonly [name: string, value: unknown];

/** Writing a flag takes some microseconds, which is much longer than what is usually done between two looks at the clock. */
const STEPS_A_LINE = 16;

/** Lists have a line for each of their members; all else of the configuration is the first line. */
function* linesOf({ configuration, tokens }: SavedSnapshot): Generator<Line> {
  const members = Object.entries(configuration);
  const lists = members.filter(([, value]) => Array.isArray(value));
  const rest = Object.fromEntries(members.filter(([, value]) => !Array.isArray(value)));
  yield [`format ${FORMAT}`, { ...rest, ...Object.fromEntries(lists.map(([name]) => [name, []])) }];
  for (const [name, list] of lists) for (const one of list as readonly unknown[]) yield [name, one];
  for (const token of tokens) yield ['tokens', token];
}

function snapshotOf([first, ...others]: readonly string[]): SavedSnapshot | undefined {
  const [format, rest] = JSON.parse(first!) as Line;
  if (format !== `format ${FORMAT}`) return undefined;
  const lists = { ...(rest as Record<string, unknown>), tokens: [] } as Record<string, unknown[]>;
  for (const line of others) {
    const [name, value] = JSON.parse(line) as Line;
    lists[name]!.push(value);
  }
  const { tokens, ...configuration } = lists;
  return { configuration, tokens } as unknown as SavedSnapshot;
}
