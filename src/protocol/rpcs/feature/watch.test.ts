import { type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FeatureServiceClient } from '../../../../test/gen/latchkey/v1/feature_service.js';
import { type WatchEvent, WatchRequest } from '../../../../test/gen/latchkey/v1/watch.js';
import { busy } from '../../../../test/timing.js';
import { type DoorStand, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;
beforeAll(async () => {
  stand = await openDoorStand({ MAX_STREAMS: '5' });
  await stand.admin.setFlag({
    flag: {
      key: 'tools',
      rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }],
    },
  });
});
afterAll(() => stand.close());

interface Watched {
  readonly call: ClientReadableStream<WatchEvent>;
  readonly events: readonly WatchEvent[];
  /** The n-th event. */
  next(n: number): Promise<WatchEvent>;
  /** The status that the stream ended with. */
  readonly ended: Promise<ServiceError | undefined>;
}

const calls: ClientReadableStream<WatchEvent>[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) call.cancel();
  await until(() => stand.latchkey.services.streams.size === 0);
});

function watch(request: Partial<WatchRequest>, secret = stand.latchkey.adminSecret, deadlineMs = 10_000): Watched {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret}`);
  const client = stand.client as FeatureServiceClient;
  const call = client.watch(WatchRequest.fromPartial(request), metadata, { deadline: Date.now() + deadlineMs });
  calls.push(call);
  const events: WatchEvent[] = [];
  call.on('data', (event: WatchEvent) => void events.push(event));
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    call.on('error', resolve).on('end', () => setImmediate(resolve, undefined));
  });
  return {
    ...{ call, events, ended },
    next: async (n) => {
      await until(() => events.length > n);
      return events[n]!;
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`did not become so: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('Watch', () => {
  it('sends a user’s flips and the configuration’s changes, and goes on from a token', async () => {
    const { call, next } = watch({ userId: 'ada' });
    expect((await next(0)).event?.$case).toBe('heartbeat');
    await stand.admin.identify({ userId: 'ada', roles: ['manager'], updateMask: undefined });
    const flipped = await next(1);
    expect(flipped.event).toMatchObject({
      $case: 'userChanged',
      value: {
        userId: 'ada',
        unlocked: [{ flagKey: 'tools', decision: { enabled: true, flagKey: 'tools' } }],
        locked: [],
      },
    });
    await stand.admin.setFlag({ flag: { key: 'tools', description: 'changed' } });
    expect((await next(2)).event).toEqual({ $case: 'configurationChanged', value: { flagKeys: ['tools'] } });
    call.cancel();

    const again = watch({ userId: 'ada', resumeToken: flipped.resumeToken });
    expect((await again.next(0)).event?.$case).toBe('configurationChanged');
    expect((await again.next(1)).event?.$case).toBe('heartbeat');
    const lost = watch({ userId: 'ada', resumeToken: 'lost' });
    expect((await lost.next(0)).event?.$case).toBe('reset');
  });

  it('is of the configuration alone without a user', async () => {
    const { events, next } = watch({});
    await next(0);
    await stand.admin.identify({ userId: 'eve', roles: ['manager'] });
    await stand.admin.setFlag({ flag: { key: 'other' } });
    expect((await next(1)).event).toEqual({ $case: 'configurationChanged', value: { flagKeys: ['other'] } });
    expect(events).toHaveLength(2);
  });

  it('ends with its deadline, and lets go of what it held when the client goes away', async () => {
    const short = watch({ userId: 'ada' }, undefined, 300);
    expect((await short.ended)?.code).toBe(status.DEADLINE_EXCEEDED);
    const left = watch({ userId: 'ada' });
    await left.next(0);
    expect(stand.latchkey.services.streams.size).toBeGreaterThan(0);
    left.call.cancel();
    await until(() => stand.latchkey.services.streams.size === 0);
  });

  it('refuses what no stream can be of, and more streams than there may be', async () => {
    expect((await watch({}, 'unknown').ended)?.code).toBe(status.UNAUTHENTICATED);
    expect((await watch({ userId: ' ada' }).ended)?.code).toBe(status.INVALID_ARGUMENT);
    for (let i = 0; i < 5; i++) await watch({ userId: `u${i}` }).next(0);
    const refused = await watch({ userId: 'u6' }).ended;
    expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: expect.stringContaining('5 streams') });
  });

  it('ends with UNAVAILABLE when the server stops', async () => {
    const other = await openDoorStand();
    const kept = stand;
    stand = other;
    const { next, ended } = watch({ userId: 'ada' });
    await next(0);
    const stopping = other.latchkey.server.stop(5_000);
    expect((await ended)?.code).toBe(status.UNAVAILABLE);
    const began = Date.now();
    await stopping;
    expect(Date.now() - began).toBeLessThan(busy(2_000));
    stand = kept;
    await other.close();
  });
});
