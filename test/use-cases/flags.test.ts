import { expect, it } from '@jest/globals';
import type { StaleVersion } from '../../src/calls/writes/stale-version.js';
import type { AccessRow } from '../../src/core/flags/flag.js';
import { StoreUnavailable } from '../../src/store/store.js';
import { tidyFlagMarks } from '../../src/worker/upkeep/flag-marks.js';
import { unmarked } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { decided, latching, machine, OPERATOR, person, type UseCaseStand, verified } from './stands/use-case-stand.js';

const code = (expected: string, message = '') => ({ code: expected, message: expect.stringContaining(message) });

async function auditOf(stand: UseCaseStand, target: string) {
  const page = await stand.services.audit.list(OPERATOR, { limit: 50 }, { target });
  return page.items.toReversed();
}

async function rowsOf(stand: UseCaseStand, key: string): Promise<readonly AccessRow[]> {
  return (await stand.services.flagLookup.access(OPERATOR, key, { limit: 100 })).items;
}

function setAs(
  stand: UseCaseStand,
  call: typeof OPERATOR,
  key: string,
  access: readonly object[],
  removeAccess: readonly object[] = [],
) {
  return stand.services.flags.set(call, {
    ...{ keyOrId: key, mustExist: true, input: {}, expectedVersion: undefined, onRuleChange: 'KEEP', comment: 'why' },
    ...{ access, removeAccess },
  });
}

describeOnEachEngine('flags', (engine) => {
  it('are created, changed by what is named alone, and left alone by a change of nothing', async () => {
    const stand = await engine.compose();
    const { flag } = await stand.setFlag('life', { name: 'Life', ...latching(verified) }, { expectedVersion: 0 });
    expect(flag).toMatchObject({ version: 1, active: true, isEnabledGlobally: false, clientVisible: true });
    const changed = (await stand.setFlag(flag.id, { active: false }, { expectedVersion: 1 })).flag;
    expect(changed).toMatchObject({ ...flag, version: 2, active: false, updatedAt: expect.any(Number) });
    const revision = await stand.store.configuration.revision();
    const same = await stand.setFlag('life', { active: false, name: 'Life' });
    expect(same.flag).toEqual(changed);
    expect(await stand.store.configuration.revision()).toBe(revision);
    expect((await auditOf(stand, 'life')).map(({ action }) => action)).toEqual(['flag.create', 'flag.set']);
  });

  it('keep the variants of all users when one is added, but for those whom it gets, under the newest bucketing', async () => {
    const stand = await engine.compose();
    const drawn = { isEnabledGlobally: true, variants: ['off', 'a', 'b', 'c'].map((key) => ({ key, value: key })) };
    const shares = (...weights: readonly number[]) => ({
      distribution: weights.map((weight, i) => ({ variant: 'abc'[i]!, weight })),
    });
    const targets = Array.from({ length: 300 }, (_, i) => ({ userId: `user-${i}`, context: {} }));
    const variants = async () => {
      const ask = { targets, flagKeys: ['drawn'], consistencyToken: '', full: true };
      return (await decided(stand.services, OPERATOR, ask)).map(({ decisions }) => decisions[0]!.decision.variant);
    };
    const movedBy = async (input: object) => {
      const before = await variants();
      const { flag } = await stand.setFlag('drawn', input);
      const after = await variants();
      const moves = after.map((variant, i) => before[i] + variant).filter(([from, to]) => from !== to);
      return { bucketing: flag.bucketing, moves: [...new Set(moves)].toSorted() };
    };
    await stand.setFlag('drawn', { ...drawn, type: 'STRING', ...shares(50, 50), bucketing: 1 });
    const old = await variants();
    // Under bucketing 1 some move from the first to the second: this is what the newest one is for.
    expect(await movedBy(shares(45, 45, 10))).toEqual({ bucketing: 1, moves: ['ab', 'bc'] });
    await movedBy(shares(50, 50));
    expect(await movedBy({ bucketing: 2 })).toEqual({ bucketing: 2, moves: ['ab', 'ba'] });
    expect(await movedBy(shares(45, 45, 10))).toEqual({ bucketing: 2, moves: ['ac', 'bc'] });
    expect(await movedBy(shares(45, 45))).toEqual({ bucketing: 2, moves: ['ca', 'cb'] });
    await movedBy({ bucketing: 1 });
    expect(await variants()).toEqual(old);
    expect((await stand.setFlag('made', {})).flag.bucketing).toBe(2);
  });

  it('are left alone, with all who have rows of theirs, by a write of what is there; nobody is told', async () => {
    const stand = await engine.compose();
    const change = {
      ...({ onRuleChange: 'RELOCK', comment: 'deployed' } as const),
      access: [{ userId: 'sam' }, { organizationId: 'acme', effect: 'DENY' }, { role: 'manager', enabled: false }],
      removeAccess: [{ userId: 'sue' }, { role: 'employee' }],
    };
    const input = { name: 'Same', ...latching(verified) };
    const first = await stand.setFlag('same', input, change);
    expect(first.newlyUnlocked).toEqual([{ userId: 'sam', flagKey: 'same' }]);
    const revisions = async () => ({
      configuration: await stand.store.configuration.revision(),
      users: [...(await stand.store.states.users(['sam', 'sue'])).values()].map(({ revision }) => revision),
      organizations: [...(await stand.store.states.organizations(['acme'])).values()].map(({ revision }) => revision),
      backfills: (await stand.store.backfills.list({ limit: 100 }, {})).items.length,
    });
    const before = await revisions();
    const told = stand.published.length;
    const again = await stand.setFlag('same', input, change);
    expect(again).toEqual({ ...first, backfillId: undefined, newlyUnlocked: [], newlyLocked: [] });
    expect(await revisions()).toEqual(before);
    expect(stand.published).toHaveLength(told);
    expect(await auditOf(stand, 'same')).toHaveLength(1);

    // Of several rows only the one that differs is written.
    const access = [...change.access.slice(1), { userId: 'sam', effect: 'DENY' }];
    await stand.setFlag('same', input, { ...change, access });
    expect(await revisions()).toEqual({ ...before, users: [before.users[0]! + 1, before.users[1]] });
    expect(stand.published.slice(told)).toEqual([
      { kind: 'users', users: [{ id: 'sam', revision: before.users[0]! + 1 }] },
    ]);
    expect((await auditOf(stand, 'same'))[1]).toMatchObject({
      ...{ action: 'access.set', before: { access: [{ userId: 'sam', effect: 'ALLOW' }] } },
      after: { put: [{ userId: 'sam', effect: 'DENY' }], removed: [] },
    });
  });

  it('are refused at a stale version even where nothing would change, and made once by two who make the same', async () => {
    const stand = await engine.compose();
    const make = () =>
      stand.setFlag('raced', latching(verified), { access: [{ userId: 'rae' }, { organizationId: 'racers' }] });
    const [one, other] = await Promise.all([make(), make()]);
    expect(other.flag).toEqual(one.flag);
    expect(one.flag.version).toBe(1);
    expect(await auditOf(stand, 'raced')).toHaveLength(1);
    const stale = stand.setFlag('raced', latching(verified), { expectedVersion: 2 });
    await expect(stale).rejects.toMatchObject(code('CONFLICT', 'is at version 1 now'));
    await expect(stand.setFlag('raced', {}, { expectedVersion: 0 })).rejects.toMatchObject(code('CONFLICT'));
    expect((await stand.setFlag('raced', {}, { expectedVersion: 1 })).flag).toEqual(one.flag);
  });

  it('have rules that keep what they unlocked when they are made anew under their id, unless RELOCK forgot it', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const rule = { id: 'verified-people', ...latching(verified).rules[0]! };
    const never = { ...rule, conditions: { any: [{ fact: 'role', operator: 'equal', value: 'nobody' }] } };
    const on = async () => (await stand.on('eve')).includes('lived');
    await stand.setFlag('lived', { rules: [rule] });
    await stand.identify('eve', { emailVerified: true });
    await stand.identify('eve', { emailVerified: false });
    await stand.setFlag('lived', { rules: [] });
    await stand.setFlag('lived', { rules: [never] });
    expect(await on()).toBe(true);
    await stand.setFlag('lived', { rules: [] }, { onRuleChange: 'RELOCK' });
    expect(await on()).toBe(false);
    const { flag } = await stand.setFlag('lived', { rules: [never] });
    expect(flag.rules).toMatchObject([{ id: 'verified-people', version: 3, ledgerFloor: 3 }]);
    expect(await on()).toBe(false);
  });

  it('are marked with the first row of a user or an organization, and have no new version for it', async () => {
    const stand = await engine.compose();
    const { flag } = await stand.setFlag('marked', { isEnabledGlobally: true, delegated: true });
    const revision = () => stand.store.configuration.revision();
    const stored = async () => (await stand.store.configuration.flag('marked'))!;
    await setAs(stand, OPERATOR, 'marked', [{ role: 'contractor', effect: 'DENY' }]);
    expect(await stored()).toEqual(flag);
    const before = await revision();
    const { access } = await setAs(stand, OPERATOR, 'marked', [{ userId: 'ada', effect: 'DENY', enabled: false }]);
    expect(access).toHaveLength(1);
    expect(await stored()).toEqual({ ...flag, hasRows: true });
    expect(await revision()).toBe(before + 1);
    expect(stand.services.keeper.snapshot.flags.get('marked')?.flag.hasRows).toBe(true);
    await setAs(stand, OPERATOR, 'marked', [{ userId: 'bob' }, { organizationId: 'acme' }]);
    expect(await revision()).toBe(before + 1);
    await stand.setFlag('marked', { description: 'changed' });
    expect(await stored()).toMatchObject({ version: flag.version + 1, hasRows: true });

    await stand.setFlag('delegated', { delegated: true });
    await setAs(stand, person('boss', { organizationId: 'acme', roles: ['admin'] }), 'delegated', [{ effect: 'DENY' }]);
    expect((await stand.store.configuration.flag('delegated'))?.hasRows).toBe(true);
    const created = await stand.setFlag('with_row', {}, { access: [{ organizationId: 'acme' }] });
    expect(created.flag).toMatchObject({ version: 1, hasRows: true });
  });

  it('lose the mark once their last row is gone, however it went', async () => {
    const stand = await engine.compose();
    const { store, services } = stand;
    const tidy = () => tidyFlagMarks({ store, keeper: services.keeper, notifier: stand.notifier });
    const marked = async (key: string) => (await store.configuration.flag(key))?.hasRows ?? false;
    await stand.setFlag('removed', {}, { access: [{ userId: 'ada' }] });
    await stand.setFlag('deleted', {}, { access: [{ userId: 'ada' }] });
    await stand.setFlag('kept', {}, { access: [{ userId: 'ada' }, { organizationId: 'acme' }] });
    await setAs(stand, OPERATOR, 'removed', [], [{ userId: 'ada' }]);
    await tidy();
    expect(await Promise.all(['removed', 'deleted', 'kept'].map(marked))).toEqual([false, true, true]);
    await services.userDeletion.delete(OPERATOR, { userId: 'ada', comment: 'asked' });
    const before = await store.configuration.revision();
    expect(await tidy()).toBe(1);
    expect(await store.configuration.revision()).toBe(before + 1);
    expect(await Promise.all(['removed', 'deleted', 'kept'].map(marked))).toEqual([false, false, true]);
    expect(services.keeper.snapshot.flags.get('deleted')?.flag).toMatchObject({ version: 1 });
    expect(services.keeper.snapshot.flags.get('deleted')?.flag.hasRows).toBeUndefined();
    expect(await tidy()).toBe(0);
    await setAs(stand, OPERATOR, 'deleted', [{ userId: 'bob' }]);
    expect(await marked('deleted')).toBe(true);
  });

  it('keep the mark when a row comes while it is being taken off', async () => {
    const stand = await engine.compose();
    const { store, services } = stand;
    for (let round = 0; round < 10; round++) {
      const key = `raced_${round}`;
      await stand.setFlag(key, {}, { access: [{ userId: 'ada' }] });
      await setAs(stand, OPERATOR, key, [], [{ userId: 'ada' }]);
      await Promise.all([
        tidyFlagMarks({ store, keeper: services.keeper, notifier: stand.notifier }),
        setAs(stand, OPERATOR, key, [{ userId: 'bob', effect: 'DENY' }]),
      ]);
      expect((await store.configuration.flag(key))?.hasRows).toBe(true);
    }
  });

  it('that are on for everyone are answered without the store, and never past a row', async () => {
    let away: boolean = false;
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        states: {
          users: (ids) => (away ? Promise.reject(new StoreUnavailable('away')) : store.states.users(ids)),
          organizations: (ids) =>
            away ? Promise.reject(new StoreUnavailable('away')) : store.states.organizations(ids),
        },
      }),
    });
    const global = { isEnabledGlobally: true };
    await stand.setFlag('for_all', global);
    await stand.setFlag('but_one', global, { access: [{ userId: 'ada', effect: 'DENY' }] });
    await stand.setFlag('but_some', global, { access: [{ organizationId: 'acme', effect: 'DENY' }] });
    await stand.setFlag('but_contractors', global, { access: [{ role: 'contractor', effect: 'DENY' }] });
    const ask = async (flagKey: string, userId: string, context = {}) =>
      stand.services.evaluation.evaluate(OPERATOR, { flagKey, userId, context, consistencyToken: '', full: false });
    away = true;
    for (const [userId, context] of [
      ['ada', {}],
      ['bob', {}],
      ['', { organizationId: 'acme' }],
    ] as const) {
      const answer = await ask('for_all', userId, context);
      expect(answer).toMatchObject({ stale: true, decision: { enabled: true, reason: 'GLOBAL' } });
      for (const flagKey of ['but_one', 'but_some', 'but_contractors'])
        await expect(ask(flagKey, userId, context)).rejects.toMatchObject(code('UNAVAILABLE', flagKey));
    }
    away = false;
    const answer = await unmarked(() => ask('but_one', 'ada'));
    expect(answer).toMatchObject({ stale: false, decision: { reason: 'DENIED' } });
  });

  it('refuse a change made on another version, telling what is there now', async () => {
    const stand = await engine.compose();
    await stand.setFlag('versioned', { description: 'first' });
    const stale = stand.setFlag('versioned', { description: 'mine' }, { expectedVersion: 7 });
    const refused = (await stale.catch((error: unknown) => error)) as StaleVersion;
    expect(refused).toMatchObject(code('CONFLICT', 'is at version 1 now'));
    expect(refused.present).toMatchObject({ kind: 'flag', value: { version: 1, description: 'first' } });
    expect(refused.message).not.toContain('first');
    await expect(stand.setFlag('versioned', {}, { expectedVersion: 0 })).rejects.toMatchObject(code('CONFLICT'));
    await expect(stand.setFlag('absent', {}, { expectedVersion: 3 })).rejects.toMatchObject(
      code('CONFLICT', 'does not exist'),
    );
    await expect(stand.setFlag('absent', {}, { mustExist: true })).rejects.toMatchObject(code('NOT_FOUND', '"absent"'));
  });

  it('let one of two concurrent changes win', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.setFlag('contended');
    const writes = await Promise.allSettled(
      [one, other, one, other].map((stand, i) =>
        stand.setFlag('contended', { owner: `o${i}` }, { expectedVersion: 1 }),
      ),
    );
    expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const write of writes) if (write.status === 'rejected') expect(write.reason).toMatchObject(code('CONFLICT'));
    expect(await one.services.flagLookup.get(OPERATOR, 'contended')).toMatchObject({ version: 2 });
  });

  it('are created once when two create them at once', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    for (const round of [1, 2, 3]) {
      const strict = await Promise.allSettled(
        [one, other].map((stand) => stand.setFlag(`born-${round}`, {}, { expectedVersion: 0 })),
      );
      expect(strict.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const loser = strict.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(loser.reason).toMatchObject(code('CONFLICT', 'is at version 1 now'));
      const loose = await Promise.all(
        [one, other].map((stand, i) => stand.setFlag(`loose-${round}`, i === 0 ? { name: 'N' } : { owner: 'O' })),
      );
      expect(new Set(loose.map(({ flag }) => flag.id)).size).toBe(1);
      expect(await one.services.flagLookup.get(OPERATOR, `loose-${round}`)).toMatchObject({ name: 'N', owner: 'O' });
    }
  });

  it('never form a circle, though each of two changes alone would not', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    for (const round of [1, 2, 3]) {
      const [a, b] = [`a${round}`, `b${round}`];
      await one.setFlag(a);
      await one.setFlag(b);
      const writes = await Promise.allSettled([
        one.setFlag(a, { prerequisites: [{ flagKey: b }] }),
        other.setFlag(b, { prerequisites: [{ flagKey: a }] }),
      ]);
      expect(writes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('have rows for a user, a role, an organization, or a role within one, and for nothing else', async () => {
    const stand = await engine.compose();
    const put = [
      { userId: 'u' },
      { role: 'manager', effect: 'DENY' },
      { organizationId: 'acme', enabled: false },
      { organizationId: 'acme', role: 'manager' },
    ];
    const { access, flag } = await stand.setFlag('rows', {}, { access: put });
    expect(access).toHaveLength(4);
    const held = await rowsOf(stand, 'rows');
    expect(held).toHaveLength(4);
    expect(new Set(held)).toEqual(new Set(access));
    const revision = await stand.store.configuration.revision();
    // A user's and an organization's rows leave the flag and the snapshot alone.
    await stand.setFlag('rows', {}, { access: [{ userId: 'u', effect: 'DENY' }, { organizationId: 'acme' }] });
    expect(await stand.store.configuration.revision()).toBe(revision);
    expect(await rowsOf(stand, 'rows')).toContainEqual(expect.objectContaining({ userId: 'u', effect: 'DENY' }));
    await stand.setFlag('rows', {}, { removeAccess: [{ role: 'manager' }, { userId: 'nobody' }, { userId: 'u' }] });
    expect(await rowsOf(stand, 'rows')).toHaveLength(2);
    expect((await stand.store.configuration.flag('rows'))?.version).toBe(flag.version);

    for (const wrong of [
      {},
      { userId: 'u', role: 'r' },
      { userId: 'u', role: 'r', organizationId: 'o' },
      { userId: 'u', effect: 'MAYBE' },
      { userId: ' u' },
      { role: '' },
    ]) {
      await expect(stand.setFlag('rows', {}, { access: [wrong] })).rejects.toMatchObject(code('INVALID'));
    }
    const twice = stand.setFlag('rows', {}, { access: [{ userId: 'u' }], removeAccess: [{ userId: 'u' }] });
    await expect(twice).rejects.toMatchObject(code('INVALID', 'named twice'));
  });

  it('when delegated, take rows of an organization from its admins and its tokens, for itself', async () => {
    const stand = await engine.compose();
    await stand.setFlag('delegated', { delegated: true });
    await stand.setFlag('kept');
    await stand.identify('mine', { organizationId: 'acme' });
    await stand.identify('theirs', { organizationId: 'globex' });
    const admin = person('boss', { organizationId: 'acme', roles: ['admin'] });
    const token = machine(['manage'], 'acme');
    for (const call of [admin, token]) {
      const { access } = await setAs(stand, call, 'delegated', [{ role: 'manager' }, { userId: 'mine' }, {}]);
      expect(access).toEqual([
        expect.objectContaining({ role: 'manager', organizationId: 'acme', managedBy: 'acme' }),
        expect.objectContaining({ userId: 'mine', managedBy: 'acme' }),
        expect.objectContaining({ role: '', organizationId: 'acme', managedBy: 'acme' }),
      ]);
      await expect(setAs(stand, call, 'delegated', [{ organizationId: 'globex' }])).rejects.toMatchObject(
        code('NOT_FOUND', 'no organization "globex"'),
      );
      for (const userId of ['theirs', 'unheard-of']) {
        await expect(setAs(stand, call, 'delegated', [{ userId }])).rejects.toMatchObject(code('NOT_FOUND', userId));
        await expect(setAs(stand, call, 'delegated', [], [{ userId }])).rejects.toMatchObject(code('NOT_FOUND'));
      }
      // A flag that is not delegated is answered as one that there is not.
      for (const key of ['kept', 'none'])
        await expect(setAs(stand, call, key, [{ role: 'r' }])).rejects.toMatchObject(code('NOT_FOUND', key));
      const change = { keyOrId: 'delegated', mustExist: true, expectedVersion: undefined, comment: '' } as const;
      const rest = { ...change, onRuleChange: 'KEEP', access: [], removeAccess: [] } as const;
      await expect(stand.services.flags.set(call, { ...rest, input: { active: false } })).rejects.toMatchObject(
        code('FORBIDDEN'),
      );
    }
    // The platform's row of the same user is another row, and theirs does not remove it.
    await stand.setFlag('delegated', {}, { access: [{ userId: 'mine', effect: 'DENY' }] });
    await setAs(stand, token, 'delegated', [], [{ userId: 'mine' }]);
    const left = (await rowsOf(stand, 'delegated')).filter(({ userId }) => userId === 'mine');
    expect(left).toMatchObject([{ managedBy: '', effect: 'DENY' }]);
    expect((await stand.store.states.users(['unheard-of'])).get('unheard-of')?.revision).toBe(0);

    const employee = person('e', { organizationId: 'acme', roles: ['manager'] });
    await expect(setAs(stand, employee, 'delegated', [{}])).rejects.toMatchObject(code('FORBIDDEN'));
    const homeless = person('h', { roles: ['admin'] });
    await expect(setAs(stand, homeless, 'delegated', [{}])).rejects.toMatchObject(code('FORBIDDEN'));
    const platform = person('p', { platformAdmin: true, organizationId: 'globex' });
    expect((await setAs(stand, platform, 'kept', [{ role: 'r' }])).access[0]).toMatchObject({ managedBy: '' });
  });

  it('are audited with who, what, before and after, secrets left out', async () => {
    const stand = await engine.compose();
    const call = { ...machine(['manage']), requestId: 'req-1' };
    const value = { api_key: 'k-123', nested: [{ Password: 'hunter2', plain: 'seen' }] };
    const input = {
      type: 'JSON',
      offVariant: 'off',
      variants: [
        { key: 'on', value },
        { key: 'off', value: null },
      ],
    };
    await stand.services.flags.set(call, {
      ...{ keyOrId: 'audited', mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP' },
      ...{ comment: 'launch', access: [{ role: 'r' }], removeAccess: [] },
    });
    await setAs(stand, call, 'audited', [{ role: 'r', effect: 'DENY' }]);
    const [created, changed] = await auditOf(stand, 'audited');
    expect(created).toMatchObject({
      ...{ action: 'flag.create', actor: 'token:tok_test', requestId: 'req-1', comment: 'launch', before: {} },
      after: { flag: { key: 'audited', version: 1 }, put: [{ role: 'r', effect: 'ALLOW' }] },
    });
    expect(JSON.stringify(created)).not.toMatch(/k-123|hunter2/);
    expect(JSON.stringify(created)).toContain('seen');
    expect(changed).toMatchObject({
      ...{ action: 'access.set', comment: 'why', before: { access: [{ role: 'r', effect: 'ALLOW' }] } },
      after: { put: [{ role: 'r', effect: 'DENY' }], removed: [] },
    });
    // What fails leaves no trace.
    await expect(stand.setFlag('audited', {}, { comment: 'x'.repeat(1_001) })).rejects.toMatchObject(code('INVALID'));
    expect(await auditOf(stand, 'audited')).toHaveLength(2);
  });
});
