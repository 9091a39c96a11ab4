import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryConditions } from '../conditions/testing/arbitrary-conditions.js';
import { entrySentence } from '../history/entry-sentence.js';
import { flagOf, rowOf, ruleOf } from '../testing/samples.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../values/json.js';
import { conditionsDifferences } from './conditions-difference.js';
import { describeConditions } from './conditions-words.js';
import {
  describeDifference,
  describeRolesDifference,
  describeRowsDifference,
  describeSegmentDifference,
  describeStagesDifference,
} from './difference.js';
import { describeFlag } from './flag-words.js';
import type { Sentence } from './part.js';

/** What turns text, hides in it, or is obeyed by a terminal. */
const MARKS = [
  '\u202e',
  '\u202d',
  '\u2066',
  '\u2067',
  '\u2069',
  '\u200b',
  '\u200f',
  '\u061c',
  '\u0085',
  '\u007f',
  '\u2028',
  '\ufeff',
];
const RAW = new RegExp(`[${MARKS.join('')}]`);

const mark = fc.constantFrom(...MARKS);
/** A name that somebody chose to mislead with, short or too long to be told whole. */
const name = fc.tuple(mark, fc.nat({ max: 90 })).map(([sign, length]) => `gnp${sign}.exe${'x'.repeat(length)}`);

/** The same JSON with a mark in every text, names of facts and operators among them where `everywhere`. */
function marked(value: JsonValue, sign: string, everywhere: boolean): JsonValue {
  if (typeof value === 'string') return `${value}${sign}x`;
  if (Array.isArray(value)) return value.map((item: JsonValue) => marked(item, sign, everywhere));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isKept = !everywhere && (key === 'fact' || key === 'operator' || key === 'path' || key === 'period');
      return [key, isKept ? member! : marked(member!, sign, everywhere)];
    }),
  );
}

const conditions = fc
  .tuple(arbitraryConditions, mark, fc.boolean())
  .map(([{ conditions: plain }, sign, everywhere]) => marked(plain, sign, everywhere) as JsonObject);

const flag = fc.record({ name, conditions, distribution: fc.boolean(), more: fc.boolean() }).map((given) =>
  flagOf('reports', {
    ...{ name: given.name, description: given.name, owner: given.name, tags: [given.name], offVariant: given.name },
    variants: [
      { key: given.name, value: { [given.name]: [given.name] } },
      { key: 'on', value: given.name },
    ],
    prerequisites: [{ flagKey: given.name, variant: given.name }],
    rules: [
      ruleOf('r1', { name: given.more ? given.name : '', conditions: given.conditions }),
      ruleOf(given.name, {
        bucketBy: `attribute:${given.name}`,
        rolloutPer100k: 5_000,
        distribution: given.distribution ? [{ variant: given.name, weight: 1 }] : [],
      }),
    ].slice(0, given.more ? 2 : 1),
  }),
);

const row = fc.record({ name, of: fc.constantFrom('user', 'role', 'organization', 'both') }).map(({ name: id, of }) => {
  const target = { user: { userId: id }, role: { role: id }, organization: { organizationId: id } };
  return rowOf('reports', {
    ...(of === 'both' ? { role: id, organizationId: id } : target[of as keyof typeof target]),
    managedBy: id,
  });
});

const readsInOrder = (sentences: readonly (Sentence | { readonly text: string })[]): void => {
  for (const sentence of sentences) {
    expect(sentence.text).not.toMatch(RAW);
    if ('parts' in sentence) for (const { text } of sentence.parts) expect(text).not.toMatch(RAW);
  }
};

describe('sentences about names that were chosen to mislead', () => {
  it('read in order, of conditions and of what differs in them', () => {
    fc.assert(
      fc.property(conditions, conditions, (one, other) => {
        readsInOrder([describeConditions(one), describeConditions(other, { of: 'organizations' })]);
        const differences = conditionsDifferences(one, other, { of: 'people', pointerBase: '' });
        readsInOrder(differences.map(({ words }) => ({ text: words.map(({ text }) => text).join('') })));
      }),
      { numRuns: 500 },
    );
  });

  it('read in order, of flags, segments, stages, roles and rows', () => {
    fc.assert(
      fc.property(flag, flag, fc.array(row), fc.array(row), name, (one, other, was, is, called) => {
        const names = { flag: () => called, segment: () => called };
        readsInOrder([describeFlag(one), describeFlag(other, names), ...describeDifference(one, other, names)]);
        readsInOrder(describeRowsDifference(was, is));
        readsInOrder(describeRolesDifference([{ name: called, inherits: [] }], [{ name: called, inherits: [called] }]));
        readsInOrder(describeStagesDifference([], [{ name: called, selfSettable: true }]));
        const segment = { name: called, conditions: one.rules[0]!.conditions };
        readsInOrder(describeSegmentDifference(segment, { ...segment, name: `${called}!` }));
      }),
      { numRuns: 300 },
    );
  });

  it('read in order, of entries of the audit', () => {
    const actions = [
      'flag.set',
      'stages.set',
      'actions.declare',
      'organization.roles.set',
      'unlock.grant',
      'token.create',
      'user.claim',
      'x.y',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...actions), name, (action, called) => {
        const roles = [{ name: called, inherits: [called] }];
        const after = {
          flag: { [called]: 1 },
          stages: roles,
          roles,
          name: called,
          organizationId: called,
          userId: called,
        };
        const entry = { actor: `user:${called}`, action, target: called, before: null };
        readsInOrder([
          { text: entrySentence({ ...entry, after }) },
          { text: entrySentence({ ...entry, after: roles }) },
        ]);
      }),
    );
  });
});
