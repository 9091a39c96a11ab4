import { describe, expect, it } from '@jest/globals';
import { brief, cacheStand, outcome } from './testing/cache-stand.js';
import { settle } from './testing/test-clock.js';

const floors = (revision: number): { floors: ReadonlyMap<string, number> } => ({ floors: new Map([['a', revision]]) });

describe('a notice', () => {
  it('ends what is held below it, and nothing else', async () => {
    const { states, fill } = cacheStand();
    await fill(3, 'a', 'b');
    states.users.raise('a', 3);
    expect(brief(states.users.peek('a'))).toBe('3');
    states.users.raise('a', 4);
    states.organizations.raise('b', 9);
    expect(states.users.peek('a')).toBeUndefined();
    expect(brief(states.users.peek('b'))).toBe('3');
    await fill(4, 'a');
    expect(brief(states.users.peek('a'))).toBe('4');
    states.users.raise('a', 2);
    expect(brief(states.users.peek('a'))).toBe('4');
  });

  it('sets what a load in flight must reach; below, it is not cached and is repeated', async () => {
    const { clock, reader, states } = cacheStand();
    const loading = outcome(states.users.load(['a'], {}));
    await settle();
    states.users.raise('a', 5);
    reader.call(0).answer(4);
    await settle();
    expect(states.users.peek('a')).toBeUndefined();
    await clock.advance(5);
    expect(reader.calls).toHaveLength(2);
    reader.call(1).answer(4);
    await clock.advance(9);
    expect(reader.calls).toHaveLength(2);
    await clock.advance(1);
    reader.call(2).answer(5);
    expect(await loading).toEqual({ a: '5' });
    expect(brief(states.users.peek('a'))).toBe('5');
  });

  it('that no load reaches in time does not keep callers from what there is, and is dropped after a while', async () => {
    const { clock, reader, states } = cacheStand();
    states.users.raise('a', 5);
    const loading = outcome(states.users.load(['a'], {}));
    for (let waited = 0; waited <= 300; waited += 5) {
      await clock.advance(5);
      reader.calls.at(-1)?.answer(4);
    }
    expect(await loading).toEqual({ a: '4' });
    expect(states.users.peek('a')).toBeUndefined();
    expect(reader.calls.length).toBeLessThan(12);
    // From now on one load is enough for anybody; for a while each looks for itself.
    for (const [demand, wait] of [
      [{}, 0],
      [{ fresh: true }, 4_000],
      [{}, 2_000],
    ] as const) {
      await clock.advance(wait);
      const calls = reader.calls.length;
      const next = outcome(states.users.load(['a'], demand));
      await settle();
      expect(reader.calls).toHaveLength(calls + 1);
      reader.call(-1).answer(4);
      expect(await next).toEqual({ a: '4' });
    }
    expect(brief(states.users.peek('a'))).toBe('4');
    // Another notice counts again, for loads that begin before it at once.
    const early = outcome(states.users.load(['a'], { fresh: true }));
    await settle();
    states.users.raise('a', 6);
    reader.call(-1).answer(4);
    await clock.advance(5);
    reader.call(-1).answer(6);
    expect(await early).toEqual({ a: '6' });
    expect(brief(states.users.peek('a'))).toBe('6');
  });

  it('with a huge revision, again and again, keeps nobody from what there is', async () => {
    const { clock, reader, states, fill } = cacheStand();
    await fill(4, 'a');
    for (let i = 0; i < 10; i++) {
      states.users.raise('a', 1e15 + i);
      await clock.advance(100);
      const calling = outcome(states.users.load(['a'], {}));
      for (let waited = 0; waited <= 300; waited += 5) {
        await clock.advance(5);
        reader.calls.at(-1)?.answer(4);
      }
      expect(await calling).toEqual({ a: '4' });
    }
  });

  it('is not outlived by a load from before it, even when so many followed that it is forgotten', async () => {
    const { clock, reader, states } = cacheStand({ maxUsers: 10 });
    const loading = outcome(states.users.load(['a'], {}));
    await settle();
    states.users.raise('a', 5);
    for (let index = 0; index < 20; index += 1) states.users.raise(`other-${index}`, 1);
    reader.call(0).answer(4);
    await clock.advance(5);
    expect(states.users.peek('a')).toBeUndefined();
    reader.call(1).answer(5);
    expect(await loading).toEqual({ a: '5' });
  });

  it('holds for an answer that comes after its time, too', async () => {
    const { clock, reader, states } = cacheStand();
    const loading = outcome(states.users.load(['a', 'b'], {}));
    await clock.advance(250);
    expect(await loading).toMatch(/^StoreUnavailable/);
    states.users.raise('a', 5);
    await clock.advance(1000);
    reader.call(0).answer(4);
    await settle();
    expect(states.users.peek('a')).toBeUndefined();
    expect(brief(states.users.peek('b'))).toBe('4');
  });
});

describe('a caller with floors', () => {
  it('is answered from memory when that reaches them', async () => {
    const { reader, states, fill } = cacheStand();
    await fill(3, 'a');
    expect(await outcome(states.users.load(['a'], floors(3)))).toEqual({ a: '3' });
    expect(reader.calls).toHaveLength(1);
  });

  it('does not join a load that began before it, and does not hold up others', async () => {
    const { reader, states } = cacheStand();
    const plain = outcome(states.users.load(['a'], {}));
    await settle();
    const demanding = outcome(states.users.load(['a', 'b'], floors(5)));
    await settle();
    expect(reader.calls.map(({ ids }) => ids)).toEqual([['a'], ['a', 'b']]);
    reader.call(0).answer(4);
    expect(await plain).toEqual({ a: '4' });
    expect(brief(states.users.peek('a'))).toBe('4');
    reader.call(1).answer(5);
    expect(await demanding).toEqual({ a: '5', b: '5' });
  });

  it('loads again until it is reached, while what was loaded serves the others', async () => {
    const { clock, reader, states } = cacheStand();
    const demanding = outcome(states.users.load(['a'], { ...floors(5), deadline: clock.epochMs() + 1000 }));
    await settle();
    reader.call(0).answer(4);
    await clock.advance(5);
    expect(brief(states.users.peek('a'))).toBe('4');
    expect(await outcome(states.users.load(['a'], {}))).toEqual({ a: '4' });
    reader.call(1).answer(5);
    expect(await demanding).toEqual({ a: '5' });
  });

  it('is answered by what another loaded meanwhile', async () => {
    const { clock, reader, states, fill } = cacheStand();
    const demanding = outcome(states.users.load(['a'], floors(5)));
    await settle();
    reader.call(0).answer(4);
    await settle();
    states.users.raise('a', 5);
    await fill(5, 'a');
    await clock.advance(5);
    expect(await demanding).toEqual({ a: '5' });
    expect(reader.calls).toHaveLength(2);
  });

  it('is told that the store is unavailable when its deadline comes first', async () => {
    const { clock, reader, states } = cacheStand();
    const demanding = outcome(states.users.load(['a'], { ...floors(5), deadline: clock.epochMs() + 600 }));
    let ended = false;
    void demanding.then(() => {
      ended = true;
    });
    for (let waited = 0; waited < 590; waited += 10) {
      await clock.advance(10);
      reader.calls.at(-1)?.answer(4);
    }
    await settle();
    expect(ended).toBe(false);
    await clock.advance(10);
    reader.calls.at(-1)?.answer(4);
    expect(await demanding).toMatch(/^StoreUnavailable: users: "a" at revision 5 is not held/);
    expect(clock.pending).toBe(0);
  });
});

describe('a state that the store gives in an older revision than before', () => {
  it('is told of, where the load began after the newer one was there', async () => {
    const older: unknown[] = [];
    const { reader, states, fill, clock } = cacheStand({ onOlder: (...args) => older.push(args) });
    const early = outcome(states.users.load(['a', 'b'], { fresh: true }));
    await settle();
    const late = outcome(states.users.load(['a'], { fresh: true }));
    await settle();
    reader.call(1).answer(9);
    await late;
    reader.call(0).answer(7);
    await early;
    expect(older).toEqual([]);
    await clock.advance(1);
    const lost = outcome(states.users.load(['a'], { fresh: true }));
    await settle();
    reader.call(-1).answer(8);
    expect(await lost).toEqual({ a: '8' });
    expect(older).toEqual([['users', 'a', 9]]);
    await fill(8, 'c');
    expect(older).toHaveLength(1);
  });
});

describe('a floor that is not reached', () => {
  it('is doubted once, before the deadline, and given up where it cannot be', async () => {
    const { clock, reader, states } = cacheStand();
    let doubts = 0;
    const doubting = (deadlineMs: number, lost: boolean) =>
      outcome(
        states.users.load(['a'], {
          ...{ ...floors(5), deadline: clock.epochMs() + deadlineMs },
          doubt: async () => {
            doubts += 1;
            if (lost) throw new Error('lost');
          },
        }),
      );
    const answered = async (asking: Promise<unknown>, forMs: number): Promise<unknown> => {
      for (let waited = 0; waited < forMs; waited += 10) {
        await clock.advance(10);
        reader.calls.at(-1)?.answer(4);
      }
      await settle();
      return Promise.race([asking, 'nothing yet']);
    };
    const short = doubting(100, true);
    expect(await answered(short, 90)).toBe('Error: lost');
    const long = doubting(5_000, true);
    expect(await answered(long, 290)).toBe('nothing yet');
    expect(await answered(long, 100)).toBe('Error: lost');
    const behind = doubting(1_000, false);
    expect(await answered(behind, 900)).toBe('nothing yet');
    reader.calls.at(-1)?.answer(5);
    expect(await answered(behind, 200)).toMatch(/^StoreUnavailable/);
    expect(doubts).toBe(3);
  });
});
