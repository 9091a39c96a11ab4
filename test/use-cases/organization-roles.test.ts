import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { RoleDefinition } from '../../src/core/states/organization-state.js';
import type { SetFlagInput } from '../../src/services/flags/flags.js';
import type { RoleDraft } from '../../src/services/organizations/role-plans.js';
import type { RolePreviewResult } from '../../src/services/previewing/role-preview.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, ledgerOf, machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

const role = (name: string, ...inherits: string[]): RoleDefinition => ({ name, inherits });
const having = (name: string) => ({ fact: 'roles', operator: 'contains', value: name });
const workerOn = ({ store, services: { keeper }, notifier }: UseCaseStand) =>
  new BackfillWorker({
    ...{ store, keeper, notifier, giveWay: () => Promise.resolve() },
    observer: {
      lookedAt: () => undefined,
      failed: (_id, error) => {
        throw error;
      },
      done: () => undefined,
    },
  });
let organizations = 0;

describeOnEachEngine('roles of an organization', (engine) => {
  let stand: UseCaseStand;
  let acme: string;
  beforeAll(async () => {
    stand = await engine.compose();
  });
  beforeEach(async () => {
    await stand.clear();
    acme = `acme-${organizations++}`;
  });

  // An earlier test may have left one of that name in the archive.
  const flag = (key: string, input: FlagInput = {}, more: Partial<SetFlagInput> = {}) =>
    stand.setFlag(key, { archived: false, ...input }, more);
  const base = { validateOnly: false, keepReferences: false, comment: 'why' };
  const set = (roles: readonly RoleDefinition[], more: object = {}, call = OPERATOR) =>
    stand.services.organizationRoles.set(call, { ...base, organizationId: acme, roles, ...more });
  const rename = (from: string, to: string, more: object = {}, call = OPERATOR) =>
    stand.services.organizationRoles.rename(call, { ...base, organizationId: acme, role: from, to, ...more });
  const remove = (name: string, to: string, more: object = {}, call = OPERATOR) =>
    stand.services.organizationRoles.remove(call, { ...base, organizationId: acme, role: name, to, ...more });
  const get = (call: Call = OPERATOR) => stand.services.organizationRoles.get(call, acme);
  const rolesOf = async (userId: string) => (await stand.store.states.users([userId])).get(userId)!.roles;
  const member = (userId: string, ...roles: string[]) => stand.identify(userId, { organizationId: acme, roles });
  const row = (roleName: string, organizationId: string, more: object = {}) => ({
    access: [{ role: roleName, organizationId, ...more }],
  });

  it('are listed with who has them, what they inherit and what names them', async () => {
    await set([role('lead', 'employee'), role('head', 'lead')]);
    await Promise.all([member('l1', 'lead'), member('l2', 'lead', 'stray'), member('h', 'head')]);
    await flag('own', { delegated: true }, row('lead', acme));
    await flag('everywhere', {}, row('head', ''));
    await flag('ruled', { rules: [{ id: 'leads', conditions: { all: [having('lead')] } as never }] });
    const { organization, uses, undefinedRoles } = await get();
    expect(organization).toMatchObject({ version: 1, roles: [role('lead', 'employee'), role('head', 'lead')] });
    expect(uses.map(({ role: name, members, inheritedBy }) => [name, members, inheritedBy])).toEqual([
      ['employee', 0, ['lead']],
      ['manager', 0, []],
      ['admin', 0, []],
      ['lead', 2, ['head']],
      ['head', 1, []],
    ]);
    expect(uses[3]).toMatchObject({
      rows: [{ role: 'lead', managedBy: '' }],
      references: [{ kind: 'rule', flagKey: 'ruled', ruleId: 'leads' }],
      hidden: 0,
    });
    expect(uses[4]).toMatchObject({ references: [{ kind: 'row', flagKey: 'everywhere' }] });
    expect(undefinedRoles).toEqual([{ role: 'stray', members: 1 }]);
  });

  it('show an organization its own rows alone, and of the platform’s how many there are', async () => {
    await set([role('lead')]);
    await flag('own', { delegated: true }, row('lead', acme));
    const bound = machine(['manage'], acme);
    await stand.services.flags.set(bound, {
      ...{ keyOrId: 'own', mustExist: true, input: {}, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
      ...{ access: [{ role: 'lead', effect: 'DENY' }], removeAccess: [] },
    });
    await flag('ruled', { rules: [{ conditions: { all: [having('lead')] } as never }] });
    for (const call of [bound, person('kim', { organizationId: acme, roles: ['admin'] })]) {
      const lead = (await get(call)).uses.at(-1)!;
      expect(lead).toMatchObject({ rows: [{ managedBy: acme }], references: [], hidden: 2 });
    }
    await expect(get(machine(['manage'], 'other'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(get(person('kim', { organizationId: acme, roles: ['head'] }))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(get(person('kim', { organizationId: 'other', roles: ['admin'] }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('are replaced as a whole, on the version that was read, and the same once more changes nothing', async () => {
    const first = await set([role('lead')], { expectedVersion: 0 });
    expect(first).toMatchObject({ organization: { version: 1 }, refusal: '' });
    expect(first.consistencyToken).not.toBe('');
    expect(await set([role('lead')])).toMatchObject({ organization: { version: 1 }, consistencyToken: '' });
    await expect(set([], { expectedVersion: 0 })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await set([], { expectedVersion: 1 })).toMatchObject({ organization: { roles: [], version: 2 } });
    await expect(set([role('a', 'b'), role('b', 'a')])).rejects.toThrow('a → b → a');
    const { items } = await stand.store.audit.list({ limit: 10 }, { target: acme });
    expect(items.map(({ action }) => action)).toEqual(['organization.roles.set', 'organization.roles.set']);
  });

  it('do not go while anything rests on them, and it is said beforehand what does', async () => {
    await set([role('lead', 'employee'), role('head', 'lead')]);
    await member('l', 'lead');
    await flag('own', {}, row('lead', acme));
    await flag('ruled', { rules: [{ name: 'leads', conditions: { all: [having('lead')] } as never }] });
    const said =
      /1 member has it; "head" inherits it; access rows of "own" are for it; the rule "leads" of "ruled" names/;
    await expect(remove('lead', '')).rejects.toThrow(said);
    const told = await remove('lead', '', { validateOnly: true });
    expect(told.refusal).toMatch(said);
    expect(told).toMatchObject({ gone: [{ role: 'lead', members: 1 }], consistencyToken: '' });
    await expect(set([role('head')])).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await get()).organization.version).toBe(1);
    // An organization is told how many rules of the platform's name it, and not which.
    const refused = await remove('lead', '', {}, machine(['manage'], acme)).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('1 rule') });
    expect((refused as Error).message).not.toMatch(/ruled|own|leads/);
    await expect(remove('lead', 'employee', { keepReferences: true }, machine(['manage'], acme))).rejects.toMatchObject(
      { code: 'FORBIDDEN' },
    );
  });

  it('take members, rows and what inherits them along when they are renamed', async () => {
    await set([role('lead', 'employee'), role('head', 'lead')]);
    const members: string[] = [];
    // Not all at once: a busy machine has each wait for a connection no longer than callers do.
    while (members.length < 230) {
      const some = Array.from({ length: 23 }, (_, i) => `m${members.length + i}@${acme}`);
      await Promise.all(some.map((id) => member(id, 'lead', 'stray')));
      members.push(...some);
    }
    await flag('own', {}, row('lead', acme));
    const named = { any: [having('lead'), having('leader')] };
    await flag('ruled', { rules: [{ conditions: named as never }] });
    const on = await stand.on(members[0]!);
    expect(on).toEqual(['own', 'ruled']);
    const renamed = await rename('lead', 'leader');
    expect(renamed).toMatchObject({
      membersMoved: members.length,
      organization: { roles: [role('leader', 'employee'), role('head', 'leader')] },
      gone: [{ role: 'lead', members: members.length }],
    });
    for (const id of [members[0]!, members.at(-1)!]) {
      expect(await rolesOf(id)).toEqual(['leader', 'stray']);
      expect(await stand.on(id)).toEqual(on);
    }
    expect(await stand.store.members.holding(acme, ['lead', 'leader'])).toEqual(new Map([['leader', members.length]]));
    await expect(rename('lead', 'leader')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('move on where they were left: nobody is without either role meanwhile', async () => {
    await set([role('lead', 'employee')]);
    const members = Array.from({ length: 150 }, (_, i) => `k${i}@${acme}`);
    await Promise.all(members.map((id) => member(id, 'lead')));
    await flag('own', {}, row('lead', acme));
    let transactions = 0;
    const killed = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) => {
          transactions += 1;
          // The first has begun the move, the second moved some.
          if (transactions > 2) return Promise.reject(new Error('killed'));
          return store.transaction(work);
        },
      }),
    });
    const input = { ...base, organizationId: acme, role: 'lead', to: 'leader' };
    await expect(killed.services.organizationRoles.rename(OPERATOR, input)).rejects.toThrow('killed');
    const { organization } = await get();
    expect(organization.roles).toEqual([
      role('leader', 'employee'),
      { name: 'lead', inherits: ['leader'], movingTo: 'leader' },
    ]);
    const held = await stand.store.members.holding(acme, ['lead', 'leader']);
    expect(held).toEqual(
      new Map([
        ['lead', 50],
        ['leader', 100],
      ]),
    );
    stand.states.reset();
    for (const id of members) expect(await stand.on(id)).toEqual(['own']);
    // Whoever is given the old name meanwhile goes with the others.
    await member('late', 'lead');
    await expect(rename('lead', 'boss')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await rename('lead', 'leader')).toMatchObject({
      membersMoved: 51,
      organization: { roles: [role('leader', 'employee')] },
    });
    expect(await stand.store.members.holding(acme, ['lead', 'leader'])).toEqual(new Map([['leader', 151]]));
    // The version in the middle has what was wanted: restored, it brings back no role that was on its way out.
    await set([role('leader', 'manager')]);
    const middle = organization.version;
    const named = { organizationId: acme, flag: '', segment: '' };
    const how = { expectedVersion: undefined, expectedId: '', onRuleChange: 'KEEP', comment: '' } as const;
    await stand.services.restoring.restore(OPERATOR, named, middle, how);
    expect((await get()).organization.roles).toEqual([role('leader', 'employee')]);
  });

  /** Renames a role from a server on which `before` is called ahead of each transaction, with its number. */
  const renameWith = async (from: string, to: string, before: (transaction: number) => Promise<unknown>) => {
    let transactions = 0;
    const other = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: async (work) => {
          transactions += 1;
          await before(transactions);
          return store.transaction(work);
        },
      }),
    });
    const input = { ...base, organizationId: acme, role: from, to };
    return other.services.organizationRoles.rename(OPERATOR, input);
  };

  it('move on to the role that has taken the place of where they were going', async () => {
    await set([role('lead', 'employee'), role('boss')]);
    const members = Array.from({ length: 120 }, (_, i) => `n${i}@${acme}`);
    await Promise.all(members.map((id) => member(id, 'lead')));
    // The first has begun the move, the second moved some.
    const kill = (transaction: number) => (transaction > 2 ? Promise.reject(new Error('killed')) : Promise.resolve());
    await expect(renameWith('lead', 'leader', kill)).rejects.toThrow('killed');
    expect(await remove('leader', 'boss')).toMatchObject({ membersMoved: 100 });
    expect((await get()).organization.roles).toEqual([
      role('boss'),
      { name: 'lead', inherits: ['boss'], movingTo: 'boss' },
    ]);
    await expect(rename('lead', 'leader')).rejects.toThrow('being moved to "boss"');
    expect(await remove('lead', 'boss')).toMatchObject({ membersMoved: 20, organization: { roles: [role('boss')] } });
    expect(await stand.store.members.holdingOthers(acme, [], 10)).toEqual([{ role: 'boss', members: 120 }]);
  });

  it('move on to there while both changes are being made', async () => {
    await set([role('lead', 'employee')]);
    const members = Array.from({ length: 120 }, (_, i) => `o${i}@${acme}`);
    await Promise.all(members.map((id) => member(id, 'lead')));
    const meanwhile = async (transaction: number) => {
      if (transaction === 3) await rename('leader', 'boss');
    };
    expect(await renameWith('lead', 'leader', meanwhile)).toMatchObject({
      membersMoved: 120,
      organization: { roles: [role('boss', 'employee')] },
    });
    expect(await stand.store.members.holdingOthers(acme, [], 10)).toEqual([{ role: 'boss', members: 120 }]);
  });

  it('stay with members who were not reached where the role goes no more', async () => {
    await set([role('lead', 'employee')]);
    const members = Array.from({ length: 120 }, (_, i) => `r${i}@${acme}`);
    await Promise.all(members.map((id) => member(id, 'lead')));
    const meanwhile = async (transaction: number) => {
      if (transaction === 3) await set([role('leader', 'employee'), role('lead', 'manager')]);
    };
    await renameWith('lead', 'leader', meanwhile);
    expect(await stand.store.members.holding(acme, ['lead', 'leader'])).toEqual(
      new Map([
        ['lead', 20],
        ['leader', 100],
      ]),
    );
  });

  it('are not put back by an undo where they were on their way out', async () => {
    await set([role('lead', 'employee')]);
    await Promise.all(Array.from({ length: 120 }, (_, i) => member(`u${i}@${acme}`, 'lead')));
    const kill = (transaction: number) => (transaction > 2 ? Promise.reject(new Error('killed')) : Promise.resolve());
    await expect(renameWith('lead', 'leader', kill)).rejects.toThrow('killed');
    await set([role('leader', 'employee'), role('lead', 'manager')]);
    const [entry] = (await stand.store.audit.list({ limit: 1 }, {})).items;
    const undone = stand.services.undo.undo(OPERATOR, { id: String(entry!.id), comment: 'a mistake' });
    await expect(undone).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('"leader" before it'),
    });
  });

  it('are merged into another by a removal', async () => {
    await set([role('lead', 'employee'), role('head', 'lead'), role('boss', 'manager')]);
    await Promise.all([member('ml', 'lead', 'boss'), member('mh', 'head')]);
    await expect(remove('lead', 'bos')).rejects.toThrow('did you mean "boss"?');
    await expect(remove('lead', 'head')).rejects.toThrow('cannot take its place');
    await expect(remove('lead', 'lead')).rejects.toThrow('cannot take its own place');
    await expect(remove('manager', '')).rejects.toThrow('"manager" is built in');
    await expect(remove('leed', '')).rejects.toThrow('did you mean "lead"?');
    expect(await remove('lead', 'boss')).toMatchObject({ membersMoved: 1 });
    expect(await rolesOf('ml')).toEqual(['boss']);
    expect((await get()).organization.roles).toEqual([role('head', 'boss'), role('boss', 'manager')]);
  });

  it('are what members must have where they are strict', async () => {
    await set([role('shift-lead', 'employee')]);
    await Promise.all([member('s1', 'shift-led'), member('s2', 'shift-led', 'employee'), member('s3', 'other')]);
    await expect(set([role('shift-lead', 'employee')], { strictRoles: true })).rejects.toThrow(
      '"other" (1 member), "shift-led" (2 members; did you mean "shift-lead"?)',
    );
    const asked = await set([role('shift-lead', 'employee')], { strictRoles: true, validateOnly: true });
    expect(asked.refusal).toMatch(/cannot be strict .*"other" \(1 member\), "shift-led" \(2 members/);
    const strict = { id: acme, strictRoles: true, comment: '' };
    await expect(stand.services.organizations.set(OPERATOR, strict)).rejects.toMatchObject({ code: 'CONFLICT' });
    await Promise.all([member('s1', 'shift-lead'), member('s2', 'employee'), member('s3')]);
    await flag('own', {}, row('shift-led', acme));
    await expect(set([role('shift-lead')], { strictRoles: true })).rejects.toThrow('"shift-led" (in access rows');
    const named = { role: 'shift-led', organizationId: acme };
    await flag('own', {}, { removeAccess: [named] });
    await set([role('shift-lead', 'employee')], { strictRoles: true });
    await expect(member('s1', 'shift-led')).rejects.toThrow('did you mean "shift-lead"?');
    await expect(flag('own', {}, { access: [named] })).rejects.toThrow('did you mean "shift-lead"?');
    // The other door does not leave anybody with a role that is none any more, either.
    await expect(stand.services.organizations.set(OPERATOR, { id: acme, roles: [], comment: '' })).rejects.toThrow(
      '"shift-lead" (1 member',
    );
    await rename('shift-lead', 'lead');
    expect(await rolesOf('s1')).toEqual(['lead']);
  });

  it('unlock at once, and the ledger says that it was for a role', async () => {
    await set([role('lead', 'employee')]);
    await flag('leads', latching(having('lead')));
    await flag('staff', latching(having('employee')));
    const [one, two] = [`u1@${acme}`, `u2@${acme}`];
    const causes = async (id: string) => (await ledgerOf(stand.store, id)).map(({ cause }) => cause);
    const promoted = await member(one, 'lead');
    expect(promoted.newlyUnlocked).toEqual(['leads', 'staff']);
    const gained = { type: 'role', roles: ['lead', 'employee'] };
    expect(await causes(one)).toEqual([gained, gained]);
    // As a token says it.
    await member(two, 'employee');
    await stand.services.users.writeClaims({ userId: two, organizationId: acme, roles: ['lead'], issuedAt: 1_000 });
    expect(await causes(two)).toEqual([
      { type: 'role', roles: ['employee'] },
      { type: 'role', roles: ['lead'] },
    ]);
  });

  it('are the cause only where the unlock would not have come without them', async () => {
    await flag('either', {
      rules: [
        {
          policy: 'LATCHING',
          conditions: { any: [having('manager'), { fact: 'emailVerified', operator: 'equal', value: true }] } as never,
        },
      ],
    });
    const id = `e@${acme}`;
    await stand.identify(id, { organizationId: acme, roles: ['manager'], emailVerified: true });
    expect((await ledgerOf(stand.store, id)).map(({ cause }) => cause)).toEqual([{ type: 'identify' }]);
  });

  const previewed = async (draft: RoleDraft, call = OPERATOR, on = stand): Promise<RolePreviewResult> => {
    const { promise, resolve, reject } = Promise.withResolvers<RolePreviewResult>();
    await on.services.rolePreview.preview(
      call,
      { organizationId: acme, draft, sampleSize: 100 },
      {
        write: (event) => {
          if (event.type === 'result') resolve(event.result);
          return true;
        },
        end: (failure) => {
          if (failure !== undefined) reject(failure);
        },
      },
    );
    return promise;
  };

  it.each<[string, RoleDraft]>([
    ['another hierarchy', { kind: 'set', roles: [role('lead', 'manager'), role('head'), role('boss', 'lead')] }],
    ['a rename', { kind: 'rename', role: 'lead', to: 'clerk' }],
    ['a removal', { kind: 'remove', role: 'lead', to: 'boss' }],
  ])('are previewed: %s gives and takes what it was said to', async (_name, draft) => {
    await set([role('lead', 'employee'), role('head', 'lead'), role('boss')]);
    const people = { p1: ['lead'], p2: ['head'], p3: ['boss', 'lead'], p4: ['manager'], p5: [], p6: ['clerk'] };
    const ids = Object.keys(people).map((id) => `${id}@${acme}`);
    for (const [id, roles] of Object.entries(people)) await member(`${id}@${acme}`, ...roles);
    await flag('for_manager', {}, row('manager', ''));
    await flag('for_boss', {}, row('boss', acme));
    await flag('for_lead', {}, row('lead', acme));
    await flag('denied', { isEnabledGlobally: true }, row('clerk', acme, { effect: 'DENY' }));
    await flag('kept', latching(having('lead')));
    await flag('live', { rules: [{ conditions: { all: [having('employee')] } as never }] });
    await flag('also_live', { prerequisites: [{ flagKey: 'live', variant: '' }], isEnabledGlobally: true });
    await workerOn(stand).run();
    const on = async () => new Map(await Promise.all(ids.map(async (id) => [id, await stand.on(id)] as const)));
    const told = await previewed(draft);
    const before = await on();
    const keep = { keepReferences: true };
    if (draft.kind === 'set') await set(draft.roles, keep);
    else if (draft.kind === 'rename') await rename(draft.role, draft.to, keep);
    else await remove(draft.role, draft.to, keep);
    await workerOn(stand).run();
    stand.states.reset();
    const after = await on();
    const flips = ids.flatMap((userId) => {
      const [was, is] = [before.get(userId)!, after.get(userId)!];
      const gained = is.filter((key) => !was.includes(key));
      const lost = was.filter((key) => !is.includes(key));
      return gained.length + lost.length === 0 ? [] : [{ userId, gained, lost }];
    });
    expect(flips.length).toBeGreaterThan(0);
    const byId = (list: readonly { readonly userId: string }[]) =>
      list.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
    expect(byId(told.samples)).toMatchObject(byId(flips));
    expect(told).toMatchObject({
      members: ids.length,
      membersGaining: flips.filter(({ gained }) => gained.length > 0).length,
      membersLosing: flips.filter(({ lost }) => lost.length > 0).length,
    });
  });

  it('are previewed with why they would be refused, for an organization without what is not its own', async () => {
    await set([role('lead', 'employee')]);
    await member(`q@${acme}`, 'lead');
    await flag('hidden', { clientVisible: false }, row('employee', ''));
    await flag('shown', {}, row('employee', ''));
    const draft = { kind: 'set', roles: [role('lead')] } as const;
    const keys = async (call?: Call) => (await previewed(draft, call)).flags.map(({ flagKey }) => flagKey);
    expect(await keys()).toEqual(['hidden', 'shown']);
    expect(await keys(machine(['manage'], acme))).toEqual(['shown']);
    expect((await previewed({ kind: 'remove', role: 'lead', to: '' })).refusal).toMatch(/1 member has it/);
    await expect(previewed({ kind: 'remove', role: 'leed', to: '' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await set([role('lead', 'employee'), role('head', 'lead'), role('boss', 'head')]);
    await expect(previewed({ kind: 'remove', role: 'lead', to: 'boss' })).rejects.toMatchObject({
      code: 'INVALID',
      message: '"boss" inherits "lead", and cannot take its place; name another role, or have it inherit others first',
      faults: [{ pointer: '/move_to' }],
    });
    await expect(previewed(draft, machine(['manage'], 'other'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are previewed with the days alone that rules read', async () => {
    await set([role('lead')]);
    await member(`w@${acme}`, 'employee');
    const week = { fact: 'actionCount', params: { action: 'order.placed', windowDays: 7 } };
    const often = { ...week, operator: 'greaterThanInclusive', value: 2 };
    await flag('busy', { rules: [{ conditions: { all: [having('lead'), often] } as never }] });
    const read: unknown[] = [];
    const watched = await engine.compose({
      around: (store) => ({
        ...store,
        userPages: {
          ...store.userPages,
          read: (request) => {
            read.push(request.needs.days);
            return store.userPages.read(request);
          },
        },
      }),
    });
    const draft = { kind: 'set', roles: [role('lead'), role('other')] } as const;
    expect(await previewed(draft, OPERATOR, watched)).toMatchObject({ members: 1 });
    expect(read.length).toBeGreaterThan(0);
    for (const days of read) expect(days).toEqual(new Set(['order.placed']));
  });
});
