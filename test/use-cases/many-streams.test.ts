import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { startRedis } from '../servers/redis-server.js';
import { busy, pause, until } from '../timing.js';
import { describeOnMariadb } from './stands/engines.js';
import { type EventSourceStand, openEventSource } from './stands/event-source.js';
import { latching, OPERATOR, verified } from './stands/use-case-stand.js';

const CHANGE = {
  mustExist: false,
  expectedVersion: undefined,
  onRuleChange: 'KEEP',
  comment: '',
  removeAccess: [],
} as const;

describe('one process', () => {
  let latchkey: EmbeddedLatchkey;
  beforeAll(async () => {
    latchkey = await startEmbedded({ ROLES: 'rest,worker' });
  });
  afterAll(() => latchkey.close());

  const setFlag = (keyOrId: string, input: object, access: object[] = []) =>
    latchkey.services.flags.set(latchkey.operator, { ...CHANGE, keyOrId, input, access });
  const watch = (userId: string) =>
    openEventSource(latchkey.httpAddress, `/api/stream?user_id=${userId}`, { token: latchkey.adminSecret });

  it('keeps 1,200 streams, tells each its own and all of the configuration', async () => {
    await setFlag('many', latching(verified));
    const opened: EventSourceStand[] = [];
    const began = performance.now();
    for (let from = 0; from < 1_200; from += 200) {
      opened.push(...(await Promise.all(Array.from({ length: 200 }, (_, i) => watch(`u${from + i}`)))));
    }
    await until(() => opened.every(({ frames }) => frames.length > 0));
    expect(performance.now() - began).toBeLessThan(busy(15_000));
    expect(latchkey.services.streams.size).toBe(1_200);
    const metrics = await (await fetch(`http://${latchkey.httpAddress}/metrics`)).text();
    expect(metrics).toContain('latchkey_open_streams{kind="watch"} 1200\n');

    for (let i = 0; i < 1_200; i += 100) {
      await latchkey.services.users.identify(latchkey.operator, { userId: `u${i}`, emailVerified: true });
    }
    for (let i = 0; i < 1_200; i += 100) await opened[i]!.frame('user');
    expect(opened.filter((source) => source.of('user').length > 0)).toHaveLength(12);

    const changed = performance.now();
    await setFlag('many', { description: 'changed' });
    await until(() => opened.every((source) => source.of('configuration').length > 0));
    expect(performance.now() - changed).toBeLessThan(busy(3_000));

    for (const source of opened) source.kill();
    await until(() => latchkey.services.streams.size === 0);
  });

  it('cuts a reader that takes nothing, with a clear end, and goes on serving others', async () => {
    const value = 'x'.repeat(60_000);
    const variants = [
      { key: 'on', value },
      { key: 'off', value: '' },
    ];
    await setFlag('heavy', { type: 'STRING', variants });
    const [slow, quick] = [await watch('slow'), await watch('slow')];
    slow.pause();
    const { streams } = latchkey.services;
    const access = (effect: string) => [{ userId: 'slow', effect }];
    let heldBack = 0;
    for (let i = 0; i < 4_000 && streams.size === 2; i++) {
      heldBack = Math.max(heldBack, streams.backlog);
      await setFlag('heavy', {}, access(i % 2 ? 'DENY' : 'ALLOW'));
      // The store answers at once here: without this nothing else in the process would have its turn.
      await pause(0);
    }
    expect(streams.size).toBe(1);
    expect(heldBack).toBeGreaterThan(100);
    expect(streams.backlog).toBe(0);
    slow.resume();
    expect((await slow.frame('end')).data).toEqual({ reason: 'slow' });
    const told = quick.of('user').length;
    await setFlag('heavy', { active: false });
    await quick.frame('configuration');
    expect(told).toBeGreaterThan(slow.of('user').length);
    quick.kill();
  });

  it('ends its streams clearly when it stops', async () => {
    const other = await startEmbedded({ ROLES: 'rest' });
    const source = await openEventSource(other.httpAddress, '/api/stream', { token: other.adminSecret });
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(busy(2_000));
    expect((await source.frame('end')).data).toEqual({ reason: 'draining' });
  });
});

describeOnMariadb('two servers whose notifier is cut', (engine) => {
  it('tell within five seconds of what was written on the other', async () => {
    const redis = await startRedis();
    try {
      const environment = { REDIS_URL: redis.url };
      const there = await engine.start({ ...environment, ROLES: 'rest' });
      const here = await engine.start(environment);
      const { services } = here.composed;
      await services.flags.set(OPERATOR, { ...CHANGE, keyOrId: 'cut', input: latching(verified), access: [] });
      const source = await openEventSource(there.httpAddress!, '/api/stream?user_id=cut', { token: there.adminSecret });
      await source.frame('');
      await redis.down();
      const written = performance.now();
      await services.users.identify(OPERATOR, { userId: 'cut', emailVerified: true });
      const frame = await source.frame('user');
      expect(frame.at - written).toBeLessThan(busy(6_500));
      await services.flags.set(OPERATOR, { ...CHANGE, keyOrId: 'cut', input: { description: 'x' }, access: [] });
      await source.frame('configuration');
      expect(performance.now() - frame.at).toBeLessThan(busy(6_500));
      source.kill();
    } finally {
      await redis.stop();
    }
  });
});
