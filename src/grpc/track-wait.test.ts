import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busy } from '../../test/timing.js';
import { type DoorStand, failureOf, openDoorStand } from './testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  // Nobody here counts events.
  stand = await openDoorStand({ ROLES: 'grpc' });
});

afterAll(async () => {
  await stand.close();
});

const request = (id: string, wait: boolean) => ({ events: [{ id, userId: 'u', action: 'a' }], wait });

describe('Track that waits', () => {
  it('ends within its deadline, the events being durable all the same', async () => {
    const startedAt = performance.now();
    const error = await failureOf(stand.admin.track(request('1', true), { deadlineMs: 400 }));
    expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(error.code);
    expect(performance.now() - startedAt).toBeLessThan(busy(2_000));
    expect(await stand.admin.track(request('1', false))).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('that is cancelled stops looking', async () => {
    const started = (call: { cancel(): void }) => setTimeout(() => call.cancel(), 100);
    expect(await failureOf(stand.admin.track(request('2', true), { started }))).toMatchObject({
      code: status.CANCELLED,
    });
    const { events } = stand.latchkey.store;
    const key = { userId: 'u', source: '', id: '2' };
    expect(await events.states([key])).toEqual([{ state: 'pending' }]);
  });
});
