import { describe, expect, it } from '@jest/globals';
import type { Configuration, ConfigurationChanges } from '../core/flags/flag.js';
import { compileChanges, EMPTY_CONFIGURATION } from '../core/snapshot/compiling/compile-snapshot.js';
import { ConfigurationKeeper } from './configuration-keeper.js';

const at = (revision: number, ...stages: string[]): Configuration => ({
  ...EMPTY_CONFIGURATION,
  revision,
  stages: stages.map((name) => ({ name, selfSettable: true })),
});

/** What changed since some revision: all stages, which is more than did, as it may be. */
const changesIn = ({ revision, stages }: Configuration): ConfigurationChanges => ({
  ...{ revision, stages, flags: [], roleAccess: [], segments: [] },
});

const readerOf = (configuration: Configuration) => ({
  load: () => Promise.resolve(configuration),
  changes: () => Promise.resolve(changesIn(configuration)),
});

/** A reader whose loads end when the test says so. */
function stand(first: Configuration) {
  let present = first;
  const loads: (() => void)[] = [];
  const asked: (number | 'all')[] = [];
  const later = <T>(of: (seen: Configuration) => T, what: number | 'all'): Promise<T> => {
    const seen = present;
    asked.push(what);
    return new Promise((resolve) => loads.push(() => resolve(of(seen))));
  };
  const reader = {
    revision: () => Promise.resolve(present.revision),
    load: () => later((seen) => seen, 'all'),
    changes: (since: number) => later(changesIn, since),
  };
  const swaps: number[] = [];
  const keeper = new ConfigurationKeeper({
    reader,
    onSwap: ({ revision }) => void swaps.push(revision),
  });
  return {
    ...{ keeper, swaps, loads, asked },
    set: (configuration: Configuration) => {
      present = configuration;
    },
    async finish() {
      for (let turns = 0; turns < 10; turns++) {
        for (const end of loads.splice(0)) end();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

describe('ConfigurationKeeper', () => {
  it('loads once for all who ask at once', async () => {
    const { keeper, loads, finish, swaps } = stand(at(3));
    const asked = Promise.all([keeper.refresh(), keeper.refresh(), keeper.atLeast(3)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(loads).toHaveLength(1);
    await finish();
    expect((await asked).map(({ revision }) => revision)).toEqual([3, 3, 3]);
    expect(swaps).toEqual([3]);
  });

  it('asks for what changed since what it holds, and for everything where it holds nothing of the store', async () => {
    const { keeper, set, finish, asked } = stand(at(3, 'a'));
    const bring = async (configuration: Configuration) => {
      set(configuration);
      const brought = keeper.refresh();
      await finish();
      return (await brought).stageNames;
    };
    keeper.offerFromDisk(at(2, 'disk'));
    expect(await bring(at(3, 'a'))).toEqual(['a']);
    expect(await bring(at(5, 'b'))).toEqual(['b']);
    keeper.distrust();
    expect(await bring(at(5, 'c'))).toEqual(['c']);
    expect(asked).toEqual(['all', 3, 'all']);
  });

  it('takes what a transaction made of the snapshot once it is committed, unless it holds another one by then', async () => {
    const { keeper, swaps } = stand(at(1));
    await keeper.follow(readerOf(at(1, 'a')));
    const before = keeper.snapshot;
    const after = compileChanges(before, changesIn(at(2, 'mine')));
    // The transaction sees its own revision as well as the one that is committed.
    await keeper.follow(readerOf(at(4, 'theirs')), 3);
    keeper.adopt(before, after);
    expect([keeper.snapshot.revision, ...keeper.snapshot.stageNames]).toEqual([3, 'theirs']);
    keeper.adopt(keeper.snapshot, compileChanges(keeper.snapshot, changesIn(at(4, 'next'))));
    expect(swaps).toEqual([1, 3, 4]);
    keeper.distrust();
    keeper.adopt(keeper.snapshot, after);
    expect(keeper.snapshot.stageNames).toEqual(['next']);
  });

  it('applies what changed to what it has come to hold meanwhile', async () => {
    const { keeper, set, finish } = stand(at(1));
    await keeper.follow(readerOf(at(1, 'a')));
    set(at(4, 'new'));
    const slow = keeper.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    await keeper.follow(readerOf(at(3, 'between')));
    await finish();
    expect((await slow).revision).toBe(4);
    expect(keeper.snapshot.stageNames).toEqual(['new']);
  });

  it('loads again for one who needs what was committed after the load under way began', async () => {
    const { keeper, set, finish } = stand(at(1));
    const first = keeper.atLeast(1);
    set(at(2));
    const second = keeper.atLeast(2);
    await finish();
    expect((await first).revision).toBeGreaterThanOrEqual(1);
    expect((await second).revision).toBe(2);
  });

  it('says UNAVAILABLE for a revision that the store has not reached', async () => {
    const { keeper, finish } = stand(at(1));
    const asked = keeper.atLeast(5);
    asked.catch(() => undefined);
    await finish();
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('never goes back, but in another epoch, and takes nothing from the one before', async () => {
    const { keeper, set, finish, swaps } = stand(at(9, 'old'));
    const first = keeper.refresh();
    await finish();
    await first;
    await keeper.follow(readerOf(at(4, 'stale')));
    expect(keeper.snapshot.revision).toBe(9);
    // A load that began before the restore ends after it.
    set(at(12, 'lost'));
    const late = keeper.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    keeper.distrust();
    set(at(5, 'restored'));
    await finish();
    await late;
    const present = keeper.refresh();
    await finish();
    expect((await present).stageNames).toEqual(['restored']);
    expect(swaps).toEqual([9, 5]);
  });

  it('knows that it is behind once it was told of what it could not load, and until it has', async () => {
    const { keeper, set, finish } = stand(at(1));
    const first = keeper.refresh();
    await finish();
    await first;
    expect(keeper.behind).toBe(false);
    const told = keeper.atLeast(2);
    told.catch(() => undefined);
    expect(keeper.behind).toBe(true);
    await finish();
    await expect(told).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(keeper.behind).toBe(true);
    set(at(2));
    const second = keeper.refresh();
    await finish();
    await second;
    expect(keeper.behind).toBe(false);
    keeper.distrust();
    expect(keeper.behind).toBe(true);
    await keeper.follow(readerOf(at(1)));
    expect(keeper.behind).toBe(false);
  });

  it('takes the store’s word where it says less than was told', async () => {
    const { keeper, finish } = stand(at(1));
    const told = keeper.atLeast(7);
    told.catch(() => undefined);
    await finish();
    await expect(told).rejects.toThrow();
    expect(keeper.behind).toBe(true);
    await keeper.refresh();
    expect(keeper.behind).toBe(false);
  });

  it('does not take an older revision for a confirmation, and tells of it', async () => {
    let uptime = 0;
    const older: number[] = [];
    let present = at(9);
    let slow = Promise.resolve();
    const keeper = new ConfigurationKeeper({
      reader: { ...readerOf(at(9)), revision: () => slow.then(() => present.revision) },
      uptimeMs: () => uptime,
      onOlder: (revision) => void older.push(revision),
    });
    await keeper.refresh();
    uptime = 2_000;
    await keeper.refresh();
    expect([keeper.confirmedAgeMs(), older]).toEqual([0, []]);
    present = at(8);
    uptime = 5_000;
    await keeper.refresh();
    await keeper.follow(readerOf(at(8)));
    expect([keeper.confirmedAgeMs(), older, keeper.snapshot.revision]).toEqual([3_000, [9], 9]);
    // The snapshot has got ahead of what was asked before: that says nothing.
    slow = new Promise((resolve) => setTimeout(resolve, 20));
    const asked = keeper.refresh();
    await keeper.follow(readerOf(at(10)));
    await asked;
    expect(older).toEqual([9]);
  });

  it('takes the store’s word at once where a notice told of what is not there', async () => {
    const { keeper, finish } = stand(at(1));
    const told = keeper.noticed(1e15);
    told.catch(() => undefined);
    await finish();
    await expect(told).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([keeper.behind, keeper.snapshot.revision]).toEqual([false, 1]);
  });

  it('serves a snapshot from disk until the store says what is, even less', async () => {
    const { keeper, finish } = stand(at(2, 'store'));
    keeper.offerFromDisk(at(7, 'disk'));
    expect(keeper.loaded).toBe(true);
    expect(keeper.holds(1)).toBe(false);
    expect(keeper.confirmedAgeMs()).toBe(Infinity);
    const refreshed = keeper.refresh();
    await finish();
    expect((await refreshed).stageNames).toEqual(['store']);
    keeper.offerFromDisk(at(8, 'disk'));
    expect(keeper.snapshot.revision).toBe(2);
  });
});
