import { describe, expect, it } from '@jest/globals';
import { type ActionNames, NO_ACTIONS } from '../../core/states/user-state.js';
import { StoreUnavailable } from '../store.js';
import { brief, cacheStand, outcome } from './testing/cache-stand.js';
import { settle } from './testing/test-clock.js';

const named = (...actions: string[]): ActionNames => new Set(actions);
const sorted = (actions: ActionNames | undefined) => [...(actions ?? []).keys()].toSorted();

describe('days in cached states', () => {
  it('are read of what rules window, and again when a snapshot windows more', async () => {
    let windowedActions = named('save');
    const { states, reader, fill } = cacheStand({ windowedActions: () => windowedActions });
    await fill(3, 'a');
    expect(reader.call(0).daysOf).toBe(windowedActions);
    expect(brief(states.users.peek('a', named('save')))).toBe('3');
    expect(brief(states.users.peek('a'))).toBe('3');

    // A rule windows another action: the state is not used for it, although it is young.
    expect(states.users.peek('a', named('save', 'share'))).toBeUndefined();
    windowedActions = named('save', 'share');
    const loading = outcome(states.users.load(['a'], { daysOf: windowedActions }));
    await settle();
    expect(reader.call(1).daysOf).toBe(windowedActions);
    reader.call(1).answer(3);
    expect(await loading).toEqual({ a: '3' });
    expect(brief(states.users.peek('a', windowedActions))).toBe('3');

    // One rule less: what is held has more than is needed, and is used.
    windowedActions = named('share');
    expect(brief(states.users.peek('a', windowedActions))).toBe('3');
    expect(reader.calls).toHaveLength(2);
  });

  it('are read for a caller who decides by an older snapshot, too', async () => {
    const { states, reader } = cacheStand({ windowedActions: () => named('share') });
    const old = outcome(states.users.load(['a'], { daysOf: named('save') }));
    const other = outcome(states.users.load(['a', 'b'], {}));
    await settle();
    expect(reader.calls).toHaveLength(1);
    expect(sorted(reader.call(0).daysOf)).toEqual(['save', 'share']);
    reader.call(0).answer(1);
    expect([await old, await other]).toEqual([{ a: '1' }, { a: '1', b: '1' }]);
  });

  it('are not taken from a load that began without them', async () => {
    const { states, reader } = cacheStand({ windowedActions: () => NO_ACTIONS });
    const first = outcome(states.users.load(['a'], {}));
    await settle();
    const second = outcome(states.users.load(['a'], { daysOf: named('save') }));
    await settle();
    expect(reader.calls.map(({ daysOf }) => sorted(daysOf))).toEqual([[], ['save']]);
    reader.call(0).answer(1);
    expect(await first).toEqual({ a: '1' });
    reader.call(1).answer(1);
    expect(await second).toEqual({ a: '1' });
    expect(brief(states.users.peek('a', named('save')))).toBe('1');
  });

  it('and whatever is counted otherwise from now on are read anew of everybody, who is answered as stale until then', async () => {
    const { states, reader, fill } = cacheStand();
    await fill(3, 'a');
    const early = outcome(states.users.load(['b'], {}));
    await settle();
    states.renew();
    expect(states.users.peek('a')).toBeUndefined();
    // A load that began before is not joined, and what it brings is not held.
    const late = outcome(states.users.load(['a', 'b'], {}));
    await settle();
    reader.call(1).answer(1);
    expect(await early).toEqual({ b: '1' });
    expect(states.users.peek('b')).toBeUndefined();
    reader.call(2).answer(4);
    expect(await late).toEqual({ a: '4', b: '4' });
    states.renew();
    const away = outcome(states.users.load(['a'], {}));
    await settle();
    reader.call(-1).fail(new StoreUnavailable('away'));
    expect(await away).toEqual({ a: '4 stale' });
  });

  it('may be missing from a state that is answered as stale while the store is away', async () => {
    const { states, reader, fill } = cacheStand();
    await fill(2, 'a');
    const daysOf = named('save');
    const loading = outcome(states.users.load(['a'], { daysOf }));
    await settle();
    reader.call(1).fail(new StoreUnavailable('away'));
    expect(await loading).toEqual({ a: '2 stale' });
    expect(brief(states.users.peek('a', daysOf))).toBe('2 stale');
    expect(brief(states.users.peek('a'))).toBe('2');
    const fresh = outcome(states.users.load(['a'], { daysOf, fresh: true }));
    await settle();
    reader.call(-1).fail(new StoreUnavailable('away'));
    expect(await fresh).toContain('StoreUnavailable');
  });
});
