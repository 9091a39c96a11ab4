import { describe, expect, it } from '@jest/globals';
import { busy, pause, until } from '../../../test/timing.js';
import type { Call } from '../../calls/caller.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { ConsistencyGate } from './consistency-gate.js';
import { UserNotices } from './user-notices.js';

const TRACKED = { consistencyToken: encodeToken({ epoch: 'e', receivedAt: 1 }), full: false };

function stand() {
  const pending = new Set(['u']);
  const notices = new UserNotices();
  let looks = 0;
  let slowMs = 0;
  const asked: (readonly string[])[] = [];
  const gate = new ConsistencyGate({
    notices,
    keeper: new ConfigurationKeeper({ reader: {} as never }),
    store: {
      epoch: () => Promise.resolve('e'),
      checkWriting: () => Promise.resolve(),
      transaction: () => Promise.reject(new Error('nothing is written here')),
      events: {
        pendingUsers: async (userIds: readonly string[]) => {
          looks++;
          asked.push(userIds);
          if (slowMs > 0) await pause(slowMs);
          return new Set(userIds.filter((id) => pending.has(id)));
        },
      } as never,
    },
  });
  const call = (timeMs: number): Call => ({
    caller: { kind: 'machine', tokenId: 't', scopes: new Set(['evaluate']), organizationId: '' },
    ...{ requestId: 'r', deadline: Date.now() + timeMs },
  });
  const done = (): void => {
    pending.clear();
    notices.raise('u');
  };
  const slow = (ms: number): void => {
    slowMs = ms;
  };
  return { gate, call, done, pending, asked, slow, looks: () => looks };
}

describe('ConsistencyGate', () => {
  it('lets pass at the notice, long before it would look again', async () => {
    const { gate, call, done, looks } = stand();
    const passing = gate.pass(TRACKED, ['u'], call(5_000));
    await new Promise((resolve) => setImmediate(resolve));
    let passed = false;
    void passing.then(() => (passed = true));
    done();
    // By then nothing that waits for a time of its own could have looked: that takes far more turns.
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(passed).toBe(true);
    expect((await passing).users.fresh).toBe(true);
    expect(looks()).toBe(2);
  });

  it('finds out by itself when the notice is lost', async () => {
    const { gate, call, pending } = stand();
    const passing = gate.pass(TRACKED, ['u'], call(5_000));
    await new Promise((resolve) => setImmediate(resolve));
    pending.clear();
    await passing;
  });

  it('lets a batch pass that takes longer to ask about than a single user may, and asks again about those alone who wait', async () => {
    const { gate, call, pending, asked, slow } = stand();
    slow(100);
    const userIds = Array.from({ length: 2_000 }, (_, i) => `u${i}`);
    for (const id of ['u7', 'u1999']) pending.add(id);
    pending.delete('u');
    const passing = gate.pass(TRACKED, [...userIds, ...userIds], call(5_000));
    await until(() => asked.length === 5);
    pending.delete('u7');
    await until(() => asked.length === 6);
    pending.clear();
    await passing;
    expect(asked.slice(0, 4).map((ids) => ids.length)).toEqual([500, 500, 500, 500]);
    expect(asked.slice(4, 6)).toEqual([['u7', 'u1999'], expect.arrayContaining(['u1999'])]);
  });

  it('uses what little time a caller has', async () => {
    for (;;) {
      const { gate, call, done } = stand();
      const started = performance.now();
      const passing = gate.pass(TRACKED, ['u'], call(40));
      passing.catch(() => undefined);
      await pause(10);
      done();
      // On a busy machine the time may have been over by then, and there is nothing to see.
      if (performance.now() - started > 30) continue;
      expect((await passing).users.fresh).toBe(true);
      break;
    }
  });

  it('says UNAVAILABLE at the deadline, and looks no more', async () => {
    const { gate, call, looks } = stand();
    const started = performance.now();
    await expect(gate.pass(TRACKED, ['u'], call(120))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(performance.now() - started).toBeLessThan(busy(200));
    const before = looks();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(looks()).toBe(before);
  });
});
