import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminServiceDefinition } from '../../test/gen/latchkey/v1/admin_service.js';
import { Consistency } from '../../test/gen/latchkey/v1/evaluation.js';
import { FeatureServiceDefinition } from '../../test/gen/latchkey/v1/feature_service.js';
import { busy } from '../../test/timing.js';
import { type DoorStand, failureOf, openDoorStand } from './testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
  await stand.admin.setFlag({ flag: { key: 'open', isEnabledGlobally: true } });
});

afterAll(async () => {
  await stand.close();
});

/** Sends these bytes as the request of an RPC. */
function sendBytes(path: string, bytes: Uint8Array): Promise<unknown> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${stand.latchkey.adminSecret}`);
  return new Promise((resolve, reject) => {
    stand.client.makeUnaryRequest(
      path,
      () => Buffer.from(bytes),
      (answer: Buffer) => answer,
      {},
      metadata,
      (error: ServiceError | null, answer) => (error === null ? resolve(answer) : reject(error)),
    );
  });
}

const SQL = `'; DROP TABLE users; -- " \` \\`;

describe('what is no message', () => {
  const paths = [FeatureServiceDefinition, AdminServiceDefinition].flatMap(({ fullName, methods }) =>
    Object.values(methods).map(({ name }) => `/${fullName}/${name}`),
  );
  it.each(paths)(
    'is INVALID_ARGUMENT for %s: a broken varint, a field that ends early, no field at all',
    async (path) => {
      for (const bytes of [
        [0x0a, 0xff, 0xff, 0xff],
        [0x0a, 0x05, 0x61],
        [0x00, 0x01],
      ]) {
        expect(await failureOf(sendBytes(path, Uint8Array.from(bytes)))).toMatchObject({
          code: status.INVALID_ARGUMENT,
          details: expect.stringContaining('the request is malformed'),
        });
      }
    },
  );

  const texts = ['Evaluate', 'BatchEvaluate', 'SetFlag', 'Identify', 'Track', 'UpdateProgress', 'GetProgress'];
  it.each(texts)('is INVALID_ARGUMENT for %s: a string that is not UTF-8', async (name) => {
    const bytes = Uint8Array.from([0x0a, 0x02, 0xc3, 0x28]);
    expect(await failureOf(sendBytes(`/latchkey.v1.FeatureService/${name}`, bytes))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('the request is malformed'),
    });
  });

  it('is RESOURCE_EXHAUSTED when it is over the limit', async () => {
    const request = { userId: 'big', attributes: { text: 'x'.repeat(4 * 1024 * 1024) } };
    expect(await failureOf(stand.admin.identify(request))).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});

describe('names', () => {
  it.each([[SQL], ['__proto__'], ['constructor'], ['toString'], ['hasOwnProperty'], ['a:b/c%00'], ['Ünï😀']])(
    'that mean something elsewhere are names like any other: %s',
    async (name) => {
      const organizationId = `o ${name}`;
      await stand.admin.setOrganization({ organization: { id: organizationId, attributes: { [name]: name } } });
      const attributes = JSON.parse(`{${JSON.stringify(name)}: [${JSON.stringify(name)}]}`) as Record<string, unknown>;
      const { user } = await stand.admin.identify({ userId: name, organizationId, roles: [name], attributes });
      expect(user).toEqual({
        userId: name,
        organizationId,
        timeZone: '',
        roles: [name],
        joinedAt: undefined,
        emailVerified: false,
        attributes,
      });
      await stand.admin.setFlag({
        flag: { key: 'open', owner: name, description: name, name, tags: [name] },
        comment: name,
        access: [{ userId: name }, { role: name, organizationId }],
      });
      expect((await stand.admin.listFlags({ tag: name })).flags).toMatchObject([{ owner: name, tags: [name] }]);
      expect((await stand.admin.listAudit({ target: name })).entries).toEqual([]);
      const event = { id: name, source: name, userId: name, action: name, properties: attributes };
      expect(await stand.admin.track({ events: [event], wait: true })).toMatchObject({ accepted: 1 });
      expect(await stand.admin.track({ events: [event], wait: true })).toMatchObject({ duplicates: 1 });
      await stand.admin.updateProgress({ userId: name, stage: name });
      const { token } = await stand.admin.createToken({ name, scopes: ['evaluate'], organizationId });
      expect(token).toMatchObject({ name, organizationId });
      expect(await stand.admin.evaluate({ flagKey: 'open', context: { userId: name, attributes } })).toMatchObject({
        enabled: true,
      });
      const stored = await stand.admin.getUser({ userId: name });
      expect(stored).toMatchObject({ progress: { stage: name }, actionTotals: [{ action: name, count: 1 }] });
      expect(JSON.stringify(stored.user?.attributes)).toBe(JSON.stringify(attributes));
      expect(({} as Record<string, unknown>).admin).toBeUndefined();
    },
  );

  it.each([[''], ['trailing '], [' leading'], ['new\nline'], ['nul\0'], ['x'.repeat(192)]])(
    'that cannot be told apart or shown are refused: %j',
    async (userId) => {
      for (const call of [
        stand.admin.identify({ userId }),
        stand.admin.updateProgress({ userId, stage: 's' }),
        stand.admin.getProgress({ userId }),
        stand.admin.getUser({ userId }),
        stand.admin.listUnlocks({ userId }),
      ]) {
        expect(await failureOf(call)).toMatchObject({ code: status.INVALID_ARGUMENT });
      }
      if (userId === '') return;
      for (const context of [{ userId }, { userId: 'known', roles: [userId] }, { organizationId: userId }]) {
        await stand.admin.evaluate({ flagKey: 'open', context: { userId: 'known' } });
        expect(await failureOf(stand.admin.evaluate({ flagKey: 'open', context }))).toMatchObject({
          code: status.INVALID_ARGUMENT,
        });
      }
    },
  );
});

describe('Identify', () => {
  it.each([
    [{ updateMask: ['user_id'] }, 'update_mask names "user_id", which is none of: organization_id, roles,'],
    [{ updateMask: ['roles', 'attributes.plan'] }, 'update_mask names "attributes.plan"'],
    [{ roles: ['a', ''] }, 'a role must not be empty'],
    [{ roles: Array(51).fill('a') }, 'at most 50 roles'],
    [{ attributes: { text: 'x'.repeat(17_000) } }, 'attributes have at most 16384 bytes'],
  ])('refuses %j', async (fields, message) => {
    const error = await failureOf(stand.admin.identify({ userId: 'u', ...fields }));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining(message) });
  });
});

describe('Track', () => {
  const event = { id: 'e', source: 's', userId: 'tracked', action: 'a' };
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

  it('rejects by itself each event that cannot be taken, and takes the others', async () => {
    const events = [
      { ...event, id: '' },
      { ...event, userId: '' },
      { ...event, action: '' },
      { ...event, id: 'future', occurredAt: ago(-365) },
      { ...event, id: 'soon', occurredAt: ago(-0.01) },
      { ...event, id: 'ten years', occurredAt: ago(3653) },
      { ...event, id: 'padded ', source: 's' },
      { ...event, id: 'endless', value: Number.POSITIVE_INFINITY },
      { ...event, id: 'big', properties: { text: 'x'.repeat(9000) } },
      { ...event, id: 'good', occurredAt: ago(29) },
      { ...event, id: 'good too', value: 0 },
    ];
    const { accepted, duplicates, rejected } = await stand.admin.track({ events });
    expect({ accepted, duplicates }).toEqual({ accepted: 2, duplicates: 0 });
    const errors = new Map(rejected.map(({ id, error }) => [id, error]));
    expect(rejected.slice(0, 3)).toEqual([
      { id: '', error: 'an event id must not be empty' },
      { id: 'e', error: 'a user id must not be empty' },
      { id: 'e', error: 'an action must not be empty' },
    ]);
    expect(errors.get('future')).toContain('more than 5 minutes ahead');
    expect(errors.get('soon')).toContain('more than 5 minutes ahead');
    expect(errors.get('ten years')).toContain('more than 30 days ago');
    expect(errors.get('padded ')).toContain('spaces at its ends');
    expect(errors.get('endless')).toContain('no finite number');
    expect(errors.get('big')).toContain('at most 8192 bytes');
  });

  it('counts the same event once, however often and at once it comes', async () => {
    const once = { ...event, userId: 'once', id: 'the same', value: 1 };
    const calls = Array.from({ length: 1000 }, () => stand.admin.track({ events: [once] }));
    const answers = await Promise.all(calls);
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(1);
    expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(999);
    const { consistencyToken } = answers.at(-1)!;
    await stand.admin.evaluate({ flagKey: 'open', context: { userId: 'once' }, consistencyToken });
    const { actionTotals } = await stand.admin.getUser({ userId: 'once' });
    expect(actionTotals).toMatchObject([{ count: 1, sum: 1 }]);
  });

  it('takes a thousand events in a call, and no more', async () => {
    const events = Array.from({ length: 1001 }, (_, i) => ({ ...event, userId: 'many', id: `${i}` }));
    expect(await failureOf(stand.admin.track({ events }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('at most 1000 events'),
    });
    expect(await stand.admin.track({ events: events.slice(1) })).toMatchObject({ accepted: 1000 });
    expect(await stand.admin.track({})).toMatchObject({ accepted: 0, duplicates: 0, rejected: [] });
  });
});

describe('Evaluate', () => {
  it('refuses a token that nobody gave, and a consistency that there is not', async () => {
    for (const request of [
      { consistencyToken: 'v1.nonsense' },
      { consistencyToken: SQL },
      { consistency: 7 as Consistency },
    ]) {
      expect(await failureOf(stand.admin.evaluate({ flagKey: 'open', ...request }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
      });
    }
    const cached = { flagKey: 'open', consistency: Consistency.CACHED };
    expect(await stand.admin.evaluate(cached)).toMatchObject({ enabled: true });
  });

  it('waits for a token within the deadline only', async () => {
    const epoch = await stand.latchkey.store.epoch();
    const future = { e: epoch, c: 1_000_000 };
    const consistencyToken = `v1.${Buffer.from(JSON.stringify(future)).toString('base64url')}`;
    const startedAt = performance.now();
    const error = await failureOf(stand.admin.evaluate({ flagKey: 'open', consistencyToken }, { deadlineMs: 300 }));
    expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(error.code);
    expect(performance.now() - startedAt).toBeLessThan(busy(2000));
  });

  it('that is cancelled ends at once', async () => {
    const epoch = await stand.latchkey.store.epoch();
    const consistencyToken = `v1.${Buffer.from(JSON.stringify({ e: epoch, c: 1_000_000 })).toString('base64url')}`;
    const call = stand.admin.evaluate(
      { flagKey: 'open', consistencyToken },
      { started: (started) => setTimeout(() => started.cancel(), 50) },
    );
    expect(await failureOf(call)).toMatchObject({ code: status.CANCELLED });
  });
});
