import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonOfTree, treeOf } from '../conditions/condition-tree.js';
import { arbitraryContent, changedContent } from '../testing/arbitrary-draft.js';
import { changesOf, sameRule } from './changes.js';
import { contentAsJson, type FlagContent, NEW_FLAG, newRule } from './flag-content.js';
import { draftOn, rebaseDraft, reduceDraft, unsavedChanges } from './flag-draft.js';
import { mergeFlags, type Side } from './merge-flags.js';

const merge = (base: FlagContent, theirs: FlagContent, yours: FlagContent, choices: readonly [string, Side][] = []) =>
  mergeFlags(base, theirs, yours, new Map(choices));
const json = (content: FlagContent): unknown => contentAsJson(content);
const three = arbitraryContent.chain((base) => fc.tuple(fc.constant(base), changedContent(base), changedContent(base)));

describe('a merge', () => {
  it('of one side only is that side', () => {
    fc.assert(
      fc.property(three, ([base, theirs, yours]) => {
        for (const [merged, expected] of [
          [merge(base, base, yours), yours],
          [merge(base, theirs, base), theirs],
          [merge(base, yours, yours), yours],
        ] as const) {
          expect(merged.conflicts).toEqual([]);
          expect(json(merged.content)).toEqual(json(expected));
        }
      }),
    );
  });

  it('finds the same conflicts from either side, and gives what is chosen', () => {
    fc.assert(
      fc.property(three, ([base, theirs, yours]) => {
        const mine = merge(base, theirs, yours);
        const other = merge(base, yours, theirs);
        const places = mine.conflicts.map(({ place }) => place);
        const turned = (side: Side): [string, Side][] => places.map((place) => [place, side]);
        expect(other.conflicts.map(({ place }) => place).sort()).toEqual([...places].sort());
        expect(mine.conflicts.every(({ side }) => side === 'yours')).toBe(true);
        const chosen = merge(base, theirs, yours, turned('theirs'));
        expect(sorted(chosen.content)).toEqual(sorted(other.content));
      }),
    );
  });

  it('loses nothing that either side changed without a conflict', () => {
    fc.assert(
      fc.property(three, ([base, theirs, yours]) => {
        const { content, conflicts } = merge(base, theirs, yours);
        const disputed = (place: string): boolean => conflicts.some((conflict) => place.startsWith(conflict.place));
        for (const side of [theirs, yours]) {
          for (const change of changesOf(base, side)) {
            const now = content.rules.find(({ key }) => 'rule' in change && key === change.rule.key);
            if (change.kind === 'rule-field' && !disputed(`/rules/${change.rule.key}/${change.field}`)) {
              expect(json({ ...NEW_FLAG, rules: [now!] })).toMatchObject({ rules: [{ [change.field]: change.after }] });
            } else if (change.kind === 'rule-added' && !disputed(`/rules/${change.rule.key}/`)) {
              expect(now !== undefined || disputed(`/rules/${change.rule.key}`)).toBe(true);
            } else if (change.kind === 'rule-removed' && !disputed(`/rules/${change.rule.key}`)) {
              expect(now).toBeUndefined();
            } else if (change.kind === 'field' && typeof change.after !== 'object' && !disputed(`/${change.field}`)) {
              expect(content[change.field]).toEqual(change.after);
            }
          }
        }
        const tags = new Set(content.tags);
        for (const tag of new Set([...base.tags, ...theirs.tags, ...yours.tags])) {
          const [was, they, you] = [base, theirs, yours].map((of) => of.tags.includes(tag));
          expect(tags.has(tag)).toBe(they === was ? you : they);
        }
        expect(new Set(content.rules.map(({ key }) => key)).size).toBe(content.rules.length);
      }),
      { numRuns: 300 },
    );
  });

  const rule = (key: string, fields: object = {}) => ({ ...newRule(key), ...fields });
  const of = (...rules: ReturnType<typeof rule>[]): FlagContent => ({ ...NEW_FLAG, rules });
  const keys = ({ rules }: FlagContent): string[] => rules.map(({ key }) => key);

  it('takes a rollout from one and a name from the other', () => {
    const { content, conflicts } = merge(of(rule('a')), of(rule('a', { rollout: 5 })), of(rule('a', { name: 'A' })));
    expect([content.rules, conflicts]).toEqual([[rule('a', { rollout: 5, name: 'A' })], []]);
  });

  it('has each decide about conditions that both have changed', () => {
    const [segmentA, segmentB] = ['a', 'b'].map((condition) => ({ conditions: treeOf({ condition }) }));
    const [base, theirs, yours] = [of(rule('a')), of(rule('a', segmentA)), of(rule('a', segmentB))];
    expect(merge(base, theirs, yours).conflicts).toEqual([
      { place: '/rules/a/conditions', base: {}, theirs: { condition: 'a' }, yours: { condition: 'b' }, side: 'yours' },
    ]);
    const { content } = merge(base, theirs, yours, [['/rules/a/conditions', 'theirs']]);
    expect(json(content)).toEqual(json(theirs));
  });

  it('asks about a rule that one has removed and the other changed', () => {
    const [base, theirs, yours] = [of(rule('a'), rule('b')), of(rule('b')), of(rule('a', { rollout: 5 }), rule('b'))];
    const kept = merge(base, theirs, yours);
    expect([keys(kept.content), kept.conflicts.map(({ place }) => place)]).toEqual([['a', 'b'], ['/rules/a']]);
    expect(keys(merge(base, theirs, yours, [['/rules/a', 'theirs']]).content)).toEqual(['b']);
  });

  it('puts rules that either added where they were added, and asks where both have moved rules', () => {
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((key) => rule(key)) as [
      ...[ReturnType<typeof rule>, ReturnType<typeof rule>, ReturnType<typeof rule>],
      ...[ReturnType<typeof rule>, ReturnType<typeof rule>],
    ];
    const added = merge(of(a, b), of(a, c, b), of(d, a, b, e));
    expect([keys(added.content), added.conflicts]).toEqual([['d', 'a', 'c', 'b', 'e'], []]);
    const moved = merge(of(a, b, c), of(c, a, d, b), of(a, c, b));
    expect([keys(moved.content), moved.conflicts.map(({ place }) => place)]).toEqual([
      ['a', 'd', 'c', 'b'],
      ['/rules'],
    ]);
    const one = merge(of(a, b, c), of(c, a, b), of(a, b, c, d));
    expect([keys(one.content), one.conflicts]).toEqual([['c', 'a', 'b', 'd'], []]);
  });

  it('goes on from what was saved meanwhile', () => {
    const base = { key: 'k', id: 'flg_1', version: 1, content: of(rule('a')) };
    const draft = reduceDraft(draftOn(base), { kind: 'set-rule', rule: 'a', fields: { rollout: 5 } });
    const theirs = { ...base, version: 2, content: { ...of(rule('a', { name: 'A' })), active: false } };
    const rebased = rebaseDraft(draft, theirs, new Map());
    expect(unsavedChanges(rebased)).toMatchObject([{ kind: 'rule-field', field: 'rollout', after: 5 }]);
    expect([rebased.base.version, rebased.now.flag.active]).toEqual([2, false]);
  });

  it('finds the new rules that a save has put whose answer was lost', () => {
    fc.assert(
      fc.property(arbitraryContent, changedContent(NEW_FLAG), fc.boolean(), (content, { rules: added }, again) => {
        const before = { ...content, rules: content.rules.map((each) => ({ ...each, key: `old-${each.key}` })) };
        const base = { key: 'k', id: 'flg_1', version: 1, content: before };
        const as = (name: (i: number) => string): FlagContent => {
          const named = added.map((each, i) => ({
            ...each,
            key: name(i),
            conditions: treeOf(jsonOfTree(each.conditions)),
          }));
          return { ...before, rules: [...named, ...before.rules] };
        };
        const yours = { flag: as((i) => `new:${i + 1}`), rows: [], selected: undefined };
        const saved = { ...base, version: 2, content: as((i) => `rul_${i}`) };
        const rebased = rebaseDraft(draftOn(base, yours), saved, new Map());
        expect(unsavedChanges(rebased)).toEqual([]);
        // A rule that is there twice in the draft is there twice.
        if (added.length === 0 || !again) return;
        const twice = { ...yours.flag, rules: [...yours.flag.rules, { ...added[0]!, key: 'new:9' }] };
        const other = rebaseDraft(draftOn(base, { ...yours, flag: twice }), saved, new Map());
        expect(unsavedChanges(other)).toMatchObject([{ kind: 'rule-added' }]);
      }),
    );
  });

  it('takes no rule for a new one that was there before, or says something else', () => {
    const base = of(rule('a'));
    const draft = of(rule('a'), rule('new:1'));
    expect(keys(merge(base, base, draft).content)).toEqual(['a', 'new:1']);
    const { content, conflicts } = merge(base, of(rule('a'), rule('b', { rollout: 5 })), draft);
    expect([new Set(keys(content)), conflicts]).toEqual([new Set(['a', 'b', 'new:1']), []]);
  });

  it('leaves rules that say the same as they are stored, whatever object they are', () => {
    fc.assert(
      fc.property(three, ([base, theirs, yours]) => {
        const { content } = merge(base, theirs, yours);
        const changed = new Set(
          changesOf(theirs, content).flatMap((change) => (change.kind === 'rule-field' ? [change.rule.key] : [])),
        );
        for (const each of content.rules) {
          const stored = theirs.rules.find(({ key }) => key === each.key);
          if (stored !== undefined) expect(sameRule(stored, each)).toBe(!changed.has(each.key));
        }
      }),
    );
  });
});

/** A content whose lists stand in an order of their own, where that says nothing or is settled arbitrarily. */
function sorted(content: FlagContent): unknown {
  const by = (of: (item: never) => string) => (a: unknown, b: unknown) => (of(a as never) < of(b as never) ? -1 : 1);
  return json({
    ...content,
    tags: [...content.tags].sort(),
    variants: [...content.variants].sort(by(({ key }: { key: string }) => key)),
    prerequisites: [...content.prerequisites].sort(by(({ flag_key }: { flag_key: string }) => flag_key)),
    rules: [...content.rules].sort(by(({ key }: { key: string }) => key)),
  });
}
