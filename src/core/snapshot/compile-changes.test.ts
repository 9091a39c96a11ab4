import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryConditions, arbitrarySources, instant } from '../conditions/testing/arbitrary-conditions.js';
import { evaluate } from '../deciding/evaluate.js';
import { subjectOf } from '../deciding/subject.js';
import type { Configuration, Flag } from '../flags/flag.js';
import { HeldUser } from '../states/held-user.js';
import type { UserState } from '../states/user-state.js';
import { arbitraryFlag, arbitraryLedger, arbitraryRow, KEYS } from '../testing/arbitrary-world.js';
import {
  afterUnlocking,
  flagOf,
  latchingFlag,
  NOW,
  requires,
  ruleOf,
  segmentOf,
  snapshotAfter,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../testing/samples.js';
import { latch } from '../unlocking/latch.js';
import { compileChanges, compileSnapshot, EMPTY_CONFIGURATION, EMPTY_SNAPSHOT } from './compiling/compile-snapshot.js';
import { changesTo, storedConfiguration } from './compiling/stored-configuration.js';
import type { CompiledFlag, Snapshot } from './snapshot.js';

const SEGMENTS = ['first', 'second', 'constructor'];

type Change = (configuration: Configuration) => Configuration;

const replacing = <T extends { readonly key: string }>(all: readonly T[], one: T): readonly T[] =>
  [...all.filter(({ key }) => key !== one.key), one].toSorted((a, b) => (a.key < b.key ? -1 : 1));

const byVersion = fc.integer({ min: 1, max: 1_000_000 });
const someFlag = fc.constantFrom(0, 1, 2).chain((index) => fc.tuple(arbitraryFlag(index), byVersion));

const editFlag = (edit: (flag: Flag) => Partial<Flag>): fc.Arbitrary<Change> =>
  fc.tuple(fc.constantFrom(...KEYS), byVersion).map(([key, version]) => (configuration) => {
    const flag = configuration.flags.find((one) => one.key === key);
    if (flag === undefined) return configuration;
    return { ...configuration, flags: replacing(configuration.flags, { ...flag, ...edit(flag), version }) };
  });

/** Nothing that this version knows. */
const UNKNOWN = { all: [{ fact: 'moonPhase', operator: 'equal', value: 'full' }] };

const arbitraryChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: someFlag.map(
      ([flag, version]): Change =>
        (configuration) => ({
          ...configuration,
          flags: replacing(configuration.flags, { ...flag, version }),
        }),
    ),
  },
  editFlag(() => ({ description: 'another' })),
  editFlag(({ archived }) => ({ archived: !archived })),
  editFlag(({ clientVisible }) => ({ clientVisible: !clientVisible })),
  editFlag(({ rules }) => ({ rules: [...rules, ruleOf('rul_broken', { policy: 'LATCHING', conditions: UNKNOWN })] })),
  fc.constantFrom(...KEYS).map(
    (gone): Change =>
      (configuration) => ({
        ...configuration,
        flags: configuration.flags.filter(({ key }) => key !== gone),
      }),
  ),
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...SEGMENTS), arbitraryConditions).map(
      ([key, { conditions }]): Change =>
        (configuration) => ({
          ...configuration,
          segments: replacing(configuration.segments, segmentOf(key, conditions)),
        }),
    ),
  },
  fc.constantFrom(...SEGMENTS).map(
    (gone): Change =>
      (configuration) => ({
        ...configuration,
        segments: configuration.segments.filter(({ key }) => key !== gone),
      }),
  ),
  fc.constantFrom<readonly string[]>([], ['signup'], ['signup', 'profile', 'done']).map(
    (names): Change =>
      (configuration) => ({
        ...configuration,
        stages: names.map((name) => ({ name, selfSettable: true })),
      }),
  ),
  fc.array(arbitraryRow, { maxLength: 6 }).map(
    (rows): Change =>
      (configuration) => ({
        ...configuration,
        roleAccess: rows.filter(({ role, organizationId }) => role !== '' && organizationId === ''),
      }),
  ),
  fc.constantFrom(['login'], ['login', 'export']).map(
    (names): Change =>
      (configuration) => ({
        ...configuration,
        actions: names.map((name) => ({ name, clientTrackable: true })),
      }),
  ),
);

/** All that a snapshot knows, told without the places of its facts, which depend on how it came to be. */
function known(snapshot: Snapshot): object {
  const { dependencies, readers, slots, flags } = snapshot;
  const judging = snapshot.organizationEarners?.judging;
  const nameOf = (index: number, table = slots): string => {
    const { definition, params, path } = table.at(index);
    return JSON.stringify([definition.name, path, ...definition.params.map(({ name }) => params[name] ?? null)]);
  };
  const keys = ['gone', ...flags.keys()];
  const lists = (of: (key: string) => Iterable<string>, from: readonly string[] = keys) =>
    from.map((key) => [key, [...of(key)].toSorted()]);
  const formOf = ({ flag, stored, segments, roleAccess, roleRows, rules, latchingRules }: CompiledFlag) => ({
    ...{ flag, stored, segments, roleAccess, roleRows },
    rules: rules.map(({ rule, conditions, byOrganization }) => [
      rule,
      conditions.readsTime,
      new Set([...conditions.slotsRead].map((index) => nameOf(index, byOrganization ? judging!.slots : slots))),
    ]),
    latchingRules: latchingRules.map(({ rule }) => rule.id),
  });
  return {
    ...storedConfiguration(snapshot),
    forms: [...flags].map(([key, compiled]) => [key, formOf(compiled)]),
    byId: [...snapshot.flagsById.keys()].toSorted(),
    latching: snapshot.latching.map(({ flag }) => flag.key),
    visible: snapshot.visible,
    windowEdges: snapshot.windowEdges,
    windowedActions: new Map([...snapshot.windowedActions].toSorted()),
    failures: snapshot.failures,
    stageNames: snapshot.stageNames,
    facts: slots
      .all()
      .map(({ index }) => [nameOf(index), [...readers.ofSlot(index)].toSorted()])
      .toSorted(),
    byChange: lists(
      (change) => readers.ofChange(change as never),
      ['events', 'organization events', 'time', 'ledger', 'progress', 'identify'],
    ),
    byAction: lists((action) => readers.ofAction(action), ['login', 'export', '__proto__']),
    kinds: Object.fromEntries([...snapshot.kinds.keys()].map((kind) => [kind, snapshot.kinds.get(kind)])),
    requiring: lists((key) => dependencies.requiring(key)),
    readingUnlock: lists((key) => dependencies.readingUnlockOf(key)),
    reaching: lists((key) => dependencies.reaching(key), SEGMENTS),
    organizations: judging && [known(judging), [...snapshot.organizationEarners!.actions].toSorted()],
    sizes: keys.map((key) => dependencies.expansionOf(key)),
    unlockable: Object.fromEntries([...snapshot.reading.unlockable].map(([key, entry]) => [key, entry?.flag])),
  };
}

describe('a snapshot that is compiled from the one before', () => {
  it('is what compiling everything anew gives, for any changes', () => {
    let failed = 0;
    fc.assert(
      fc.property(
        fc.array(arbitraryChange, { minLength: 1, maxLength: 12 }),
        arbitrarySources,
        arbitraryLedger,
        instant,
        (changes, sources, ledger, now) => {
          const { user: state, roles, joinedAt, organizationId, attributes } = sources;
          const organization = sources.organization && {
            ...sources.organization,
            ...(sources.earner === undefined ? {} : { earner: { ...sources.earner.user, ledger } }),
          };
          const user: UserState = {
            ...state,
            ledger,
            roles,
            organizationId,
            attributes,
            ...(joinedAt === undefined ? {} : { joinedAt }),
          };
          let configuration = EMPTY_CONFIGURATION;
          let grown = EMPTY_SNAPSHOT;
          let anew = EMPTY_SNAPSHOT;
          for (const [revision, change] of changes.entries()) {
            configuration = { ...change(configuration), revision };
            grown = compileChanges(grown, changesTo(grown, configuration));
            anew = compileChanges(EMPTY_SNAPSHOT, changesTo(EMPTY_SNAPSHOT, configuration), anew);
            expect(known(grown)).toEqual(known(anew));
            for (const key of KEYS) {
              expect(evaluate(grown, key, user, organization, undefined, now)).toEqual(
                evaluate(anew, key, user, organization, undefined, now),
              );
            }
            const unlocked = (snapshot: Snapshot) =>
              latch(snapshot, user, organization, now).unlocks.map(({ entry }) => entry.rule);
            expect(unlocked(grown)).toEqual(unlocked(anew));
            failed += grown.failures.length;
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(failed).toBeGreaterThan(12);
  });

  it('takes over what is the same, and compiles what a changed segment reaches', () => {
    const flags = [
      latchingFlag('a', { condition: 'outer' }),
      latchingFlag('b', VERIFIED),
      flagOf('c', { prerequisites: requires('a') }),
    ];
    const segments = [segmentOf('outer', { any: [{ condition: 'inner' }] }), segmentOf('inner', VERIFIED)];
    const before = snapshotOf(flags, { segments });
    const same = (after: Snapshot) =>
      [...after.flags].filter(([key, entry]) => before.flags.get(key) === entry).map(([key]) => key);
    const described = snapshotAfter(before, [{ ...flags[0]!, description: 'new', version: 2 }, ...flags.slice(1)], {
      segments,
    });
    expect(same(described)).toEqual(['b', 'c']);
    const { visible, slots, reading, dependencies, readers, compiledSegments } = described;
    expect({ visible, slots, reading, dependencies, readers }).toEqual({
      visible: before.visible,
      slots: before.slots,
      reading: before.reading,
      dependencies: before.dependencies,
      readers: before.readers,
    });
    expect([slots === before.slots, reading === before.reading, compiledSegments.size]).toEqual([true, true, 2]);
    const narrowed = snapshotAfter(before, flags, { segments: [segments[0]!, segmentOf('inner', { not: VERIFIED })] });
    expect(same(narrowed)).toEqual(['b', 'c']);
  });

  it('puts flags that latch in another order once they read each other otherwise, be it by a segment', () => {
    const segments = [segmentOf('s', VERIFIED), segmentOf('t', afterUnlocking('a'))];
    const flags = ['a', 'b'].map((key) => latchingFlag(key, { condition: key === 'a' ? 's' : 't' }));
    const before = snapshotOf(flags, { segments });
    const keys = ({ latching }: Snapshot) => latching.map(({ flag }) => flag.key);
    const after = snapshotAfter(before, flags, {
      segments: [segmentOf('s', afterUnlocking('b')), segmentOf('t', VERIFIED)],
    });
    expect([keys(before), keys(after)]).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ]);
  });

  it('goes on with what was read of users, until they are read otherwise', () => {
    const flags = [latchingFlag('a', VERIFIED), latchingFlag('b', afterUnlocking('a'))];
    const before = snapshotOf(flags);
    const user = HeldUser.of(userOf({ emailVerified: true }));
    const subjectIn = (snapshot: Snapshot) => subjectOf(snapshot, user, undefined);
    const [first, second] = flags as [Flag, Flag];
    expect(subjectIn(snapshotAfter(before, [first, { ...second, description: 'new' }]))).toBe(subjectIn(before));
    // Whether it is unlocked hangs on the flag that changed.
    expect(
      subjectIn(snapshotAfter(before, [{ ...first, rules: [{ ...first.rules[0]!, ledgerFloor: 9 }] }, second])),
    ).not.toBe(subjectIn(before));
    expect(subjectIn(snapshotAfter(before, flags, { stages: [{ name: 's', selfSettable: true }] }))).not.toBe(
      subjectIn(before),
    );
  });

  it('gives the places of facts that nobody reads any more to others, and never mixes them up', () => {
    const reading = (name: string) => ({
      all: [{ fact: 'attribute', path: `$.${name}`, operator: 'equal', value: name }],
    });
    let snapshot = snapshotOf([latchingFlag('a', reading('n0')), latchingFlag('b', { condition: 's' })], {
      segments: [segmentOf('s', reading('kept'))],
    });
    const old = snapshot;
    const { segments } = storedConfiguration(snapshot);
    for (let n = 1; n <= 50; n++) {
      snapshot = snapshotAfter(snapshot, [latchingFlag('a', reading(`n${n}`)), latchingFlag('b', { condition: 's' })], {
        segments,
      });
    }
    expect(snapshot.slots.size).toBeLessThanOrEqual(3);
    const user = userOf({ attributes: { n0: 'n0', n50: 'n50', kept: 'kept' } });
    for (const one of [old, snapshot]) {
      const { unlocks } = latch(one, user, undefined, NOW);
      expect(unlocks.map(({ compiled }) => compiled.flag.key)).toEqual(['a', 'b']);
    }
    expect(latch(snapshot, userOf({ attributes: { n0: 'n0' } }), undefined, NOW).unlocks).toEqual([]);
    // A segment whose facts were forgotten with the last flag that read them is compiled anew.
    snapshot = snapshotAfter(snapshot, [latchingFlag('a', VERIFIED)], { segments });
    snapshot = snapshotAfter(snapshot, [latchingFlag('a', reading('other')), latchingFlag('b', { condition: 's' })], {
      segments,
    });
    expect(latch(snapshot, user, undefined, NOW).unlocks.map(({ compiled }) => compiled.flag.key)).toEqual(['b']);
  });
});

describe('what comes to more than can be evaluated', () => {
  const bomb = (levels: number) =>
    Array.from({ length: levels }, (_, i) =>
      segmentOf(`s${i}`, i === 0 ? VERIFIED : { all: Array.from({ length: 200 }, () => ({ condition: `s${i - 1}` })) }),
    );

  it('cannot be compiled where it is stored already, at once, and leaves its last form', () => {
    const flags = [latchingFlag('a', { condition: 's4' }), latchingFlag('b', VERIFIED)];
    const sound = compileSnapshot({
      ...EMPTY_CONFIGURATION,
      revision: 1,
      flags,
      segments: [segmentOf('s4', VERIFIED)],
    });
    const user = userOf({ emailVerified: true });
    for (const [previous, reason] of [
      [sound, 'RULE'],
      [EMPTY_SNAPSHOT, 'DISABLED'],
    ] as const) {
      const snapshot = compileSnapshot({ ...EMPTY_CONFIGURATION, revision: 2, flags, segments: bomb(5) }, previous);
      expect(snapshot.failures).toEqual([
        { flagKey: 'a', message: expect.stringMatching(/come to 4816080402 conditions/) },
      ]);
      expect(evaluate(snapshot, 'a', user, undefined, undefined, NOW).reason).toBe(reason);
      expect(evaluate(snapshot, 'b', user, undefined, undefined, NOW).reason).toBe('RULE');
    }
  });

  it('can be neither deep: what is followed is bounded', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) =>
      segmentOf(`s${i}`, i === 0 ? VERIFIED : { all: [{ condition: `s${i - 1}` }] }),
    );
    const flags = [latchingFlag('deep', { condition: 's19999' }), latchingFlag('far', { condition: 's31' })];
    const { failures } = compileSnapshot({ ...EMPTY_CONFIGURATION, flags, segments: chain });
    expect(failures).toEqual([
      { flagKey: 'deep', message: expect.stringContaining('20000 segments within one another') },
    ]);
  });
});
