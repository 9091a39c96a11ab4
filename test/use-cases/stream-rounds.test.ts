import { expect, it } from '@jest/globals';
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

async function watch(stand: UseCaseStand, userId: string, onEvent?: () => void): Promise<Watched> {
  const watched: Watched = { events: [], ended: undefined };
  const write = (event: StreamEvent): boolean => {
    onEvent?.();
    watched.events.push(event);
    return true;
  };
  const end = (reason: StreamEnd): void => {
    watched.ended = reason;
  };
  await stand.services.streams.watch(OPERATOR, { userId, resumeToken: '', sink: { write, end } });
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
      Array.from({ length: 200 }, (_, i) => watch(stand, `one-of-many-${i}`, () => turns.add(turn))),
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
