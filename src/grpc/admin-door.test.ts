import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccessRow_Effect } from '../../test/gen/latchkey/v1/access.js';
import { conflictOf } from './testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand } from './testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

describe('flags', () => {
  it('are listed by key, page by page, by tag and by whether they are archived', async () => {
    for (const key of ['c', 'a', 'e', 'b', 'd']) {
      await stand.admin.setFlag({ flag: { key, tags: key < 'c' ? ['early'] : [], archived: key === 'b' } });
    }
    const keys: string[] = [];
    let pageToken = '';
    do {
      const page = await stand.admin.listFlags({ pageSize: 2, pageToken });
      expect(page.flags.length).toBeLessThanOrEqual(2);
      keys.push(...page.flags.map(({ key }) => key));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(keys).toEqual(['a', 'b', 'c', 'd', 'e']);
    const tagged = await stand.admin.listFlags({ tag: 'early' });
    expect(tagged.flags.map(({ key }) => key)).toEqual(['a', 'b']);
    const present = await stand.admin.listFlags({ archived: false, pageSize: 5000 });
    expect(present.flags.map(({ key }) => key)).toEqual(['a', 'c', 'd', 'e']);
  });

  it('are given by key and by id, with all their rows', async () => {
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'rows' },
      access: [{ userId: 'u' }, { organizationId: 'o', effect: AccessRow_Effect.DENY }, { role: 'r', enabled: false }],
    });
    expect(await stand.admin.getFlag({ flag: flag!.id })).toEqual({ flag });
    const { access } = await stand.admin.listAccess({ flag: 'rows' });
    expect(access).toMatchObject([
      { role: 'r', enabled: false },
      { organizationId: 'o', effect: AccessRow_Effect.DENY },
      { userId: 'u', effect: AccessRow_Effect.ALLOW },
    ]);
    expect(await failureOf(stand.admin.listAccess({ flag: 'nowhere' }))).toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('segments', () => {
  const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

  it('are created, changed by what is given or named, and listed', async () => {
    const { segment, consistencyToken } = await stand.admin.setSegment({ segment: { key: 'verified', conditions } });
    expect(segment).toMatchObject({ key: 'verified', name: 'verified', conditions, version: 1 });
    expect(consistencyToken).not.toBe('');
    const named = await stand.admin.setSegment({ segment: { key: 'verified', name: 'Verified' }, expectedVersion: 1 });
    expect(named.segment).toMatchObject({ name: 'Verified', conditions, version: 2 });
    const cleared = await stand.admin.setSegment({ segment: { key: 'verified' }, updateMask: ['name'] });
    expect(cleared.segment).toMatchObject({ name: 'verified', conditions, version: 3 });
    expect((await stand.admin.listSegments({})).segments).toEqual([cleared.segment]);
  });

  it('are refused at another version, by an unknown path, and without a name', async () => {
    const stale = await failureOf(stand.admin.setSegment({ segment: { key: 'verified' }, expectedVersion: 1 }));
    expect(stale).toMatchObject({ code: status.ABORTED, details: expect.stringContaining('is at version 3 now') });
    const [present] = (await stand.admin.listSegments({})).segments;
    const conflict = { expectedVersion: 1, presentVersion: 3, present: { $case: 'segment', value: present } };
    expect(conflictOf(stale)).toEqual(conflict);
    const path = await failureOf(stand.admin.setSegment({ segment: { key: 'verified' }, updateMask: ['key'] }));
    expect(path.details).toBe('update_mask names "key", which is none of: name, conditions');
    expect(await failureOf(stand.admin.setSegment({}))).toMatchObject({ code: status.INVALID_ARGUMENT });
    const wordy = { segment: { key: 'verified', name: 'x'.repeat(256) } };
    expect(await failureOf(stand.admin.setSegment(wordy))).toMatchObject({ code: status.INVALID_ARGUMENT });
    const long = { segment: { key: 'verified' }, comment: 'x'.repeat(1001) };
    expect(await failureOf(stand.admin.setSegment(long))).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect((await stand.admin.listSegments({})).segments[0]?.version).toBe(3);
  });
});

describe('stages and actions', () => {
  it('are set in their order, and declared by name', async () => {
    const { stages } = await stand.admin.setStages({ stages: [{ name: 'b' }, { name: 'a', selfSettable: false }] });
    expect(stages).toEqual([
      { name: 'b', selfSettable: true },
      { name: 'a', selfSettable: false },
    ]);
    expect((await stand.admin.listStages({})).stages).toEqual(stages);
    await stand.admin.declareActions({ actions: [{ name: 'y' }, { name: 'x', clientTrackable: true }] });
    const declared = await stand.admin.declareActions({ actions: [{ name: 'y', clientTrackable: true }] });
    expect(declared.actions).toEqual([{ name: 'y', clientTrackable: true }]);
    expect((await stand.admin.listActions({})).actions).toEqual([
      { name: 'x', clientTrackable: true },
      { name: 'y', clientTrackable: true },
    ]);
    await stand.admin.deleteAction({ name: 'x', comment: 'nobody sends it' });
    expect((await stand.admin.listActions({})).actions).toEqual(declared.actions);
    const where = { all: [{ fact: 'property', params: { name: 'amount' }, operator: 'greaterThan', value: 1 }] };
    const derivation = {
      from: ['y', 'another'],
      where,
      value: { property: { path: '$.net' } },
      distinct: { name: 'order' },
    };
    const derived = await stand.admin.declareActions({ actions: [{ name: 'large', derivation }] });
    expect(derived).toMatchObject({ actions: [{ name: 'large', derivation }], backfillIds: [] });
    expect(derived.warnings).toEqual([
      {
        pointer: '/actions/0/derivation',
        message: expect.stringContaining(derived.actions[0]!.countsSince!.toISOString()),
      },
    ]);
    // The same once more changes nothing, and counts since the same instant.
    const again = await stand.admin.declareActions({ actions: [{ ...derived.actions[0]!, countsSince: undefined }] });
    expect(again).toMatchObject({ actions: derived.actions, warnings: [] });
    const faulty = { name: 'bad', derivation: { ...derivation, value: { property: { name: 'n' }, constant: 2 } } };
    expect(await failureOf(stand.admin.declareActions({ actions: [faulty] }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('/actions/0/derivation/value'),
    });
    await stand.admin.deleteAction({ name: 'large' });
    expect(await failureOf(stand.admin.deleteAction({ name: 'x' }))).toMatchObject({ code: status.NOT_FOUND });
    expect((await stand.admin.listAudit({ target: 'x' })).entries).toMatchObject([
      {
        action: 'action.delete',
        before: { name: 'x', clientTrackable: true },
        after: null,
        comment: 'nobody sends it',
      },
    ]);
    expect(await failureOf(stand.admin.setStages({ stages: [{ name: 'b' }, { name: 'b' }] }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it('a stage of another name is refused with those that there are', async () => {
    const error = await failureOf(stand.admin.updateProgress({ userId: 'u', stage: 'c' }));
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'the stage "c" is none of: b, a',
    });
  });
});

describe('organizations', () => {
  it('are written by what is given or named, and given back', async () => {
    const roles = [{ name: 'lead', inherits: ['employee'], movingTo: '' }];
    const attributes = { plan: 'pro' };
    const { organization } = await stand.admin.setOrganization({
      organization: { id: 'acme', attributes, strictRoles: true, roles },
    });
    expect(organization).toEqual({ id: 'acme', attributes, strictRoles: true, roles, version: 1 });
    const relaxed = await stand.admin.setOrganization({ organization: { id: 'acme', strictRoles: false } });
    expect(relaxed.organization).toEqual({ id: 'acme', attributes, strictRoles: false, roles, version: 2 });
    const updateMask = ['attributes', 'roles'];
    const cleared = await stand.admin.setOrganization({ organization: { id: 'acme', strictRoles: true }, updateMask });
    expect(cleared.organization).toEqual({ id: 'acme', attributes: {}, strictRoles: false, roles: [], version: 3 });
    expect((await stand.admin.getOrganization({ id: 'acme' })).organization).toEqual(cleared.organization);
    expect((await stand.admin.getOrganization({ id: 'new' })).organization).toMatchObject({ id: 'new', roles: [] });
    expect(await failureOf(stand.admin.setOrganization({}))).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('with strict roles refuse a user of a role that nobody defined', async () => {
    await stand.admin.setOrganization({ organization: { id: 'strict', strictRoles: true } });
    const error = await failureOf(stand.admin.identify({ userId: 's', organizationId: 'strict', roles: ['wizard'] }));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('"wizard"') });
  });
});

describe('users', () => {
  it('are empty when nothing is stored, and tell everything when there is', async () => {
    expect(await stand.admin.getUser({ userId: 'nobody' })).toMatchObject({
      user: { userId: 'nobody', organizationId: '', roles: [], attributes: {} },
      progress: { stage: '' },
      actionTotals: [],
      unlocks: [],
      access: [],
      revision: 0,
    });
    await stand.admin.identify({ userId: 'u', organizationId: 'acme', roles: ['lead'] });
    const known = await stand.admin.getUser({ userId: 'u' });
    expect(known).toMatchObject({
      user: { organizationId: 'acme', roles: ['lead'] },
      access: [{ flagKey: 'rows', row: { userId: 'u', effect: AccessRow_Effect.ALLOW } }],
    });
    expect(known.revision).toBeGreaterThan(0);
    expect((await stand.admin.listUnlocks({ userId: 'u' })).entries).toEqual([]);
  });
});

describe('tokens', () => {
  it('are shown once, work, are listed without their secret, and are revoked for good', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { secret, token } = await stand.admin.createToken({ name: 'ci', scopes: ['evaluate'], expiresAt });
    expect(token).toMatchObject({ name: 'ci', scopes: ['evaluate'], organizationId: '', expiresAt });
    expect(await stand.as(secret).evaluate({ flagKey: 'a' })).toMatchObject({ flagKey: 'a' });
    const { tokens } = await stand.admin.listTokens({});
    expect(tokens[0]).toMatchObject({ id: token?.id });
    expect(JSON.stringify(tokens)).not.toContain(secret);

    const revoked = await stand.admin.revokeToken({ id: token!.id, comment: 'leaked' });
    expect(revoked.token?.revokedAt).toBeDefined();
    expect(await stand.admin.revokeToken({ id: token!.id })).toEqual(revoked);
    expect(await failureOf(stand.as(secret).evaluate({ flagKey: 'a' }))).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'the token was revoked; ask for another one',
    });
    expect(await failureOf(stand.admin.revokeToken({ id: 'tok_none' }))).toMatchObject({ code: status.NOT_FOUND });
  });

  it('need a name, a known scope, and a future', async () => {
    for (const wrong of [
      { name: '', scopes: ['evaluate'] },
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['root'] },
      { name: 'x', scopes: ['evaluate'], expiresAt: new Date(1) },
    ]) {
      expect(await failureOf(stand.admin.createToken(wrong))).toMatchObject({ code: status.INVALID_ARGUMENT });
    }
  });
});

describe('the audit', () => {
  it('tells who changed what, newest first, secrets redacted', async () => {
    await stand.admin.setFlag({ flag: { key: 'audited', owner: 'x' }, comment: 'because' }, { requestId: 'req-1' });
    const { entries } = await stand.admin.listAudit({ target: 'audited' });
    expect(entries).toMatchObject([
      { action: 'flag.create', target: 'audited', requestId: 'req-1', comment: 'because' },
    ]);
    expect(entries[0]?.actor).toMatch(/^token:tok_/);
    expect(entries[0]?.after).toMatchObject({ flag: { owner: 'x' } });

    const all = await stand.admin.listAudit({ pageSize: 1000 });
    const instants = all.entries.map(({ at }) => at!.getTime());
    expect(instants).toEqual(instants.toSorted((a, b) => b - a));
    const revocation = all.entries.find(({ action }) => action === 'token.revoke');
    expect(revocation).toMatchObject({ comment: 'leaked', before: null, after: { hash: '[redacted]' } });
    expect((await stand.admin.listAudit({ pageSize: 1 })).nextPageToken).not.toBe('');
  });
});

describe('dead letters', () => {
  it('are listed with why, counted, and replayed', async () => {
    const { store } = stand.latchkey;
    const event = { id: 'x', source: 's', userId: 'u', action: 'a', value: 1.5, properties: { p: 1 } };
    const now = Date.now();
    await store.inbox.append([{ ...event, occurredAt: now, receivedAt: now }]);
    await store.transaction((tx) => tx.inbox.bury(event, 'it broke'));
    const { deadLetters, total } = await stand.admin.listDeadLetters({});
    expect(total).toBe(1);
    expect(deadLetters).toEqual([
      {
        event: { ...event, occurredAt: new Date(now), organizationId: '' },
        ...{ reason: 'it broke', receivedAt: new Date(now), contribution: '' },
      },
    ]);
    const other = { userId: 'u', source: 's', id: 'other' };
    expect(
      await stand.admin.replayDeadLetters({
        events: [event, other].map(({ userId, source, id }) => ({ userId, source, id })),
      }),
    ).toEqual({ replayed: 1 });
    expect((await stand.admin.listDeadLetters({})).total).toBe(0);
  });
});
