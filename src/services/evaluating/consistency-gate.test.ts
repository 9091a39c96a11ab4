import { describe, expect, it } from '@jest/globals';
import { busy } from '../../../test/timing.js';
import type { Call } from '../../calls/caller.js';
import { encodeToken } from '../../calls/consistency-token.js';
import { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { ConsistencyGate } from './consistency-gate.js';
import { UserNotices } from './user-notices.js';

const TRACKED = { consistencyToken: encodeToken({ epoch: 'e', receivedAt: 1 }), full: false };

function stand() {
  const pending = new Set(['u']);
  const notices = new UserNotices();
  let looks = 0;
  const gate = new ConsistencyGate({
    notices,
    keeper: new ConfigurationKeeper({ reader: {} as never }),
    store: {
      epoch: () => Promise.resolve('e'),
      events: {
        pendingUsers: () => {
          looks++;
          return Promise.resolve(new Set(pending));
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
  return { gate, call, done, pending, looks: () => looks };
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

  it('uses what little time a caller has', async () => {
    const { gate, call, done } = stand();
    const passing = gate.pass(TRACKED, ['u'], call(40));
    await new Promise((resolve) => setTimeout(resolve, 10));
    done();
    expect((await passing).users.fresh).toBe(true);
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
