import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS, SECOND_MS } from '../../core/values/time/time.js';
import { EpochWatch } from './epoch-watch.js';
import { RollbackWatch } from './rollback-watch.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-pulse-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Starts after the last beat was kept so long ago, on a database without the counter; gives how often another epoch began. */
async function epochsBegunAfter(agoMs: number): Promise<number> {
  const path = join(directory, `${agoMs}.json`);
  await writeFile(path, JSON.stringify({ server: 'known', beats: 9, epoch: 'e' }));
  const beatenAt = (Date.now() - agoMs) / SECOND_MS;
  await utimes(path, beatenAt, beatenAt);
  let begun = 0;
  const store = {
    pulse: () => Promise.resolve(1),
    renewEpoch: () => Promise.resolve(void begun++),
    epoch: () => Promise.resolve('e'),
  };
  const logger = { error: () => undefined, warn: () => undefined };
  const epoch = new EpochWatch(store, () => undefined);
  const options = { store, epoch, path, logger, failed: () => undefined } as never;
  await new RollbackWatch(options).beat();
  return begun;
}

describe('the pulse at a start', () => {
  it('tells that the database has lost its counter, but not after so long that the counter was dropped', async () => {
    expect(await epochsBegunAfter(DAY_MS)).toBe(1);
    expect(await epochsBegunAfter(31 * DAY_MS)).toBe(0);
  });
});

it('is kept by several processes of one folder, the last one’s in the end', async () => {
  const folder = join(directory, 'shared');
  const path = join(folder, 'pulse.json');
  const warned: unknown[] = [];
  let beats = 0;
  const store = { pulse: async () => ++beats, epoch: () => Promise.resolve('e') };
  const logger = { error: () => undefined, warn: (...told: unknown[]) => void warned.push(told) };
  const epoch = new EpochWatch(store, () => undefined);
  const watches = Array.from(
    { length: 3 },
    () => new RollbackWatch({ store, epoch, path, logger, failed: () => undefined } as never),
  );
  for (let round = 0; round < 30; round++) await Promise.all(watches.map((watch) => watch.beat()));
  expect(warned).toEqual([]);
  expect(await readdir(folder)).toEqual(['pulse.json']);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ epoch: 'e' });
});
