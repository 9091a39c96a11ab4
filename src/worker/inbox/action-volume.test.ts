import { expect, it } from '@jest/globals';
import { DAY_MS } from '../../core/values/time/time.js';
import type { ActionVolume, DayVolume } from '../../store/volume-store.js';
import { VolumeTally } from './action-volume.js';

function stand() {
  const added: (ActionVolume & DayVolume)[][] = [];
  const state: { away: boolean } = { away: false };
  const tally = new VolumeTally({
    add: async (counted) => {
      if (state.away) throw new Error('away');
      added.push([...counted]);
    },
  });
  return { tally, added, state };
}

const at = (action: string, day: number) => ({ action, occurredAt: day * DAY_MS + 5 });

it('stores each action and day once, and nothing where nothing was done', async () => {
  const { tally, added } = stand();
  await tally.store();
  tally.add([at('a', 1), at('b', 1), at('a', 1), at('a', 2)]);
  tally.add([at('a', 1), { ...at('', 1), reverses: { source: '', id: 'x' } }]);
  await tally.store();
  await tally.store();
  expect(added).toEqual([
    [
      { action: 'a', day: 1, times: 3 },
      { action: 'b', day: 1, times: 1 },
      { action: 'a', day: 2, times: 1 },
    ],
  ]);
});

it('holds on to what could not be stored, with what comes meanwhile', async () => {
  const { tally, added, state } = stand();
  tally.add([at('a', 1)]);
  state.away = true;
  const storing = tally.store();
  tally.add([at('a', 1), at('b', 1)]);
  await expect(storing).rejects.toThrow('away');
  state.away = false;
  await tally.store();
  expect(added[0]).toEqual(expect.arrayContaining([{ action: 'a', day: 1, times: 2 }]));
  expect(added[0]).toHaveLength(2);
});

it('holds a bounded number of actions', async () => {
  const { tally, added } = stand();
  tally.add(Array.from({ length: 10_500 }, (_, i) => at(`a${i}`, 1)));
  tally.add([at('a1', 1)]);
  await tally.store();
  expect(added[0]).toHaveLength(10_000);
  expect(added[0]![1]).toEqual({ action: 'a1', day: 1, times: 2 });
});
