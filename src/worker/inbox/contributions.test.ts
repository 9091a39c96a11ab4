import { expect, it } from '@jest/globals';
import { EMPTY_SNAPSHOT } from '../../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { unknownUser } from '../../core/states/user-state.js';
import { sampleEvent } from '../../store/testing/samples.js';
import type { Membership } from '../../store/user-store.js';
import { contributionsOf } from './contributions.js';

const SNAPSHOT: Snapshot = {
  ...EMPTY_SNAPSHOT,
  organizationEarners: { judging: EMPTY_SNAPSHOT, actions: new Set(['report']) },
};
const MINUTE = 60_000;

const memberships = (known: Readonly<Record<string, readonly Membership[]>>) => {
  const asked: string[][] = [];
  const users = {
    memberships: (ids: readonly string[]) => {
      asked.push([...ids]);
      return Promise.resolve(new Map(Object.entries(known)));
    },
  };
  return { asked, tx: { users } as never };
};
const happened = (...events: readonly ReturnType<typeof sampleEvent>[]) => ({
  happened: [...Map.groupBy(events, ({ userId }) => userId)].map(([userId, own]) => ({
    before: unknownUser(userId),
    events: own,
  })),
  reversed: [],
});

it('costs nothing where no rule reads organizations, and reads nothing for other actions', async () => {
  const { asked, tx } = memberships({});
  expect(await contributionsOf(tx, happened(sampleEvent({ action: 'report' })), EMPTY_SNAPSHOT)).toEqual([]);
  expect(await contributionsOf(tx, happened(sampleEvent({ action: 'login' })), SNAPSHOT)).toEqual([]);
  expect(asked).toEqual([]);
});

it('takes the organization that was said, else the one that the user was in when it occurred', async () => {
  const { asked, tx } = memberships({
    moved: [
      { organizationId: 'first', since: 10 * MINUTE },
      { organizationId: 'second', since: 20 * MINUTE },
      { organizationId: '', since: 30 * MINUTE },
    ],
  });
  const at = (minutes: number, more = {}) =>
    sampleEvent({ userId: 'moved', action: 'report', occurredAt: minutes * MINUTE, ...more });
  const events = [
    at(5),
    at(10),
    at(19),
    at(25),
    at(35),
    at(35, { organizationId: 'said' }),
    at(10, { userId: 'loner' }),
    // A moment before they entered one, and a moment before they moved.
    at(10 - 1 / 60),
    at(10 - 1.1 / 60),
    at(20 - 0.1 / 60),
    at(30 - 0.1 / 60),
  ];
  const found = await contributionsOf(tx, happened(...events), SNAPSHOT);
  expect(found.map(({ event, organizationId }) => [events.indexOf(event), organizationId])).toEqual([
    [1, 'first'],
    [2, 'first'],
    [3, 'second'],
    [5, 'said'],
    [7, 'first'],
    [9, 'first'],
    [10, 'second'],
  ]);
  expect(asked).toEqual([['moved', 'loner']]);
});

it('hands events on in the order in which they were received, whoever did them', async () => {
  const { tx } = memberships({});
  const events = [3, 1, 2, 1].map((receivedAt, i) =>
    sampleEvent({ userId: `user-${i % 2}`, action: 'report', organizationId: 'acme', receivedAt }),
  );
  const found = await contributionsOf(tx, happened(...events), SNAPSHOT);
  expect(found.map(({ event }) => events.indexOf(event))).toEqual([1, 3, 2, 0]);
});

it('hands on what takes back an event, to the organization of that one, whoever reads it by now', async () => {
  const { asked, tx } = memberships({});
  const stored = (more: object) =>
    ({ ...sampleEvent({ action: 'report', ...more }), state: 'done', dayZone: 'UTC' }) as const;
  const reversal = (receivedAt: number, more = {}) =>
    sampleEvent({ receivedAt, action: '', reverses: { source: '', id: 'x' }, ...more });
  const reversed = [
    { event: reversal(3, { organizationId: 'acme' }), original: stored({ organizationId: 'acme' }) },
    { event: reversal(1), original: stored({ organizationId: 'globex' }) },
    { event: reversal(2), original: stored({}) },
  ];
  const found = await contributionsOf(tx, { happened: [], reversed }, EMPTY_SNAPSHOT);
  expect(found).toEqual([
    { event: reversed[1]!.event, organizationId: 'globex' },
    { event: reversed[0]!.event, organizationId: 'acme' },
  ]);
  expect(asked).toEqual([]);
});
