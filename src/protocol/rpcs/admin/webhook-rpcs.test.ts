import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/timing.js';
import { isSignedBy, openReceiver, type Receiver } from '../../../../test/use-cases/stands/webhook-receiver.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';

const UNLOCKED = 'dev.latchkey.unlocked';
const REVOKED = 'dev.latchkey.revoked';

let stand: DoorStand;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await openReceiver();
  stand = await openDoorStand({
    ROLES: 'grpc,rest,worker',
    ...{ WEBHOOKS_ALLOW_HTTP: 'true', WEBHOOKS_ALLOW_PRIVATE: 'true', WEBHOOKS_SOURCE: 'https://flags.example.com' },
  });
});

afterAll(async () => {
  await stand.close();
  await receiver.close();
});

describe('webhooks over gRPC', () => {
  it('are made, changed by what is given or named, listed and deleted', async () => {
    const input = { url: `${receiver.url}?key=1`, types: [REVOKED, UNLOCKED, REVOKED], description: 'ours' };
    const { webhook, secret } = await stand.admin.createWebhook({ webhook: input });
    expect(secret).toMatch(/^whsec_/);
    const stored = { ...input, types: [UNLOCKED, REVOKED], enabled: true, createdAt: expect.any(Date) };
    expect(webhook).toEqual({ ...stored, id: expect.stringMatching(/^whe_/), updatedAt: webhook!.createdAt });
    const { id } = webhook!;

    const given = await stand.admin.updateWebhook({ webhook: { id, enabled: false } });
    expect(given.webhook).toMatchObject({ ...stored, enabled: false });
    const named = await stand.admin.updateWebhook({ webhook: { id }, updateMask: ['description', 'enabled'] });
    expect(named.webhook).toMatchObject({ ...stored, description: '', enabled: true });
    expect((await stand.admin.listWebhooks({})).webhooks).toEqual([named.webhook]);
    const unnamed = await failureOf(stand.admin.updateWebhook({ webhook: { id }, updateMask: ['secret'] }));
    expect(unnamed.details).toBe('update_mask names "secret", which is none of: url, description, types, enabled');
    expect(await failureOf(stand.admin.createWebhook({}))).toMatchObject({ code: status.INVALID_ARGUMENT });
    const typeless = await failureOf(stand.admin.createWebhook({ webhook: { url: receiver.url } }));
    expect(typeless).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(/types is empty/) });
    await stand.admin.deleteWebhook({ id, comment: 'not needed' });
    expect((await stand.admin.listWebhooks({})).webhooks).toEqual([]);
    expect(await failureOf(stand.admin.deleteWebhook({ id }))).toMatchObject({ code: status.NOT_FOUND });
    const { entries } = await stand.admin.listAudit({ target: id });
    expect(entries.map(({ action }) => action)).toEqual([
      ...['webhook.delete', 'webhook.update', 'webhook.update', 'webhook.create'],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/whsec_|key=1/);
  });

  it('are sent what happens, by a whole server, with a log that is read page by page and replayed from', async () => {
    const webhook = { url: receiver.url, types: ['dev.latchkey.flag.changed'] };
    const { webhook: made, secret } = await stand.admin.createWebhook({ webhook });
    const webhookId = made!.id;
    for (const key of ['a', 'b', 'c']) await stand.admin.setFlag({ flag: { key } });
    const list = (more: object = {}) => stand.admin.listDeliveries({ webhookId, ...more });
    await until(async () => (await list({ state: 'delivered' })).deliveries.length === 3);
    const first = await list({ pageSize: 2 });
    const rest = await list({ pageSize: 2, pageToken: first.nextPageToken });
    expect([first.deliveries.length, rest.deliveries.length, rest.nextPageToken]).toEqual([2, 1, '']);
    const [delivery] = rest.deliveries;
    expect(delivery).toMatchObject({ webhookId, state: 'delivered', attempts: 1, finishedAt: expect.any(Date) });
    const duration = { seconds: 0, nanos: expect.any(Number) };
    expect(delivery!.log).toEqual([{ at: expect.any(Date), duration, status: 200, error: '' }]);
    const sent = receiver.received.find(({ event }) => event.id === delivery!.eventId)!;
    expect(sent.body).toBe(delivery!.body);
    expect(JSON.parse(sent.body)).toMatchObject({ source: 'https://flags.example.com' });
    expect(isSignedBy(secret, sent)).toBe(true);

    const rotated = await stand.admin.rotateWebhookSecret({ id: webhookId, overlap: { seconds: 60 } });
    const validMs = rotated.oldSecretValidUntil!.getTime() - rotated.webhook!.updatedAt!.getTime();
    expect(validMs).toBe(60_000);
    expect(await stand.admin.replayDeliveries({ webhookId, ids: [delivery!.id] })).toEqual({ replayed: 1 });
    const malformed = stand.admin.replayDeliveries({ webhookId, ids: [delivery!.id, 'dlv_1'] });
    expect(await failureOf(malformed)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('"dlv_1" is no delivery'),
    });
    const again = () => receiver.received.filter(({ event }) => event.id === delivery!.eventId);
    await until(() => again().length === 2);
    expect([secret, rotated.secret].map((one) => isSignedBy(one, again()[1]!))).toEqual([true, true]);

    const { deliveryId } = await stand.admin.pingWebhook({ id: webhookId });
    await until(async () => (await list({ pageSize: 1 })).deliveries[0]?.state === 'delivered');
    expect((await list({ pageSize: 1 })).deliveries[0]).toMatchObject({ id: deliveryId, type: 'dev.latchkey.ping' });
    expect(await failureOf(list({ state: 'lost' }))).toMatchObject({ code: status.INVALID_ARGUMENT });
    const metrics = async () => (await fetch(`http://${stand.latchkey.httpAddress}/metrics`)).text();
    await until(async () => /latchkey_webhook_attempts_total\{outcome="delivered"\} 5\n/.test(await metrics()));
    // As of the last sweep, a second ago at most.
    await until(async () => /latchkey_webhook_oldest_pending_seconds 0\n/.test(await metrics()));
  }, 60_000);
});

describe('webhooks of a server that allows nothing but public https addresses', () => {
  it('are refused with what is wrong and which setting would allow it', async () => {
    const strict = await openDoorStand({ ROLES: 'grpc' });
    try {
      const make = (url: string) => failureOf(strict.admin.createWebhook({ webhook: { url, types: [UNLOCKED] } }));
      expect((await make('http://example.com/x')).details).toMatch(
        /"http:\/\/example.com\/x" is not https; WEBHOOKS_ALLOW_HTTP/,
      );
      expect((await make('https://192.168.0.1/')).details).toMatch(
        /a private address, 192.168.0.1; .* WEBHOOKS_ALLOW_PRIVATE/,
      );
      expect((await make('https://[::ffff:169.254.169.254]/')).code).toBe(status.INVALID_ARGUMENT);
    } finally {
      await strict.close();
    }
  });
});
