import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Rule_Policy } from '../../../../test/gen/latchkey/v1/flag.js';
import { Cause_Type, LedgerEntry_Kind, Unlock_State } from '../../../../test/gen/latchkey/v1/ledger.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;
const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
const reason = 'a promise';

beforeAll(async () => {
  stand = await openDoorStand();
  await stand.admin.setFlag({ flag: { key: 'vault', rules: [{ policy: Rule_Policy.LATCHING, conditions }] } });
});

afterAll(async () => {
  await stand.close();
});

describe('the ledger by hand', () => {
  it('tells what was entered, what stands, and what flipped', async () => {
    const { change: granted } = await stand.admin.grantUnlock({ userId: 'ada', flag: 'vault', reason });
    expect(granted).toMatchObject({
      entries: [{ flagKey: 'vault', ruleId: '', kind: LedgerEntry_Kind.KIND_GRANTED }],
      unlocks: [{ flagKey: 'vault', ruleId: '', state: Unlock_State.STATE_GRANTED }],
      ...{ newlyUnlocked: ['vault'], newlyLocked: [] },
    });
    expect(granted!.entries[0]!.cause).toMatchObject({ type: Cause_Type.TYPE_MANUAL, reason });
    expect(granted!.entries[0]!.cause!.actor).toMatch(/^token:/);
    expect(granted!.consistencyToken).not.toBe('');
    const again = await stand.admin.grantUnlock({ userId: 'ada', flag: granted!.entries[0]!.flagId, reason });
    expect(again.change).toMatchObject({ entries: [], newlyUnlocked: [] });

    const { change: revoked } = await stand.admin.revokeUnlock({ userId: 'ada', flag: 'vault', reason });
    expect(revoked).toMatchObject({ newlyLocked: ['vault'] });
    expect(revoked!.unlocks.map(({ state }) => state)).toEqual([
      Unlock_State.STATE_REVOKED,
      Unlock_State.STATE_REVOKED,
    ]);
    const { change: rearmed } = await stand.admin.rearmUnlock({ userId: 'ada', flag: 'vault', reason });
    expect(rearmed).toMatchObject({ unlocks: [], newlyUnlocked: [], newlyLocked: [] });
    expect(rearmed!.entries).toHaveLength(2);
  });

  it('is listed by flag, page by page, either way round', async () => {
    const seen: LedgerEntry_Kind[] = [];
    let pageToken = '';
    do {
      const page = await stand.admin.listFlagUnlocks({ flag: 'vault', pageSize: 2, pageToken });
      for (const { userId, entry } of page.entries) {
        expect([userId, entry!.flagKey]).toEqual(['ada', 'vault']);
        seen.push(entry!.kind);
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toHaveLength(5);
    expect(seen[0]).toBe(LedgerEntry_Kind.KIND_GRANTED);
    const newest = await stand.admin.listFlagUnlocks({ flag: 'vault', newestFirst: true });
    expect(newest.entries.map(({ entry }) => entry!.kind)).toEqual(seen.toReversed());
  });

  it('is refused with the code that says why', async () => {
    const code = async (call: Promise<unknown>) => (await failureOf(call)).code;
    expect(await code(stand.admin.grantUnlock({ userId: 'ada', flag: 'none', reason }))).toBe(status.NOT_FOUND);
    expect(await code(stand.admin.listFlagUnlocks({ flag: 'none' }))).toBe(status.NOT_FOUND);
    expect(await code(stand.admin.revokeUnlock({ userId: 'ada', flag: 'vault' }))).toBe(status.INVALID_ARGUMENT);
    expect(await code(stand.admin.deleteUser({ userId: 'ada' }))).toBe(status.INVALID_ARGUMENT);
  });
});

describe('a deleted user', () => {
  it('leaves sums and nothing else', async () => {
    await stand.admin.identify({ userId: 'bob', emailVerified: true });
    const { revision } = await stand.admin.getUser({ userId: 'bob' });
    expect(await stand.admin.deleteUser({ userId: 'bob', comment: reason })).toMatchObject({ deleted: true });
    const gone = await stand.admin.getUser({ userId: 'bob' });
    expect(gone).toMatchObject({ revision: revision + 1, unlocks: [], access: [], actionTotals: [] });
    expect((await stand.admin.listUnlocks({ userId: 'bob' })).entries).toEqual([]);
    expect(await stand.admin.getDeletedTotals({})).toMatchObject({
      users: 1,
      unlocks: [{ flagKey: 'vault', count: 1 }],
      actions: [],
    });
  });
});
