import { afterEach, describe, expect, it } from '@jest/globals';
import { pause, until } from '../../../test/timing.js';
import type { WorkQueue } from '../queue.js';

export interface WorkQueueHarness {
  /** A new queue with nothing on it, not consumed yet. */
  open(): Promise<WorkQueue>;
}

/** Long enough for a run that must not come. */
const QUIET_MS = 300;

/** What every WorkQueue owes the worker. Call it at the top of an adapter's test file. */
export function describeWorkQueue(name: string, harness: WorkQueueHarness): void {
  describe(`the work queue contract, ${name}`, () => {
    const opened: WorkQueue[] = [];
    const gates: Gate[] = [];
    const unexpectedErrors: unknown[] = [];
    const unexpected = (error: unknown): void => void unexpectedErrors.push(error);

    afterEach(async () => {
      for (const gate of gates.splice(0)) {
        gate.open();
      }
      await Promise.all(opened.splice(0).map((queue) => queue.close()));
      expect(unexpectedErrors.splice(0)).toEqual([]);
    });

    async function open(): Promise<WorkQueue> {
      const queue = await harness.open();
      opened.push(queue);
      return queue;
    }

    function newGate(): Gate {
      const gate = createGate();
      gates.push(gate);
      return gate;
    }

    it('hands each woken lane to the work', async () => {
      const queue = await open();
      const runs: number[] = [];
      await queue.consume(async (lane) => void runs.push(lane), { concurrency: 4, onError: unexpected });
      await queue.wake([3, 0, 31]);
      await until(() => runs.length === 3);
      expect(runs.toSorted((a, b) => a - b)).toEqual([0, 3, 31]);
      await pause(QUIET_MS);
      expect(runs).toHaveLength(3);
    });

    it('keeps wakes that came before anybody consumed, as one for each lane', async () => {
      const queue = await open();
      for (let i = 0; i < 10; i += 1) {
        await queue.wake([5, 6]);
      }
      const runs: number[] = [];
      await queue.consume(async (lane) => void runs.push(lane), { concurrency: 2, onError: unexpected });
      await until(() => runs.length >= 2);
      await pause(QUIET_MS);
      expect(runs.toSorted((a, b) => a - b)).toEqual([5, 6]);
    });

    it('coalesces the wakes of a lane that is waiting', async () => {
      const queue = await open();
      const gate = newGate();
      const runs: number[] = [];
      await queue.consume(
        async (lane) => {
          runs.push(lane);
          if (lane === 1) {
            await gate.opened;
          }
        },
        { concurrency: 1, onError: unexpected },
      );
      await queue.wake([1]);
      await until(() => runs.length === 1);
      for (let i = 0; i < 50; i += 1) {
        await queue.wake([2]);
      }
      gate.open();
      await until(() => runs.length === 2);
      await pause(QUIET_MS);
      expect(runs).toEqual([1, 2]);
    });

    it('runs a lane once more when it is woken while it is worked on, however often', async () => {
      const queue = await open();
      const gate = newGate();
      let runs = 0;
      await queue.consume(
        async () => {
          runs += 1;
          await gate.opened;
        },
        { concurrency: 4, onError: unexpected },
      );
      await queue.wake([7]);
      await until(() => runs === 1);
      for (let i = 0; i < 20; i += 1) {
        await queue.wake([7]);
      }
      await pause(QUIET_MS);
      expect(runs).toBe(1);
      gate.open();
      await until(() => runs === 2);
      await pause(QUIET_MS);
      expect(runs).toBe(2);
    });

    it('never works on one lane twice at once, nor on more lanes than allowed, and loses no wake', async () => {
      const queue = await open();
      const active = new Set<number>();
      const violations: string[] = [];
      let highest = 0;
      const wokenAt = new Map<number, number>();
      const startedAt = new Map<number, number>();
      let clock = 0;
      await queue.consume(
        async (lane) => {
          if (active.has(lane)) {
            violations.push(`lane ${lane} twice at once`);
          }
          active.add(lane);
          highest = Math.max(highest, active.size);
          clock += 1;
          startedAt.set(lane, clock);
          await pause(5);
          active.delete(lane);
        },
        { concurrency: 3, onError: unexpected },
      );
      for (let i = 0; i < 200; i += 1) {
        const lane = (i * 7) % 10;
        clock += 1;
        wokenAt.set(lane, clock);
        await queue.wake([lane]);
        if (i % 5 === 0) {
          await pause(2);
        }
      }
      await until(() => [...wokenAt].every(([lane, at]) => (startedAt.get(lane) ?? 0) > at) && active.size === 0);
      expect(violations).toEqual([]);
      expect(highest).toBe(3);
    });

    it('reports a rejection, does not retry it, and runs the lane at its next wake', async () => {
      const queue = await open();
      const errors: unknown[] = [];
      let runs = 0;
      await queue.consume(
        async () => {
          runs += 1;
          throw new Error(`run ${runs}`);
        },
        { concurrency: 1, onError: (error) => errors.push(error) },
      );
      await queue.wake([4]);
      await until(() => errors.length === 1);
      await pause(QUIET_MS);
      expect(runs).toBe(1);
      await queue.wake([4]);
      await until(() => errors.length === 2);
      expect(errors.map(String)).toEqual(['Error: run 1', 'Error: run 2']);
    });

    it('refuses a second consumer', async () => {
      const queue = await open();
      await queue.consume(async () => undefined, { concurrency: 1, onError: unexpected });
      await expect(queue.consume(async () => undefined, { concurrency: 1, onError: unexpected })).rejects.toThrow(
        /once/,
      );
    });

    it('waits for the work under way when it closes, and starts nothing more', async () => {
      const queue = await open();
      const gate = newGate();
      const runs: number[] = [];
      let finished = false;
      await queue.consume(
        async (lane) => {
          runs.push(lane);
          await gate.opened;
          await pause(50);
          finished = true;
        },
        { concurrency: 1, onError: unexpected },
      );
      expect(queue.healthy()).toBe(true);
      await queue.wake([1]);
      await until(() => runs.length === 1);
      await queue.wake([2]);
      const closed = queue.close();
      await pause(50);
      expect(finished).toBe(false);
      gate.open();
      await closed;
      expect(finished).toBe(true);
      expect(queue.healthy()).toBe(false);
      await queue.wake([3]);
      await pause(QUIET_MS);
      expect(runs).toEqual([1]);
    });
  });
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function createGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
