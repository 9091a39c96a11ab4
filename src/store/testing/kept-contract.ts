import { expect, it } from '@jest/globals';
import { Derivations } from '../../core/counting/derivations.js';
import { recount } from '../../core/counting/recount.js';
import type { Derivation } from '../../core/flags/flag.js';
import { unknownUser } from '../../core/states/user-state.js';
import { HOUR_MS } from '../../core/values/time/time.js';
import type { Store } from '../store.js';
import { changing, sampleEvent, unique } from './samples.js';

const START = 1_700_000_000_000;
const MANY = 2_300;
const PER_CALL = 500;

/** What is kept of users of whom very much is kept, and of others beside them. */
export function keptContract(store: () => Store): void {
  it('is counted anew in the order in which it was taken, of those with very much as of those with little', async () => {
    const [busy, ...others] = ['busy', 'one', 'two', 'none'].map(unique) as [string, string, string, string];
    const [a, b] = ['a', 'b'].map(unique) as [string, string];
    // Neither by key nor by when they occurred: many are received at the same instant.
    const eventsOf = (userId: string, count: number) =>
      Array.from({ length: count }, (_, i) =>
        sampleEvent({
          ...{ userId, action: i % 7 === 3 ? b : a, value: i % 5, properties: { kind: (i * 31) % 1_200 } },
          ...{ receivedAt: START + Math.floor(i / 90) * HOUR_MS, occurredAt: START - ((i * 37) % 400) * HOUR_MS },
        }),
      );
    const all = [eventsOf(busy, MANY), eventsOf(others[0]!, 3), eventsOf(others[1]!, 40)].flat();
    const shuffled = all.toSorted((one, other) => (one.receivedAt % 7) - (other.receivedAt % 7));
    for (let i = 0; i < shuffled.length; i += PER_CALL) await store().inbox.append(shuffled.slice(i, i + PER_CALL));
    const ids = [busy, ...others];
    await store().transaction(async (tx) => {
      await tx.users.lock(ids);
      await tx.inbox.finish(all, 'batch');
      await tx.users.advance(ids);
    });
    const derived = new Map<string, Derivation>([
      [unique('kinds'), { from: [a], where: {}, countsSince: 0, distinct: { name: 'kind' } }],
      [unique('soon'), { from: [a], where: {}, countsSince: 0, since: { action: b, withinDays: 1 } }],
      [unique('plain'), { from: [a, b], where: {}, countsSince: 0 }],
    ]);
    const declared = [...derived].map(([name, derivation]) => ({ name, clientTrackable: false, derivation }));
    await changing(store(), (tx) => tx.configuration.putActions(declared));

    const taken = shuffled.toSorted((one, other) => one.receivedAt - other.receivedAt);
    const names = new Set(derived.keys());
    const expectedOf = (id: string) => {
      const events = taken
        .filter(({ userId }) => userId === id)
        .map((event) => ({ ...event, properties: event.properties }));
      return recount(unknownUser(id), names, { derivations: new Derivations(derived), events });
    };
    const read = await store().states.users(ids);
    const locked = await store().transaction((tx) => tx.users.lock(ids));
    for (const states of [read, locked]) {
      for (const id of ids) {
        const { actions, actionDays } = expectedOf(id).after;
        const counted = [...states.get(id)!.actions].filter(([name]) => names.has(name));
        expect(new Map(counted)).toEqual(actions);
        for (const name of names) expect(states.get(id)!.actionDays.get(name)).toEqual(actionDays.get(name));
      }
    }
    // Of the same value the first that was taken counts.
    const { distinct } = expectedOf(busy);
    expect(distinct.length).toBeGreaterThan(900);
    const known = await store().transaction((tx) => tx.users.distinctValues(distinct));
    expect(distinct.filter((value) => !known.isBy(value, value.by))).toEqual([]);
    const last = await store().transaction((tx) => tx.users.lastEvents(busy, [a], 7));
    const own = taken.filter(({ userId, action }) => userId === busy && action === a);
    expect(last.map(({ id }) => id)).toEqual(own.slice(-7).map(({ id }) => id));
    await changing(store(), async (tx) => {
      for (const name of names) await tx.configuration.dropAction(name);
    });
  });
}
