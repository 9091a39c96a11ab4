import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EMPTY_CONFIGURATION } from '../../core/snapshot/compiling/compile-snapshot.js';
import { readSnapshot, type SavedSnapshot, saveSnapshot } from './snapshot-file.js';

const SAVED: SavedSnapshot = {
  configuration: { ...EMPTY_CONFIGURATION, revision: 7, stages: [{ name: 'über-"stage"', selfSettable: true }] },
  tokens: [{ id: 'tok_1', name: 'n', hash: 'h', scopes: ['track'], organizationId: '', createdAt: 1 }],
};

describe('the snapshot on disk', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'latchkey-snapshot-'));
    path = join(directory, 'deep', 'snapshot.json');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('comes back as it was saved, readable by its owner alone, with nothing left beside it', async () => {
    await saveSnapshot(path, { ...SAVED, tokens: [] });
    await Promise.all(Array.from({ length: 5 }, () => saveSnapshot(path, SAVED)));
    expect(await readSnapshot(path)).toEqual(SAVED);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, 'deep'))).toEqual(['snapshot.json']);
  });

  it('is not believed when it is damaged, cut short, of another format, or not there', async () => {
    expect(await readSnapshot(path)).toBeUndefined();
    await saveSnapshot(path, SAVED);
    const whole = await readFile(path, 'utf8');
    for (const damaged of [
      whole.slice(0, -10),
      whole.replace('tok_1', 'tok_2'),
      whole.replace('format 3', 'format 2'),
      '',
      'null',
      '[]',
      '{}',
    ]) {
      await writeFile(path, damaged);
      expect(await readSnapshot(path)).toBeUndefined();
    }
  });
});
