import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { KnownDays } from '../core/facts/known-days.js';
import { MINUTE_MS } from '../core/values/time/time.js';
import { StoreUnavailable } from '../store/store.js';
import { DayKnowledge } from './day-knowledge.js';

const KNOWN = {} as KnownDays;
const snapshot = { windowedActions: new Map([['x', 7]]), organizationEarners: undefined };

/** Knowledge that was read once, with the failure of every later reading. */
async function heldWith(failure: Error) {
  const known = jest.fn(() => Promise.resolve(KNOWN));
  const knowledge = new DayKnowledge({ known });
  await knowledge.of(snapshot);
  known.mockImplementation(() => Promise.reject(failure));
  return { knowledge, known };
}

afterEach(() => void jest.restoreAllMocks());

function later(ms: number): void {
  const now = performance.now();
  jest.spyOn(performance, 'now').mockReturnValue(now + ms);
}

describe('since when days are known', () => {
  it('is read once a minute while rules window the same actions', async () => {
    const { knowledge, known } = await heldWith(new StoreUnavailable('away'));
    expect(await knowledge.of(snapshot)).toBe(KNOWN);
    expect(known).toHaveBeenCalledTimes(1);
    later(MINUTE_MS + 1);
    expect(await knowledge.of(snapshot)).toBe(KNOWN);
    expect(await knowledge.of(snapshot)).toBe(KNOWN);
    expect(known).toHaveBeenCalledTimes(2);
  });

  it('fails the call that reads it where something is wrong, and nothing else', async () => {
    const { knowledge } = await heldWith(new TypeError('no such column'));
    later(MINUTE_MS + 1);
    await expect(knowledge.of(snapshot)).rejects.toThrow('no such column');
    expect(await knowledge.of(snapshot)).toBe(KNOWN);
  });
});
