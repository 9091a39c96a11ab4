import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { jsonOfTree, treeOf } from '../conditions/condition-tree.js';
import { arbitraryAction, arbitraryContent } from '../testing/arbitrary-draft.js';
import { TYPING_PAUSE_MS } from '../values/steps.js';
import { contentAsJson, NEW_FLAG, newRule } from './flag-content.js';
import {
  type DraftAction,
  draftAfterRead,
  draftOf,
  draftOfNew,
  draftOn,
  type FlagDraft,
  newRuleKey,
  reduceDraft,
  savedDraft,
  unsavedChanges,
} from './flag-draft.js';
import { keepDraft, keptDraft } from './kept-draft.js';
import { rowKey } from './merge-rows.js';
import { draftPlace, flagInput, saveRequest } from './save-request.js';

const FLAG: FeatureFlag = {
  key: 'reports',
  id: 'flg_1',
  version: 3,
  salt: 's',
  name: 'Reports',
  description: '',
  active: true,
  type: 'BOOLEAN',
  variants: [...NEW_FLAG.variants],
  off_variant: 'off',
  distribution: [],
  rules: [ruleOf('ten', 'Ten'), ruleOf('rest', 'Rest')],
  prerequisites: [],
  tags: ['a'],
  owner: '',
  sentence: '',
};

function ruleOf(id: string, name: string): FeatureFlag['rules'][number] {
  const conditions = { all: [{ fact: 'actionCount', operator: 'greaterThan', value: 10 }] };
  return { id, name, conditions, bucket_by: 'user', distribution: [], sentence: '' };
}

const does = (draft: FlagDraft, ...actions: DraftAction[]): FlagDraft => actions.reduce(reduceDraft, draft);
const kinds = (draft: FlagDraft): string[] => unsavedChanges(draft).map(({ kind }) => kind);
const row = (fields: object) =>
  ({ user_id: '', role: '', organization_id: '', managed_by: '', effect: 'ALLOW', enabled: true, ...fields }) as const;
const drafts = arbitraryContent.map((content) => draftOn({ key: 'k', id: 'flg_1', version: 7, content }));
const edits = fc.array(arbitraryAction, { maxLength: 25 });
const shown = ({ now }: FlagDraft): unknown => ({ flag: contentAsJson(now.flag), rows: now.rows });

describe('a draft', () => {
  it('goes back by undo to where it began, and by redo to where it was, whatever was done', () => {
    fc.assert(
      fc.property(drafts, edits, (start, picks) => {
        const end = picks.reduce((draft, pick) => reduceDraft(draft, pick(draft)), start);
        let draft = end;
        while (draft.past.length > 0) draft = reduceDraft(draft, { kind: 'undo' });
        expect(shown(draft)).toEqual(shown(start));
        expect(unsavedChanges(draft)).toEqual([]);
        while (draft.undone.length > 0) draft = reduceDraft(draft, { kind: 'redo' });
        const forward = picks.some((pick) => pick(end).kind === 'undo') ? undefined : shown(end);
        if (forward !== undefined) expect(shown(draft)).toEqual(forward);
      }),
      { numRuns: 300 },
    );
  });

  it('is saved by what it says it changes, and by nothing else', () => {
    fc.assert(
      fc.property(drafts, edits, (start, picks) => {
        const draft = picks.reduce((each, pick) => reduceDraft(each, pick(each)), start);
        const { key, rules, ...fields } = flagInput(draft);
        const changes = unsavedChanges(draft);
        const changed = changes.flatMap((change) => (change.kind === 'field' ? [change.field] : []));
        expect(key).toBe('k');
        expect(new Set(Object.keys(fields))).toEqual(new Set(changed));
        expect(changes.length - changed.length >= (rules === undefined ? 0 : 1)).toBe(true);
        expect(rules !== undefined).toBe(changes.some(({ kind }) => kind.startsWith('rule-')));
        const again = picks.length === 0 ? draft : reduceDraft(draft, { kind: 'discard' });
        expect(unsavedChanges(again)).toEqual([]);
        expect(flagInput(again)).toEqual({ key: 'k' });
      }),
    );
  });

  it('is kept as text and read again', () => {
    fc.assert(
      fc.property(drafts, edits, (start, picks) => {
        const draft = picks.reduce((each, pick) => reduceDraft(each, pick(each)), start);
        const read = keptDraft(keepDraft(draft))!;
        expect(shown(read)).toEqual(shown(draft));
        expect(flagInput(read)).toEqual(flagInput(draft));
        expect({ ...read.base, content: 0 }).toEqual({ ...draft.base, content: 0 });
      }),
    );
  });

  it('is not read from nonsense', () => {
    const kept = keepDraft(does(draftOf(FLAG), { kind: 'put-rows', rows: [row({ role: 'manager' })] }));
    expect(keptDraft(kept)).toBeDefined();
    for (const [from, to] of [
      ['"version":1', '"version":2'],
      ['"version":3', '"version":-3'],
      ['"tags":["a"]', '"tags":[1]'],
      ['"tags":["a"]', '"tags":"a"'],
      ['"rollout":100000', '"rollout":"all"'],
      ['"policy":"LIVE"', '"policy":"STICKY"'],
      ['"key":"rest"', '"key":"ten"'],
      ['"starts_at":null', '"starts_at":"soon"'],
      ['"role":"manager"', '"role":null'],
      ['"kind":"put"', '"kind":"keep"'],
      ['"owner":""', '"owner":"","more":1'],
      ['"owner":"",', ''],
      ['}', ''],
    ] as const) {
      expect(kept).toContain(from);
      expect(keptDraft(kept.replace(from, to))).toBeUndefined();
    }
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => keptDraft(text) === undefined));
  });

  it('counts each field, rule and row that is changed once, and nothing that was changed back', () => {
    const start = draftOf(FLAG);
    const once = does(
      start,
      { kind: 'set', fields: { name: 'R', active: false } },
      { kind: 'set-rule', rule: 'ten', fields: { rollout: 5, name: 'Eleven' } },
      { kind: 'move-rule', rule: 'rest', position: 0 },
      { kind: 'add-rule', rule: newRule('new:1') },
      { kind: 'put-rows', rows: [row({ role: 'manager' }), row({ user_id: 'ada' })] },
      { kind: 'drop-rows', rows: [row({ user_id: 'ada', organization_id: 'acme' })] },
    );
    expect(kinds(once)).toEqual([
      ...['field', 'field', 'rule-added', 'rule-field', 'rule-field', 'rule-order', 'row', 'row'],
    ]);
    const back = does(
      once,
      { kind: 'set', fields: { name: 'Reports', active: true } },
      { kind: 'set-rule', rule: 'ten', fields: { rollout: 100_000, name: 'Ten' } },
      { kind: 'move-rule', rule: 'ten', position: 0 },
      { kind: 'remove-rule', rule: 'new:1' },
      { kind: 'forget-rows', rows: [row({ role: 'manager' }), row({ user_id: 'ada' })] },
    );
    expect(kinds(back)).toEqual([]);
    expect(kinds(does(start, { kind: 'remove-rule', rule: 'ten' }))).toEqual(['rule-removed']);
  });

  it('undoes what was typed in one go at once', () => {
    const typed = (name: string, atMs: number): DraftAction => ({ kind: 'set', fields: { name }, typing: { atMs } });
    const draft = does(
      draftOf(FLAG),
      ...[typed('R', 0), typed('Re', 200), typed('Rep', 400), typed('Repo', 400 + TYPING_PAUSE_MS)],
      { kind: 'set', fields: { owner: 'g' }, typing: { atMs: 2_000 } },
      { kind: 'undo' },
    );
    const names = [draft, does(draft, { kind: 'undo' }), does(draft, { kind: 'undo' }, { kind: 'undo' })];
    expect(names.map(({ now }) => now.flag.name)).toEqual(['Repo', 'Rep', 'Reports']);
  });

  it('says why of what came from elsewhere, for as long as that stands', () => {
    const restored = does(draftOf(FLAG), {
      kind: 'replace',
      flag: { ...NEW_FLAG, name: 'Before' },
      why: 'restores version 1',
    });
    const edited = does(restored, { kind: 'set', fields: { owner: 'grace' } });
    expect([edited.now.why, keptDraft(keepDraft(edited))!.now.why]).toEqual(Array(2).fill('restores version 1'));
    const undone = does(edited, { kind: 'undo' }, { kind: 'undo' });
    const others = does(undone, { kind: 'set', fields: { owner: 'ada' } });
    expect([undone.now.why, others.now.why, does(edited, { kind: 'discard' }).now.why]).toEqual(Array(3));
    expect(does(undone, { kind: 'redo' }).now.why).toBe('restores version 1');
    const same = does(draftOf(FLAG), { kind: 'replace', flag: draftOf(FLAG).now.flag, why: 'restores version 3' });
    expect(same.now.why).toBeUndefined();
  });

  it('types in one comparison apart from another', () => {
    const start = draftOf({ ...FLAG, rules: [{ ...FLAG.rules[0]!, conditions: { all: [leaf(1), leaf(2)] } }] });
    const { root } = start.now.flag.rules[0]!.conditions;
    const typed = (i: number, value: number): DraftAction => ({
      kind: 'edit-conditions',
      rule: 'ten',
      edit: { kind: 'change', at: root.children[i]!.id, members: { value } },
      typing: { atMs: 0 },
    });
    const draft = does(start, typed(0, 10), typed(0, 11), typed(1, 20), { kind: 'undo' });
    expect(jsonOfTree(draft.now.flag.rules[0]!.conditions)).toEqual({ all: [leaf(11), leaf(2)] });
    expect(draft.now.selected).toEqual({ rule: 'ten', node: root.children[0]!.id });
  });

  it('names new rules apart from all that it ever had', () => {
    const added = does(draftOf(FLAG), { kind: 'add-rule', rule: newRule('new:1') }, { kind: 'undo' });
    expect([newRuleKey(draftOf(FLAG)), newRuleKey(added)]).toEqual(['new:1', 'new:2']);
  });

  it('finds a row of a user whatever organization is named with it', () => {
    expect(rowKey(row({ user_id: 'ada', organization_id: 'acme' }))).toBe(rowKey(row({ user_id: 'ada' })));
    expect(rowKey(row({ role: 'manager', organization_id: 'acme' }))).not.toBe(rowKey(row({ role: 'manager' })));
  });
});

function leaf(value: number) {
  return { fact: 'actionCount', operator: 'equal', value };
}

describe('a save', () => {
  it('sends what has changed, whole rules and rows, and the version it was changed on', () => {
    const draft = does(
      draftOf(FLAG),
      { kind: 'set', fields: { starts_at: null, tags: [] } },
      { kind: 'add-rule', rule: { ...newRule('new:1', 'LATCHING'), name: 'New' } },
      { kind: 'put-rows', rows: [row({ role: 'manager', managed_by: 'acme' })] },
      { kind: 'drop-rows', rows: [row({ user_id: 'ada' })] },
    );
    const request = saveRequest(draft, { comment: 'trial', on_rule_change: 'RELOCK' });
    expect(request).toMatchObject({ expected_version: 3, comment: 'trial', on_rule_change: 'RELOCK' });
    expect(request.flag).toMatchObject({ key: 'reports', tags: [] });
    expect(Object.keys(request.flag!)).toEqual(['key', 'tags', 'rules']);
    expect(request.flag!.rules!.map(({ id, name }) => [id, name])).toEqual([
      ['ten', 'Ten'],
      ['rest', 'Rest'],
      [undefined, 'New'],
    ]);
    expect(request.access).toEqual([
      { user_id: '', role: 'manager', organization_id: '', effect: 'ALLOW', enabled: true },
    ]);
    expect(request.remove_access).toHaveLength(1);
  });

  it('makes a flag that must not be there yet', () => {
    const request = saveRequest(draftOfNew('beta', 'Beta'), { comment: '', on_rule_change: 'KEEP' });
    expect(request).toEqual({ flag: { key: 'beta', name: 'Beta' }, expected_version: 0, on_rule_change: 'KEEP' });
  });

  it('keeps what was edited while it was under way, and takes over the ids of new rules', () => {
    const sent = does(
      draftOf(FLAG),
      { kind: 'add-rule', rule: newRule('new:1') },
      { kind: 'put-rows', rows: [row({ role: 'manager' })] },
    );
    const later = does(
      sent,
      { kind: 'set-rule', rule: 'new:1', fields: { rollout: 5 } },
      { kind: 'set', fields: { owner: 'grace' } },
      { kind: 'put-rows', rows: [row({ user_id: 'ada' })] },
    );
    const saved: FeatureFlag = {
      ...FLAG,
      version: 4,
      rules: [...FLAG.rules, { ...ruleOf('rul_9', ''), conditions: {}, policy: 'LIVE' }],
    };
    const done = savedDraft(sent, sent.now, saved);
    expect([kinds(done), done.base.version]).toEqual([[], 4]);
    const rest = [
      { kind: 'field', field: 'owner' },
      { kind: 'rule-field', field: 'rollout', rule: { key: 'rul_9' } },
      { kind: 'row', pending: { row: { user_id: 'ada' } } },
    ];
    expect(unsavedChanges(savedDraft(later, sent.now, saved))).toMatchObject(rest);
    // So it is in a draft that was kept meanwhile, as its page had been left.
    const kept = savedDraft(keptDraft(keepDraft(later))!, sent.now, saved);
    expect(unsavedChanges(kept)).toMatchObject(rest);
  });

  it('is found to be done where the flag that is read has all of it, whoever saved it', () => {
    const draft = does(
      draftOf(FLAG),
      { kind: 'add-rule', rule: newRule('new:1') },
      { kind: 'set', fields: { owner: 'grace' } },
    );
    const saved: FeatureFlag = {
      ...FLAG,
      version: 5,
      owner: 'grace',
      tags: ['b'],
      rules: [...FLAG.rules, { ...ruleOf('rul_9', ''), conditions: {}, policy: 'LIVE' }],
    };
    const read = draftAfterRead(draft, saved);
    expect([kinds(read), read.base.version, read.now.flag.tags]).toEqual([[], 5, ['b']]);
    // Where anything of it is not there the draft stays as it was made, on what it was made on; so do rows, of which the flag tells nothing.
    expect(draftAfterRead(draft, { ...saved, owner: 'ada' })).toBe(draft);
    const rows = does(draft, { kind: 'put-rows', rows: [row({ role: 'manager' })] });
    expect(draftAfterRead(rows, saved)).toBe(rows);
    expect(draftAfterRead(draft, FLAG)).toBe(draft);
    expect(draftAfterRead(draftOf(FLAG), saved).base.version).toBe(5);
  });

  it('finds the place of each fault', () => {
    const { flag } = draftOf(FLAG).now;
    const { root } = flag.rules[1]!.conditions;
    expect([
      draftPlace(flag, '/flag/rules/1/conditions/all/0/value'),
      draftPlace(flag, '/rules/0/rollout'),
      draftPlace(flag, '/rules/7/name'),
      draftPlace(flag, '/variants/0/key'),
      draftPlace(flag, '/access/3/role'),
      draftPlace(flag, ''),
    ]).toEqual([
      { field: 'rules', rule: 'rest', node: root.children[0]!.id, rest: '/value' },
      { field: 'rules', rule: 'ten', rest: '/rollout' },
      { field: 'rules', rest: '/7/name' },
      { field: 'variants', rest: '/0/key' },
      { field: 'access', rest: '/3/role' },
      { field: '', rest: '' },
    ]);
  });

  it('reads again what it has sent', () => {
    const { rules } = draftOf(FLAG).now.flag;
    expect(rules.map(({ conditions }) => jsonOfTree(conditions))).toEqual(
      FLAG.rules.map(({ conditions }) => conditions),
    );
    expect(treeOf({}).root.kind).toBe('everyone');
  });
});
