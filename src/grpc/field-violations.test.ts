import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FeatureFlag_Type } from '../../test/gen/latchkey/v1/flag.js';
import { detailsOf } from './testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand, type Rpc } from './testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

const account = { fact: 'attribute', path: '$.account', operator: 'equal' };
const unknownFact = { all: [{ fact: 'nonsense', operator: 'equal', value: 1 }] };

describe('a fault in a request', () => {
  it.each<[string, (rpc: Rpc) => Promise<unknown>]>([
    ['/user_id', (rpc) => rpc.evaluate({ flagKey: 'f', context: { userId: ' x' } })],
    ['/roles/1', (rpc) => rpc.evaluate({ flagKey: 'f', context: { roles: ['a', ' b'] } })],
    ['/joined_at', (rpc) => rpc.identify({ userId: 'u', joinedAt: new Date('0001-01-01T00:00:00Z') })],
    ['/joined_at', (rpc) => rpc.evaluate({ flagKey: 'any', context: { joinedAt: new Date('2999-01-01T00:00:00Z') } })],
    ['/attributes/account', (rpc) => rpc.evaluate({ flagKey: 'f', context: { attributes: { account: 2 ** 53 } } })],
    ['/attributes/a~1b/1', (rpc) => rpc.identify({ userId: 'u', attributes: { 'a/b': [1, 2 ** 53 + 2] } })],
    [
      '/variants/1/value/account',
      (rpc) =>
        rpc.setFlag({
          flag: {
            key: 'f',
            type: FeatureFlag_Type.JSON,
            variants: [
              { key: 'off', value: 0 },
              { key: 'on', value: { account: -(2 ** 63) } },
            ],
          },
        }),
    ],
    [
      '/rules/0/conditions/all/0/value',
      (rpc) => rpc.setFlag({ flag: { key: 'f', rules: [{ conditions: { all: [{ ...account, value: 2 ** 53 }] } }] } }),
    ],
    ['/consistency', (rpc) => rpc.evaluate({ flagKey: 'f', consistency: 9 as never })],
    ['/consistency_token', (rpc) => rpc.evaluate({ flagKey: 'f', consistencyToken: 'made up' })],
    ['/key', (rpc) => rpc.setFlag({ flag: { key: 'a b' } })],
    ['/flag', (rpc) => rpc.setFlag({})],
    ['/rules/0/policy', (rpc) => rpc.setFlag({ flag: { key: 'f', rules: [{ policy: 9 as never }] } })],
    [
      '/rules/0/conditions/all/0/fact',
      (rpc) => rpc.setFlag({ flag: { key: 'f', rules: [{ conditions: unknownFact }] } }),
    ],
    ['/access/1/role', (rpc) => rpc.setFlag({ flag: { key: 'f' }, access: [{ role: 'a' }, { role: ' b' }] })],
    ['/remove_access/0', (rpc) => rpc.setFlag({ flag: { key: 'f' }, removeAccess: [{}] })],
    ['/update_mask', (rpc) => rpc.setFlag({ flag: { key: 'f' }, updateMask: ['version'] })],
    ['/comment', (rpc) => rpc.setFlag({ flag: { key: 'f' }, comment: 'x'.repeat(1001) })],
    ['/stage', (rpc) => rpc.updateProgress({ userId: 'u', stage: '' })],
    ['/organization_id', (rpc) => rpc.identify({ userId: 'u', organizationId: ' o' })],
    ['/attributes', (rpc) => rpc.identify({ userId: 'u', attributes: { text: 'x'.repeat(17_000) } })],
    ['/stages/1/name', (rpc) => rpc.setStages({ stages: [{ name: 'a' }, { name: 'a' }] })],
    ['/actions/0/name', (rpc) => rpc.declareActions({ actions: [{ name: '' }] })],
    [
      '/roles/0/inherits/1',
      (rpc) =>
        rpc.setOrganization({ organization: { id: 'o', roles: [{ name: 'a', inherits: ['employee', 'nobody'] }] } }),
    ],
    ['/conditions/all/0/fact', (rpc) => rpc.setSegment({ segment: { key: 's', conditions: unknownFact } })],
    ['/scopes', (rpc) => rpc.createToken({ name: 't', scopes: ['root'] })],
    ['/expires_at', (rpc) => rpc.createToken({ name: 't', scopes: ['evaluate'], expiresAt: new Date(1) })],
    ['/url', (rpc) => rpc.createWebhook({ webhook: { url: 'ftp://x', types: ['dev.latchkey.unlocked'] } })],
    ['/types', (rpc) => rpc.createWebhook({ webhook: { url: 'https://example.com', types: ['x'] } })],
    ['/reason', (rpc) => rpc.grantUnlock({ userId: 'u', flag: 'f' })],
    ['/page_token', (rpc) => rpc.listFlags({ pageToken: 'nonsense' })],
  ])('at %s is told by that pointer', async (pointer, call) => {
    const error = await failureOf(call(stand.admin));
    const { 'google.rpc.ErrorInfo': info, 'google.rpc.BadRequest': request } = detailsOf(error);
    expect(info).toMatchObject({ reason: 'INVALID', domain: 'latchkey' });
    const [violation] = request!.fieldViolations;
    expect(violation!.field).toBe(pointer);
    expect(error.details).toContain(violation!.description);
  });
});
