import { describe, expect, it } from '@jest/globals';
import { EventLoopPauses } from './event-loop-pauses.js';

function workFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('EventLoopPauses', () => {
  it('are due after five milliseconds of work, and not again until as much was done', async () => {
    const pauses = new EventLoopPauses({});
    expect(pauses.due(1_000)).toBe(false);
    workFor(6);
    expect(pauses.due(1_000)).toBe(true);
    await pauses.take();
    expect(pauses.due(1_000)).toBe(false);
  });

  it('do not read the clock at every small step', () => {
    const pauses = new EventLoopPauses({});
    workFor(6);
    expect(pauses.due(127)).toBe(false);
    expect(pauses.due()).toBe(true);
  });

  it('let others run', async () => {
    const pauses = new EventLoopPauses({});
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    await pauses.take();
    expect(ran).toBe(true);
  });

  it('let one long piece of work go on at each turn of the event loop, each in its turn', async () => {
    let [turn, counting] = [0, true];
    const count = (): void => {
      turn += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const went: { readonly work: number; readonly turn: number }[] = [];
    const works = Array.from({ length: 5 }, async (_, work) => {
      const pauses = new EventLoopPauses({});
      for (let i = 0; i < 3; i++) {
        await pauses.take();
        went.push({ work, turn });
      }
    });
    await Promise.all(works);
    counting = false;
    expect(new Set(went.map((one) => one.turn)).size).toBe(15);
    expect(went.map(({ work }) => work)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  });

  it('stop the work of a call that was cancelled', async () => {
    const abort = new AbortController();
    const pauses = new EventLoopPauses({ signal: abort.signal });
    await pauses.take();
    abort.abort();
    await expect(pauses.take()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
