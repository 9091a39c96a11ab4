import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { unknownUser } from '../../core/states/user-state.js';
import { bytesOfState } from './state-bytes.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A text of its own in memory, as the store's driver makes them. */
const text = (value: string): string => JSON.parse(JSON.stringify(value)) as string;
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const total = (i: number) => ({
  ...{ count: i, sum: BigInt(i * 1_000_000), activeDays: 3, firstAt: 1.7e12 + i, lastAt: 1.8e12 + i },
  recentDays: BigInt(i),
});

const STATES: Readonly<Record<string, (i: number) => object>> = {
  'a profile': (i) => ({
    ...unknownUser(`user-${i}`),
    ...{
      revision: i,
      organizationId: text(`org-${i}`),
      roles: ['employee', 'manager'].map(text),
      joinedAt: 1.7e12 + i,
    },
    attributes: JSON.parse(`{"plan":"gold${i}","score":${i}.5,"tags":["a","b${i}"],"nested":{"x":"y${i}"}}`) as object,
  }),
  'many actions': (i) => ({
    ...unknownUser(`user-${i}`),
    actions: new Map(many(50, (k) => [text(`action_name_${k}_${i}`), total(k)])),
  }),
  'one long attribute': (i) => ({ ...unknownUser(`user-${i}`), attributes: { long: text('x'.repeat(16_000) + i) } }),
  'rows and stages': (i) => ({
    ...unknownUser(`user-${i}`),
    stagesReached: many(20, (k) => ({ stage: text(`stage-${k}`), reachedAt: 1.7e12 + k })),
    access: many(10, (k) => ({ flagId: text(`flg_${k}_${i}`), managedBy: '', effect: text('ALLOW'), enabled: true })),
  }),
};

describe('what a state takes in memory', () => {
  it.each(Object.entries(STATES))('is estimated within a factor of two: %s', (_, stateOf) => {
    const share = (): number => {
      const states: object[] = new Array(1_500).fill({});
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < states.length; i++) states[i] = stateOf(i);
      collectGarbage();
      const taken = process.memoryUsage().heapUsed - before;
      return states.reduce((sum, state) => sum + bytesOfState(state), 0) / taken;
    };
    // What others let go of meanwhile is measured, too, so that one look in several has to be right.
    const shares: number[] = [];
    const isRight = (one: number): boolean => one > 0.5 && one < 2;
    while (shares.length < 20 && !shares.some(isRight)) shares.push(share());
    expect(shares.filter(isRight)).not.toEqual([]);
  });

  it('grows with everything that a caller can make grow', () => {
    const attributes = { text: 'x'.repeat(1_000), list: many(100, (i) => i / 3), deep: { set: new Set(['a', 'b']) } };
    expect(bytesOfState({ ...unknownUser('u'), attributes })).toBeGreaterThan(bytesOfState(unknownUser('u')) + 2_900);
    expect(bytesOfState([null, undefined, true, 1])).toBeLessThan(100);
    // What all states share is nobody's in particular.
    const daysOf = new Map(many(1_000, (i) => [`action-${i}`, 7]));
    expect(bytesOfState({ ...unknownUser('u'), daysOf })).toBe(bytesOfState(unknownUser('u')));
    // An attribute of that name is the user's own.
    const named = { daysOf: 'x'.repeat(1_000) };
    expect(bytesOfState({ ...unknownUser('u'), attributes: named })).toBeGreaterThan(
      bytesOfState(unknownUser('u')) + 1_000,
    );
  });
});
