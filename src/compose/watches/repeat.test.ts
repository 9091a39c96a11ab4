import { describe, expect, it } from '@jest/globals';
import { busy, pause, until } from '../../../test/timing.js';
import { repeat } from './repeat.js';

describe('repeated work', () => {
  it('goes on after a failure, which is told with its name, and never overlaps itself', async () => {
    const failures: unknown[] = [];
    let runs = 0;
    let underWay = 0;
    const stop = repeat({
      name: 'the sweep',
      everyMs: 1,
      run: async () => {
        underWay++;
        expect(underWay).toBe(1);
        await pause(2);
        underWay--;
        if (++runs === 1) throw new Error('not this time');
      },
      onError: (name, error) => failures.push([name, (error as Error).message]),
    });
    await until(() => runs >= 3);
    await stop();
    const ended = runs;
    await pause(20);
    expect(runs).toBe(ended);
    expect(failures).toEqual([['the sweep', 'not this time']]);
  });

  it('is stopped at once between two runs, and else with the run under way, whose end is no failure', async () => {
    const failures: unknown[] = [];
    const onError = (_name: string, error: unknown): void => void failures.push(error);
    const startedAt = performance.now();
    const resting = repeat({ name: 'rest', everyMs: 60_000, run: async () => undefined, onError });
    const working = repeat({
      name: 'work',
      everyMs: 60_000,
      run: async (signal) => {
        await until(() => signal.aborted);
        signal.throwIfAborted();
      },
      onError,
    });
    await pause(5);
    await Promise.all([resting(), working()]);
    expect(performance.now() - startedAt).toBeLessThan(busy(5_000));
    expect(failures).toEqual([]);
  });
});
