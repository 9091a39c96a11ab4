import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { conflictOf } from '../../../grpc/testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
const refersTo = (key: string) => ({ all: [{ condition: key }] });

describe('a segment', () => {
  it('has an id of its own, and another one when it is made anew', async () => {
    const made = await stand.admin.setSegment({ segment: { key: 'keen', conditions } });
    expect(made.segment).toMatchObject({ id: expect.stringMatching(/^seg_/), version: 1 });
    const changed = await stand.admin.setSegment({ segment: { key: 'keen', name: 'Keen' } });
    expect(changed.segment).toMatchObject({ id: made.segment!.id, version: 2, name: 'Keen' });
    expect((await stand.admin.getSegment({ key: 'keen' })).segment).toEqual(changed.segment);

    const { consistencyToken } = await stand.admin.deleteSegment({ key: 'keen', comment: 'nobody is' });
    expect(consistencyToken).not.toBe('');
    const gone = { code: status.NOT_FOUND, details: 'no segment "keen"' };
    expect(await failureOf(stand.admin.getSegment({ key: 'keen' }))).toMatchObject(gone);
    expect(await failureOf(stand.admin.deleteSegment({ key: 'keen' }))).toMatchObject(gone);
    const anew = await stand.admin.setSegment({ segment: { key: 'keen', conditions }, expectedVersion: 0 });
    expect(anew.segment).toMatchObject({ version: 1 });
    expect(anew.segment!.id).not.toBe(made.segment!.id);
    const { entries } = await stand.admin.listAudit({ target: 'keen' });
    expect(entries[1]).toMatchObject({ action: 'segment.delete', comment: 'nobody is', after: null });
    expect(entries[1]!.before).toMatchObject({ key: 'keen', version: 2 });
  });

  it('changes nothing when it is set again as it is', async () => {
    const { segment } = await stand.admin.setSegment({ segment: { key: 'same', name: 'Same', conditions } });
    const again = await stand.admin.setSegment({ segment: { key: 'same', name: 'Same', conditions } });
    expect(again.segment).toEqual(segment);
    expect((await stand.admin.listAudit({ target: 'same' })).entries).toHaveLength(1);
  });

  it('is not deleted while flags or segments refer to it, and says which do', async () => {
    await stand.admin.setSegment({ segment: { key: 'used', conditions } });
    await stand.admin.setSegment({ segment: { key: 'outer', conditions: refersTo('used') } });
    await stand.admin.setFlag({ flag: { key: 'away', rules: [{ conditions: refersTo('used') }], archived: true } });
    expect(await failureOf(stand.admin.deleteSegment({ key: 'used' }))).toMatchObject({
      code: status.ABORTED,
      details: 'the segment "used" is referred to by the flag "away", the segment "outer"; change them first',
    });
    await stand.admin.setFlag({ flag: { key: 'away' }, updateMask: ['rules'] });
    await stand.admin.deleteSegment({ key: 'outer' });
    await stand.admin.deleteSegment({ key: 'used' });
    expect((await stand.admin.listSegments({})).segments.map(({ key }) => key)).not.toContain('used');
  });

  it('is deleted at the version that is meant only', async () => {
    const { segment } = await stand.admin.setSegment({ segment: { key: 'moved', conditions } });
    const stale = await failureOf(stand.admin.deleteSegment({ key: 'moved', expectedVersion: 2 }));
    expect(stale).toMatchObject({ code: status.ABORTED });
    expect(conflictOf(stale)).toMatchObject({
      expectedVersion: 2,
      presentVersion: 1,
      present: { $case: 'segment', value: { id: segment!.id } },
    });
    await stand.admin.deleteSegment({ key: 'moved', expectedVersion: 1 });
  });
});

describe('the list of stages', () => {
  it('has a version, which a change may expect', async () => {
    expect(await stand.admin.listStages({})).toEqual({ stages: [], version: 0 });
    const stages = [{ name: 'signup' }, { name: 'done', selfSettable: false }];
    const set = await stand.admin.setStages({ stages, expectedVersion: 0 });
    expect(set.version).toBe(1);
    const stale = await failureOf(stand.admin.setStages({ stages: [], expectedVersion: 0 }));
    expect(stale).toMatchObject({ code: status.ABORTED });
    const present = { stages: set.stages, version: 1 };
    expect(conflictOf(stale)).toEqual({
      expectedVersion: 0,
      presentVersion: 1,
      present: { $case: 'stages', value: present },
    });
    expect(await stand.admin.setStages({ stages, expectedVersion: 1 })).toMatchObject(present);
    expect(await stand.admin.listStages({})).toEqual(present);
    expect((await stand.admin.listAudit({ target: 'stages' })).entries).toHaveLength(1);
    expect((await stand.admin.setStages({ stages: [], expectedVersion: 1 })).version).toBe(2);
  });
});

describe('an organization', () => {
  it('has a version, which a change may expect', async () => {
    const set = (attributes: { readonly [name: string]: unknown }, expectedVersion?: number) =>
      stand.admin.setOrganization({ organization: { id: 'acme', attributes }, expectedVersion });
    expect((await stand.admin.getOrganization({ id: 'acme' })).organization?.version).toBe(0);
    const made = await set({ plan: 'free' }, 0);
    expect(made.organization?.version).toBe(1);
    const stale = await failureOf(set({ plan: 'pro' }, 0));
    expect(stale).toMatchObject({ code: status.ABORTED });
    expect(conflictOf(stale)).toEqual({
      expectedVersion: 0,
      presentVersion: 1,
      present: { $case: 'organization', value: made.organization },
    });
    expect((await set({ plan: 'free' }, 1)).organization).toEqual(made.organization);
    expect((await stand.admin.listAudit({ target: 'acme' })).entries).toHaveLength(1);
    expect((await set({ plan: 'pro' }, 1)).organization?.version).toBe(2);
    // Rows are no part of what it says of itself.
    await stand.admin.setFlag({ flag: { key: 'rows' }, access: [{ organizationId: 'acme' }] });
    expect((await set({ plan: 'pro' }, 2)).organization?.version).toBe(2);
  });
});
