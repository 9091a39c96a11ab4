import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { flagOf, fromDay, NOW, ruleOf } from '../testing/samples.js';
import type { Flag, Rule } from './flag.js';
import { type MatchedInput, matchRules } from './match-rules.js';
import { parseFlag } from './parse-flag.js';
import type { RuleInput } from './parse-rules.js';
import { ruleMeaning } from './same-meaning.js';

const inputOf = (given: Partial<MatchedInput> = {}): MatchedInput => ({ ...ruleOf(''), ...given });

/** The ids of the rules that these inputs are, '' for new ones. */
function matched(inputs: readonly Partial<MatchedInput>[], flag: Flag): readonly string[] {
  return matchRules(inputs.map(inputOf), flag).map((match) => (match.kind === 'new' ? '' : match.rule.id));
}

describe('a rule of a write', () => {
  const [day1, day2, day3] = [fromDay(1), fromDay(2), fromDay(3)];
  const flag = flagOf('f', {
    rules: [
      ruleOf('r1', { name: 'one', conditions: day1 }),
      ruleOf('r2', { name: 'two', conditions: day2 }),
      ruleOf('r3', { conditions: day3 }),
      ruleOf('r4', { conditions: day3 }),
    ],
    removedRules: [{ id: 'gone', version: 4, ledgerFloor: 3 }],
  });

  it('is the one that it names by its id, there or removed', () => {
    expect(matched([{ id: 'r2', name: 'one', conditions: day1 }, { id: 'gone' }, { id: 'unheard-of' }], flag)).toEqual([
      'r2',
      'gone',
      '',
    ]);
  });

  it('is the one of its name, whatever it means, before one of its meaning', () => {
    expect(matched([{ conditions: day2 }, { name: 'two', conditions: day1 }], flag)).toEqual(['', 'r2']);
    expect(matched([{ name: 'two', conditions: day1 }, { conditions: day1 }], flag)).toEqual(['r2', 'r1']);
  });

  it('is not the one of its name where that name stands twice, on either side', () => {
    const twice = flagOf('f', { rules: [ruleOf('a', { name: 'n' }), ruleOf('b', { name: 'n', conditions: day1 })] });
    expect(matched([{ name: 'n', conditions: day2 }], twice)).toEqual(['']);
    expect(matched([{ name: 'n', conditions: day1 }], twice)).toEqual(['b']);
    expect(
      matched(
        [
          { name: 'one', conditions: day3 },
          { name: 'one', conditions: day2 },
        ],
        flag,
      ),
    ).toEqual(['r3', 'r2']);
    // Of what ids have left, there is one on each side.
    expect(matched([{ id: 'a' }, { name: 'n' }], twice)).toEqual(['a', 'b']);
  });

  it('is the first of its meaning that nobody has taken', () => {
    const same = { conditions: day3 };
    expect(matched([same, same, same], flag)).toEqual(['r3', 'r4', '']);
    expect(matched([{ id: 'r3' }, same], flag)).toEqual(['r3', 'r4']);
    expect(matched([{ conditions: { ...day3, name: 'a label' } }], flag)).toEqual(['r3']);
    for (const other of [{ policy: 'LATCHING' }, { rolloutPer100k: 1 }, { bucketBy: 'organization' }] as const) {
      expect(matched([{ ...same, ...other }], flag)).toEqual(['']);
    }
  });
});

describe('laws of writing rules', () => {
  let made = 0;
  const newId = (prefix: string): string => `${prefix}_${++made}`;

  /** Few words, so that they meet. */
  const arbitraryRule: fc.Arbitrary<RuleInput> = fc.record(
    {
      id: fc.constantFrom('', '', 'a', 'b', 'c'),
      name: fc.constantFrom('', 'x', 'y'),
      conditions: fc.constantFrom({}, fromDay(1), { ...fromDay(1), name: 'first day' }, fromDay(2)),
      policy: fc.constantFrom('LIVE', 'LATCHING'),
      rolloutPer100k: fc.constantFrom(0, 100_000),
      bucketBy: fc.constantFrom('user', 'organization'),
      distribution: fc.constantFrom([], [{ variant: 'on', weight: 1 }]),
    },
    { requiredKeys: [] },
  );
  const arbitraryWrite = fc.record({
    rules: fc.uniqueArray(arbitraryRule, { maxLength: 5, selector: ({ id }) => id || ++made }),
    relock: fc.boolean(),
  });
  const arbitraryHistory = fc.array(arbitraryWrite, { minLength: 1, maxLength: 5 });
  type Write = { readonly rules: readonly RuleInput[]; readonly relock: boolean };

  function write(existing: Flag | undefined, { rules, relock }: Write): Flag {
    const { flag, faults } = parseFlag({ key: 'f', input: { rules }, existing, now: NOW + ++made, newId, relock });
    expect(faults).toEqual([]);
    return flag;
  }

  const flagAfter = (history: readonly Write[]): Flag =>
    history.reduce<Flag | undefined>((flag, one) => write(flag, one), undefined)!;
  const content = ({ version, updatedAt, ...rest }: Flag) => rest;
  const withoutId = ({ id, ...rule }: Rule): RuleInput => rule;

  it('the same write twice changes nothing', () => {
    fc.assert(
      fc.property(arbitraryHistory, (history) => {
        const once = flagAfter(history);
        expect(content(write(once, history.at(-1)!))).toEqual(content(once));
      }),
      { numRuns: 2_000 },
    );
  });

  it('writing what was read changes nothing, with its ids and without, RELOCK or not', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.boolean(), (history, relock) => {
        const flag = flagAfter(history);
        expect(content(write(flag, { rules: flag.rules, relock }))).toEqual(content(flag));
        expect(content(write(flag, { rules: flag.rules.map(withoutId), relock }))).toEqual(content(flag));
      }),
      { numRuns: 1_000 },
    );
  });

  it('another order keeps who they are by their ids; without ids, where nothing else stands twice', () => {
    const arbitraryOrder = fc.tuple(arbitraryHistory, fc.infiniteStream(fc.nat()));
    let distinct = 0;
    fc.assert(
      fc.property(arbitraryOrder, ([history, keys]) => {
        const flag = flagAfter(history);
        const order = flag.rules.map((rule) => ({ rule, key: keys.next().value as number }));
        const shuffled = order.toSorted((a, b) => a.key - b.key).map(({ rule }) => rule);
        expect(write(flag, { rules: shuffled, relock: true }).rules).toEqual(shuffled);
        const unique = (of: (rule: Rule) => string): boolean => new Set(flag.rules.map(of)).size === flag.rules.length;
        if (!(unique(ruleMeaning) || (unique(({ name }) => name) && flag.rules.every(({ name }) => name !== ''))))
          return;
        distinct++;
        expect(write(flag, { rules: shuffled.map(withoutId), relock: true }).rules).toEqual(shuffled);
      }),
      { numRuns: 1_000 },
    );
    expect(distinct).toBeGreaterThan(25);
  });

  it('RELOCK touches only what changed, and nothing that was forgotten counts again', () => {
    fc.assert(
      fc.property(arbitraryHistory, arbitraryWrite, (history, last) => {
        const before = flagAfter(history);
        const then = write(before, last);
        const past = new Map([...before.rules, ...(before.removedRules ?? [])].map((rule) => [rule.id, rule]));
        const present = new Map([...then.rules, ...(then.removedRules ?? [])].map((rule) => [rule.id, rule]));
        for (const [id, { version, ledgerFloor }] of past) {
          expect(present.get(id)!.version).toBeGreaterThanOrEqual(version);
          expect(present.get(id)!.ledgerFloor).toBeGreaterThanOrEqual(ledgerFloor);
        }
        for (const rule of then.rules) {
          const was = before.rules.find(({ id }) => id === rule.id);
          if (was === undefined || ruleMeaning(was) !== ruleMeaning(rule)) continue;
          const { version, ledgerFloor, changedAt } = was;
          expect(rule).toMatchObject({ version, ledgerFloor, changedAt });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
