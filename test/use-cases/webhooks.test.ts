import { expect, it } from '@jest/globals';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, machine, OPERATOR, person, verified } from './stands/use-case-stand.js';
import { isSignedBy } from './stands/webhook-receiver.js';
import { clearWebhooks, deliveriesOf, webhookStand } from './stands/webhook-stand.js';

const UNLOCKED = 'dev.latchkey.unlocked';
const REVOKED = 'dev.latchkey.revoked';
const CHANGED = 'dev.latchkey.flag.changed';
const ALL = [UNLOCKED, REVOKED, CHANGED];
const reason = 'private matters';

describeOnEachEngine('webhooks', (engine) => {
  const stand = webhookStand(engine);
  const { receive, work, create, relay, unlock, statesOf } = stand;

  it('tell of unlocks, grants, revocations and changed flags, as signed CloudEvents', async () => {
    const receiver = await receive();
    const { id, secret } = await create(receiver.url, ALL);
    await work();
    const { flag } = await stand.latchkey.setFlag('told', latching(atLeast(1, 'told')));
    await stand.latchkey.track([{ id: 'e-1', source: 'app', user_id: 'ada', action: 'told' }]);
    await stand.latchkey.drain();
    const grant = { userId: 'bob', flag: 'told', ruleId: '', reason };
    await stand.latchkey.services.ledger.grant(OPERATOR, grant);
    await stand.latchkey.services.ledger.revoke(OPERATOR, { ...grant, userId: 'ada' });
    await stand.latchkey.setFlag('told', { description: 'better' });
    await stand.latchkey.setFlag('told', { archived: true });
    // Nobody's news: access rows alone, what did not change, a segment.
    await stand.latchkey.setFlag('told', {}, { access: [{ userId: 'eve' }] });
    await stand.latchkey.services.segments.set(OPERATOR, { key: 'seg', expectedVersion: undefined, comment: '' });
    await until(() => receiver.received.length >= 6);
    await until(async () => (await statesOf(id)).every((state) => state === 'delivered'));

    const [rule] = flag.rules;
    const about = (user_id: string, rule_id: string, rule_version: number) => ({
      ...{ user_id, flag_key: 'told', flag_id: flag.id, rule_id, rule_version },
      ...{ earned_at: expect.any(String), recorded_at: expect.any(String) },
    });
    const byEvent = { type: 'event', event_id: 'e-1', action: 'told' };
    const expected = [
      [CHANGED, 'told', { flag_key: 'told', flag_id: flag.id, version: 1, action: 'created' }],
      [UNLOCKED, 'ada', { ...about('ada', rule!.id, 1), cause: byEvent }],
      [UNLOCKED, 'bob', { ...about('bob', '', 0), cause: { type: 'manual' } }],
      [REVOKED, 'ada', { ...about('ada', rule!.id, 1), cause: { type: 'manual' } }],
      [CHANGED, 'told', { version: 2, action: 'changed' }],
      [CHANGED, 'told', { version: 3, action: 'archived' }],
    ] as const;
    expect(receiver.received).toHaveLength(expected.length);
    for (const [type, subject, data] of expected) {
      expect(receiver.received.map(({ event }) => event)).toContainEqual({
        ...{ specversion: '1.0', id: expect.stringMatching(/^evt_[0-9a-f]{32}$/), source: '/latchkey', type, subject },
        ...{ time: expect.stringMatching(/^\d{4}-.*Z$/), datacontenttype: 'application/json' },
        data: expect.objectContaining(data),
      });
    }
    for (const one of receiver.received) {
      expect(isSignedBy(secret, one)).toBe(true);
      expect(isSignedBy(secret, { ...one, body: `${one.body} ` })).toBe(false);
      const { headers } = one;
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(headers['webhook-id']).toBe(one.event.id);
      expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(30);
      expect(one.body).not.toMatch(/private matters|tok_test/);
    }
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(expected.length);
  });

  it('write down nothing that nobody wants, and from the first commit after one is made everything', async () => {
    await stand.latchkey.setFlag('wanted', latching(verified));
    await unlock('before');
    expect(await stand.latchkey.store.outbound.waiting()).toBe(false);
    const { id } = await create('https://example.com/', [REVOKED]);
    await unlock('unwanted');
    expect(await stand.latchkey.store.outbound.waiting()).toBe(false);

    // Another server that has not heard of the change: its next transaction confirms the configuration.
    const other = await engine.compose();
    await stand.latchkey.services.webhooks.update(OPERATOR, id, { types: [UNLOCKED] });
    expect(other.services.keeper.snapshot.announced).toEqual(new Set([REVOKED]));
    await other.identify('after', { emailVerified: true });
    expect(await relay()).toBe(1);
    await stand.latchkey.services.webhooks.update(OPERATOR, id, { enabled: false });
    await other.identify('disabled', { emailVerified: true });
    expect(await stand.latchkey.store.outbound.waiting()).toBe(false);
    expect((await deliveriesOf(stand.latchkey, id)).map(({ userId }) => userId)).toEqual(['after']);
    await stand.latchkey.services.webhooks.delete(OPERATOR, id);
    await other.identify('deleted', { emailVerified: true });
    expect(await stand.latchkey.store.outbound.waiting()).toBe(false);
    expect(other.services.keeper.snapshot.announced.size).toBe(0);
  });

  it('announce nothing of a transaction that is rolled back', async () => {
    await create('https://example.com/', ALL);
    await relay();
    const failing = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction(async (tx) => {
            await work(tx);
            throw new Error('rolled back');
          }),
      }),
    });
    await expect(failing.setFlag('never')).rejects.toThrow('rolled back');
    expect(await stand.latchkey.store.outbound.waiting()).toBe(false);
  });

  it('carry both signatures while a secret is changed over, and then the new one alone', async () => {
    const receiver = await receive();
    const { id, secret } = await create(receiver.url, [CHANGED]);
    await work();
    const { webhooks } = stand.latchkey.services;
    const rotate = (overlapMs?: number) => webhooks.rotate(OPERATOR, { id, overlapMs, comment: '' });
    const send = async (key: string) => {
      const seen = receiver.received.length;
      await stand.latchkey.setFlag(key);
      await until(() => receiver.received.length > seen);
      return receiver.received.at(-1)!;
    };
    const second = await rotate();
    expect(second.oldValidUntil! - second.endpoint.updatedAt).toBe(24 * 3_600_000);
    const both = await send('rotated-1');
    expect([secret, second.secret].map((one) => isSignedBy(one, both))).toEqual([true, true]);
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    const third = await rotate(300);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const late = await send('rotated-2');
    expect([secret, second.secret, third.secret].map((one) => isSignedBy(one, late))).toEqual([false, false, true]);
    const fourth = await rotate(0);
    expect(fourth.oldValidUntil).toBeUndefined();
    const leaked = await send('rotated-3');
    expect([third.secret, fourth.secret].map((one) => isSignedBy(one, leaked))).toEqual([false, true]);
    await expect(rotate(8 * 24 * 3_600_000)).rejects.toMatchObject({ code: 'INVALID' });
    await expect(rotate(-1)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('show a secret to nobody but whoever made it: not in lists, audit, errors, or the configuration', async () => {
    const url = 'https://hooks.example.com/s3cr3t/a?key=s3cr3t';
    const { id, secret } = await create(url, ALL);
    const { webhooks } = stand.latchkey.services;
    const rotated = await webhooks.rotate(OPERATOR, { id, comment: '' });
    await webhooks.update(OPERATOR, id, { description: 'moved' });
    await webhooks.delete(OPERATOR, id);
    await create(url, ALL);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = [
      await webhooks.list(OPERATOR),
      (await stand.latchkey.store.audit.list({ limit: 100 }, {})).items,
      await stand.latchkey.store.configuration.load(),
    ].map((value) => JSON.stringify(value));
    for (const one of [secret, rotated.secret]) for (const text of shown) expect(text).not.toContain(one.slice(6));
    expect(shown[1]).not.toContain('s3cr3t');
    expect(shown[2]).not.toContain('hooks.example.com');
  });

  it('can be tried: a ping arrives, signed', async () => {
    const receiver = await receive();
    const { id, secret } = await create(receiver.url, [REVOKED]);
    await work();
    const deliveryId = await stand.latchkey.services.webhookDeliveries.ping(OPERATOR, id);
    await until(() => receiver.received.length === 1);
    const [ping] = receiver.received;
    expect(ping!.event).toMatchObject({ type: 'dev.latchkey.ping', subject: id, data: {} });
    expect(isSignedBy(secret, ping!)).toBe(true);
    await until(async () => (await deliveriesOf(stand.latchkey, id))[0]?.state === 'delivered');
    expect((await deliveriesOf(stand.latchkey, id))[0]!.id).toBe(deliveryId);
  });

  it('tell nothing more of a user who was deleted', async () => {
    const receiver = await receive();
    const { id } = await create(receiver.url, [UNLOCKED]);
    await stand.latchkey.setFlag('leaving', latching(verified));
    for (const userId of ['leaver', 'leaver-too', 'stayer']) await unlock(userId);
    await relay();
    await stand.latchkey.setFlag('leaving-2', latching(verified));
    for (const userId of ['leaver', 'stayer']) {
      await stand.latchkey.identify(userId, { emailVerified: false });
      await unlock(userId);
    }
    const remove = (userId: string) =>
      stand.latchkey.services.userDeletion.delete(OPERATOR, { userId, comment: reason });
    await remove('leaver');
    await remove('leaver-too');
    await work();
    await until(async () => receiver.received.length === 2 && (await statesOf(id)).length === 2);
    expect(receiver.received.map(({ event }) => event.subject)).toEqual(['stayer', 'stayer']);
  });

  it('leave nothing of users who are deleted while workers share out what was told of them', async () => {
    const { id } = await create('https://webhooks.invalid/', [UNLOCKED]);
    await stand.latchkey.setFlag('busy', latching(verified));
    const users = Array.from({ length: 24 }, (_, i) => `busy-${i}`);
    for (const userId of users) await unlock(userId);
    await unlock('busy-stayer');
    const other = await engine.compose();
    const remove = (userId: string) => other.services.userDeletion.delete(OPERATOR, { userId, comment: reason });
    await Promise.all([relay(), ...users.map(remove), relay()]);
    await relay();
    expect(await stand.latchkey.store.outbound.waiting()).toBe(false);
    expect((await deliveriesOf(stand.latchkey, id)).map(({ userId }) => userId)).toEqual(['busy-stayer']);
  });

  it('tell of what a backfill unlocks', async () => {
    const { id } = await create('https://webhooks.invalid/', [UNLOCKED]);
    await unlock('early');
    await stand.latchkey.setFlag('since', latching(verified));
    expect(await relay()).toBe(0);
    const { store, services } = stand.latchkey;
    const backfills = new BackfillWorker({
      ...{ store, keeper: services.keeper, giveWay: () => Promise.resolve() },
      notifier: {
        publish: () => Promise.resolve(),
        subscribe: async () => async () => undefined,
        close: async () => {},
      },
      observer: { lookedAt: () => undefined, failed: () => undefined, done: () => undefined },
    });
    await backfills.run();
    await relay();
    const told = (await deliveriesOf(stand.latchkey, id)).map(({ body }) => JSON.parse(body) as { data: object });
    expect(told.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ user_id: 'early', flag_key: 'since', cause: { type: 'backfill' } }),
    );
  });

  it('tell of what an organization unlocks once, and name no user', async () => {
    const { id } = await create('https://webhooks.invalid/', [UNLOCKED]);
    const { latchkey } = stand;
    const conditions = { all: [{ fact: 'actionCount', params: { action: 'report' }, operator: 'equal', value: 1 }] };
    const rule = { policy: 'LATCHING', earnedBy: 'ORGANIZATION', conditions: conditions as never };
    await latchkey.setFlag('team', { rules: [rule] });
    for (const userId of ['one', 'other']) await latchkey.identify(userId, { organizationId: 'told' });
    await latchkey.track([{ id: 'told-1', user_id: 'one', action: 'report' }]);
    await latchkey.drain();
    await relay();
    const told = (await deliveriesOf(latchkey, id)).map(({ body }) => JSON.parse(body) as { data: object });
    const ofTeam = told.filter(({ data }) => 'flag_key' in data && data.flag_key === 'team');
    expect(ofTeam).toMatchObject([
      {
        subject: 'told',
        data: { organization_id: 'told', cause: { type: 'event', event_id: 'told-1', action: 'report' } },
      },
    ]);
    expect(JSON.stringify(ofTeam)).not.toContain('user_id');
  });

  it('are for the platform’s administrators alone, and are refused with what is wrong', async () => {
    const { webhooks, webhookDeliveries } = stand.latchkey.services;
    const input = { url: 'https://example.com/', types: ALL };
    const { id } = await create(input.url, ALL);
    const calls = [
      machine(['manage']),
      machine(['admin'], 'acme'),
      person('ada', { roles: ['admin'], organizationId: 'acme' }),
    ];
    const list = { webhookId: id };
    for (const call of calls) {
      for (const refused of [
        webhooks.create(call, input),
        webhooks.update(call, id, { enabled: false }),
        webhooks.list(call),
        webhooks.delete(call, id),
        webhooks.rotate(call, { id, comment: '' }),
        webhookDeliveries.ping(call, id),
        webhookDeliveries.list(call, list, { limit: 1 }),
        webhookDeliveries.replay(call, { ...list, ids: [], comment: '' }),
      ]) {
        await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
      }
    }
    const admin = person('root', { platformAdmin: true });
    expect(await webhooks.list(admin)).toHaveLength(1);

    const invalid = (message: RegExp) => ({ code: 'INVALID', message: expect.stringMatching(message) });
    const make = (more: object) => webhooks.create(OPERATOR, { ...input, ...more });
    await expect(make({ url: 'ftp://example.com/' })).rejects.toMatchObject(invalid(/"ftp:"/));
    await expect(make({ url: 'https://169.254.169.254/' })).rejects.toMatchObject(invalid(/link-local/));
    await expect(make({ types: [] })).rejects.toMatchObject(invalid(/types is empty/));
    await expect(make({ types: ['unlocked'] })).rejects.toMatchObject(invalid(/"unlocked", which is none of: dev/));
    await expect(make({ description: 'x'.repeat(1_001) })).rejects.toMatchObject(invalid(/1000/));
    await expect(webhooks.update(OPERATOR, id, { url: '' })).rejects.toMatchObject(invalid(/""/));
    const none = { code: 'NOT_FOUND' };
    await expect(webhooks.update(OPERATOR, 'whe_none', {})).rejects.toMatchObject(none);
    await expect(webhooks.delete(OPERATOR, 'whe_none')).rejects.toMatchObject(none);
    await expect(webhooks.rotate(OPERATOR, { id: 'whe_none', comment: '' })).rejects.toMatchObject(none);
    await expect(webhookDeliveries.ping(OPERATOR, 'whe_none')).rejects.toMatchObject(none);
    await expect(
      webhookDeliveries.replay(OPERATOR, { webhookId: 'whe_none', ids: [], comment: '' }),
    ).rejects.toMatchObject(none);
    await expect(
      webhookDeliveries.list(OPERATOR, { webhookId: id, state: 'lost' }, { limit: 1 }),
    ).rejects.toMatchObject(invalid(/"lost" is none of: pending, delivered, failed/));

    for (let n = 1; n < 50; n++) await create(input.url, [REVOKED]);
    await expect(make({})).rejects.toMatchObject({ code: 'CONFLICT' });
    await clearWebhooks(stand.latchkey);
  });
});
