import fc from 'fast-check';
import type { AccessRow } from '../../../../src/protocol/gen/admin-json.js';
import { type ConditionTree, nodesOf, treeOf } from '../conditions/condition-tree.js';
import { type ConditionEdit, NEW_LEAF } from '../conditions/edit-conditions.js';
import type { VariantEdit } from '../flag/edit-variants.js';
import { type DraftRule, type FlagContent, NEW_FLAG, newRule } from '../flag/flag-content.js';
import type { DraftAction, FlagDraft } from '../flag/flag-draft.js';
import type { JsonObject, JsonValue } from '../values/json.js';

/** JSON as text makes it, with members called `__proto__` and such. */
const anyJson: fc.Arbitrary<JsonValue> = fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as JsonValue);
const name = fc.constantFrom(
  'all',
  'any',
  'not',
  'condition',
  'fact',
  'operator',
  'value',
  'name',
  'priority',
  'params',
);
const odd = fc.constantFrom<JsonObject>({ name: 'Ten reports' }, { priority: 2 }, { note: [1] }, { name: 5 }, {});

/** An object with members in an order of its own. */
function shuffled(object: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return object.chain((of) =>
    fc
      .shuffledSubarray(Object.entries(of), { minLength: Object.keys(of).length })
      .map((members) => Object.fromEntries(members)),
  );
}

const leaf: fc.Arbitrary<JsonObject> = shuffled(
  fc
    .record({
      fact: fc.constantFrom('actionCount', 'role', 'attribute', ''),
      operator: fc.constantFrom('equal', 'someFact:not:in', 'greaterThan'),
      value: fc.oneof(
        fc.constantFrom<JsonValue>(
          1,
          'a',
          null,
          ['a', 1],
          { fact: 'stage', path: '$.a', params: { of: 'b' } },
          { odd: 1 },
        ),
        anyJson,
      ),
      more: fc.constantFrom<JsonObject>(
        { params: { action: 'login' } },
        { path: '$.plan', public: true },
        { public: 'no' },
        {},
      ),
      labels: odd,
    })
    .map(({ more, labels, ...members }) => ({ ...members, ...more, ...labels })),
);

/** Conditions as they are stored, and much that only looks like them. */
export const arbitraryConditions: fc.Arbitrary<JsonValue> = fc.letrec<{ node: JsonValue }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    shuffled(fc.record({ condition: fc.constantFrom('known', 'paying') })),
    anyJson,
    fc.dictionary(name, anyJson, { maxKeys: 3 }),
    shuffled(
      fc
        .record({ kind: fc.constantFrom('all', 'any'), members: fc.array(tie('node'), { maxLength: 4 }), labels: odd })
        .map(({ kind, members, labels }) => ({ [kind]: members, ...labels })),
    ),
    shuffled(fc.record({ not: tie('node'), labels: odd }).map(({ not, labels }) => ({ not, ...labels }))),
  ),
})).node;

/** Picks an edit of whatever tree there is by then; now and then at a node that is not there. */
export type PickEdit = (tree: ConditionTree) => ConditionEdit;

const WITHOUT_MORE = ['indent', 'outdent', 'up', 'down', 'negate', 'remove'] as const;

export const arbitraryEdit: fc.Arbitrary<PickEdit> = fc
  .tuple(
    fc.nat(),
    fc.oneof(
      fc.constantFrom(...WITHOUT_MORE).map((kind) => ({ kind })),
      fc
        .constantFrom('all', 'any')
        .chain((group) => fc.constantFrom({ kind: 'wrap', group }, { kind: 'group', group })),
      fc.record({ kind: fc.constant('insert'), json: fc.oneof(fc.constant(NEW_LEAF), leaf), inside: fc.boolean() }),
      fc.record({ kind: fc.constantFrom('paste', 'replace'), json: fc.oneof(arbitraryConditions, fc.array(leaf)) }),
      fc.record({
        kind: fc.constant('change'),
        members: fc.dictionary(
          fc.oneof(name, fc.constant('public')),
          fc.option(fc.oneof(anyJson, fc.constantFrom('a', 1)), { nil: undefined }),
          { maxKeys: 2 },
        ),
      }),
    ),
  )
  .map(([pick, edit]) => (tree) => {
    const nodes = nodesOf(tree.root);
    const at = pick % 50 === 49 ? 'nowhere' : nodes[pick % nodes.length]!.id;
    return { ...edit, at } as ConditionEdit;
  });

const text = fc.constantFrom('', 'a', 'b', 'Reports', '‮ right to left', '<img onerror>');
const share = fc.record({ variant: fc.constantFrom('on', 'off', 'blue'), weight: fc.constantFrom(0, 1, 50_000) });
const simple: fc.Arbitrary<Omit<FlagContent, 'rules'>> = fc.record({
  name: text,
  description: text,
  active: fc.boolean(),
  is_enabled_globally: fc.boolean(),
  type: fc.constantFrom('BOOLEAN', 'STRING', 'NUMBER', 'JSON'),
  variants: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom('on', 'off', 'blue'),
      value: fc.constantFrom<JsonValue>(true, false, 'x', { a: 1 }),
    }),
    { selector: ({ key }) => key },
  ),
  off_variant: fc.constantFrom('off', 'blue'),
  distribution: fc.array(share, { maxLength: 2 }),
  prerequisites: fc.uniqueArray(
    fc.record({ flag_key: fc.constantFrom('a', 'b', 'c'), variant: fc.constantFrom('', 'on') }),
    {
      selector: ({ flag_key }) => flag_key,
    },
  ),
  starts_at: fc.constantFrom(null, '2026-03-29T00:00:00Z'),
  ends_at: fc.constantFrom(null, '2026-10-25T01:30:00Z'),
  tags: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')),
  owner: text,
  delegated: fc.boolean(),
  client_visible: fc.boolean(),
  archived: fc.boolean(),
  bucketing: fc.constantFrom(1, 2),
});

function rule(key: fc.Arbitrary<string>): fc.Arbitrary<DraftRule> {
  return fc.record({
    key,
    name: text,
    conditions: fc
      .constantFrom<JsonObject>({}, { all: [NEW_LEAF] }, { condition: 'known' })
      .map((json) => treeOf(json)),
    policy: fc.constantFrom('LIVE', 'LATCHING'),
    on_reversal: fc.constantFrom('KEEP', 'RELOCK'),
    earned_by: fc.constantFrom('USER', 'ORGANIZATION'),
    rollout: fc.constantFrom(0, 5_000, 100_000),
    bucket_by: fc.constantFrom('user', 'organization'),
    distribution: fc.array(share, { maxLength: 2 }),
  });
}

/** A flag's content with up to five rules, in any order. */
export const arbitraryContent: fc.Arbitrary<FlagContent> = fc
  .record({
    simple,
    rules: fc.uniqueArray(rule(fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5')), {
      selector: ({ key }) => key,
      maxLength: 5,
    }),
  })
  .map(({ simple: fields, rules }) => ({ ...fields, rules }));

const variantKey = fc.constantFrom('on', 'off', 'blue', 'red', '<img onerror>');

/** Any edit of variants, those that cannot be made included. */
export const arbitraryVariantEdit: fc.Arbitrary<VariantEdit> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key: variantKey }),
  fc.record({ kind: fc.constant('rename' as const), key: variantKey, to: variantKey }),
  fc.record({ kind: fc.constant('value' as const), key: variantKey, value: fc.constantFrom<JsonValue>(true, 7, [{}]) }),
  fc.record({ kind: fc.constant('remove' as const), key: variantKey }),
  fc.record({
    kind: fc.constant('type' as const),
    type: fc.constantFrom('BOOLEAN' as const, 'STRING' as const, 'NUMBER' as const, 'JSON' as const),
  }),
);

/** A content that differs from another in a few fields, and in a rule at most. */
export function changedContent(content: FlagContent): fc.Arbitrary<FlagContent> {
  return fc
    .tuple(arbitraryContent, fc.subarray(Object.keys(NEW_FLAG) as (keyof FlagContent)[], { maxLength: 3 }))
    .map(([other, fields]) => ({ ...content, ...Object.fromEntries(fields.map((field) => [field, other[field]])) }));
}

const row: fc.Arbitrary<AccessRow> = fc.record({
  user_id: fc.constantFrom('', 'ada'),
  role: fc.constantFrom('', 'manager'),
  organization_id: fc.constantFrom('', 'acme'),
  effect: fc.constantFrom('ALLOW', 'DENY'),
  enabled: fc.boolean(),
  managed_by: fc.constantFrom('', 'acme'),
});

/** Picks an action on whatever draft there is by then. */
export const arbitraryAction: fc.Arbitrary<(draft: FlagDraft) => DraftAction> = fc
  .record({
    pick: fc.nat(),
    position: fc.nat(6),
    fields: simple,
    rows: fc.array(row, { maxLength: 2 }),
    edit: arbitraryEdit,
    variants: arbitraryVariantEdit,
  })
  .chain(({ pick, position, fields, rows, edit, variants }) =>
    fc
      .tuple(
        fc.constantFrom<DraftAction['kind']>(
          ...([
            'set',
            'add-rule',
            'remove-rule',
            'move-rule',
            'set-rule',
            'edit-conditions',
            'edit-conditions',
            'edit-variants',
          ] as const),
          ...(['replace', 'select', 'put-rows', 'drop-rows', 'forget-rows', 'undo', 'redo', 'discard'] as const),
        ),
        fc.option(fc.record({ atMs: fc.nat(3_000) }), { nil: undefined }),
      )
      .map(([kind, typing]) => (draft: FlagDraft): DraftAction => {
        const { rules } = draft.now.flag;
        const chosen = rules[pick % Math.max(1, rules.length)];
        const timed = typing === undefined ? {} : { typing };
        const at = { rule: chosen?.key ?? 'gone' };
        switch (kind) {
          case 'set':
            return {
              kind,
              fields: { name: fields.name, tags: fields.tags, distribution: fields.distribution },
              ...timed,
            };
          case 'replace':
            return { kind, flag: { ...draft.now.flag, ...fields }, why: fields.owner };
          case 'edit-variants':
            return { kind, edit: variants, ...timed };
          case 'add-rule':
            return { kind, rule: newRule(`new:${pick % 7}`), position };
          case 'remove-rule':
            return { kind, ...at };
          case 'move-rule':
            return { kind, ...at, position };
          case 'set-rule':
            return { kind, ...at, fields: { name: fields.owner, rollout: pick % 100_001 }, ...timed };
          case 'edit-conditions':
            return { kind, ...at, edit: edit(chosen?.conditions ?? treeOf({})), ...timed };
          case 'select':
            return { kind, ...at, node: 'c1' };
          case 'put-rows':
          case 'drop-rows':
          case 'forget-rows':
            return { kind, rows };
          default:
            return { kind };
        }
      }),
  );
