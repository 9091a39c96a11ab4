import { describe, expect, it } from '@jest/globals';
import { laneOf, laneRange, PARTITIONS, partitionOf } from './partition.js';

describe('lanes', () => {
  it('share out all partitions in order and evenly, for every number of lanes', () => {
    for (let lanes = 1; lanes <= PARTITIONS; lanes++) {
      const [smallest, largest] = [Math.floor(PARTITIONS / lanes), Math.ceil(PARTITIONS / lanes)];
      // All lanes where they are few; else every so many and its neighbour.
      const step = lanes <= 300 ? 1 : Math.ceil(lanes / 50);
      for (let lane = 0; lane < lanes; lane += step) {
        const { first, last } = laneRange(lane, lanes);
        const next = lane + 1 === lanes ? PARTITIONS : laneRange(lane + 1, lanes).first;
        const size = next - first;
        const sound = last === next - 1 && size >= smallest && size <= largest && (lane > 0 || first === 0);
        if (!sound) throw new Error(`lane ${lane} of ${lanes} is ${first}…${last}, and the next begins at ${next}`);
        if (laneOf(first, lanes) !== lane || laneOf(last, lanes) !== lane) {
          throw new Error(`partitions ${first} and ${last} are not in lane ${lane} of ${lanes}`);
        }
      }
    }
  });

  it('hold each partition once', () => {
    for (const lanes of [1, 3, 32, 100, 1000, PARTITIONS]) {
      const held = Array.from({ length: lanes }, (_, lane) => laneRange(lane, lanes)).flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      expect(held).toEqual(Array.from({ length: PARTITIONS }, (_, i) => i));
    }
  });
});

describe('partitionOf', () => {
  it('is what it was when the first row was stored', () => {
    expect(['ada', 'Ada', '\u4e16\u754c', ''].map(partitionOf)).toEqual([4078, 2167, 1706, 0]);
  });

  it('spreads users over all partitions', () => {
    const hit = new Set(Array.from({ length: 50_000 }, (_, i) => partitionOf(`user-${i}`)));
    expect(hit.size).toBe(PARTITIONS);
  });
});
