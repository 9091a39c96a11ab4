import { type Client, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccessRow_Effect } from '../../test/gen/latchkey/v1/access.js';
import type { GetUserResponse } from '../../test/gen/latchkey/v1/user.js';
import { until } from '../../test/timing.js';
import { conflictOf } from './testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand, type Rpc } from './testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
  await stand.admin.setFlag({ flag: { key: 'open', isEnabledGlobally: true } });
  await stand.admin.setFlag({ flag: { key: 'shared', delegated: true } });
  await stand.admin.identify({ userId: 'ours', organizationId: 'acme' });
  await stand.admin.identify({ userId: 'theirs', organizationId: 'other' });
});

afterAll(async () => {
  await stand.close();
});

async function caller(scopes: string[], organizationId = ''): Promise<Rpc> {
  return stand.as((await stand.admin.createToken({ name: 't', scopes, organizationId })).secret);
}

function rawEvaluate(client: Client, metadata: Metadata): Promise<unknown> {
  const nothing = () => Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest('/latchkey.v1.FeatureService/Evaluate', nothing, nothing, {}, metadata, (error) =>
      error === null ? resolve(undefined) : reject(error),
    );
  });
}

describe('a call', () => {
  it('without a token is told what to send', async () => {
    const error = await failureOf(stand.as('').evaluate({ flagKey: 'open' }));
    expect(error).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'the call carries no token; send "authorization: Bearer TOKEN" with it',
    });
  });

  it.each([[['Basic abc']], [['Bearer']], [['Bearer a b']], [['']]])(
    'with the authorization %j is told of what form it should be',
    async (headers) => {
      const metadata = new Metadata();
      for (const header of headers) metadata.add('authorization', header);
      expect(await failureOf(rawEvaluate(stand.client, metadata))).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: expect.stringContaining('Bearer TOKEN'),
      });
    },
  );

  it('with an unknown or an expired token is refused, and the token is not repeated', async () => {
    const unknown = await failureOf(stand.as('latchkey_guessed').evaluate({ flagKey: 'open' }));
    expect(unknown.code).toBe(status.UNAUTHENTICATED);
    expect(unknown.details).not.toContain('guessed');

    const expiresAt = new Date(Date.now() + 3_000);
    const { secret } = await stand.admin.createToken({ name: 'short', scopes: ['evaluate'], expiresAt });
    expect(await stand.as(secret).evaluate({ flagKey: 'open' })).toMatchObject({ enabled: true });
    await until(() => Date.now() > expiresAt.getTime() + 20);
    const expired = await failureOf(stand.as(secret).evaluate({ flagKey: 'open' }));
    expect(expired).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: `the token expired at ${expiresAt.toISOString()}; ask for another one`,
    });
  });

  it.each<[string, (rpc: Rpc) => Promise<unknown>]>([
    ['evaluate', (rpc) => rpc.evaluate({ flagKey: 'open' })],
    ['evaluate', (rpc) => rpc.batchEvaluate({})],
    ['track', (rpc) => rpc.track({})],
    ['identify', (rpc) => rpc.identify({ userId: 'ours' })],
    ['identify', (rpc) => rpc.updateProgress({ userId: 'ours', stage: 's' })],
    ['identify', (rpc) => rpc.getUser({ userId: 'ours' })],
    ['identify', (rpc) => rpc.listUnlocks({ userId: 'ours' })],
    ['identify', (rpc) => rpc.setOrganization({ organization: { id: 'acme' } })],
    ['identify', (rpc) => rpc.getOrganization({ id: 'acme' })],
    ['manage', (rpc) => rpc.setFlag({ flag: { key: 'open' } })],
    ['manage', (rpc) => rpc.getFlag({ flag: 'open' })],
    ['manage', (rpc) => rpc.listFlags({})],
    ['manage', (rpc) => rpc.listAccess({ flag: 'open' })],
    ['manage', (rpc) => rpc.setSegment({ segment: { key: 'seg' } })],
    ['manage', (rpc) => rpc.listSegments({})],
    ['manage', (rpc) => rpc.setStages({})],
    ['manage', (rpc) => rpc.listStages({})],
    ['manage', (rpc) => rpc.declareActions({})],
    ['manage', (rpc) => rpc.listActions({})],
    ['admin', (rpc) => rpc.createToken({ name: 'x', scopes: ['evaluate'] })],
    ['admin', (rpc) => rpc.listTokens({})],
    ['admin', (rpc) => rpc.listDeadLetters({})],
    ['admin', (rpc) => rpc.replayDeadLetters({})],
    ['admin', (rpc) => rpc.listAudit({})],
  ])('that needs the scope %s is let in by it and by no other: %s', async (scope, call) => {
    await call(await caller([scope]));
    const others = ['evaluate', 'track', 'identify', 'manage', 'test'].filter((other) => other !== scope);
    expect(await failureOf(call(await caller(others)))).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: expect.stringContaining(`scope ${scope}`),
    });
  });
});

describe('a token bound to an organization', () => {
  let bound: Rpc;

  beforeAll(async () => {
    bound = await caller(['evaluate', 'track', 'identify', 'manage', 'admin'], 'acme');
  });

  it('names that organization’s users', async () => {
    expect(await bound.evaluate({ flagKey: 'open', context: { userId: 'ours' } })).toMatchObject({ enabled: true });
    expect((await bound.getUser({ userId: 'ours' })).user).toMatchObject({ organizationId: 'acme' });
    expect((await bound.identify({ userId: 'new' })).user).toMatchObject({ organizationId: 'acme' });
    expect(await bound.track({ events: [{ id: '1', userId: 'ours', action: 'a' }] })).toMatchObject({ accepted: 1 });
  });

  it('is not told of the rows that another organization has put for one of its users', async () => {
    await stand.admin.identify({ userId: 'moved', organizationId: 'other' });
    const other = await caller(['manage'], 'other');
    await other.setFlag({ flag: { key: 'shared' }, access: [{ userId: 'moved' }] });
    await stand.admin.identify({ userId: 'moved', organizationId: 'acme' });
    await bound.setFlag({ flag: { key: 'shared' }, access: [{ userId: 'moved', effect: AccessRow_Effect.DENY }] });
    const managers = ({ access }: GetUserResponse) => access.map(({ row }) => row?.managedBy);
    expect(managers(await bound.getUser({ userId: 'moved' }))).toEqual(['acme']);
    expect(new Set(managers(await stand.admin.getUser({ userId: 'moved' })))).toEqual(new Set(['acme', 'other']));
  });

  it('finds nobody else in a batch, and is answered for its own', async () => {
    const contexts = [{ userId: 'ours' }, { userId: 'theirs' }];
    expect(await bound.batchEvaluate({ contexts, flagKeys: ['open'] })).toMatchObject({
      results: [
        { userId: 'ours', decisions: [{ enabled: true }], error: undefined },
        { userId: 'theirs', decisions: [], error: { code: status.NOT_FOUND, message: 'no user "theirs"', index: 1 } },
      ],
    });
  });

  it.each<[string, (rpc: Rpc) => Promise<unknown>]>([
    ['evaluate', (rpc) => rpc.evaluate({ flagKey: 'open', context: { userId: 'theirs' } })],
    [
      'evaluate, in another organization',
      (rpc) => rpc.evaluate({ flagKey: 'open', context: { organizationId: 'other' } }),
    ],
    ['getProgress', (rpc) => rpc.getProgress({ userId: 'theirs' })],
    ['updateProgress', (rpc) => rpc.updateProgress({ userId: 'theirs', stage: 's' })],
    ['identify', (rpc) => rpc.identify({ userId: 'theirs' })],
    ['identify, into another organization', (rpc) => rpc.identify({ userId: 'ours', organizationId: 'other' })],
    ['getUser', (rpc) => rpc.getUser({ userId: 'theirs' })],
    ['listUnlocks', (rpc) => rpc.listUnlocks({ userId: 'theirs' })],
    ['getOrganization', (rpc) => rpc.getOrganization({ id: 'other' })],
    ['setOrganization', (rpc) => rpc.setOrganization({ organization: { id: 'other' } })],
    ['setFlag, a row', (rpc) => rpc.setFlag({ flag: { key: 'shared' }, access: [{ userId: 'theirs' }] })],
    ['setFlag, a new one', (rpc) => rpc.setFlag({ flag: { key: 'mine' } })],
  ])('finds nobody else: %s', async (_what, call) => {
    expect(await failureOf(call(bound))).toMatchObject({ code: status.NOT_FOUND });
  });

  it('has the events of others rejected, one by one', async () => {
    const events = [
      { id: 'a', userId: 'ours', action: 'a' },
      { id: 'b', userId: 'theirs', action: 'a' },
    ];
    expect(await bound.track({ events })).toMatchObject({
      accepted: 1,
      rejected: [{ id: 'b', error: 'no user "theirs"' }],
    });
  });

  it('is told of a delegated flag that it is there, and not whom else the platform gives it to', async () => {
    const conditions = { all: [{ fact: 'organization', operator: 'equal', value: 'a rival' }] };
    const policy = { description: 'for a rival', owner: 'a rival', tags: ['a rival'], rules: [{ conditions }] };
    const { flag: whole } = await stand.admin.setFlag({ flag: { key: 'told', delegated: true, ...policy } });
    const { flag } = await bound.setFlag({ flag: { key: 'told' } });
    expect(flag).toMatchObject({ key: 'told', id: whole!.id, version: whole!.version, delegated: true });
    expect(JSON.stringify(flag)).not.toContain('rival');
    const stale = await failureOf(bound.setFlag({ flag: { key: 'told' }, expectedVersion: 7 }));
    expect(stale).toMatchObject({ code: status.ABORTED, details: expect.stringContaining('is at version 1 now') });
    expect(stale.details).not.toContain('rival');
    const { present } = conflictOf(stale);
    expect(present).toMatchObject({ $case: 'flag', value: { key: 'told' } });
    expect(JSON.stringify(present)).not.toContain('rival');
  });

  it('puts rows of its own on delegated flags, and changes nothing else', async () => {
    const { access } = await bound.setFlag({ flag: { key: 'shared' }, access: [{ userId: 'ours' }, { role: 'r' }] });
    expect(access).toMatchObject([
      { userId: 'ours', managedBy: 'acme' },
      { role: 'r', organizationId: 'acme', managedBy: 'acme' },
    ]);
    expect(await bound.evaluate({ flagKey: 'shared', context: { userId: 'ours' } })).toMatchObject({ enabled: true });
    for (const call of [
      bound.setFlag({ flag: { key: 'shared', active: false } }),
      bound.setFlag({ flag: { key: 'shared' }, updateMask: ['description'] }),
      bound.getFlag({ flag: 'shared' }),
      bound.listTokens({}),
      bound.listAudit({}),
      bound.setStages({}),
    ]) {
      expect(await failureOf(call)).toMatchObject({ code: status.PERMISSION_DENIED });
    }
    // A flag that is not delegated cannot be told from one that does not exist.
    for (const key of ['open', 'none']) {
      const refused = await failureOf(bound.setFlag({ flag: { key }, access: [{ userId: 'ours' }] }));
      expect(refused).toMatchObject({
        code: status.NOT_FOUND,
        details: `no flag "${key}" is delegated to organizations`,
      });
    }
  });
});
