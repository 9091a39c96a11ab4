import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminServiceDefinition } from '../../../../test/gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../../../../test/gen/latchkey/v1/feature_service.js';
import { Rule_Policy } from '../../../../test/gen/latchkey/v1/flag.js';
import { until } from '../../../../test/timing.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';

type Answer = { readonly nextPageToken: string } & Readonly<Record<string, readonly unknown[]>>;
interface Method {
  readonly requestType: { fromPartial(message: object): object };
  readonly responseType: { fromPartial(message: object): object };
}

type List = (request: object) => Promise<Answer>;

/** Every RPC whose request has a page token. */
const METHODS: readonly (readonly [string, Method])[] = Object.entries({
  ...AdminServiceDefinition.methods,
  ...FeatureServiceDefinition.methods,
}) as never;
const LISTS = METHODS.filter(([, { requestType }]) => 'pageToken' in requestType.fromPartial({})).map(
  ([name, { responseType }]) => {
    const response = responseType.fromPartial({});
    return [name, Object.entries(response).find(([, value]) => Array.isArray(value))![0]] as const;
  },
);

/** What a list needs besides; each of them has two entries at least. */
const NAMED: Readonly<Record<string, object>> = {
  getReferences: { role: 'a' },
  listAccess: { flag: 'one' },
  listUnlocks: { userId: 'ada' },
  listOrganizationFlags: { id: 'globex' },
  listOrganizationMembers: { id: 'globex' },
  listFlagUnlocks: { flag: 'one' },
  listRequirements: { userId: 'ada' },
  listUserFlags: { userId: 'ada' },
  listOrganizationAudit: { organizationId: 'acme' },
  listStuckUsers: { stage: 'tour' },
  listVersions: { organizationId: 'acme' },
};

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
  const { admin } = stand;
  const { store } = stand.latchkey;
  const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
  const rules = [{ conditions, policy: Rule_Policy.LATCHING }];
  for (const key of ['one', 'two', 'three']) {
    await admin.setFlag({ flag: { key, rules, delegated: true }, access: ['a', 'b', 'c'].map((role) => ({ role })) });
    await admin.setSegment({ segment: { key, conditions } });
    await admin.createToken({ name: key, scopes: ['evaluate'] });
  }
  await admin.declareActions({ actions: ['x', 'y', 'z'].map((name) => ({ name })) });
  for (const id of ['acme', 'globex']) await admin.setOrganization({ organization: { id } });
  for (const name of ['a', 'b', 'c']) await admin.setOrganization({ organization: { id: 'acme', roles: [{ name }] } });
  for (const userId of ['ada', 'bob']) await admin.identify({ userId, organizationId: 'globex', emailVerified: true });
  await admin.identify({ userId: 'carl', organizationId: 'acme' });
  await admin.setStages({ stages: [{ name: 'tour' }] });
  for (const userId of ['ada', 'bob', 'carl']) await admin.updateProgress({ userId, stage: 'tour' });
  const now = Date.now();
  for (const id of ['1', '2', '3']) {
    const event = { id, source: 's', userId: 'u', action: 'a', value: 0, properties: {} };
    await store.inbox.append([{ ...event, occurredAt: now, receivedAt: now }]);
    await store.transaction((tx) => tx.inbox.bury(event, 'it broke'));
  }
  const { webhook } = await admin.createWebhook({
    webhook: { url: 'https://example.com/hook', types: ['dev.latchkey.unlocked'] },
  });
  for (let i = 0; i < 3; i++) await admin.pingWebhook({ id: webhook!.id });
  hookId = webhook!.id;
  // What a worker still works on would change between two reads.
  await until(async () => (await admin.listBackfills({ unfinished: true })).backfills.length === 0);
});

let hookId = '';

afterAll(async () => {
  await stand.close();
});

const call = (name: string, request: object): Promise<Answer> => {
  const lists = stand.admin as unknown as Readonly<Record<string, List>>;
  const named = name === 'listDeliveries' ? { webhookId: hookId } : NAMED[name];
  return lists[name]!({ ...named, ...request });
};

describe('a paged list', () => {
  it('is every one that can grow', () => {
    expect(LISTS.map(([name]) => name).toSorted()).toEqual([
      ...[
        'getReferences',
        'listAccess',
        'listActions',
        'listAudit',
        'listBackfills',
        'listDeadLetters',
        'listDeliveries',
        'listFlagUnlocks',
      ],
      ...['listFlags', 'listFunnels', 'listOrganizationAudit', 'listOrganizationFlags', 'listOrganizationMembers'],
      ...['listOrganizations', 'listRequirements'],
      ...['listSegments', 'listStuckUsers', 'listTokens', 'listUnlocks', 'listUserFlags', 'listUsers', 'listVersions'],
    ]);
  });

  it('is not one that has a bound of its own', () => {
    const paged = new Set(LISTS.map(([name]) => name));
    const bounded = METHODS.map(([name]) => name).filter((name) => name.startsWith('list') && !paged.has(name));
    expect(bounded.toSorted()).toEqual(['listStages', 'listWebhooks']);
  });

  it.each(LISTS)('%s goes on where its token says, and misses nothing', async (name, member) => {
    const whole = await call(name, { pageSize: 1000 });
    expect(whole[member]!.length).toBeGreaterThan(1);
    expect(whole.nextPageToken).toBe('');
    const entries: unknown[] = [];
    let pageToken = '';
    do {
      const page = await call(name, { pageSize: 1, pageToken });
      expect(page[member]).toHaveLength(1);
      entries.push(...page[member]!);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(withoutInstants(entries)).toEqual(withoutInstants(whole[member]!));
  });

  it.each(LISTS)('%s takes no token of another list, and no nonsense', async (name) => {
    const other = name === 'listFlags' ? 'listSegments' : 'listFlags';
    const { nextPageToken } = await call(other, { pageSize: 1 });
    for (const pageToken of [nextPageToken, 'nonsense', 'one']) {
      expect(await failureOf(call(name, { pageToken }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
        details: expect.stringContaining('page_token'),
      });
    }
  });

  it.each([
    ['listFlags', { tag: 'x' }],
    ['listFlags', { archived: false }],
    ['listAccess', { flag: 'two' }],
    ['listAudit', { target: 'one' }],
    ['listBackfills', { unfinished: true }],
    ['listDeliveries', { state: 'failed' }],
    ['listFlagUnlocks', { newestFirst: true }],
    ['listUnlocks', { userId: 'bob' }],
    ['listRequirements', { userId: 'bob' }],
  ])('%s takes no token of another filter: %j', async (name, filter) => {
    const { nextPageToken } = await call(name, { pageSize: 1 });
    expect(nextPageToken).not.toBe('');
    expect(await failureOf(call(name, { ...filter, pageToken: nextPageToken }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });
});

/** When a token was last used, and what a decision is asked at, moves on between two looks. */
function withoutInstants(entries: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(entries, (key, value: unknown) => (key === 'lastUsedAt' ? undefined : value)));
}
