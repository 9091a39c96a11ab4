import { expect, it } from '@jest/globals';
import type { Store } from '../store.js';
import { unique } from './samples.js';

export function volumeContract(store: () => Store): void {
  const read = (prefix: string, fromDay: number, limit = 10) => store().volume.actions({ prefix, fromDay, limit });

  it('adds up how often an action was done on a day, whoever adds, and gives it since a day', async () => {
    const action = unique('volume');
    const add = (day: number, times: number) => store().volume.add([{ action, day, times }]);
    await add(101, 2);
    await Promise.all([add(100, 5), add(101, 1), add(103, 9_000_000_000)]);
    expect(await store().volume.days(action, 101)).toEqual([
      { day: 101, times: 3 },
      { day: 103, times: 9_000_000_000 },
    ]);
    expect(await read(action, 100)).toEqual([{ action, times: 9_000_000_008 }]);
    expect(await read(action, 103)).toEqual([{ action, times: 9_000_000_000 }]);
    expect(await read(action, 104)).toEqual([]);
    expect(await store().volume.days(unique('volume'), 0)).toEqual([]);
    await store().volume.add([]);
  });

  it('gives actions by name, by how they begin, where nothing is a wildcard, and in any number', async () => {
    const begin = unique('a%_');
    const names = ['', 'A', '_', 'a', 'b', 'é'].map((end) => `${begin}${end}`);
    await store().volume.add([...names, begin.replace('%', 'x')].map((action) => ({ action, day: 100, times: 1 })));
    expect((await read(begin, 0)).map(({ action }) => action)).toEqual(names);
    expect((await read(begin, 0, 2)).map(({ action }) => action)).toEqual(names.slice(0, 2));
    expect((await read(`${begin}b`, 0)).map(({ action }) => action)).toEqual([`${begin}b`]);
  });

  it('adds for several at once, in any order, without loss', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `${unique('many')}-${i}`);
    const turn = (names: readonly string[]) =>
      store().volume.add(names.map((action) => ({ action, day: 7, times: 1 })));
    await Promise.all([names, names.toReversed(), names, names.toReversed()].map(turn));
    for (const action of names) expect(await store().volume.days(action, 0)).toEqual([{ day: 7, times: 4 }]);
  });

  it('drops old days, so many at a time, and no others', async () => {
    const action = unique('old');
    await store().volume.add([1, 2, 3, 4].map((day) => ({ action, day, times: 1 })));
    expect(await store().volume.purge(4, 2)).toBe(2);
    while ((await store().volume.purge(4, 2)) > 0);
    expect(await store().volume.days(action, 0)).toEqual([{ day: 4, times: 1 }]);
  });
}
