import { expect, it } from '@jest/globals';
import { DAY_MS } from '../../src/core/values/time/time.js';
import type { StreamEnd, StreamEvent } from '../../src/services/streaming/event-stream.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import { until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const manager = { rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }] };

interface Watched {
  readonly events: StreamEvent[];
  ended: StreamEnd | undefined;
}

interface HowToWatch {
  readonly onEvent?: () => void;
  readonly tellsWrites?: boolean;
}

async function watch(stand: UseCaseStand, userId: string, how: HowToWatch = {}): Promise<Watched> {
  const { onEvent, tellsWrites = false } = how;
  const watched: Watched = { events: [], ended: undefined };
  const write = (event: StreamEvent): boolean => {
    onEvent?.();
    watched.events.push(event);
    return true;
  };
  const end = (reason: StreamEnd): void => {
    watched.ended = reason;
  };
  await stand.services.streams.watch(OPERATOR, { userId, resumeToken: '', sink: { write, end }, tellsWrites });
  return watched;
}

describeOnEachEngine('the rounds of streams', (engine) => {
  it('keep news from nobody for a user who cannot be read, whose streams end', async () => {
    let failing: 'broken' | 'away' | undefined;
    const around = (store: SqlStore): Store => ({
      ...store,
      states: {
        ...store.states,
        users: async (ids) => {
          if (failing === 'broken' && ids.includes('broken')) throw new SyntaxError('its row is no JSON');
          if (failing === 'away') throw new StoreUnavailable('away');
          return store.states.users(ids);
        },
      },
    });
    const told: unknown[] = [];
    const stand = await engine.compose({ around, onError: (_, error) => void told.push(error) });
    await stand.setFlag('for-managers', manager);
    const calm = await watch(stand, 'calm');
    const broken = await watch(stand, 'broken');
    await until(() => [calm, broken].every(({ events }) => events.length > 0));
    const change = async (userId: string, roles: readonly string[]) => {
      const { user } = await stand.identify(userId, { roles });
      stand.services.streams.usersChanged([{ id: userId, revision: user.revision }]);
    };

    failing = 'away';
    await change('broken', ['manager']);
    await change('calm', ['manager']);
    await until(() => told.length > 0);
    expect([calm.ended, broken.ended]).toEqual([undefined, undefined]);
    failing = 'broken';
    await until(() => calm.events.some(({ type }) => type === 'user'));
    await until(() => broken.ended !== undefined);
    expect(broken.ended).toBe('failed');
    expect(told.at(-1)).toMatchObject({ message: 'its row is no JSON' });
    expect(calm.ended).toBeUndefined();
    await change('calm', []);
    await until(() => calm.events.filter(({ type }) => type === 'user').length === 2);
    // Once it can be read, the user can be watched as before.
    failing = undefined;
    const again = await watch(stand, 'broken');
    await until(() => again.events.length > 0);
    stand.services.streams.close();
  });

  it('tell who asks for it that time, or a write, may have changed what is on already', async () => {
    const stand = await engine.compose();
    const tiers = (variant: string) => [{ variant, weight: 1 }];
    const aDay = { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 1 }] };
    await stand.setFlag('tier', {
      ...{ type: 'STRING', offVariant: 'off', variants: ['off', 'on', 'old'].map((key) => ({ key, value: key })) },
      rules: [{ conditions: aDay, distribution: tiers('old') }, {}],
    });
    const resets = ({ events }: Watched): number => events.filter(({ type }) => type === 'reset').length;
    // On a busy machine the day may have passed before the streams have begun, which is told of nothing then: a later one is taken.
    for (let aheadMs = 1_500; ; aheadMs *= 2) {
      const userId = `joined-${aheadMs}`;
      const joinedAt = Date.now() - DAY_MS + aheadMs;
      await stand.identify(userId, { joinedAt });
      const [teller, other] = [await watch(stand, userId, { tellsWrites: true }), await watch(stand, userId)];
      await until(() => [teller, other].every(({ events }) => events.length > 0));
      if (Date.now() - DAY_MS >= joinedAt) continue;
      await until(() => resets(teller) > 0);
      expect(Date.now() - DAY_MS).toBeGreaterThanOrEqual(joinedAt);
      const { user } = await stand.identify(userId, { attributes: { replace: false, set: { plan: 'x' }, remove: [] } });
      stand.services.streams.usersChanged([{ id: userId, revision: user.revision }]);
      await until(() => resets(teller) > 1);
      expect(resets(other)).toBe(0);
      break;
    }
    stand.services.streams.close();
  });

  it('let calls of others run between users', async () => {
    const stand = await engine.compose();
    for (let i = 0; i < 200; i++) await stand.setFlag(`many-${i}`, manager);
    let turn = 0;
    let counting: boolean = true;
    const count = (): void => {
      turn++;
      if (counting) setImmediate(count);
    };
    count();
    const turns = new Set<number>();
    const watched = await Promise.all(
      Array.from({ length: 200 }, (_, i) => watch(stand, `one-of-many-${i}`, { onEvent: () => turns.add(turn) })),
    );
    await until(() => watched.every(({ events }) => events.length > 0));
    turns.clear();
    stand.services.streams.restart();
    await until(() => watched.every(({ events }) => events.some(({ type }) => type === 'reset')));
    counting = false;
    expect(turns.size).toBeGreaterThan(3);
    stand.services.streams.close();
  });
});
