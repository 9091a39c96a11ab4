import { describe, expect, it } from '@jest/globals';
import { unknownOrganization } from '../../core/states/organization-state.js';
import { type UserState, unknownEarner, unknownUser } from '../../core/states/user-state.js';
import { cachedStates } from './cached-states.js';
import { brief, cacheStand, outcome } from './testing/cache-stand.js';
import { settle, TestClock } from './testing/test-clock.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `u${index}`);

describe('what is held', () => {
  it('is answered at once until it is 30 s old, counted from when its load began', async () => {
    const { clock, reader, states } = cacheStand();
    expect(states.users.peek('a')).toBeUndefined();
    const loading = outcome(states.users.load(['a'], {}));
    await clock.advance(100);
    reader.call(0).answer(3);
    expect(await loading).toEqual({ a: '3' });
    await clock.advance(29_899);
    expect(brief(states.users.peek('a'))).toBe('3');
    expect(await outcome(states.users.load(['a'], {}))).toEqual({ a: '3' });
    await clock.advance(1);
    expect(states.users.peek('a')).toBeUndefined();
    expect(reader.calls).toHaveLength(1);
  });

  it('is looked at again when it is older, and then is young again', async () => {
    const { clock, states, fill } = cacheStand();
    await fill(3, 'a');
    await clock.advance(30_000);
    await fill(4, 'a');
    expect(brief(states.users.peek('a'))).toBe('4');
    await clock.advance(29_000);
    await fill(4, 'b');
    await clock.advance(1000);
    expect(states.users.peek('a')).toBeUndefined();
    await fill(4, 'a');
    expect(brief(states.users.peek('a'))).toBe('4');
  });

  it('stays the same object where an organization is read again as it was', async () => {
    const clock = new TestClock();
    const stored = { ...unknownOrganization('acme'), revision: 1, attributes: { plan: 'pro' } };
    let present = stored;
    const states = cachedStates(
      { users: async () => new Map(), organizations: async () => new Map([['acme', structuredClone(present)]]) },
      { clock },
    );
    const load = async () => (await states.organizations.load(['acme'], { fresh: true })).get('acme')!.state;
    const first = await load();
    expect(await load()).toBe(first);
    await clock.advance(29_999);
    expect(states.organizations.peek('acme')?.state).toBe(first);
    expect(await load()).toBe(first);
    await clock.advance(1);
    // It is as young as its last load.
    expect(states.organizations.peek('acme')?.state).toBe(first);
    for (const other of [
      { ...stored, attributes: { plan: 'team' } },
      { ...stored, revision: 2 },
    ]) {
      present = other;
      expect(await load()).toEqual(other);
    }
    states.close();
  });

  it('stays the same object where a user is read again as they were', async () => {
    const day = { day: 20_000, count: 1, sum: 1n };
    const total = { count: 2, sum: 3n, activeDays: 1, firstAt: 4, lastAt: 5, recentDays: 1n };
    const stored: UserState = {
      ...{ ...unknownUser('ada'), revision: 1, writtenAt: 1, roles: ['a'], attributes: { plan: 'pro', of: [1] } },
      ...{ actions: new Map([['save', total]]), actionDays: new Map([['save', [day]]]), daysOf: new Set(['save']) },
      access: [{ flagId: 'f', managedBy: '', effect: 'ALLOW', enabled: true }],
      ledger: new Map([['f', new Map([['r', { state: 'UNLOCKED', ruleVersion: 1, earnedAt: 2 }]])]]),
    };
    let present = stored;
    const read = async () => new Map([['ada', { ...structuredClone(present), daysOf: present.daysOf! }]]);
    const states = cachedStates({ users: read, organizations: async () => new Map() }, { clock: new TestClock() });
    const load = async () => (await states.users.load(['ada'], { fresh: true })).get('ada')!.state;
    let held = await load();
    for (const other of [
      { ...stored, revision: 2 },
      { ...stored, revision: 2, attributes: { plan: 'pro', of: [2] } },
      { ...stored, revision: 2, actions: new Map([['save', { ...total, count: 3 }]]) },
      { ...stored, revision: 2, actionDays: new Map([['save', [{ ...day, sum: 2n }]]]) },
      { ...stored, revision: 2, daysOf: new Set(['save']) },
      { ...stored, revision: 2, access: [] },
      { ...stored, revision: 2, ledger: new Map() },
      { ...stored, revision: 2, deletedAt: 1 },
    ]) {
      expect(await load()).toBe(held);
      present = other;
      const loaded = await load();
      expect(loaded).not.toBe(held);
      expect({ ...loaded, actions: new Map(loaded.actions) }).toEqual(other);
      held = loaded;
    }
    states.close();
  });

  it('is another where an organization’s counts have changed in the same revision', async () => {
    const total = { count: 2, sum: 3n, activeDays: 1, firstAt: 4, lastAt: 5, recentDays: 1n };
    const daysOf = new Set(['save']);
    const earned = (count: number): UserState => ({
      ...{ ...unknownEarner('acme'), revision: 1, daysOf },
      actions: new Map([['save', { ...total, count }]]),
    });
    let present = earned(2);
    const states = cachedStates(
      {
        users: async () => new Map(),
        organizations: async () =>
          new Map([['acme', { ...unknownOrganization('acme'), revision: 1, earner: present }]]),
      },
      { clock: new TestClock(), earnerDaysOf: () => daysOf },
    );
    const load = async () => (await states.organizations.load(['acme'], { fresh: true })).get('acme')!.state;
    const first = await load();
    expect(await load()).toBe(first);
    present = earned(3);
    expect((await load()).earner?.actions.get('save')?.count).toBe(3);
    states.renew();
    expect(states.organizations.peek('acme')).toBeUndefined();
    states.close();
  });

  it('is young for 5 s only while the notifier is away', async () => {
    const { clock, states, fill } = cacheStand();
    states.connected(true);
    states.connected(false);
    await fill(3, 'a');
    await clock.advance(4999);
    expect(brief(states.users.peek('a'))).toBe('3');
    await clock.advance(1);
    expect(states.users.peek('a')).toBeUndefined();
  });

  it('is loaded again after the notifier came back, whenever its load ended', async () => {
    const { reader, states, fill } = cacheStand();
    states.connected(true);
    states.connected(false);
    await fill(3, 'a');
    const late = outcome(states.users.load(['b'], {}));
    await settle();
    states.connected(true);
    expect(states.users.peek('a')).toBeUndefined();
    const joining = outcome(states.users.load(['b'], {}));
    await settle();
    expect(reader.calls).toHaveLength(3);
    reader.call(1).answer(1);
    expect(await late).toEqual({ b: '1' });
    expect(states.users.peek('b')).toBeUndefined();
    reader.call(2).answer(2);
    expect(await joining).toEqual({ b: '2' });
    expect(brief(states.users.peek('b'))).toBe('2');
    states.connected(true);
    expect(brief(states.users.peek('b'))).toBe('2');
  });

  it('is bounded', async () => {
    const { states, fill } = cacheStand({ maxUsers: 100 });
    for (let index = 0; index < 50; index += 1) await fill(1, ...names(20).map((id) => `${index}-${id}`));
    expect(states.sizes().users).toBeLessThanOrEqual(100);
    expect(states.sizes().users).toBeGreaterThanOrEqual(50);
    expect(states.sizes().loading).toBe(0);
  });

  it('is forgotten by a reset, with what loads that had begun bring', async () => {
    const { clock, reader, states, fill } = cacheStand();
    await fill(9, 'a');
    states.users.raise('c', 9);
    const loading = outcome(states.users.load(['b'], {}));
    await settle();
    states.reset();
    expect(states.users.peek('a')).toBeUndefined();
    reader.call(1).answer(9);
    await clock.advance(10);
    expect(states.users.peek('b')).toBeUndefined();
    reader.call(2).answer(1);
    expect(await loading).toEqual({ b: '1' });
    await fill(1, 'a', 'c');
    expect(brief(states.users.peek('a'))).toBe('1');
    expect(brief(states.users.peek('c'))).toBe('1');
  });
});

describe('loads', () => {
  it('are shared by concurrent callers, and ids of one turn go together', async () => {
    const { reader, states, counts } = cacheStand();
    const first = outcome(states.users.load(['a', 'b', 'a'], {}));
    const second = outcome(states.users.load(['b', 'c'], {}));
    await settle();
    const third = outcome(states.users.load(['c'], {}));
    await settle();
    expect(reader.calls.map(({ ids }) => ids)).toEqual([['a', 'b', 'c']]);
    expect(states.sizes().loading).toBe(3);
    reader.call(0).answer(1);
    expect(await first).toEqual({ a: '1', b: '1' });
    expect(await second).toEqual({ b: '1', c: '1' });
    expect(await third).toEqual({ c: '1' });
    expect(states.sizes()).toMatchObject({ users: 3, organizations: 0, loading: 0 });
    expect(counts).toEqual(
      new Map([
        ['hits users', 0],
        ['misses users', 5],
        ['loads users', 1],
      ]),
    );
    states.users.peek('a');
    await states.users.load(['a', 'b'], {});
    expect(counts.get('hits users')).toBe(3);
  });

  it('ask for 500 ids a call, four calls at a time, and gather meanwhile', async () => {
    const { reader, states } = cacheStand();
    const ids = names(2300);
    const many = outcome(states.users.load(ids, {}));
    await settle();
    expect(reader.calls.map((call) => call.ids.length)).toEqual([500, 500, 500, 500]);
    const later = [outcome(states.users.load(['x'], {}))];
    await settle();
    later.push(outcome(states.users.load(['y', 'u0'], {})));
    await settle();
    expect(reader.calls).toHaveLength(4);
    reader.call(0).answer(1);
    await settle();
    expect(reader.calls).toHaveLength(5);
    expect(reader.call(4).ids).toEqual([...ids.slice(2000), 'x', 'y']);
    for (const call of reader.calls) call.answer(1);
    expect(Object.keys(await many)).toHaveLength(2300);
    expect(await Promise.all(later)).toEqual([{ x: '1' }, { y: '1', u0: '1' }]);
  });

  it('of a great many ids go on for as long as the store answers', async () => {
    const { clock, reader, states } = cacheStand({ maxIdsPerGroup: 2, maxGroupsInFlight: 1 });
    const many = outcome(states.users.load(names(20), {}));
    for (let call = 0; call < 10; call += 1) {
      await clock.advance(200);
      reader.call(call).answer(1);
    }
    expect(Object.keys(await many)).toHaveLength(20);
  });

  it('pass on any other error, to the callers of that group only', async () => {
    const { reader, states, counts } = cacheStand();
    const failing = outcome(states.users.load(['a'], {}));
    await settle();
    const fine = outcome(states.users.load(['b'], {}));
    await settle();
    reader.call(0).fail(new TypeError('no such column'));
    expect(await failing).toBe('TypeError: no such column');
    reader.call(1).answer(2);
    expect(await fine).toEqual({ b: '2' });
    expect(counts.get('error users')).toBe(1);
    expect(states.sizes().loading).toBe(0);
    const retry = outcome(states.users.load(['a'], {}));
    await settle();
    reader.call(2).answer(1);
    expect(await retry).toEqual({ a: '1' });
  });

  it('say so when the reader leaves an id out', async () => {
    const { reader, states } = cacheStand();
    const loading = outcome(states.users.load(['a'], {}));
    await settle();
    reader.call(0).answerNothing();
    expect(await loading).toBe('Error: The store gave no state for "a".');
  });

  it('never replace a higher revision by a lower one', async () => {
    const { clock, reader, states } = cacheStand();
    const early = outcome(states.users.load(['a'], {}));
    await settle();
    const fresh = outcome(states.users.load(['a'], { fresh: true }));
    await settle();
    reader.call(1).answer(7);
    expect(await fresh).toEqual({ a: '7' });
    reader.call(0).answer(6);
    expect(await early).toEqual({ a: '7' });
    expect(brief(states.users.peek('a'))).toBe('7');
    await clock.advance(1);
  });

  it('that must be fresh begin after the call, and fill the cache', async () => {
    const { reader, states, fill } = cacheStand();
    await fill(1, 'a');
    const plain = outcome(states.users.load(['b'], {}));
    await settle();
    const fresh = outcome(states.users.load(['a', 'b'], { fresh: true }));
    await settle();
    expect(reader.call(-1).ids).toEqual(['a', 'b']);
    reader.call(1).answer(1);
    expect(await plain).toEqual({ b: '1' });
    reader.call(2).answer(2);
    expect(await fresh).toEqual({ a: '2', b: '2' });
    expect(brief(states.users.peek('a'))).toBe('2');
  });

  it('that must be fresh answer what the store said, even below what is held', async () => {
    const { reader, states, fill } = cacheStand();
    await fill(9, 'a');
    const fresh = outcome(states.users.load(['a'], { fresh: true }));
    await settle();
    reader.call(1).answer(8);
    expect(await fresh).toEqual({ a: '8' });
    expect(brief(states.users.peek('a'))).toBe('9');
  });

  it('of organizations go by themselves', async () => {
    const { reader, states } = cacheStand();
    const loaded = await states.organizations.load(['acme', 'constructor'], {});
    expect([...loaded.keys()]).toEqual(['acme', 'constructor']);
    expect(states.organizations.peek('acme')?.stale).toBe(false);
    expect(reader.organizationCalls).toEqual([['acme', 'constructor']]);
    expect(states.sizes()).toMatchObject({ users: 0, organizations: 2, loading: 0 });
  });

  it('leave no timer behind, and end with the cache', async () => {
    const { clock, reader, states, fill } = cacheStand({ maxGroupsInFlight: 1 });
    await fill(1, 'a');
    expect(clock.pending).toBe(0);
    const begun = outcome(states.users.load(['b'], {}));
    await settle();
    const queued = outcome(states.users.load(['c'], {}));
    states.close();
    for (const loading of [begun, queued, outcome(states.users.load(['d'], {}))]) {
      expect(await loading).toMatch(/^StoreUnavailable/);
    }
    expect(clock.pending).toBe(0);
    expect(reader.calls).toHaveLength(2);
    reader.call(1).answer(1);
    await settle();
    expect(states.users.peek('b')).toBeUndefined();
  });

  it('give up at the deadline of the caller, which is an instant of the epoch', async () => {
    const { clock, states, counts } = cacheStand();
    const loading = outcome(states.users.load(['a'], { deadline: clock.epochMs() + 40 }));
    let ended = false;
    void loading.then(() => {
      ended = true;
    });
    await clock.advance(39);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await loading).toMatch(/^StoreUnavailable: users: "a" is not held/);
    expect(counts.get('timeout users')).toBeUndefined();
    expect(clock.epochMs()).toBeGreaterThan(TestClock.EPOCH_OFFSET_MS);
  });
});
