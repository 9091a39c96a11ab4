import { describe, expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, ledgerOf, machine, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const ACME = machine(['identify', 'track', 'evaluate', 'manage'], 'acme');
const OTHER = machine(['identify', 'track', 'evaluate', 'manage'], 'other');
const NOT_FOUND = { code: 'NOT_FOUND' };
const stateOf = async (stand: UseCaseStand, id: string) => (await stand.store.states.users([id])).get(id)!;
const identify = (stand: UseCaseStand, call: Call, userId: string) =>
  stand.services.users.identify(call, { userId, roles: ['employee'] });
const grant = (stand: UseCaseStand, userId: string, organizationId?: string) =>
  stand.services.ledger.grant(OPERATOR, {
    ...{ userId, flag: 'claimed', ruleId: '', reason: 'won it' },
    ...(organizationId === undefined ? {} : { organizationId }),
  });
const claimsOf = async (stand: UseCaseStand, target: string) =>
  (await stand.store.audit.list({ limit: 9 }, { target })).items.filter(({ action }) => action === 'user.claim');
const done = async (stand: UseCaseStand, userId: string, events = 1) => {
  await stand.track(
    Array.from({ length: events }, (_, i) => ({ id: `${i}`, user_id: userId, action: 'step', value: 2 })),
  );
  await stand.drain();
};

describeOnEachEngine('who is not identified yet', (engine) => {
  it('is identified by an organization’s token, with the row, the grant and the counts there are', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('claimed', latching(atLeast(2, 'step')), { access: [{ userId: 'of-row' }] });
    await grant(stand, 'of-grant');
    await done(stand, 'of-event', 2);
    for (const userId of ['of-row', 'of-grant', 'of-event']) {
      const before = await stateOf(stand, userId);
      const { user } = await identify(stand, ACME, userId);
      expect(user).toMatchObject({ organizationId: 'acme', roles: ['employee'], revision: before.revision + 1 });
      expect(await claimsOf(stand, userId)).toMatchObject([
        {
          actor: 'token:tok_test',
          before: { revision: before.revision, expectedOrganization: '' },
          after: { organizationId: 'acme' },
        },
      ]);
      expect(await stand.on(userId)).toEqual(['claimed']);
      await expect(identify(stand, OTHER, userId)).rejects.toMatchObject(NOT_FOUND);
    }
    // The organization sees what was there as it sees all of its users.
    const { actions } = await stand.services.users.get(ACME, 'of-event');
    expect(actions.get('step')).toMatchObject({ count: 2, sum: 4_000_000n });
    const { items } = await stand.services.ledger.userUnlocks(ACME, 'of-grant', { limit: 9 });
    expect(items).toMatchObject([{ kind: 'granted' }]);
    // Of somebody of whom there was nothing, nothing was taken.
    await identify(stand, ACME, 'of-nothing');
    expect(await claimsOf(stand, 'of-nothing')).toEqual([]);
  });

  it('is out of reach with a profile, even an empty one, with progress, and after a deletion', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('claimed');
    await stand.identify('profiled', { organizationId: '' });
    await stand.services.users.setTraits('traits', {});
    const stage = { stage: 'tour', allowBackward: false };
    await stand.services.progress.update(OPERATOR, { userId: 'begun', ...stage });
    await done(stand, 'deleted');
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'deleted', comment: 'left' });
    await done(stand, 'deleted', 3);
    await stand.identify('moved-out', { organizationId: 'acme' });
    await stand.identify('moved-out', { organizationId: '' });
    for (const userId of ['profiled', 'traits', 'begun', 'deleted', 'moved-out']) {
      const before = await stateOf(stand, userId);
      await expect(identify(stand, ACME, userId)).rejects.toMatchObject(NOT_FOUND);
      expect(await stateOf(stand, userId)).toEqual(before);
      expect(await claimsOf(stand, userId)).toEqual([]);
    }
  });

  it('is identified by the expected organization alone', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('claimed', {}, { access: [{ userId: 'row-of-acme', organizationId: 'acme' }] });
    await grant(stand, 'grant-of-acme', 'acme');
    const stage = { stage: 'tour', allowBackward: false };
    await stand.services.progress.update(OPERATOR, { userId: 'grant-of-acme', ...stage });
    await stand.services.users.setTraits('row-of-acme', { plan: 'gold' });
    for (const userId of ['row-of-acme', 'grant-of-acme']) {
      expect(await stateOf(stand, userId)).toMatchObject({ expectedOrganization: 'acme', organizationId: '' });
      await expect(identify(stand, OTHER, userId)).rejects.toMatchObject(NOT_FOUND);
      const { user } = await identify(stand, ACME, userId);
      expect(await stateOf(stand, userId)).toEqual({ ...user, daysOf: undefined });
      expect(user).not.toHaveProperty('expectedOrganization');
      expect(await claimsOf(stand, userId)).toMatchObject([{ before: { expectedOrganization: 'acme' } }]);
    }
    // The row is one of the user's, whatever it expects.
    const row = { userId: 'row-of-acme', organizationId: '', role: '', managedBy: '' };
    const { items } = await stand.services.flagLookup.access(OPERATOR, 'claimed', { limit: 9 });
    expect(items).toContainEqual(expect.objectContaining(row));
  });

  it('is expected still when somebody tells of them who does not say whose user it is', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('claimed');
    const { users } = stand.services;
    for (const userId of ['of-token', 'of-profile']) await grant(stand, userId, 'acme');
    await users.writeClaims({ userId: 'of-token', organizationId: undefined, roles: ['auditor'], issuedAt: undefined });
    await stand.identify('of-profile', { roles: ['auditor'], emailVerified: true });
    for (const userId of ['of-token', 'of-profile']) {
      expect(await stateOf(stand, userId)).toMatchObject({ expectedOrganization: 'acme', roles: ['auditor'] });
      await expect(identify(stand, OTHER, userId)).rejects.toMatchObject(NOT_FOUND);
      const { user } = await identify(stand, ACME, userId);
      expect(user).toMatchObject({ organizationId: 'acme', roles: ['employee'] });
      expect(await claimsOf(stand, userId)).toHaveLength(1);
    }
    // Whoever says that it is nobody's user has said whose it is.
    await grant(stand, 'of-nobody', 'acme');
    await stand.identify('of-nobody', { organizationId: '' });
    await expect(identify(stand, ACME, 'of-nobody')).rejects.toMatchObject(NOT_FOUND);
  });

  it('is expected where the platform says last, and that is told, audited, and takes a revision', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const rows = (organizationId: string) =>
      stand.setFlag('claimed', {}, { access: [{ userId: 'x', organizationId }] });
    await rows('acme');
    const { revision } = await stateOf(stand, 'x');
    await rows('acme');
    expect((await stateOf(stand, 'x')).revision).toBe(revision);
    const { consistencyToken } = await rows('other');
    expect(await stateOf(stand, 'x')).toMatchObject({ expectedOrganization: 'other', revision: revision + 1 });
    expect(stand.published.at(-1)).toEqual({ kind: 'users', users: [{ id: 'x', revision: revision + 1 }] });
    expect(consistencyToken).not.toBe('');
    const { items } = await stand.store.audit.list({ limit: 1 }, { target: 'claimed' });
    expect(items).toMatchObject([
      { action: 'access.set', after: { expectedOrganizations: [{ userId: 'x', organizationId: 'other' }] } },
    ]);
    // A row that says nothing leaves it, a grant that was given already changes it alone.
    await stand.setFlag('claimed', {}, { access: [{ userId: 'x', effect: 'DENY' }] });
    expect(await stateOf(stand, 'x')).toMatchObject({ expectedOrganization: 'other' });
    await grant(stand, 'x');
    const again = await grant(stand, 'x', 'acme');
    expect([again.entries, again.user.expectedOrganization]).toEqual([[], 'acme']);
    await expect(identify(stand, OTHER, 'x')).rejects.toMatchObject(NOT_FOUND);
    await identify(stand, ACME, 'x');
  });

  it('refuses by pointer to expect somebody for whom it would have no effect', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('claimed');
    await stand.identify('in-other', { organizationId: 'other' });
    await stand.identify('in-none', { emailVerified: true });
    await done(stand, 'gone');
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'gone', comment: 'left' });
    const said = { 'in-other': 'in the organization "other"', 'in-none': 'in no organization', gone: 'was deleted' };
    for (const [userId, message] of Object.entries(said)) {
      const refusal = { code: 'INVALID', message: expect.stringContaining(message) };
      const setting = stand.setFlag(
        'claimed',
        {},
        { access: [{ userId: 'fine' }, { userId, organizationId: 'acme' }] },
      );
      await expect(setting).rejects.toMatchObject({ ...refusal, faults: [{ pointer: '/access/1/organization_id' }] });
      const granting = grant(stand, userId, 'acme');
      await expect(granting).rejects.toMatchObject({ ...refusal, faults: [{ pointer: '/organization_id' }] });
    }
    await grant(stand, 'in-other', 'other');
    const dropping = stand.setFlag('claimed', {}, { removeAccess: [{ userId: 'fine', organizationId: 'acme' }] });
    await expect(dropping).rejects.toMatchObject({ code: 'INVALID' });
    await expect(grant(stand, 'fine', ' ')).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('is taken by an identify alone: nothing else that an organization calls reaches them', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('claimed', { delegated: true });
    await done(stand, 'hidden');
    const before = await stateOf(stand, 'hidden');
    const { services } = stand;
    const stage = { userId: 'hidden', stage: 'tour', allowBackward: false };
    await expect(services.progress.update(ACME, stage)).rejects.toMatchObject(NOT_FOUND);
    await expect(services.progress.get(ACME, 'hidden')).rejects.toMatchObject(NOT_FOUND);
    await expect(services.users.get(ACME, 'hidden')).rejects.toMatchObject(NOT_FOUND);
    await expect(services.ledger.userUnlocks(ACME, 'hidden', { limit: 9 })).rejects.toMatchObject(NOT_FOUND);
    const row = { keyOrId: 'claimed', mustExist: true, input: {}, access: [{ userId: 'hidden' }], removeAccess: [] };
    const rest = { expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
    await expect(services.flags.set(ACME, { ...row, ...rest })).rejects.toMatchObject(NOT_FOUND);
    const tracked = await services.events.track(ACME, {
      wait: false,
      events: [
        { kind: 'traits', traits: { id: 't', userId: 'hidden', traits: { a: 1 } } },
        {
          kind: 'event',
          event: {
            ...{ id: 'e', source: '', userId: 'hidden', action: 'step' },
            ...{ occurredAt: undefined, value: undefined, properties: undefined },
          },
        },
      ],
    });
    expect(tracked.rejected.map(({ id }) => id)).toEqual(['t', 'e']);
    expect(await stateOf(stand, 'hidden')).toEqual(before);
    await identify(stand, ACME, 'hidden');
    expect((await services.progress.update(ACME, stage)).user.stage).toBe('tour');
  });

  describe('when several want the same at once', () => {
    it('is one organization’s', async () => {
      const [one, two] = [await engine.compose(), await engine.compose()];
      await one.clear();
      const ids = Array.from({ length: 8 }, (_, i) => `wanted-${i}`);
      for (const userId of ids) await done(one, userId);
      const outcomes = await Promise.all(
        ids.map((userId) => Promise.allSettled([identify(one, ACME, userId), identify(two, OTHER, userId)])),
      );
      for (const [i, [acme, other]] of outcomes.entries()) {
        expect([acme.status, other.status].toSorted()).toEqual(['fulfilled', 'rejected']);
        const { organizationId } = await stateOf(one, ids[i]!);
        expect(organizationId).toBe(acme.status === 'fulfilled' ? 'acme' : 'other');
        expect(await claimsOf(one, ids[i]!)).toHaveLength(1);
      }
    });

    it('keeps every event that is counted meanwhile, and what it unlocks', async () => {
      const [one, two] = [await engine.compose(), await engine.compose()];
      await one.clear();
      const isEmployee = { fact: 'role', operator: 'equal', value: 'employee' };
      await one.setFlag('both', latching(atLeast(2, 'step'), isEmployee));
      await two.services.keeper.refresh();
      const ids = Array.from({ length: 8 }, (_, i) => `busy-${i}`);
      for (const userId of ids) await done(one, userId);
      await one.track(ids.map((user_id) => ({ id: 'second', user_id, action: 'step' })));
      await Promise.all([one.drain(), ...ids.map((userId) => identify(two, ACME, userId))]);
      await one.drain();
      for (const userId of ids) {
        const { organizationId, actions } = await stateOf(one, userId);
        expect([organizationId, actions.get('step')?.count]).toEqual(['acme', 2]);
        expect((await ledgerOf(one.store, userId)).map(({ kind }) => kind)).toEqual(['unlocked']);
      }
    });

    it('is deleted with what the claim made, or was deleted before it', async () => {
      const [one, two] = [await engine.compose(), await engine.compose()];
      await one.clear();
      await done(one, 'leaving');
      const [claimed] = await Promise.allSettled([
        identify(one, ACME, 'leaving'),
        two.services.userDeletion.delete(OPERATOR, { userId: 'leaving', comment: 'left' }),
      ]);
      expect(await stateOf(one, 'leaving')).toMatchObject({ organizationId: '', deletedAt: expect.any(Number) });
      if (claimed.status === 'rejected') expect(claimed.reason).toMatchObject(NOT_FOUND);
    });
  });
});
