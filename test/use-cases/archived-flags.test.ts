import { expect, it } from '@jest/globals';
import { compileSnapshot } from '../../src/core/snapshot/compiling/compile-snapshot.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, ledgerOf, machine, OPERATOR, verified } from './stands/use-case-stand.js';

const ARCHIVED = { pointer: '/archived', message: expect.stringContaining('answers FLAG_NOT_FOUND') };

describeOnEachEngine('an archived flag', (engine) => {
  it('is written to with a warning, unless the write says that it is archived', async () => {
    const stand = await engine.compose();
    await stand.setFlag('promo', { isEnabledGlobally: true });
    expect((await stand.setFlag('promo', { archived: true })).warnings).toEqual([]);
    expect((await stand.setFlag('promo', { name: 'Anew' })).warnings).toEqual([ARCHIVED]);
    expect((await stand.setFlag('promo', { name: 'Anew' })).warnings).toEqual([ARCHIVED]);
    expect((await stand.setFlag('promo', {}, { access: [{ userId: 'ada' }] })).warnings).toEqual([ARCHIVED]);
    expect((await stand.setFlag('promo', { archived: false })).warnings).toEqual([]);
    expect(await stand.on('ada')).toContain('promo');
  });

  it('leaves its key to a new flag, with an id, a salt and a ledger of its own', async () => {
    const stand = await engine.compose();
    await stand.identify('winner', { emailVerified: true });
    await stand.setFlag('prize', latching(verified));
    await stand.identify('winner', { emailVerified: false });
    await stand.identify('winner', { emailVerified: true });
    expect(await stand.on('winner')).toContain('prize');
    const old = (await stand.setFlag('prize', { archived: true }, { access: [{ userId: 'ada' }] })).flag;
    const entries = (await ledgerOf(stand.store, 'winner')).length;

    const never = latching({ fact: 'daysSinceJoin', operator: 'greaterThan', value: 9_000 });
    const { flag, warnings } = await stand.setFlag('prize', never, { startAnew: true });
    expect(warnings).toEqual([]);
    expect(flag).toMatchObject({ key: 'prize', version: 1, archived: false });
    expect([flag.id === old.id, flag.salt === old.salt]).toEqual([false, false]);
    expect(await stand.on('winner')).not.toContain('prize');
    expect(await stand.on('ada')).not.toContain('prize');

    const { flagLookup, audit } = stand.services;
    expect(await flagLookup.get(OPERATOR, 'prize')).toEqual(flag);
    expect(await flagLookup.get(OPERATOR, old.id)).toMatchObject({
      ...{ id: old.id, key: old.id, archived: true, version: old.version + 1, salt: old.salt, rules: old.rules },
    });
    expect((await flagLookup.access(OPERATOR, old.id, { limit: 9 })).items).toHaveLength(1);
    expect(await ledgerOf(stand.store, 'winner')).toHaveLength(entries);
    const { items } = await audit.list(OPERATOR, { limit: 9 }, { target: old.id });
    expect(items.map(({ action }) => action)).toEqual(['flag.set']);
    // A server that loads all of it, and not only what has changed, has the same two flags.
    const other = await engine.compose();
    expect(await other.on('winner')).not.toContain('prize');
    const { flagsById } = compileSnapshot(await other.store.configuration.load());
    expect([flagsById.get(flag.id)?.flag.key, flagsById.get(old.id)?.flag.key]).toEqual(['prize', old.id]);
  });

  it('has those judged anew by rules that read whether it is unlocked, once a new flag has its key', async () => {
    const stand = await engine.compose();
    const { store, services, notifier } = stand;
    const worker = new BackfillWorker({
      ...{ store, keeper: services.keeper, notifier, giveWay: () => Promise.resolve() },
      observer: { lookedAt: () => undefined, failed: () => undefined, done: () => undefined },
    });
    await stand.identify('early', { emailVerified: true });
    const { flag } = await stand.setFlag('left', latching(verified));
    await worker.run();
    const unlocked = { fact: 'unlocked', params: { flag: 'left' }, operator: 'equal', value: false };
    const reader = (await stand.setFlag('not-left', latching(unlocked))).flag;
    await worker.run();
    // Written past the checks, which would have the reader changed first.
    await store.transaction(async (tx) => {
      await tx.configuration.advance();
      await tx.configuration.putFlag({ ...flag, archived: true });
    });
    await services.keeper.refresh();
    const latched = async () => (await ledgerOf(store, 'early')).some(({ flagId }) => flagId === reader.id);
    expect(await latched()).toBe(false);
    expect((await stand.setFlag('left', {}, { startAnew: true })).backfillId).toBeDefined();
    await worker.run();
    expect(await latched()).toBe(true);
  });

  it('starts anew only while it is archived, has its key, and for the platform', async () => {
    const stand = await engine.compose();
    const anew = (key: string) => stand.setFlag(key, {}, { startAnew: true });
    const { flag } = await anew('fresh');
    expect(flag.version).toBe(1);
    await expect(anew('fresh')).rejects.toMatchObject({ code: 'INVALID', message: expect.stringContaining('in use') });
    await stand.setFlag('fresh', { archived: true, delegated: true });
    await expect(
      stand.services.flags.set(machine(['manage'], 'acme'), {
        ...{ keyOrId: 'fresh', mustExist: true, input: {}, expectedVersion: undefined, onRuleChange: 'KEEP' },
        ...{ comment: '', access: [], removeAccess: [], startAnew: true },
      }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // By its id as well, and at the version that was seen.
    await expect(stand.setFlag(flag.id, {}, { startAnew: true, expectedVersion: 1 })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const second = (await stand.setFlag(flag.id, {}, { startAnew: true, expectedVersion: 2 })).flag;
    expect(second).toMatchObject({ key: 'fresh', version: 1 });
    await expect(anew(flag.id)).rejects.toMatchObject({ message: expect.stringContaining('has no key any more') });
    await expect(stand.setFlag(flag.id, { archived: false })).rejects.toMatchObject({
      message: expect.stringContaining('has lost its key'),
    });
  });
});
