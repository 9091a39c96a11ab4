import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../store.js';
import type { Dialect } from './dialect.js';
import { Overtaken, runAgain } from './run-again.js';

const BUSY = new Error('busy');
const dialect: Pick<Dialect, 'failureOf'> = { failureOf: (error) => (error === BUSY ? 'again' : 'defect') };

/** Work that fails with these, one after the other, and then succeeds. */
function failing(errors: readonly unknown[]): { readonly work: () => Promise<string>; readonly runs: () => number } {
  let runs = 0;
  return {
    work: async () => {
      runs += 1;
      if (runs <= errors.length) throw errors[runs - 1];
      return 'done';
    },
    runs: () => runs,
  };
}

describe('running again', () => {
  it('runs what failed by the moment again until it succeeds', async () => {
    const { work, runs } = failing([BUSY, new Overtaken('late'), new Error('wrapped', { cause: BUSY })]);
    expect(await runAgain(dialect, work)).toBe('done');
    expect(runs()).toBe(4);
  });

  it('gives up after ten more runs', async () => {
    const { work, runs } = failing(Array.from({ length: 50 }, () => BUSY));
    await expect(runAgain(dialect, work)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(runs()).toBe(11);
  });

  it.each([new Error('a defect'), new StoreUnavailable('has waited long enough', BUSY), undefined, 'text'])(
    'passes on %p at once',
    async (error) => {
      const { work, runs } = failing([error]);
      await expect(runAgain(dialect, work)).rejects.toBe(error);
      expect(runs()).toBe(1);
    },
  );
});
