import { describe, expect, it } from '@jest/globals';
import { unlockReadOf } from '../../counting/since-unlock.js';
import { type Flag, MAX_PREREQUISITE_DEPTH, type Segment } from '../../flags/flag.js';
import {
  afterUnlocking,
  configurationOf,
  flagOf,
  latchingFlag,
  requires,
  ruleOf,
  segmentOf,
  VERIFIED,
} from '../../testing/samples.js';
import { compileSnapshot } from '../compiling/compile-snapshot.js';
import { validateFlag, validateSegment } from './validate-configuration.js';

const ATTRIBUTE = { all: [{ fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' }] };

function present(flags: readonly Flag[], segments: readonly Segment[] = []) {
  return compileSnapshot(configurationOf(flags, { segments }));
}

/** The faults of the first flag, as it will stand beside the others. */
function faultsOf([flag, ...others]: readonly Flag[], segments: readonly Segment[] = []) {
  return validateFlag(flag!, present(others, segments)).faults;
}

function pointersOf(flags: readonly Flag[], segments: readonly Segment[] = []): readonly string[] {
  return faultsOf(flags, segments).map(({ pointer }) => pointer);
}

describe('a flag among others', () => {
  it('is sound with conditions, segments, prerequisites and unlocks that there are', () => {
    const flags = [
      flagOf('a', {
        prerequisites: [{ flagKey: 'b', variant: 'on' }, ...requires('c')],
        rules: [ruleOf('r', { conditions: { all: [{ condition: 's' }, afterUnlocking('c')] } })],
      }),
      flagOf('b'),
      latchingFlag('c', VERIFIED),
    ];
    expect(faultsOf(flags, [segmentOf('s', afterUnlocking('b'))])).toEqual([]);
  });

  it('is refused conditions that are wrong, by the rule’s pointer', () => {
    const rules = [ruleOf('r'), ruleOf('s', { conditions: { all: [{ condition: 'none' }] } })];
    expect(pointersOf([flagOf('a', { rules })])).toEqual(['/rules/1/conditions/all/0/condition']);
  });

  it('is refused a prerequisite that there is not, is archived, or has no such variant', () => {
    expect(pointersOf([flagOf('a', { prerequisites: requires('none') })])).toEqual(['/prerequisites/0/flag_key']);
    expect(pointersOf([flagOf('a', { prerequisites: requires('b') }), flagOf('b', { archived: true })])).toEqual([
      '/prerequisites/0/flag_key',
    ]);
    const prerequisites = [...requires('c'), { flagKey: 'b', variant: 'blue' }];
    expect(faultsOf([flagOf('a', { prerequisites }), flagOf('b'), flagOf('c')])).toEqual([
      { pointer: '/prerequisites/1/variant', message: '"b" has no variant "blue"; it has on, off' },
    ]);
  });

  it('is refused a circle of prerequisites, itself included, and told the way', () => {
    expect(faultsOf([flagOf('a', { prerequisites: requires('a') })])[0]!.message).toContain('a → a');
    const circle = [
      flagOf('a', { prerequisites: requires('b') }),
      flagOf('b', { prerequisites: requires('c') }),
      flagOf('c', { prerequisites: requires('a') }),
    ];
    expect(faultsOf(circle)[0]!.message).toContain('a → b → c → a');
  });

  it('is refused a circle of unlocks, through segments too', () => {
    expect(pointersOf([latchingFlag('a', afterUnlocking('a'))])).toEqual(['/rules/0/conditions']);
    const circle = [latchingFlag('a', afterUnlocking('b')), latchingFlag('b', afterUnlocking('a'))];
    expect(pointersOf(circle)).toEqual(['/rules/0/conditions']);
    const segments = [segmentOf('s', { not: { condition: 't' } }), segmentOf('t', afterUnlocking('a'))];
    expect(faultsOf([latchingFlag('a', { condition: 's' })], segments)[0]!.message).toContain('segment s → segment t');
  });

  it('may require what another’s unlock leads to: a prerequisite is not an unlock', () => {
    expect(faultsOf([flagOf('a', { prerequisites: requires('b') }), latchingFlag('b', afterUnlocking('a'))])).toEqual(
      [],
    );
  });

  it('is refused more prerequisites in a row than a decision follows, wherever it stands among them', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, i) => flagOf(`f${i}`, { prerequisites: i + 1 < length ? requires(`f${i + 1}`) : [] }));
    expect(pointersOf(chain(MAX_PREREQUISITE_DEPTH + 1))).toEqual([]);
    expect(pointersOf(chain(MAX_PREREQUISITE_DEPTH + 2))).toEqual(['/prerequisites']);
    expect(pointersOf(chain(MAX_PREREQUISITE_DEPTH + 2).reverse())).toEqual(['/prerequisites']);
  });

  it('may require one flag along many ways', () => {
    const layers = Array.from({ length: MAX_PREREQUISITE_DEPTH }, (_, i) =>
      ['a', 'b'].map((side) =>
        flagOf(`${side}${i}`, {
          prerequisites: i + 1 < MAX_PREREQUISITE_DEPTH ? requires(`a${i + 1}`, `b${i + 1}`) : [],
        }),
      ),
    );
    expect(faultsOf(layers.flat())).toEqual([]);
  });

  it('warns of a latching rule that reads what a request gives', () => {
    const warnings = (flag: Flag) => validateFlag(flag, present([])).warnings.map(({ pointer }) => pointer);
    const live = flagOf('a', { rules: [ruleOf('r', { conditions: ATTRIBUTE })] });
    expect(warnings(live)).toEqual([]);
    expect(warnings(latchingFlag('a', ATTRIBUTE))).toEqual(['/rules/0/conditions/all/0']);
  });
});

describe('what others rely on', () => {
  const archived = flagOf('a', { archived: true });

  it('cannot be archived while another requires it, unless that one is archived too', () => {
    expect(faultsOf([archived, flagOf('b', { prerequisites: requires('a') })])).toEqual([
      { pointer: '/archived', message: '"b" requires this flag; change that first' },
    ]);
    expect(faultsOf([archived, flagOf('b', { prerequisites: requires('a'), archived: true })])).toEqual([]);
  });

  it('cannot be archived while conditions read whether it is unlocked', () => {
    expect(faultsOf([archived, latchingFlag('b', afterUnlocking('a'))])).toEqual([
      { pointer: '/archived', message: '"b" reads whether this flag is unlocked; change that first' },
    ]);
    expect(pointersOf([archived, { ...latchingFlag('b', afterUnlocking('a')), archived: true }])).toEqual([]);
    expect(faultsOf([archived], [segmentOf('s', afterUnlocking('a'))])).toEqual([
      { pointer: '/archived', message: 'the segment "s" reads whether this flag is unlocked; change that first' },
    ]);
  });

  it('cannot lose a variant that another requires', () => {
    const without = flagOf('a', { variants: [{ key: 'on', value: true }] });
    const other = flagOf('b', { prerequisites: [{ flagKey: 'a', variant: 'off' }] });
    expect(pointersOf([without, other])).toEqual(['/variants']);
    expect(pointersOf([without, { ...other, prerequisites: requires('a') }])).toEqual([]);
  });

  it('can be read by nobody new once it is archived', () => {
    expect(pointersOf([latchingFlag('b', afterUnlocking('a')), archived])).toEqual([
      '/rules/0/conditions/all/0/params/flag',
    ]);
  });

  it('may be archived by what is archived itself: an archived flag asks for nothing until it comes back', () => {
    const flag = flagOf('b', {
      archived: true,
      prerequisites: requires('a'),
      rules: [ruleOf('r', { conditions: afterUnlocking('a') })],
    });
    expect(faultsOf([flag, archived])).toEqual([]);
    expect(pointersOf([{ ...flag, archived: false }, archived])).toEqual([
      '/rules/0/conditions/all/0/params/flag',
      '/prerequisites/0/flag_key',
    ]);
  });
});

describe('a segment among others', () => {
  const faults = (segments: readonly Segment[], flags: readonly Flag[] = []) =>
    validateSegment(segments[0]!, present(flags, segments.slice(1))).faults.map(({ pointer }) => pointer);

  it('is sound with segments and flags that there are', () => {
    const segments = [segmentOf('s', { all: [{ condition: 't' }, afterUnlocking('a')] }), segmentOf('t', VERIFIED)];
    expect(faults(segments, [latchingFlag('a', VERIFIED)])).toEqual([]);
  });

  it('is refused conditions that are wrong, by their pointer', () => {
    expect(faults([segmentOf('s', { all: [{ condition: 'none' }] })])).toEqual(['/conditions/all/0/condition']);
  });

  it('is refused conditions that read whether an archived flag is unlocked', () => {
    expect(faults([segmentOf('s', afterUnlocking('gone'))], [flagOf('gone', { archived: true })])).toEqual([
      '/conditions/all/0/params/flag',
    ]);
  });

  it('is refused a circle of segments, itself included', () => {
    expect(faults([segmentOf('s', { condition: 's' })])).toEqual(['/conditions']);
    const circle = [segmentOf('s', { any: [{ condition: 't' }] }), segmentOf('t', { not: { condition: 's' } })];
    expect(faults(circle)).toEqual(['/conditions']);
  });

  it('is refused a circle through an action that counts since a flag was unlocked', () => {
    const flags = [latchingFlag('a', { condition: 's' }), latchingFlag('b', afterUnlocking('a'))];
    const derivation = { from: ['x'], where: {}, countsSince: 0, since: { unlock: unlockReadOf(flags[1]!) } };
    const actions = [{ name: 'y', clientTrackable: false, derivation }];
    const reads = { all: [{ fact: 'actionCount', params: { action: 'y' }, operator: 'greaterThan', value: 1 }] };
    const without = compileSnapshot(configurationOf(flags, { segments: [segmentOf('s', VERIFIED)], actions }));
    const [fault] = validateSegment(segmentOf('s', { any: [reads] }), without).faults;
    expect(fault).toMatchObject({
      pointer: '/conditions',
      message: expect.stringContaining('action y → b → a → segment s'),
    });
    expect(validateSegment(segmentOf('t', reads), without).faults).toEqual([]);
    expect(validateFlag({ ...flags[1]!, archived: true }, without).faults).toMatchObject([{ pointer: '/archived' }]);
  });

  it('is refused a circle of segments that it counts, and counting itself', () => {
    const counts = (...segments: string[]) => ({
      all: [{ fact: 'metConditions', params: { segments }, operator: 'greaterThan', value: 0 }],
    });
    expect(faults([segmentOf('s', counts('s'))])).toEqual(['/conditions']);
    expect(faults([segmentOf('s', counts('t')), segmentOf('t', counts('s'))])).toEqual(['/conditions']);
    expect(faults([segmentOf('s', counts('t')), segmentOf('t', VERIFIED)])).toEqual([]);
  });

  it('is refused a circle through a flag’s unlock', () => {
    expect(faults([segmentOf('s', afterUnlocking('a'))], [latchingFlag('a', { condition: 's' })])).toEqual([
      '/conditions',
    ]);
  });
});

describe('what would come to more than can be evaluated', () => {
  const references = (to: string, times: number) => ({ all: Array.from({ length: times }, () => ({ condition: to })) });
  const levels = (count: number, times: number) =>
    Array.from({ length: count }, (_, i) => segmentOf(`s${i}`, i === 0 ? VERIFIED : references(`s${i - 1}`, times)));

  it('is refused as a segment, by itself, and by its name as the flag that refers to it', () => {
    const bomb = levels(4, 200);
    const { faults } = validateSegment(segmentOf('s4', references('s3', 200)), present([], bomb));
    expect(faults).toEqual([{ pointer: '/conditions', message: expect.stringContaining('4816080401 conditions') }]);
    // By itself it is small enough; what the flag makes of it is not.
    const flag = flagOf('many', { rules: ['a', 'b'].map((id) => ruleOf(id, { conditions: references('s', 30) })) });
    const grown = validateSegment(
      segmentOf('s', references('t', 50)),
      present([flag], [segmentOf('t', VERIFIED), segmentOf('s', VERIFIED)]),
    );
    expect(grown.faults).toEqual([
      { pointer: '/conditions', message: expect.stringContaining('the rules of "many" would come to') },
    ]);
  });

  it('is refused as a flag, at its largest rule, all rules taken together', () => {
    const segments = levels(2, 100);
    const rules = [
      ruleOf('small'),
      ...['a', 'b'].map((id) => ruleOf(id, { conditions: references('s1', id === 'b' ? 10 : 9) })),
    ];
    expect(faultsOf([flagOf('a', { rules: rules.slice(0, 2) })], segments)).toEqual([]);
    const faults = faultsOf(
      [flagOf('a', { rules: [...rules, ruleOf('c', { conditions: references('s1', 6) })] })],
      segments,
    );
    expect(faults).toEqual([
      {
        pointer: '/rules/2/conditions',
        message: expect.stringMatching(/the rules come to \d+ conditions .* at most 5000/),
      },
    ]);
  });

  it('is refused as segments that stand too deep, in a flag and in the segment that makes them so', () => {
    const chain = levels(33, 1);
    expect(pointersOf([flagOf('a', { rules: [ruleOf('r', { conditions: references('s31', 1) })] })], chain)).toEqual(
      [],
    );
    expect(pointersOf([flagOf('a', { rules: [ruleOf('r', { conditions: references('s32', 1) })] })], chain)).toEqual([
      '/rules/0/conditions',
    ]);
    const flag = flagOf('deep', { rules: [ruleOf('r', { conditions: references('s31', 1) })] });
    const deeper = validateSegment(
      segmentOf('s0', { all: [{ condition: 'below' }] }),
      present([flag], [...chain.slice(0, 32), segmentOf('below', VERIFIED)]),
    );
    expect(deeper.faults).toEqual([
      { pointer: '/conditions', message: expect.stringContaining('33 segments within one another') },
    ]);
  });

  it('may be changed where it is stored already, as long as it does not grow', () => {
    const bomb = levels(5, 200);
    const rules = [ruleOf('r', { conditions: references('s4', 2) })];
    const stored = present([flagOf('a', { rules })], bomb);
    expect(validateFlag(flagOf('a', { rules, active: false, version: 2 }), stored).faults).toEqual([]);
    expect(
      validateFlag(flagOf('a', { rules: [ruleOf('r', { conditions: references('s4', 1) })] }), stored).faults,
    ).toEqual([]);
    expect(
      validateFlag(flagOf('a', { rules: [ruleOf('r', { conditions: references('s4', 3) })] }), stored).faults,
    ).toHaveLength(1);
    expect(validateSegment(segmentOf('s4', references('s3', 199)), stored).faults).toEqual([]);
    expect(validateSegment(segmentOf('s4', references('s3', 201)), stored).faults).toHaveLength(1);
  });
});

describe('a circle', () => {
  it('is told where it is entered', () => {
    const rules = [ruleOf('r', { conditions: VERIFIED }), ruleOf('s', { conditions: afterUnlocking('b') })];
    expect(pointersOf([flagOf('a', { rules }), latchingFlag('b', afterUnlocking('a'))])).toEqual([
      '/rules/1/conditions',
    ]);
    expect(pointersOf([flagOf('a', { prerequisites: requires('a') })])).toEqual(['/prerequisites']);
  });

  it('elsewhere does not concern a flag that does not lead there', () => {
    const others = [latchingFlag('b', afterUnlocking('c')), latchingFlag('c', afterUnlocking('b'))];
    expect(pointersOf([latchingFlag('a', VERIFIED), ...others])).toEqual([]);
  });
});
