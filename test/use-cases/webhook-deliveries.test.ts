import { expect, it } from '@jest/globals';
import { SELF_SIGNED_CERTIFICATE } from '../../src/grpc/testing/self-signed.js';
import { DeliveryWorker } from '../../src/worker/deliveries/delivery-worker.js';
import { OutboundRelay } from '../../src/worker/deliveries/relay-outbound.js';
import { sweepDeliveries } from '../../src/worker/deliveries/sweep-deliveries.js';
import { keepHouse } from '../../src/worker/upkeep/housekeeping.js';
import { pause, until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, OPERATOR, verified } from './stands/use-case-stand.js';
import { isSignedBy } from './stands/webhook-receiver.js';
import { deliveriesOf, webhookStand } from './stands/webhook-stand.js';

const UNLOCKED = 'dev.latchkey.unlocked';
const CHANGED = 'dev.latchkey.flag.changed';

describeOnEachEngine('deliveries to webhooks', (engine) => {
  const stand = webhookStand(engine);
  const { receive, work, create, relay, unlock, statesOf } = stand;

  it('try again, under one id and one body, until the receiver takes it', async () => {
    const receiver = await receive((n) => (n < 3 ? 500 : 204));
    const { id, secret } = await create(receiver.url, [CHANGED]);
    await work();
    await stand.latchkey.setFlag('flapping');
    await until(async () => (await statesOf(id))[0] === 'delivered');
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(receiver.received.every((one) => isSignedBy(secret, one))).toBe(true);
    const [delivery] = await deliveriesOf(stand.latchkey, id);
    expect(delivery).toMatchObject({ attempts: 4, finishedAt: expect.any(Number) });
    expect(delivery!.log.map(({ status, error = '' }) => [status, error])).toEqual([
      ...Array.from({ length: 3 }, () => [500, 'answered 500']),
      [204, ''],
    ]);
  });

  it('are given up after the last attempt, and sent again when they are replayed', async () => {
    const health = { status: 503 };
    const receiver = await receive(() => health.status);
    const { id } = await create(receiver.url, [CHANGED]);
    const worker = await work({ retryDelaysMs: [50] });
    for (const key of ['one', 'two']) await stand.latchkey.setFlag(`given-up-${key}`);
    await until(async () => (await statesOf(id)).filter((state) => state === 'failed').length === 2);
    expect(receiver.received).toHaveLength(4);
    await until(() => worker.attempted.length === 4);

    health.status = 200;
    const { webhookDeliveries } = stand.latchkey.services;
    expect(await webhookDeliveries.replay(OPERATOR, { webhookId: id, ids: [], comment: 'mended' })).toBe(2);
    await until(async () => (await statesOf(id)).every((state) => state === 'delivered'));
    const [delivery] = await deliveriesOf(stand.latchkey, id);
    const again = { webhookId: id, ids: [delivery!.id], comment: '' };
    expect(await webhookDeliveries.replay(OPERATOR, again)).toBe(1);
    await until(() => receiver.received.filter(({ event }) => event.id === delivery!.eventId).length === 4);
    expect(await webhookDeliveries.replay(OPERATOR, { webhookId: id, ids: [], comment: '' })).toBe(0);
    const { items } = await stand.latchkey.store.audit.list({ limit: 9 }, { target: id });
    expect(items.filter(({ action }) => action === 'deliveries.replay').map(({ comment }) => comment)).toContain(
      'mended',
    );
  });

  it('reach a receiver by https whose certificate can be checked, and no other', async () => {
    const receiver = await receive(undefined, { tls: true });
    const { id } = await create(receiver.url, [CHANGED]);
    const distrusting = await work({ retryDelaysMs: [], allowHttp: false });
    await stand.latchkey.setFlag('secure');
    await until(async () => (await statesOf(id))[0] === 'failed');
    expect((await deliveriesOf(stand.latchkey, id))[0]!.log[0]!.error).toMatch(/SELF_SIGNED/);
    expect(receiver.received).toEqual([]);
    await distrusting.stop();
    await work({ ca: SELF_SIGNED_CERTIFICATE, allowHttp: false });
    await stand.latchkey.services.webhookDeliveries.replay(OPERATOR, { webhookId: id, ids: [], comment: '' });
    await until(() => receiver.received.length === 1);
  });

  it('go nowhere but where they may: a name that turns private, a redirect, http', async () => {
    const inner = await receive();
    const redirecting = await receive((_, response) => {
      response.writeHead(302, { location: inner.url }).end();
      return 'answered';
    });
    const { port } = new URL(inner.url);
    const rebound = await create(`http://rebound.test:${port}/`, [CHANGED]);
    const redirected = await create(redirecting.url, [CHANGED]);
    const lookup = async (host: string) =>
      host === 'rebound.test'
        ? [
            { address: '93.184.215.14', family: 4 },
            { address: '127.0.0.1', family: 4 },
          ]
        : [{ address: '127.0.0.1', family: 4 }];
    const strict = await work({ retryDelaysMs: [], allowPrivate: false, lookup });
    await stand.latchkey.setFlag('guarded');
    await until(async () => (await statesOf(rebound.id))[0] === 'failed');
    await until(async () => (await statesOf(redirected.id))[0] === 'failed');
    const errorOf = async (id: string) => (await deliveriesOf(stand.latchkey, id))[0]!.log.at(-1)!.error;
    expect(await errorOf(rebound.id)).toBe('refused: rebound.test resolves to 127.0.0.1, a loopback address');
    expect(await errorOf(redirected.id)).toMatch(/names this machine; only public addresses/);
    await strict.stop();
    const lax = await work({ retryDelaysMs: [] });
    await stand.latchkey.services.webhookDeliveries.replay(OPERATOR, {
      webhookId: redirected.id,
      ids: [],
      comment: '',
    });
    await until(() => redirecting.received.length === 1);
    await until(async () => /302: redirects are not followed/.test((await errorOf(redirected.id)) ?? ''));
    await lax.stop();
    expect(inner.received).toEqual([]);
  });

  it('do not wait for each other: one endpoint that is slow holds up no other, nor takes more than its share', async () => {
    let open = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const slow = await receive((_, response) => {
      open += 1;
      most = Math.max(most, open);
      waiting.push(() => {
        open -= 1;
        response.writeHead(200).end();
      });
      return 'answered';
    });
    const quick = await receive();
    await create(slow.url, [CHANGED]);
    await create(quick.url, [CHANGED]);
    await work();
    for (let i = 0; i < 12; i++) await stand.latchkey.setFlag(`busy-${i}`);
    await until(() => quick.received.length === 12);
    await until(() => most === 4);
    await until(() => {
      for (const answer of waiting.splice(0)) answer();
      return new Set(slow.received.map(({ event }) => event.id)).size === 12;
    });
    for (const answer of waiting.splice(0)) answer();
    expect(most).toBe(4);
  });

  it('do not wait for endpoints that never answer, however many there are', async () => {
    const silent: (() => void)[] = [];
    const hole = await receive((_, response) => {
      silent.push(() => response.writeHead(200).end());
      return 'answered';
    });
    const quick = await receive();
    for (let i = 0; i < 12; i++) await create(hole.url, [CHANGED]);
    const { id } = await create(quick.url, [CHANGED]);
    await work();
    for (let i = 0; i < 8; i++) await stand.latchkey.setFlag(`swallowed-${i}`);
    await until(async () => (await statesOf(id)).filter((state) => state === 'delivered').length === 8, 8_000);
    // All that they may have, at the same time: more than any bound of fewer endpoints.
    await until(() => silent.length === 48);
    await until(() => {
      for (const answer of silent.splice(0)) answer();
      return hole.received.length >= 96;
    });
    for (const answer of silent.splice(0)) answer();
  }, 60_000);

  it('are given up after three days, however few attempts were made', async () => {
    const receiver = await receive();
    const { id } = await create(receiver.url, [CHANGED]);
    const { store, services } = stand.latchkey;
    const now = await store.now();
    const day = 86_400_000;
    const add = (name: string, createdAt: number): Promise<void> => {
      const delivery = {
        id: `dlv_${createdAt.toString(16).padStart(12, '0')}${'0'.repeat(19)}${name}`,
        endpointId: id,
      };
      const event = { eventId: `evt_${name}`, type: CHANGED, userId: '', body: '{}', createdAt };
      return store.transaction((tx) => tx.deliveries.add([{ ...delivery, ...event }]));
    };
    await add('1', now - 3 * day - 30_000);
    await add('2', now - 3 * day + 30_000);
    let sent = 0;
    const worker = new DeliveryWorker({
      ...{ store, queue: { schedule: () => Promise.resolve() }, observer: { attempted: () => undefined } },
      sender: {
        send: async () => {
          sent += 1;
          return { kind: 'failed', error: 'gone', durationMs: 1 };
        },
      },
      retryDelaysMs: [100_000],
    });
    const made = await deliveriesOf(stand.latchkey, id);
    for (const delivery of made) await worker.attempt(delivery);
    // The first is too old for an attempt, and the second's next one would come too late.
    expect(sent).toBe(1);
    expect((await deliveriesOf(stand.latchkey, id)).map(({ state, attempts }) => [state, attempts])).toEqual([
      ['failed', 1],
      ['pending', 0],
    ]);
    // Replayed, it has three days again.
    expect(await services.webhookDeliveries.replay(OPERATOR, { webhookId: id, ids: [], comment: '' })).toBe(1);
    await worker.attempt(made[0]!);
    expect((await deliveriesOf(stand.latchkey, id))[0]).toMatchObject({ state: 'pending', attempts: 1 });
    await add('3', now - 4 * day);
    await services.webhooks.update(OPERATOR, id, { enabled: false });
    await work({ lostQueue: true });
    await until(async () => (await statesOf(id)).filter((state) => state === 'failed').length === 1);
    expect(await statesOf(id)).toEqual(['pending', 'pending', 'failed']);
    expect(receiver.received).toEqual([]);
  });

  it('are made of what happened while an endpoint was there and enabled, whenever it is shared out', async () => {
    const receiver = await receive();
    const early = await create(receiver.url, [CHANGED]);
    const disabled = await create(receiver.url, [CHANGED]);
    await stand.latchkey.setFlag('before');
    await pause(5);
    const late = await create(receiver.url, [CHANGED]);
    const { webhooks } = stand.latchkey.services;
    await webhooks.update(OPERATOR, disabled.id, { enabled: false });
    await pause(5);
    await stand.latchkey.setFlag('after');
    await webhooks.update(OPERATOR, disabled.id, { description: 'still disabled' });
    expect(await relay()).toBe(2);
    const subjects = async ({ id }: { readonly id: string }) =>
      (await deliveriesOf(stand.latchkey, id)).map(({ body }) => JSON.parse(body).subject as string).toSorted();
    expect(await subjects(early)).toEqual(['after', 'before']);
    expect(await subjects(late)).toEqual(['after']);
    expect(await subjects(disabled)).toEqual(['before']);
    await webhooks.update(OPERATOR, disabled.id, { enabled: true });
    expect((await stand.latchkey.store.webhooks.signing(disabled.id))!).not.toHaveProperty('disabledAt');
  });

  it('are made of every event but one that cannot be shared out, which is put aside', async () => {
    const receiver = await receive();
    const { id } = await create(receiver.url, [CHANGED]);
    const keys = Array.from({ length: 9 }, (_, i) => `chunk-${i}`);
    for (const key of keys) await stand.latchkey.setFlag(key);
    const { store } = stand.latchkey;
    const [, , third] = await store.outbound.positions(9);
    // As if what the database holds could not be read.
    const transaction: typeof store.transaction = (work) =>
      store.transaction((tx) => {
        const take: typeof tx.outbound.take = async (limit, which) => {
          const taken = await tx.outbound.take(limit, which);
          if (taken.some(({ position }) => position === third)) throw new SyntaxError('no JSON');
          return taken;
        };
        return work({ ...tx, outbound: { ...tx.outbound, take } });
      });
    const failed: [number, unknown][] = [];
    const relayed = new OutboundRelay({
      store: { outbound: store.outbound, transaction },
      queue: { schedule: () => Promise.resolve() },
      source: '/latchkey',
      onError: (position, error) => void failed.push([position, error]),
    });
    expect(await relayed.run()).toBe(8);
    expect(failed).toEqual([[third, new SyntaxError('no JSON')]]);
    await stand.latchkey.setFlag('chunk-later');
    expect(await relayed.run()).toBe(1);
    expect(failed).toHaveLength(1);
    expect(await statesOf(id)).toHaveLength(9);
    let oldestMs = 0;
    await pause(20);
    await sweepDeliveries({
      store,
      lanes: { offer: () => undefined, room: () => 500 },
      onOldest: (ageMs) => {
        oldestMs = ageMs;
      },
    });
    expect(oldestMs).toBeGreaterThanOrEqual(20);
    expect(await relay()).toBe(1);
  });

  it('are shared out once, however many workers do it, and sent once while nothing fails', async () => {
    const receiver = await receive();
    const other = await receive();
    const { id } = await create(receiver.url, [UNLOCKED]);
    await create(other.url, [UNLOCKED]);
    await stand.latchkey.setFlag('shared', latching(verified));
    const users = Array.from({ length: 60 }, (_, i) => `shared-${i}`);
    for (const userId of users) await unlock(userId);
    const relayed = await Promise.all([relay(), relay(), relay()]);
    expect(relayed.reduce((sum, n) => sum + n, 0)).toBe(60);
    expect(await deliveriesOf(stand.latchkey, id)).toHaveLength(60);
    // Two workers, each with its own queue, and both sweeping: whoever claims a delivery has it.
    await Promise.all([work({ lostQueue: true }), work({ lostQueue: true })]);
    await until(async () => (await statesOf(id)).every((state) => state === 'delivered'), 20_000);
    expect(receiver.received.map(({ event }) => event.subject).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      users.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    await until(() => new Set(other.received.map(({ event }) => event.subject)).size === 60, 20_000);
    expect(other.received).toHaveLength(60);
  });

  it('come through a queue that loses everything, and after a worker that died while it was sending', async () => {
    const receiver = await receive();
    const { id } = await create(receiver.url, [CHANGED]);
    await stand.latchkey.setFlag('orphaned');
    await relay();
    const [{ id: deliveryId } = { id: '' }] = await deliveriesOf(stand.latchkey, id);
    // A worker that claims, sends, and never comes to note it.
    const sending = Promise.withResolvers<void>();
    const dying = new DeliveryWorker({
      store: stand.latchkey.store,
      queue: { schedule: () => Promise.resolve() },
      sender: { send: () => new Promise(() => sending.resolve()) },
      observer: { attempted: () => undefined },
      leaseMs: 1_500,
    });
    void dying.attempt({ id: deliveryId, endpointId: id });
    await sending.promise;
    const [claimed] = await deliveriesOf(stand.latchkey, id);
    expect(claimed!.nextAttemptAt! - claimed!.createdAt).toBeGreaterThanOrEqual(1_400);
    await work({ lostQueue: true });
    await until(async () => (await statesOf(id))[0] === 'delivered', 15_000);
    expect(receiver.received).toHaveLength(1);
  }, 60_000);

  it('wait while their endpoint is disabled, go where it points then, and go with it', async () => {
    const [first, second] = [await receive(), await receive()];
    const { id } = await create(first.url, [CHANGED]);
    await stand.latchkey.setFlag('held');
    await relay();
    const { webhooks, webhookDeliveries } = stand.latchkey.services;
    await webhooks.update(OPERATOR, id, { enabled: false, url: second.url });
    await work();
    const probe = await receive();
    const other = await create(probe.url, [CHANGED]);
    await stand.latchkey.setFlag('held-2');
    await until(async () => (await statesOf(other.id))[0] === 'delivered');
    expect(await statesOf(id)).toEqual(['pending']);
    await expect(webhookDeliveries.ping(OPERATOR, id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await webhooks.update(OPERATOR, id, { enabled: true });
    await until(() => second.received.length === 1);
    expect(first.received).toEqual([]);

    await webhooks.update(OPERATOR, id, { enabled: false });
    await webhookDeliveries.replay(OPERATOR, {
      webhookId: id,
      ids: [(await deliveriesOf(stand.latchkey, id))[0]!.id],
      comment: '',
    });
    await webhooks.delete(OPERATOR, id);
    await keepHouse({
      store: stand.latchkey.store,
      keeper: stand.latchkey.services.keeper,
      retentionDays: 30,
      auditRetentionDays: undefined,
    });
    expect((await stand.latchkey.store.deliveries.list({ endpointId: id }, { limit: 9 })).items).toEqual([]);
    await expect(deliveriesOf(stand.latchkey, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await statesOf(other.id)).toEqual(['delivered']);
  });
});
