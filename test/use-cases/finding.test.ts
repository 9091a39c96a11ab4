import { expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import type { FlagsRequest } from '../../src/services/finding/flag-list.js';
import { fillSearch } from '../../src/worker/upkeep/fill-search.js';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, machine, OPERATOR, person, type UseCaseStand, verified } from './stands/use-case-stand.js';

const refused = (code: string, message: string) => ({ code, message: expect.stringContaining(message) });

describeOnEachEngine('finding organizations', (engine) => {
  const listed = async (stand: UseCaseStand, q = '', call = OPERATOR): Promise<readonly string[]> => {
    const ask = { q, countMembers: true, page: { limit: 100 } };
    return (await stand.services.finding.organizations(call, ask)).items.map(({ id, members }) => `${id} ${members}`);
  };

  it('lists those that are described, and those that users alone name', async () => {
    const stand = await engine.compose();
    await stand.services.organizations.set(OPERATOR, { id: 'acme', attributes: { plan: 'pro' }, comment: '' });
    await stand.services.users.identify(OPERATOR, { userId: 'ada', organizationId: 'acme' });
    await stand.services.users.identify(OPERATOR, { userId: 'grace', organizationId: 'acme%' });
    expect(await listed(stand)).toEqual(['acme 1', 'acme% 1']);
    expect(await listed(stand, 'acme%')).toEqual(['acme% 1']);
    expect(await listed(stand, 'Acme')).toEqual([]);
    await stand.services.organizations.get(OPERATOR, 'only-asked-for');
    await stand.services.organizationDeletion.delete(OPERATOR, { id: 'acme%', comment: 'gone' });
    expect(await listed(stand)).toEqual(['acme 1']);
  });

  it('tells those who are confined to an organization of that one alone', async () => {
    const stand = await engine.compose();
    for (const scope of ['identify', 'manage'] as const) {
      expect(await listed(stand, '', machine([scope], 'acme'))).toEqual(['acme 1']);
      expect(await listed(stand, 'a', machine([scope], 'ac'))).toEqual([]);
      expect(await listed(stand, 'acme', machine([scope], 'globex'))).toEqual([]);
    }
    await expect(listed(stand, '', machine(['evaluate']))).rejects.toMatchObject(refused('FORBIDDEN', 'identify'));
    const plain = person('ada', { organizationId: 'acme', roles: ['manager'] });
    await expect(listed(stand, '', plain)).rejects.toMatchObject(refused('FORBIDDEN', 'admin'));
  });

  it('refuses what no id could begin with', async () => {
    const stand = await engine.compose();
    for (const q of ['x'.repeat(129), 'a\0', 'a\ud800']) {
      await expect(listed(stand, q)).rejects.toMatchObject({ code: 'INVALID' });
    }
    for (const q of ['%', '_', '+', "'", '"', '\\', '👩', 'a '])
      expect(await listed(stand, q)).toEqual(q === 'a' ? ['acme 1'] : []);
  });
});

describeOnEachEngine('finding users', (engine) => {
  const NO_FILTER = { q: '', organizationId: '', role: '', stage: '', unlocked: '' };
  const listed = async (stand: UseCaseStand, filter: Partial<typeof NO_FILTER> = {}, call = OPERATOR) => {
    const { items } = await stand.services.finding.users(call, { ...NO_FILTER, ...filter }, { limit: 50 });
    return items.map(({ userId }) => userId);
  };
  const filled = async (stand: UseCaseStand): Promise<void> => {
    await fillSearch({ store: stand.store, giveWay: () => Promise.resolve() });
  };

  it('finds them by attributes from the moment these are told, and those known before once they are filled in', async () => {
    const stand = await engine.compose();
    await stand.identify('u-1', { attributes: { replace: true, set: { email: 'Ada@Example.com' }, remove: [] } });
    expect(await listed(stand, { q: 'ada@' })).toEqual([]);
    await stand.settings.adoptSearchAttributes(['email', 'profile.name']);
    await stand.settings.adoptSearchAttributes(['email', 'profile.name']);
    const told = { email: 'ada+test@example.com', profile: { name: 'Grace_100%' } };
    await stand.identify('u-2', { organizationId: 'acme', attributes: { replace: true, set: told, remove: [] } });
    const ask = { ...NO_FILTER, q: 'ADA' };
    expect(await stand.services.finding.users(OPERATOR, ask, { limit: 9 })).toMatchObject({
      items: [{ userId: 'u-2' }],
      filling: true,
    });
    await filled(stand);
    expect(await stand.services.finding.users(OPERATOR, ask, { limit: 9 })).toMatchObject({
      items: [{ userId: 'u-2' }, { userId: 'u-1' }],
      filling: false,
    });
    for (const q of ['ada+', 'ADA+TEST', 'grace_', 'Grace_100%', 'u-2'])
      expect(await listed(stand, { q })).toEqual(['u-2']);
    for (const q of ['grace%', '_', '%', 'ada ', "'", '"', '\\', 'U-2', '👩'])
      expect(await listed(stand, { q })).toEqual([]);
    await stand.identify('u-2', { attributes: { replace: false, set: {}, remove: ['email'] } });
    expect(await listed(stand, { q: 'ada' })).toEqual(['u-1']);
    await stand.services.users.setTraits('u-1', { email: 'mallory@example.com' });
    expect(await listed(stand, { q: 'mallory' })).toEqual([]);
  });

  it('finds nobody who was deleted, and keeps nothing of what they were found by', async () => {
    const stand = await engine.compose();
    expect(await listed(stand, { q: 'ada' })).toEqual(['u-1']);
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'u-1', comment: 'asked for it' });
    expect(await listed(stand, { q: 'ada' })).toEqual([]);
    expect(await listed(stand, { q: 'u-' })).toEqual(['u-2']);
    expect(await engine.rows("SELECT * FROM user_search WHERE user_id = 'u-1'")).toEqual([]);
    await stand.settings.adoptSearchAttributes([]);
    await filled(stand);
    expect(await engine.rows('SELECT * FROM user_search')).toEqual([]);
  });

  it('finds those of an organization, a role in it, a stage, and who hold a flag', async () => {
    const stand = await engine.compose();
    await stand.setFlag('earned', latching(verified));
    for (const [userId, organizationId, role] of [
      ['ada', 'acme', 'manager'],
      ['Ada', 'acme', 'employee'],
      ['grace', 'globex', 'manager'],
    ] as const)
      await stand.identify(userId, { organizationId, roles: [role], emailVerified: userId !== 'Ada' });
    await stand.services.stages.set(OPERATOR, {
      stages: [{ name: 'tour', selfSettable: true }],
      expectedVersion: undefined,
      comment: '',
    });
    await stand.services.progress.update(OPERATOR, { userId: 'ada', stage: 'tour', allowBackward: false });
    expect(await listed(stand, { q: 'ada' })).toEqual(['ada']);
    expect(await listed(stand, { organizationId: 'acme' })).toEqual(['Ada', 'ada', 'u-2']);
    expect(await listed(stand, { organizationId: 'acme', role: 'manager' })).toEqual(['ada']);
    expect(await listed(stand, { stage: 'tour' })).toEqual(['ada']);
    expect(await listed(stand, { unlocked: 'earned' })).toEqual(['ada', 'grace']);
    await stand.services.ledger.revoke(OPERATOR, { userId: 'grace', flag: 'earned', ruleId: '', reason: 'no' });
    expect(await listed(stand, { unlocked: 'earned' })).toEqual(['ada']);
    await expect(listed(stand, { unlocked: 'missing' })).rejects.toMatchObject(refused('NOT_FOUND', '"missing"'));
    await expect(listed(stand, { role: 'manager' })).rejects.toMatchObject(refused('INVALID', 'organization_id'));
    await expect(listed(stand, { q: 'x'.repeat(192) })).rejects.toMatchObject(refused('INVALID', '192'));
  });

  it('tells those who are confined to an organization of its users alone, whatever they ask', async () => {
    const stand = await engine.compose();
    for (const call of [machine(['manage'], 'globex'), machine(['identify'], 'globex')]) {
      expect(await listed(stand, {}, call)).toEqual(['grace']);
      expect(await listed(stand, { role: 'manager' }, call)).toEqual(['grace']);
      for (const other of [{ q: 'ada' }, { organizationId: 'acme' }, { stage: 'tour' }, { unlocked: 'missing' }])
        expect(await listed(stand, other, call)).toEqual([]);
      const found = await stand.services.finding.search(call, 'a');
      const { flags, segments, actions, stages, ...own } = found;
      expect([flags, segments, actions, stages]).toEqual([undefined, undefined, undefined, undefined]);
      expect(own).toMatchObject({ users: { items: [] }, organizations: { items: [] } });
      expect(await stand.services.finding.search(call, 'g')).toMatchObject({
        users: { items: [{ userId: 'grace' }], more: false },
        organizations: { items: [{ id: 'globex' }], more: false },
      });
    }
  });

  it('finds an organization its members by what they unlocked as far as their ledgers tell it of that', async () => {
    const stand = await engine.compose();
    const kim: Call = { caller: { kind: 'operator', userId: 'kim', organizationId: 'tellers' }, requestId: 'r' };
    const admins = [machine(['manage'], 'tellers'), kim];
    await stand.identify('teller', { organizationId: 'tellers', emailVerified: true });
    const known: string[] = [];
    for (const delegated of [true, false]) {
      for (const clientVisible of [true, false]) {
        for (const archived of [true, false]) {
          const key = `told-${delegated}-${clientVisible}-${archived}`;
          const { flag } = await stand.setFlag(key, { delegated, clientVisible, ...latching(verified) });
          await stand.services.ledger.grant(OPERATOR, { userId: 'teller', flag: key, ruleId: '', reason: 'why' });
          if (archived) await stand.setFlag(key, { archived });
          if (delegated || clientVisible) known.push(key);
          for (const call of admins) {
            const { items } = await stand.services.ledger.userUnlocks(call, 'teller', { limit: 100 });
            const told = items.some(({ flagId }) => flagId === flag.id);
            const found = await listed(stand, { unlocked: key }, call);
            expect([key, call.caller.kind, found]).toEqual([key, call.caller.kind, told ? ['teller'] : []]);
            expect(found).toEqual(known.includes(key) ? ['teller'] : []);
          }
        }
      }
    }
  });
});

describeOnEachEngine('finding flags, and everything', (engine) => {
  const keys = async (stand: UseCaseStand, request: FlagsRequest = {}, limit = 100) => {
    const all: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = { limit, ...(after !== undefined && { after }) };
      const { items, next } = await stand.services.finding.flags(OPERATOR, request, page);
      all.push(...items.map(({ flag }) => flag.key));
      after = next;
      more = next !== undefined;
    }
    return all;
  };

  it('finds flags by text, tag, owner, state, in each order, page by page', async () => {
    const stand = await engine.compose();
    await stand.setFlag('beta', { name: 'alpha Reports', tags: ['Été'], owner: 'ada', isEnabledGlobally: true });
    await stand.setFlag('alpha', { name: 'Zeta', description: '100% of_it', delegated: true, active: false });
    await stand.setFlag('gamma', { name: 'Beta', tags: ['Été', 'b'], ...latching(verified) });
    await stand.setFlag('delta', { name: 'beta', archived: true });
    await stand.setFlag('alpha', { owner: 'grace' });
    expect(await keys(stand, { q: 'REPORTS' })).toEqual(['beta']);
    expect(await keys(stand, { q: '%' })).toEqual(['alpha']);
    expect(await keys(stand, { q: '0% OF_' })).toEqual(['alpha']);
    expect(await keys(stand, { q: 'E\u0301te\u0301' })).toEqual(['beta', 'gamma']);
    expect(await keys(stand, { q: 'alpha' })).toEqual(['alpha', 'beta']);
    expect(await keys(stand, { tag: 'b' })).toEqual(['gamma']);
    expect(await keys(stand, { owner: 'grace' })).toEqual(['alpha']);
    expect(await keys(stand, { delegated: true })).toEqual(['alpha']);
    expect(await keys(stand, { latching: true })).toEqual(['gamma']);
    expect(await keys(stand, { archived: false, states: ['OFF', 'EARNED'] })).toEqual(['alpha', 'gamma']);
    const orders = {
      KEY: ['alpha', 'beta', 'delta', 'gamma'],
      NAME: ['beta', 'delta', 'gamma', 'alpha'],
    } as const;
    for (const limit of [1, 3, 100]) {
      for (const [order, inOrder] of Object.entries(orders)) {
        expect(await keys(stand, { order: order as 'KEY' }, limit)).toEqual(inOrder);
        expect(await keys(stand, { order: order as 'KEY', descending: true }, limit)).toEqual(inOrder.toReversed());
      }
      const updated = await keys(stand, { order: 'UPDATED' }, limit);
      expect(updated.toSorted((one, other) => (one < other ? -1 : 1))).toEqual(orders.KEY);
    }
    const page = await stand.services.finding.flags(OPERATOR, { states: ['EARNED'] }, { limit: 1 });
    expect(page).toMatchObject({ total: 1, items: [{ state: 'EARNED' }], owners: [] });
    expect(page.tags.map(({ name, count }) => `${name} ${count}`)).toEqual(['b 1', 'Été 1']);
    expect(page.states).toEqual(
      new Map([
        ['OFF', 1],
        ['EVERYONE', 1],
        ['EARNED', 1],
        ['ARCHIVED', 1],
      ]),
    );
  });

  it('shows a change of another server at once', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.setFlag('fresh', { name: 'Fresh' });
    expect(await keys(other, { q: 'fresh' })).toEqual(['fresh']);
  });

  it('finds the best five of each kind, the nearest first', async () => {
    const stand = await engine.compose();
    for (let i = 0; i < 7; i++) await stand.setFlag(`found-${i}`, { name: `a tour ${i}` });
    await stand.setFlag('tour', { archived: true });
    await stand.setFlag('tour-guide', {});
    await stand.identify('tourist', { organizationId: 'tour-operators' });
    await stand.services.actions.declare(OPERATOR, [{ name: 'took_tour', clientTrackable: false }]);
    await stand.services.stages.set(OPERATOR, {
      stages: [{ name: 'Tour', selfSettable: true }],
      expectedVersion: undefined,
      comment: '',
    });
    await stand.services.segments.set(OPERATOR, { key: 'tourists', expectedVersion: undefined, comment: '' });
    const { flags, users, organizations, segments, actions, stages } = await stand.services.finding.search(
      OPERATOR,
      'tour',
    );
    expect(flags!.items.map(({ flag }) => flag.key)).toEqual([
      'tour-guide',
      'found-0',
      'found-1',
      'found-2',
      'found-3',
    ]);
    expect(flags!.more).toBe(true);
    expect(users).toMatchObject({ items: [{ userId: 'tourist' }], more: false });
    expect(organizations).toMatchObject({ items: [{ id: 'tour-operators' }], more: false });
    expect(segments!.items.map(({ key }) => key)).toEqual(['tourists']);
    expect(actions!.items.map(({ key }) => key)).toEqual(['took_tour']);
    expect(stages!.items.map(({ key }) => key)).toEqual(['Tour']);
    for (const q of ['', ' ', 'x'.repeat(192), 'a\0']) {
      await expect(stand.services.finding.search(OPERATOR, q)).rejects.toMatchObject({ code: 'INVALID' });
    }
    expect(await stand.services.finding.search(machine(['identify']), 'tour')).toMatchObject({
      ...{ flags: undefined, segments: undefined, actions: undefined, stages: undefined },
      users: { items: [{ userId: 'tourist' }] },
    });
  });
});
