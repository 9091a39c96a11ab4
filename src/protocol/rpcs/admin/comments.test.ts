import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminServiceDefinition } from '../../../../test/gen/latchkey/v1/admin_service.js';
import { type DoorStand, openDoorStand, type Rpc } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

interface Method {
  readonly options: { readonly idempotencyLevel?: string };
  readonly requestType: { fromPartial(message: object): object };
}

/** What changes something: whatever the protocol does not call free of side effects, but for a preview, a try, and a draft that is checked. */
const CHANGES = (Object.entries(AdminServiceDefinition.methods) as unknown as [string, Method][])
  .filter(
    ([name, { options }]) =>
      options.idempotencyLevel !== 'NO_SIDE_EFFECTS' &&
      !['previewOrganizationRoles', 'previewRule', 'tryFlag', 'checkConditions'].includes(name),
  )
  .map(([name, { requestType }]) => [name, requestType.fromPartial({})] as const);

describe('a change of the administration', () => {
  it.each(CHANGES)('%s may say why', (_name, request) => {
    // Of the ledger the reason is the entry's own, and the audit's comment as well.
    expect('comment' in request || 'reason' in request).toBe(true);
  });

  it.each<[string, (rpc: Rpc, comment: string) => Promise<unknown>]>([
    ['flag.create', (rpc, comment) => rpc.setFlag({ flag: { key: 'f' }, comment })],
    ['segment.set', (rpc, comment) => rpc.setSegment({ segment: { key: 's' }, comment })],
    ['segment.delete', (rpc, comment) => rpc.deleteSegment({ key: 's', comment })],
    ['stages.set', (rpc, comment) => rpc.setStages({ stages: [{ name: 'a' }], comment })],
    ['actions.declare', (rpc, comment) => rpc.declareActions({ actions: [{ name: 'a' }], comment })],
    ['action.delete', (rpc, comment) => rpc.deleteAction({ name: 'a', comment })],
    ['organization.set', (rpc, comment) => rpc.setOrganization({ organization: { id: 'o' }, comment })],
    ['token.create', (rpc, comment) => rpc.createToken({ name: 't', scopes: ['track'], comment })],
    ['dead-letters.discard', (rpc, comment) => rpc.discardDeadLetters({ events: [], comment })],
    ['dead-letters.replay', (rpc, comment) => rpc.replayDeadLetters({ events: [], comment })],
    [
      'webhook.ping',
      async (rpc, comment) => {
        const { webhook } = await rpc.createWebhook({
          webhook: { url: 'https://example.com/', types: ['dev.latchkey.unlocked'] },
        });
        return rpc.pingWebhook({ id: webhook!.id, comment });
      },
    ],
    ['unlock.grant', (rpc, comment) => rpc.grantUnlock({ userId: 'u', flag: 'f', reason: comment })],
    ['user.delete', (rpc, comment) => rpc.deleteUser({ userId: 'u', comment })],
  ])('leaves it in the audit: %s', async (action, change) => {
    const comment = `because of ${action}`;
    await change(stand.admin, comment);
    const { entries } = await stand.admin.listAudit({ pageSize: 1 });
    expect(entries).toMatchObject([{ action, comment }]);
  });
});
