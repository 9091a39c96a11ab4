import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Flag } from '../../src/core/flags/flag.js';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { NamedThing } from '../../src/services/history/versions.js';
import { describeOnEachEngine } from './stands/engines.js';
import {
  atLeast,
  latching,
  ledgerOf,
  machine,
  OPERATOR,
  person,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

const of = (named: Partial<NamedThing> = {}): NamedThing => ({ flag: '', segment: '', organizationId: '', ...named });
const how = { expectedVersion: undefined, expectedId: '', onRuleChange: 'KEEP', comment: 'as it was' } as const;
const code = (expected: string) => ({ code: expected });

const variants = (type: string) => {
  const values = { BOOLEAN: [true, false], STRING: ['a', 'b'], NUMBER: [1, 2], JSON: [{ secret: 'kept' }, [null]] };
  return ['on', 'off'].map((key, i) => ({ key, value: values[type as keyof typeof values][i]! }));
};

/** Every field of a flag, each of which may be as it is left out, too. */
const arbitraryInput: fc.Arbitrary<Required<FlagInput>> = fc
  .record({
    name: fc.constantFrom('', 'A name'),
    description: fc.constantFrom('', 'what it is for'),
    active: fc.boolean(),
    isEnabledGlobally: fc.boolean(),
    type: fc.constantFrom('BOOLEAN', 'STRING', 'NUMBER', 'JSON'),
    offVariant: fc.constantFrom('on', 'off'),
    weight: fc.constantFrom(undefined, 1, 5),
    rules: fc.array(
      fc.record({
        id: fc.constantFrom('one', 'two', 'three', undefined),
        name: fc.constantFrom('', 'ten reports'),
        conditions: fc.constantFrom({}, { all: [verified] }, { any: [atLeast(3, 'report')] }),
        policy: fc.constantFrom('LIVE', 'LATCHING'),
        onReversal: fc.constantFrom('KEEP', 'RELOCK'),
        rolloutPer100k: fc.constantFrom(0, 50_000, 100_000),
        bucketBy: fc.constantFrom('user', 'organization', 'attribute:plan'),
      }),
      { maxLength: 4 },
    ),
    prerequisites: fc.subarray(['needed', 'needed-too']),
    startsAt: fc.constantFrom(null, 1_000_000),
    endsAt: fc.constantFrom(null, 2_000_000_000_000),
    tags: fc.subarray(['a', 'b', 'c']),
    owner: fc.constantFrom('', 'kim'),
    delegated: fc.boolean(),
    clientVisible: fc.boolean(),
    archived: fc.boolean(),
    bucketing: fc.constantFrom(1, 2),
  })
  .map(({ weight, rules, prerequisites, ...input }) => ({
    ...input,
    variants: variants(input.type),
    distribution:
      weight === undefined
        ? []
        : [
            { variant: 'on', weight },
            { variant: 'off', weight: 2 },
          ],
    rules: rules
      .filter(({ id }, i) => id === undefined || rules.findIndex((other) => other.id === id) === i)
      .map(({ onReversal, ...rule }) => ({ ...rule, onReversal: rule.policy === 'LATCHING' ? onReversal : 'KEEP' })),
    prerequisites: prerequisites.map((flagKey) => ({ flagKey })),
  }));

/** What a restored flag has in common with what it was: all but versions, times and what the ledger goes on from. */
function content({ version, createdAt, updatedAt, removedRules, rules, ...flag }: Flag) {
  return { ...flag, rules: rules.map(({ version: _, changedAt, ledgerFloor, ...rule }) => rule) };
}

async function versionsOf({ services }: UseCaseStand, named: Partial<NamedThing>) {
  const { items } = await services.versions.list(OPERATOR, of(named), { limit: 100 });
  return items.map(({ version }) => version);
}

describeOnEachEngine('a version that is restored', (engine) => {
  it('is what it was in every field of a flag, but for versions and times', async () => {
    const stand = await engine.compose();
    for (const key of ['needed', 'needed-too']) await stand.setFlag(key);
    let n = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryInput, arbitraryInput, async (first, second) => {
        const key = `any-${n++}`;
        const { flag } = await stand.setFlag(key, first);
        const changed = (await stand.setFlag(key, second)).flag;
        const restored = await stand.services.restoring.restore(OPERATOR, of({ flag: key }), 1, how);
        if (restored.now.kind !== 'flag') throw new Error('no flag');
        expect(content(restored.now.flag)).toEqual(content(flag));
        // The other way, and the same once more, which changes nothing.
        const back = await stand.services.restoring.restore(OPERATOR, of({ flag: flag.id }), changed.version, how);
        const again = await stand.services.restoring.restore(OPERATOR, of({ flag: key }), changed.version, how);
        expect(content((back.now as { flag: Flag }).flag)).toEqual(content(changed));
        expect((again.now as { flag: Flag }).flag).toEqual((back.now as { flag: Flag }).flag);
        const [newest] = await versionsOf(stand, { flag: key });
        const { hasRows, unsettledSince, ...state } = (back.now as { flag: Flag }).flag;
        expect(newest).toMatchObject({ state, version: state.version });
      }),
      { numRuns: 25 },
    );
  });

  it('says of each version who made it, when and why, and reads no other thing', async () => {
    const stand = await engine.compose();
    const before = await stand.store.now();
    const call = { ...person('olga', { platformAdmin: true }), requestId: 'req-7' };
    const set = {
      mustExist: false,
      expectedVersion: undefined,
      onRuleChange: 'KEEP',
      access: [],
      removeAccess: [],
    } as const;
    await stand.services.flags.set(call, { ...set, keyOrId: 'told', input: {}, comment: 'a start' });
    await stand.setFlag('told', { owner: 'kim' }, { access: [{ role: 'r' }], comment: 'mine' });
    await stand.setFlag('told', {}, { access: [{ role: 'q' }], comment: 'rows alone make no version' });
    await stand.setFlag('told', { owner: 'kim' });
    const versions = await versionsOf(stand, { flag: 'told' });
    expect(versions).toMatchObject([
      { version: 2, actor: 'token:tok_test', comment: 'mine', state: { owner: 'kim' } },
      { version: 1, actor: 'user:olga', requestId: 'req-7', comment: 'a start', state: { owner: '' } },
    ]);
    expect(versions[0]!.at).toBeGreaterThanOrEqual(before);
    const { versions: service } = stand.services;
    expect(await service.pair(OPERATOR, of({ flag: 'told' }), 2, undefined)).toMatchObject({ before: { version: 1 } });
    expect(await service.pair(OPERATOR, of({ flag: 'told' }), 2, 1)).toMatchObject({
      before: { version: 2 },
      version: { version: 1 },
    });
    await expect(service.get(OPERATOR, of({ flag: 'told' }), 3)).rejects.toMatchObject(code('NOT_FOUND'));
    await expect(service.get(OPERATOR, of({ flag: 'not-there' }), 1)).rejects.toMatchObject(code('NOT_FOUND'));
    await expect(service.get(OPERATOR, of({ flag: 'told', segment: 'told' }), 1)).rejects.toMatchObject(
      code('INVALID'),
    );
  });

  it('is checked against what there is now, and refused by pointer', async () => {
    const stand = await engine.compose();
    const { segments, restoring } = stand.services;
    await segments.set(OPERATOR, {
      key: 'gone',
      conditions: { all: [verified] },
      expectedVersion: undefined,
      comment: '',
    });
    await stand.setFlag('uses', { rules: [{ conditions: { condition: 'gone' } as never }] });
    await stand.setFlag('uses', { rules: [] });
    const { id } = await segments.get(OPERATOR, 'gone');
    await segments.delete(OPERATOR, { key: 'gone' });
    await expect(restoring.restore(OPERATOR, of({ flag: 'uses' }), 1, how)).rejects.toMatchObject({
      ...{ code: 'INVALID', faults: [{ pointer: expect.stringMatching(/^\/rules\/0\/conditions/) }] },
    });
    // The segment comes back by its id; then the flag can.
    const { now } = await restoring.restore(OPERATOR, of({ segment: id }), 1, how);
    expect(now).toMatchObject({
      kind: 'segment',
      segment: { key: 'gone', version: 1, conditions: { all: [verified] } },
    });
    expect(await restoring.restore(OPERATOR, of({ flag: 'uses' }), 1, how)).toMatchObject({
      now: { flag: { version: 3 } },
    });
    await expect(
      restoring.restore(OPERATOR, of({ flag: 'uses' }), 2, { ...how, expectedVersion: 2 }),
    ).rejects.toMatchObject(code('CONFLICT'));
  });

  it('unlocks and relocks as the write of such a flag does', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.identify('earner', { emailVerified: true });
    const rule = { id: 'r', ...latching(verified).rules[0]! };
    await stand.setFlag('earned', { rules: [rule] });
    await stand.identify('earner', { emailVerified: false });
    await stand.identify('earner', { emailVerified: true });
    const flagId = (await stand.store.configuration.flag('earned'))!.id;
    expect((await ledgerOf(stand.store, 'earner')).filter((entry) => entry.flagId === flagId)).toHaveLength(1);
    await stand.setFlag('earned', { rules: [{ ...rule, rolloutPer100k: 10_000 }] });
    const restored = await stand.services.restoring.restore(OPERATOR, of({ flag: 'earned' }), 1, {
      ...{ ...how, onRuleChange: 'RELOCK' },
    });
    expect(restored.backfillIds).toHaveLength(1);
    expect(restored.now).toMatchObject({ flag: { rules: [{ id: 'r', version: 3, ledgerFloor: 3 }] } });
  });

  it('of an archived flag brings it back, and of one that lost its key does not', async () => {
    const stand = await engine.compose();
    const { restoring } = stand.services;
    const { flag } = await stand.setFlag('put-away', { owner: 'kim' });
    await stand.setFlag('put-away', { archived: true });
    expect(await restoring.restore(OPERATOR, of({ flag: 'put-away' }), 1, how)).toMatchObject({
      now: { flag: { archived: false } },
    });
    await stand.setFlag('put-away', { archived: true });
    await stand.setFlag('put-away', {}, { startAnew: true });
    await expect(restoring.restore(OPERATOR, of({ flag: flag.id }), 1, how)).rejects.toMatchObject({
      ...{ code: 'INVALID', faults: [{ pointer: '/archived' }] },
    });
    expect((await versionsOf(stand, { flag: flag.id })).map(({ version }) => version)).toEqual([5, 4, 3, 2, 1]);
    expect(await versionsOf(stand, { flag: 'put-away' })).toHaveLength(1);
  });

  it('of a deleted segment takes the place of no other that has its key by now', async () => {
    const stand = await engine.compose();
    const { segments, restoring } = stand.services;
    const write = (name: string) =>
      segments.set(OPERATOR, {
        key: 'taken',
        name,
        conditions: { all: [verified] },
        expectedVersion: undefined,
        comment: '',
      });
    const { segment: former } = await write('former');
    await segments.delete(OPERATOR, { key: 'taken' });
    const { segment: newer } = await write('newer');
    const restored = () => restoring.restore(OPERATOR, of({ segment: former.id }), 1, how);
    await expect(restored()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(newer.id) });
    expect(await segments.get(OPERATOR, 'taken')).toEqual(newer);
    await segments.delete(OPERATOR, { key: 'taken' });
    expect((await restored()).now).toMatchObject({ segment: { key: 'taken', name: 'former' } });
  });

  it('is one of stages and of roles, too, those of an organization by its own admins', async () => {
    const stand = await engine.compose();
    const { stages, organizations, restoring, versions } = stand.services;
    const list = (...names: readonly string[]) => names.map((name) => ({ name, selfSettable: true }));
    const { version } = await stages.set(OPERATOR, { stages: list('a', 'b'), comment: 'two' });
    await stages.set(OPERATOR, { stages: list('a') });
    expect(await restoring.restore(OPERATOR, of(), version, how)).toMatchObject({
      now: { kind: 'stages', list: { stages: list('a', 'b'), version: version + 2 } },
    });

    const roles = (...names: readonly string[]) => names.map((name) => ({ name, inherits: [] }));
    const described = {
      id: 'acme',
      roles: roles('pilot'),
      attributes: { plan: 'pro' },
      comment: 'the platform’s remark',
    };
    await organizations.set(OPERATOR, described);
    await organizations.set(OPERATOR, { id: 'acme', attributes: { plan: 'free' }, comment: '' });
    await organizations.set(OPERATOR, { id: 'acme', roles: roles('captain'), comment: '' });
    const own = person('kim', { organizationId: 'acme', roles: ['admin'] });
    const acme = of({ organizationId: 'acme' });
    const { items } = await versions.list(own, acme, { limit: 9 });
    expect(items.map((one) => one.version)).toMatchObject([
      { version: 3, actor: 'platform', comment: '', requestId: '' },
      {
        version: 1,
        actor: 'platform',
        comment: '',
        requestId: '',
        state: { roles: roles('pilot'), strictRoles: false },
      },
    ]);
    const stale = { ...how, expectedVersion: 2 };
    const refused = await restoring.restore(own, acme, 1, stale).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFLICT', present: { value: { version: 3 } } });
    await restoring.restore(own, acme, 1, { ...how, expectedVersion: 3 });
    expect(await organizations.get(OPERATOR, 'acme')).toMatchObject({
      roles: roles('pilot'),
      attributes: { plan: 'free' },
    });
    expect((await versions.get(machine(['manage'], 'acme'), acme, 4)).version).toMatchObject({
      actor: 'user:kim',
      comment: 'as it was',
    });

    const others = [
      person('kim', { organizationId: 'acme' }),
      person('kim', { organizationId: 'acme', roles: ['manager'] }),
    ];
    for (const call of others)
      await expect(restoring.restore(call, acme, 1, how)).rejects.toMatchObject(code('FORBIDDEN'));
    await expect(restoring.restore(machine(['manage'], 'other'), acme, 1, how)).rejects.toMatchObject(
      code('NOT_FOUND'),
    );
    await expect(versions.list(own, of({ flag: 'needed' }), { limit: 9 })).rejects.toMatchObject(code('FORBIDDEN'));
    await stand.services.organizationDeletion.delete(OPERATOR, { id: 'acme', comment: 'gone' });
    expect(await versionsOf(stand, { organizationId: 'acme' })).toEqual([]);
    await organizations.set(OPERATOR, described);
    expect(await versionsOf(stand, { organizationId: 'acme' })).toHaveLength(1);
  });
});
