import { afterEach, describe, expect, it } from '@jest/globals';
import { pause, until } from '../../../test/timing.js';
import type { DeliveryQueue, DueDelivery } from '../delivery-queue.js';

export interface DeliveryQueueHarness {
  /** A new queue with nothing on it, not consumed yet. */
  open(): Promise<DeliveryQueue>;
}

/** Long enough for a hand-over that must not come. */
const QUIET_MS = 300;

const due = (...ids: readonly string[]): readonly DueDelivery[] => ids.map((id) => ({ id, endpointId: `whe_${id}` }));

/** What every DeliveryQueue owes the worker. Call it at the top of an adapter's test file. */
export function describeDeliveryQueue(name: string, harness: DeliveryQueueHarness): void {
  describe(`the delivery queue contract, ${name}`, () => {
    const opened: DeliveryQueue[] = [];
    const unexpectedErrors: unknown[] = [];
    const options = { concurrency: 4, onError: (error: unknown): void => void unexpectedErrors.push(error) };

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close()));
      expect(unexpectedErrors.splice(0)).toEqual([]);
    });

    async function open(): Promise<DeliveryQueue> {
      const queue = await harness.open();
      opened.push(queue);
      return queue;
    }

    it('hands over what is due, whether it came before or after somebody consumed', async () => {
      const queue = await open();
      await queue.schedule(due('a', 'b'), 0);
      const taken: DueDelivery[] = [];
      await queue.consume((delivery) => void taken.push(delivery), options);
      await queue.schedule(due('c'), 0);
      await queue.schedule([], 0);
      await until(() => taken.length === 3);
      expect(taken.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(due('a', 'b', 'c'));
      await pause(QUIET_MS);
      expect(taken).toHaveLength(3);
    });

    it('hands over nothing before its time, and the sooner one first', async () => {
      const queue = await open();
      const taken: { readonly id: string; readonly at: number }[] = [];
      await queue.consume(({ id }) => void taken.push({ id, at: performance.now() }), options);
      const start = performance.now();
      await queue.schedule(due('later'), 900);
      await queue.schedule(due('sooner'), 300);
      await until(() => taken.length === 2);
      expect(taken.map(({ id }) => id)).toEqual(['sooner', 'later']);
      expect(taken[0]!.at - start).toBeGreaterThanOrEqual(290);
      expect(taken[1]!.at - start).toBeGreaterThanOrEqual(890);
    });

    it('reports what the taker throws, and goes on', async () => {
      const queue = await open();
      const errors: unknown[] = [];
      const taken: string[] = [];
      const take = ({ id }: DueDelivery): void => {
        if (id === 'bad') throw new Error('no room');
        taken.push(id);
      };
      await queue.consume(take, { concurrency: 1, onError: (error) => errors.push(error) });
      await queue.schedule(due('bad', 'good'), 0);
      await until(() => taken.length === 1 && errors.length === 1);
      await pause(QUIET_MS);
      expect([taken, errors.map(String)]).toEqual([['good'], ['Error: no room']]);
    });

    it('refuses a second consumer', async () => {
      const queue = await open();
      await queue.consume(() => undefined, options);
      await expect(queue.consume(() => undefined, options)).rejects.toThrow(/once/);
    });

    it('hands over nothing once it is closed, and takes no more', async () => {
      const queue = await open();
      const taken: DueDelivery[] = [];
      await queue.consume((delivery) => void taken.push(delivery), options);
      await queue.schedule(due('waiting'), 200);
      await queue.close();
      await queue.schedule(due('late'), 0);
      await pause(QUIET_MS);
      expect(taken).toEqual([]);
    });
  });
}
