import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { type RedisServer, startRedis } from '../servers/redis-server.js';
import { busy, until } from '../timing.js';
import { describeOnMariadb } from './stands/engines.js';
import { atLeast, latching, machine, OPERATOR } from './stands/use-case-stand.js';

/** The promise: a second, and five where the notifier is away. */
const A_SECOND = busy(1_000);
const FIVE_SECONDS = busy(5_000);
const TOKEN = { name: 't', scopes: ['evaluate'], organizationId: '', expiresAt: undefined };

describeOnMariadb('two servers', (engine) => {
  let redis: RedisServer;
  let here: RunningServer;
  let there: RunningServer;

  const start = () => engine.start({ REDIS_URL: redis.url });
  const setFlag = (keyOrId: string, input: object) =>
    here.composed.services.flags.set(OPERATOR, {
      ...{ keyOrId, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
      ...{ access: [], removeAccess: [] },
    });
  const isOnThere = async (userId: string, flagKey: string): Promise<boolean> => {
    const input = { userId, context: {}, flagKey, consistencyToken: '', full: false };
    return (await there.composed.services.evaluation.evaluate(OPERATOR, input)).decision.enabled;
  };
  const managers = { rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }] };

  beforeAll(async () => {
    redis = await startRedis();
    [here, there] = await Promise.all([start(), start()]);
  });
  afterAll(() => redis.stop());

  it('see within a second what changed through the other', async () => {
    await setFlag('shared', { isEnabledGlobally: true });
    expect(await until(() => isOnThere('a', 'shared'))).toBeLessThan(A_SECOND);

    await setFlag('managers', managers);
    await until(() => there.composed.services.keeper.snapshot.flags.has('managers'));
    expect(await isOnThere('a', 'managers')).toBe(false);
    await here.composed.services.users.identify(OPERATOR, { userId: 'a', roles: ['manager'], organizationId: 'acme' });
    expect(await until(() => isOnThere('a', 'managers'))).toBeLessThan(A_SECOND);

    const roles = [{ name: 'chief', inherits: ['manager'] }];
    await here.composed.services.users.identify(OPERATOR, { userId: 'a', roles: ['chief'], organizationId: 'acme' });
    await until(async () => !(await isOnThere('a', 'managers')));
    await here.composed.services.organizations.set(OPERATOR, { id: 'acme', roles, comment: '' });
    expect(await until(() => isOnThere('a', 'managers'))).toBeLessThan(A_SECOND);

    const { secret, token } = await here.composed.services.tokens.create(OPERATOR, TOKEN);
    const admitted = async () => (await there.composed.services.authentication.machine(secret)).tokenId;
    expect(await admitted()).toBe(token.id);
    await here.composed.services.tokens.revoke(OPERATOR, token.id);
    expect(
      await until(() =>
        admitted().then(
          () => false,
          () => true,
        ),
      ),
    ).toBeLessThan(A_SECOND);
  });

  it('unlock for the other’s users within a second of an event', async () => {
    await setFlag('once', latching(atLeast(1, 'once')));
    await until(() => there.composed.services.keeper.snapshot.flags.has('once'));
    expect(await isOnThere('e', 'once')).toBe(false);
    const event = { id: '1', source: '', userId: 'e', action: 'once', occurredAt: undefined, value: 0, properties: {} };
    const call = machine(['track']);
    const tracked = await here.composed.services.events.track(call, { events: [{ kind: 'event', event }], wait: true });
    expect(tracked.newlyUnlocked).toEqual([{ userId: 'e', flagKey: 'once' }]);
    expect(await until(() => isOnThere('e', 'once'))).toBeLessThan(A_SECOND);
  });

  it('see it within five seconds with Redis down, and count events all the same', async () => {
    const { secret, token } = await here.composed.services.tokens.create(OPERATOR, TOKEN);
    const admitted = async () => (await there.composed.services.authentication.machine(secret)).tokenId;
    expect(await admitted()).toBe(token.id);
    expect(await isOnThere('r', 'managers')).toBe(false);
    await redis.down();

    await Promise.all([
      (async () => {
        await setFlag('dark', { isEnabledGlobally: true });
        expect(await until(() => isOnThere('r', 'dark'))).toBeLessThan(FIVE_SECONDS);
      })(),
      (async () => {
        await here.composed.services.users.identify(OPERATOR, { userId: 'r', roles: ['manager'] });
        expect(await until(() => isOnThere('r', 'managers'))).toBeLessThan(FIVE_SECONDS);
      })(),
      (async () => {
        await here.composed.services.tokens.revoke(OPERATOR, token.id);
        expect(
          await until(() =>
            admitted().then(
              () => false,
              () => true,
            ),
          ),
        ).toBeLessThan(FIVE_SECONDS);
      })(),
    ]);

    // Only now: a worker that counts finds out about the configuration by that.
    const event = { source: '', userId: 'd', action: 'once', occurredAt: undefined, value: 0, properties: {} };
    const events = [{ kind: 'event', event: { ...event, id: 'd' } }] as const;
    const started = performance.now();
    const { newlyUnlocked } = await here.composed.services.events.track(OPERATOR, { events, wait: true });
    expect(newlyUnlocked).toEqual([{ userId: 'd', flagKey: 'once' }]);
    expect(performance.now() - started).toBeLessThan(busy(4_000));
  });

  it('start with Redis down, and hear of each other again once it is back', async () => {
    const third = await start();
    expect(third.composed.services.keeper.snapshot.flags.has('dark')).toBe(true);
    await redis.restart();
    await until(async () => {
      await setFlag('light', { description: `${performance.now()}` });
      const { revision } = here.composed.services.keeper.snapshot;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return [there, third].every(({ composed }) => composed.services.keeper.snapshot.revision >= revision);
    });
    await third.stop(1_000);
  });
});
