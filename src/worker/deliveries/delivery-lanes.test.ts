import { describe, expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import type { DueDelivery } from '../../queue/delivery-queue.js';
import { DeliveryLanes } from './delivery-lanes.js';

const due = (endpointId: string, n: number): DueDelivery => ({ id: `${endpointId}-${n}`, endpointId });

interface Stand {
  readonly lanes: DeliveryLanes;
  readonly started: string[];
  readonly errors: unknown[];
  /** Ends the work on this delivery. */
  finish(id: string, error?: Error): void;
}

function stand(atOnce: number, perEndpoint: number): Stand {
  const open = new Map<string, PromiseWithResolvers<void>>();
  const started: string[] = [];
  const errors: unknown[] = [];
  const work = ({ id }: DueDelivery): Promise<void> => {
    started.push(id);
    const ending = Promise.withResolvers<void>();
    open.set(id, ending);
    return ending.promise;
  };
  const lanes = new DeliveryLanes({ work, onError: (error) => void errors.push(error), atOnce, perEndpoint });
  return {
    ...{ lanes, started, errors },
    finish(id, error) {
      if (error === undefined) open.get(id)!.resolve();
      else open.get(id)!.reject(error);
    },
  };
}

describe('lanes of deliveries', () => {
  it('give one endpoint its share, and the next free place to whoever has waited longest', async () => {
    const { lanes, started, finish } = stand(3, 2);
    for (let n = 0; n < 4; n++) lanes.offer(due('slow', n));
    for (let n = 0; n < 2; n++) lanes.offer(due('quick', n));
    lanes.offer(due('other', 0));
    expect(started).toEqual(['slow-0', 'slow-1', 'quick-0']);
    finish('quick-0');
    await until(() => started.length === 4);
    expect(started[3]).toMatch(/^(quick-1|other-0)$/);
    finish(started[3]!);
    await until(() => started.length === 5);
    expect(new Set(started.slice(3))).toEqual(new Set(['quick-1', 'other-0']));
    finish('slow-0');
    finish(started[4]!);
    await until(() => started.length === 6);
    expect(started[5]).toBe('slow-2');
  });

  it('take a delivery once while it is here, and again afterwards', async () => {
    const { lanes, started, finish } = stand(2, 1);
    for (let i = 0; i < 3; i++) lanes.offer(due('a', 0));
    lanes.offer(due('a', 1));
    lanes.offer(due('a', 1));
    expect(started).toEqual(['a-0']);
    finish('a-0');
    await until(() => started.length === 2);
    finish('a-1');
    await until(() => {
      lanes.offer(due('a', 0));
      return started.length === 3;
    });
    expect(started).toEqual(['a-0', 'a-1', 'a-0']);
  });

  it('hold so many of one endpoint, and leave the rest where it is', () => {
    const { lanes, started } = stand(1, 1);
    expect(lanes.room('a')).toBe(500);
    for (let n = 0; n < 600; n++) lanes.offer(due('a', n));
    expect(lanes.room('a')).toBe(0);
    expect(lanes.room('b')).toBe(500);
    expect(started).toHaveLength(1);
  });

  it('report what fails and go on; once stopped, they wait for what is under way and start nothing', async () => {
    const { lanes, started, errors, finish } = stand(1, 1);
    for (let n = 0; n < 3; n++) lanes.offer(due('a', n));
    finish('a-0', new Error('the store is away'));
    await until(() => started.length === 2);
    expect(errors.map(String)).toEqual(['Error: the store is away']);
    let stopped = false;
    const stopping = lanes.stop().then(() => {
      stopped = true;
    });
    await Promise.resolve();
    expect(stopped).toBe(false);
    finish('a-1');
    await stopping;
    lanes.offer(due('b', 0));
    expect(started).toEqual(['a-0', 'a-1']);
  });
});
