import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { UserState } from '../../core/states/user-state.js';
import type { Held } from '../state-source.js';
import { StoreUnavailable } from '../store.js';
import { cacheStand } from './testing/cache-stand.js';
import type { ReaderCall } from './testing/controlled-reader.js';
import { settle } from './testing/test-clock.js';

const IDS = ['a', 'b', 'c'];
const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), id }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('notify' as const), id }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('load' as const), id, demand: fc.nat(3) }) },
  // The oldest or the newest call answers, with what was there when it began, or is there now, or was there in between.
  { weight: 5, arbitrary: fc.record({ do: fc.constant('answer' as const), newest: fc.boolean(), share: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), newest: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(5, 50, 260, 31_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('connected' as const), is: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);

/** The store, the notices and the callers of one run, with the laws that hold at every moment. */
function world(maxUsers: number) {
  const { clock, reader, states } = cacheStand({ maxUsers, maxGroupsInFlight: 2 });
  const committed = new Map(IDS.map((name) => [name, 0]));
  const noticed = new Map(IDS.map((name) => [name, 0]));
  const peeked = new Map(IDS.map((name) => [name, 0]));
  const begunWith = new Map<ReaderCall, ReadonlyMap<string, number>>();
  const open: ReaderCall[] = [];
  const callers: Promise<void>[] = [];
  const at = (revisions: ReadonlyMap<string, number>, name: string): number => revisions.get(name) ?? 0;

  function expectHeldToLaw(): void {
    for (const call of reader.calls) {
      if (begunWith.has(call)) continue;
      begunWith.set(call, new Map(committed));
      open.push(call);
    }
    for (const name of IDS) {
      const held = states.users.peek(name);
      if (held === undefined || held.stale) continue;
      expect(held.state.revision).toBeGreaterThanOrEqual(at(noticed, name));
      expect(held.state.revision).toBeGreaterThanOrEqual(at(peeked, name));
      peeked.set(name, held.state.revision);
    }
  }

  async function caller(name: string, demand: number): Promise<void> {
    const floor = at(committed, name);
    const noticedBefore = at(noticed, name);
    const wish = [{}, {}, { floors: new Map([[name, floor]]) }, { fresh: true }][demand] ?? {};
    let held: Held<UserState> | undefined;
    try {
      held = (await states.users.load([name], wish)).get(name);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailable);
      return;
    }
    if (held === undefined) throw new Error('A load resolved without an answer.');
    // A caller's own floor holds for stale answers too; a fresh answer is never stale and sees what was committed.
    if (demand >= 2) expect(held.state.revision).toBeGreaterThanOrEqual(floor);
    if (demand === 3) expect(held.stale).toBe(false);
    if (!held.stale) expect(held.state.revision).toBeGreaterThanOrEqual(noticedBefore);
  }

  const take = (newest: boolean): ReaderCall | undefined => (newest ? open.pop() : open.shift());
  return {
    async run(action: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
      if (action.do === 'write') committed.set(action.id, at(committed, action.id) + 1);
      if (action.do === 'notify') {
        noticed.set(action.id, at(committed, action.id));
        states.users.raise(action.id, at(committed, action.id));
      }
      if (action.do === 'load') callers.push(caller(action.id, action.demand));
      if (action.do === 'answer') {
        const call = take(action.newest);
        const before = (call && begunWith.get(call)) ?? committed;
        call?.answer(
          (name) => at(before, name) + Math.floor(((at(committed, name) - at(before, name)) * action.share) / 2),
        );
      }
      if (action.do === 'fail') take(action.newest)?.fail(new StoreUnavailable('connection refused'));
      if (action.do === 'advance') await clock.advance(action.ms);
      if (action.do === 'connected') states.connected(action.is);
      if (action.do === 'turn') await settle();
      expectHeldToLaw();
    },
    async end(): Promise<void> {
      for (let round = 0; round < 20; round += 1) {
        for (const call of open.splice(0)) call.answer((name) => at(committed, name));
        await clock.advance(50);
        expectHeldToLaw();
      }
      await Promise.all(callers);
      expect(clock.pending).toBe(0);
      expect(states.sizes().loading).toBe(0);
      states.close();
    },
  };
}

describe('whatever the order of writes, notices, loads, answers and failures', () => {
  it.each([2, 100])('no answer is below what was noticed or demanded, with room for %i users', async (maxUsers) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (actions) => {
        const { run, end } = world(maxUsers);
        for (const action of actions) await run(action);
        await end();
      }),
      { numRuns: 300 },
    );
  });
});
