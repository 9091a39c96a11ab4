import { describe, expect, it } from '@jest/globals';
import { pause } from '../../test/timing.js';
import { withTimeLimit } from './time-limit.js';

const never = new Promise<never>(() => undefined);

function tooLate(): never {
  throw new Error('too late');
}

describe('withTimeLimit', () => {
  it('gives what the work gives, undefined too', async () => {
    expect(await withTimeLimit(1_000, Promise.resolve('done'), tooLate)).toBe('done');
    expect(await withTimeLimit(1_000, Promise.resolve(undefined), tooLate)).toBe(undefined);
  });

  it('fails as the work does', async () => {
    await expect(withTimeLimit(1_000, Promise.reject(new Error('broken')), () => 'late')).rejects.toThrow('broken');
  });

  it('gives what late gives, or fails as it does, once the time is up', async () => {
    const startedAt = performance.now();
    expect(await withTimeLimit(30, never, () => 'late')).toBe('late');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
    await expect(withTimeLimit(-5, never, tooLate)).rejects.toThrow('too late');
  });

  it('prefers work that is done to a time that is up already', async () => {
    expect(await withTimeLimit(0, Promise.resolve('done'), tooLate)).toBe('done');
  });

  it('leaves no timer behind that would keep the process up', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await withTimeLimit(60_000, Promise.resolve(), tooLate);
    expect(timers()).toBe(before);
  });

  it('hears of a failure that comes too late, so that it ends no process', async () => {
    const unheard: unknown[] = [];
    const note = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', note);
    const { promise, reject } = Promise.withResolvers<void>();
    await withTimeLimit(0, promise, () => undefined);
    reject(new Error('late, and broken'));
    await pause(5);
    process.off('unhandledRejection', note);
    expect(unheard).toEqual([]);
  });
});
