import { expect, it } from '@jest/globals';
import { ANNOUNCED_TYPES } from '../../src/core/flags/announcement.js';
import type { Configuration, Flag, Segment } from '../../src/core/flags/flag.js';
import { storedConfiguration } from '../../src/core/snapshot/compiling/stored-configuration.js';
import type { Store } from '../../src/store/store.js';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, OPERATOR, type UseCaseStand, verified } from './stands/use-case-stand.js';

const VERIFIED = { all: [verified] };

/** The store, and how often the whole configuration was read of it. */
function counted(): { readonly around: (store: Store) => Store; readonly wholeReads: () => number } {
  let reads = 0;
  const around = (store: Store): Store => {
    const load = (): Promise<Configuration> => {
      reads += 1;
      return store.configuration.load();
    };
    return { ...store, configuration: { ...store.configuration, load } };
  };
  return { around, wholeReads: () => reads };
}

const segment = (key: string, conditions: Segment['conditions']) =>
  ({ key, conditions, expectedVersion: undefined, comment: '' }) as const;

/** Every kind of change of the configuration. */
function changes({ services, setFlag }: UseCaseStand): readonly (() => Promise<unknown>)[] {
  const { segments, stages, actions, webhooks } = services;
  const inSegment = (key: string) => latching({ all: [{ condition: key }] });
  return [
    () => setFlag('a', latching(verified)),
    () => segments.set(OPERATOR, segment('keen', VERIFIED)),
    () => setFlag('b', { ...inSegment('keen'), tags: ['x'] }),
    () => segments.set(OPERATOR, segment('keen', { not: VERIFIED })),
    () => setFlag('a', {}, { access: [{ role: 'manager' }, { role: 'admin', effect: 'DENY' }] }),
    () => setFlag('a', {}, { access: [{ role: 'manager', enabled: false }], removeAccess: [{ role: 'admin' }] }),
    () => setFlag('a', {}, { access: [{ userId: 'sam' }] }),
    () => stages.set(OPERATOR, { stages: [{ name: 'first', selfSettable: true }] }),
    () => actions.declare(OPERATOR, [{ name: 'save', clientTrackable: true }]),
    () => actions.declare(OPERATOR, [{ name: 'open', clientTrackable: false }]),
    () => actions.delete(OPERATOR, 'save'),
    () => webhooks.create(OPERATOR, { url: 'http://127.0.0.1:9/', types: [ANNOUNCED_TYPES[0]!] }),
    () => setFlag('b', { archived: true, rules: [] }),
    () => segments.delete(OPERATOR, { key: 'keen' }),
    () => stages.set(OPERATOR, { stages: [] }),
  ];
}

describeOnEachEngine('the configuration', (engine) => {
  it('is on the server that changes it, and on one that follows, what is stored, by what changed alone', async () => {
    const [writing, reading] = [counted(), counted()];
    const writer = await engine.compose({ around: writing.around });
    const reader = await engine.compose({ around: reading.around });
    for (const change of changes(writer)) {
      await change();
      const stored = await writer.sqlStore.configuration.load();
      expect(storedConfiguration(writer.services.keeper.snapshot)).toEqual(stored);
      expect(storedConfiguration(await reader.services.keeper.refresh())).toEqual(stored);
    }
    // Both have learned of each other's changes; a writer that is behind catches up under the lock.
    await writer.setFlag('behind', { description: 'one' });
    await reader.setFlag('behind', { description: 'two' });
    const stored = await writer.sqlStore.configuration.load();
    expect(storedConfiguration(reader.services.keeper.snapshot)).toEqual(stored);
    expect([writing.wholeReads(), reading.wholeReads()]).toEqual([1, 1]);
  });

  it('takes no change back that was rolled back, and none that another server made meanwhile', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.setFlag('kept', { description: 'first' });
    await one.services.keeper.refresh();
    const failing = one.store.transaction(async (tx) => {
      await tx.configuration.advance();
      await tx.configuration.putFlag({
        ...(await tx.configuration.lockFlag('kept'))!,
        description: 'lost',
        version: 9,
      });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await Promise.all([
      ...['a', 'b', 'c'].map((name) => one.setFlag(`one-${name}`, { description: name })),
      ...['a', 'b', 'c'].map((name) => other.setFlag(`other-${name}`, { description: name })),
    ]);
    const stored = await one.sqlStore.configuration.load();
    for (const stand of [one, other]) {
      expect(storedConfiguration(await stand.services.keeper.refresh())).toEqual(stored);
    }
    expect(stored.flags.find(({ key }) => key === 'kept')).toMatchObject({ description: 'first', version: 1 });
  });
});

describeOnEachEngine('segments that multiply', (engine) => {
  const times = (key: string, count: number) => ({ all: Array.from({ length: count }, () => ({ condition: key })) });

  it('are refused where they would make a flag too large', async () => {
    const { services, setFlag } = await engine.compose();
    const set = (key: string, conditions: Segment['conditions']) =>
      services.segments.set(OPERATOR, segment(key, conditions));
    await set('s0', VERIFIED);
    await set('s1', times('s0', 60));
    await expect(set('s2', times('s1', 200))).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('the segment "s2" cannot be stored: /conditions: rules that referred to it'),
    });
    await setFlag('reached', { rules: [{ conditions: times('s1', 20) }] });
    await expect(set('s0', times('s3', 2))).rejects.toMatchObject({ code: 'INVALID' });
    await set('s3', VERIFIED);
    await expect(set('s0', times('s3', 2))).rejects.toMatchObject({
      message: expect.stringContaining('the rules of "reached" would come to'),
      faults: [{ pointer: '/conditions' }],
    });
    await expect(setFlag('more', { rules: [{ conditions: times('s1', 199) }] })).rejects.toMatchObject({
      message: expect.stringContaining('/rules/0/conditions: the rules come to'),
    });
  });

  it('leave a flag in its last form where they are stored already, and do not hold anybody up', async () => {
    const stand = await engine.compose();
    const { services, setFlag } = stand;
    await services.segments.set(OPERATOR, segment('bomb', VERIFIED));
    const { flag } = await setFlag('bombed', { rules: [{ conditions: { all: [{ condition: 'bomb' }] } }] });
    await setFlag('beside', { isEnabledGlobally: true });
    await stand.identify('ada', { emailVerified: true });
    const stored = services.keeper.snapshot.segments.get('bomb')!;
    await stand.sqlStore.transaction(async (tx) => {
      await tx.configuration.advance();
      for (let level = 0; level < 5; level++) {
        const conditions = level === 0 ? VERIFIED : times(`level${level - 1}`, 200);
        await tx.configuration.putSegment({ ...stored, id: `seg_${level}`, key: `level${level}`, conditions });
      }
      await tx.configuration.putSegment({ ...stored, version: 2, conditions: times('level4', 200) });
    });
    await services.keeper.refresh();
    expect(services.keeper.snapshot.failures.map(({ flagKey }) => flagKey)).toEqual(['bombed']);
    expect(await stand.on('ada')).toEqual(expect.arrayContaining(['beside', 'bombed']));
    const off: Flag = (await setFlag('bombed', { active: false })).flag;
    expect(off.version).toBe(flag.version + 1);
    expect(await stand.on('ada')).not.toContain('bombed');
  });
});
