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

  it('stop the work of a call that was cancelled', async () => {
    const abort = new AbortController();
    const pauses = new EventLoopPauses({ signal: abort.signal });
    await pauses.take();
    abort.abort();
    await expect(pauses.take()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
