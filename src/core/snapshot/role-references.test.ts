import { expect, it } from '@jest/globals';
import { flagOf, rowOf, ruleOf, segmentOf, snapshotOf } from '../testing/samples.js';
import { namesToo, roleReferences } from './role-references.js';

const leaf = (value: unknown, fact = 'roles', operator = 'contains') => ({ fact, operator, value }) as never;

it('what names a role is told: active rows for everybody, rules and segments, but no archived flag and no pattern', () => {
  const snapshot = snapshotOf(
    [
      flagOf('by_rule', {
        rules: [
          ruleOf('rul_1', {
            name: 'leads',
            conditions: { any: [leaf('lead'), { not: leaf(['x', 'lead'], 'role', 'in') }] },
          }),
          ruleOf('rul_2', { conditions: { all: [leaf('le.*', 'role', 'matches')] } }),
        ],
      }),
      flagOf('by_row'),
      flagOf('old', { archived: true, rules: [ruleOf('rul_1', { conditions: { all: [leaf('lead')] } })] }),
    ],
    {
      segments: [segmentOf('staff', { any: [leaf('lead'), leaf('clerk')] })],
      roleAccess: [rowOf('by_row', { role: 'lead' }), rowOf('by_row', { role: 'clerk', enabled: false })],
    },
  );
  const segment = { kind: 'segment', segmentKey: 'staff' } as const;
  expect(roleReferences(snapshot, 'lead')).toEqual([
    { kind: 'row', flagKey: 'by_row' },
    { kind: 'rule', flagKey: 'by_rule', ruleId: 'rul_1', ruleName: 'leads' },
    segment,
  ]);
  expect(roleReferences(snapshot, 'clerk')).toEqual([segment]);
  expect(roleReferences(snapshot, 'le.*')).toEqual([]);
  expect(namesToo(snapshot, segment, 'clerk')).toBe(true);
  expect(namesToo(snapshot, { kind: 'row', flagKey: 'by_row' }, 'x')).toBe(false);
});
