import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../store.js';
import { brief, type CacheStand, cacheStand, outcome } from './testing/cache-stand.js';
import { settle } from './testing/test-clock.js';

const HOUR_MS = 3_600_000;

/** A cache that held `a` and `b` at revision 3, 30 s ago. */
async function expiredStand(options: Parameters<typeof cacheStand>[0] = {}): Promise<CacheStand> {
  const stand = cacheStand(options);
  await stand.fill(3, 'a', 'b');
  await stand.clock.advance(30_000);
  return stand;
}

/** The same, and the store has just said that it is away. */
async function awayStand(options: Parameters<typeof cacheStand>[0] = {}): Promise<CacheStand> {
  const stand = await expiredStand(options);
  const loading = outcome(stand.states.users.load(['a'], {}));
  await settle();
  stand.reader.call(-1).fail(new StoreUnavailable('connection refused'));
  expect(await loading).toEqual({ a: '3 stale' });
  return stand;
}

describe('while the store is away', () => {
  it('what is held is answered stale when the store does not answer within 250 ms', async () => {
    const { clock, states, counts } = await expiredStand();
    const loading = outcome(states.users.load(['a'], {}));
    let ended = false;
    void loading.then(() => {
      ended = true;
    });
    await clock.advance(249);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await loading).toEqual({ a: '3 stale' });
    expect(counts.get('timeout users')).toBe(1);
    expect(counts.get('stale users')).toBe(1);
    expect(states.sizes().loading).toBe(0);
  });

  it('what is held is answered stale at the deadline of the caller, when that is earlier', async () => {
    const { clock, states } = await expiredStand();
    const loading = outcome(states.users.load(['a'], { deadline: clock.epochMs() + 20 }));
    await clock.advance(20);
    expect(await loading).toEqual({ a: '3 stale' });
  });

  it('what is not held is unavailable, for the whole call', async () => {
    const { reader, states } = await expiredStand();
    const loading = states.users.load(['a', 'c'], {});
    const [settled] = await Promise.all([
      Promise.allSettled([loading]),
      settle().then(() => reader.call(-1).fail(new StoreUnavailable('connection refused'))),
    ]);
    expect(settled[0]).toMatchObject({
      reason: {
        name: 'StoreUnavailable',
        message: expect.stringContaining('"c"'),
        cause: { message: 'connection refused' },
      },
    });
  });

  it('nothing older than an hour is answered', async () => {
    const { clock, states } = await expiredStand();
    await clock.advance(HOUR_MS - 30_000 - 251);
    const young = outcome(states.users.load(['a'], {}));
    await clock.advance(250);
    expect(await young).toEqual({ a: '3 stale' });
    expect(brief(states.users.peek('a'))).toBe('3 stale');
    await clock.advance(1);
    expect(states.users.peek('a')).toBeUndefined();
    const old = outcome(states.users.load(['a'], {}));
    await clock.advance(250);
    expect(await old).toMatch(/^StoreUnavailable/);
  });

  it('a floor of the caller is kept, and so is its wish for a fresh state', async () => {
    const { clock, states } = await awayStand();
    const below = outcome(states.users.load(['a'], { floors: new Map([['a', 4]]) }));
    const fresh = outcome(states.users.load(['a'], { fresh: true }));
    const reached = outcome(states.users.load(['a'], { floors: new Map([['a', 3]]) }));
    expect(await reached).toEqual({ a: '3 stale' });
    await clock.advance(250);
    expect(await below).toMatch(/^StoreUnavailable/);
    expect(await fresh).toMatch(/^StoreUnavailable/);
  });

  it('what a notice has ended is still answered, as stale', async () => {
    const { clock, reader, states, fill } = cacheStand();
    await fill(3, 'a');
    states.users.raise('a', 4);
    expect(states.users.peek('a')).toBeUndefined();
    const loading = outcome(states.users.load(['a'], {}));
    await settle();
    reader.call(-1).fail(new StoreUnavailable('connection refused'));
    expect(await loading).toEqual({ a: '3 stale' });
    expect(brief(states.users.peek('a'))).toBe('3 stale');
    await clock.advance(1000);
    expect(states.users.peek('a')).toBeUndefined();
  });

  it('nobody waits for it in the second after a failure, and one probe finds out whether it is back', async () => {
    const { clock, reader, states } = await awayStand();
    const calls = reader.calls.length;
    expect(brief(states.users.peek('b'))).toBe('3 stale');
    expect(await outcome(states.users.load(['a', 'b'], {}))).toEqual({ a: '3 stale', b: '3 stale' });
    await clock.advance(250);
    for (let index = 0; index < 10; index += 1) {
      expect(brief(states.users.peek('b'))).toBe('3 stale');
      expect(await outcome(states.users.load(['a', 'b'], {}))).toEqual({ a: '3 stale', b: '3 stale' });
      await settle();
    }
    expect(reader.calls).toHaveLength(calls + 1);
    expect(reader.call(-1).ids).toEqual(['b']);
    reader.call(-1).answer(4);
    await settle();
    expect(brief(states.users.peek('b'))).toBe('4');
    expect(states.users.peek('a')).toBeUndefined();
  });

  it('each failing probe keeps others from waiting for another second', async () => {
    const { clock, reader, states, counts } = await awayStand();
    for (let elapsed = 0; elapsed < 10_000; elapsed += 100) {
      await clock.advance(100);
      expect(brief(states.users.peek('a'))).toBe('3 stale');
    }
    expect(counts.get('timeout users')).toBeGreaterThan(10);
    expect(reader.calls.length).toBeLessThan(30);
  });

  it('callers wait again when nobody asked for a second', async () => {
    const { clock, reader, states } = await awayStand();
    await clock.advance(1000);
    expect(states.users.peek('a')).toBeUndefined();
    const loading = outcome(states.users.load(['a'], {}));
    await settle();
    reader.call(-1).answer(4);
    expect(await loading).toEqual({ a: '4' });
  });

  it('those in the queue wait no longer than those in flight', async () => {
    const { clock, reader, states } = await expiredStand({ maxGroupsInFlight: 1 });
    const inFlight = outcome(states.users.load(['a'], {}));
    await clock.advance(100);
    const queued = outcome(states.users.load(['b', 'c'], {}));
    const held = outcome(states.users.load(['b'], {}));
    await clock.advance(150);
    expect(await inFlight).toEqual({ a: '3 stale' });
    expect(await queued).toMatch(/^StoreUnavailable/);
    expect(await held).toEqual({ b: '3 stale' });
    expect(reader.calls).toHaveLength(2);
    expect(states.sizes().loading).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('an answer that comes after its time is kept, but does not count as the store being back', async () => {
    const { clock, reader, states } = await expiredStand();
    const loading = outcome(states.users.load(['a'], {}));
    await clock.advance(250);
    expect(await loading).toEqual({ a: '3 stale' });
    reader.call(-1).answer(4);
    await settle();
    expect(brief(states.users.peek('a'))).toBe('4');
    expect(brief(states.users.peek('b'))).toBe('3 stale');
  });

  it('users tell organizations of it', async () => {
    const { clock, reader, states } = cacheStand();
    await states.organizations.load(['acme'], {});
    await clock.advance(30_000);
    const loading = outcome(states.users.load(['a'], {}));
    await settle();
    reader.call(-1).fail(new StoreUnavailable('connection refused'));
    expect(await loading).toMatch(/^StoreUnavailable/);
    expect(states.organizations.peek('acme')?.stale).toBe(true);
  });
});
