import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeldUser } from '../states/held-user.js';
import { unknownOrganization } from '../states/organization-state.js';
import { arbitraryWorld } from '../testing/arbitrary-world.js';
import { flagOf, NOW, ruleOf, snapshotOf, userOf } from '../testing/samples.js';
import type { EvaluationContext } from './decision.js';
import { evaluate } from './evaluate.js';
import { subjectOf } from './subject.js';

const context: fc.Arbitrary<EvaluationContext> = fc.record(
  {
    organizationId: fc.constantFrom('', 'pro', 'other'),
    roles: fc.subarray(['employee', 'manager', 'admin']),
    joinedAt: fc.constantFrom(NOW, NOW - 5_000_000_000),
    attributes: fc.constantFrom({}, { plan: 'free' }, { age: 7, nested: { plan: 'pro' } }),
  },
  { requiredKeys: [] },
);

describe('a subject with overrides', () => {
  it('is the same whether or not the user was looked at without them before', () => {
    let changed = 0;
    fc.assert(
      fc.property(arbitraryWorld, context, fc.boolean(), ({ snapshot, user: fresh, organization }, given, before) => {
        const user = HeldUser.of(fresh);
        const known = subjectOf(snapshot, user, before ? organization : undefined).values;
        const plain = (subject: ReturnType<typeof subjectOf>) => {
          const { userId, organizationId, organization: used, attributes, roleLevels } = subject;
          const { userRows, organizationRows, values } = subject;
          return {
            ...{ userId, organizationId, organization: used, attributes, roleLevels, userRows, organizationRows },
            values: snapshot.slots.all().map(({ index }) => values[index]),
          };
        };
        const overridden = plain(subjectOf(snapshot, user, organization, given));
        expect(overridden).toEqual(plain(subjectOf(snapshot, fresh, organization, given)));
        if (JSON.stringify(overridden.values, withBigints) !== JSON.stringify(known, withBigints)) changed += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(changed).toBeGreaterThan(25);
  });

  it('does not change what is remembered of the user', () => {
    const conditions = { all: [{ fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' }] };
    const snapshot = snapshotOf([flagOf('reports', { rules: [ruleOf('rul', { conditions })] })]);
    const user = HeldUser.of(userOf({ attributes: { plan: 'pro' } }));
    const isOn = (given?: EvaluationContext) => evaluate(snapshot, 'reports', user, undefined, given, NOW).enabled;
    expect([isOn(), isOn({ attributes: { plan: 'free' } }), isOn()]).toEqual([true, false, true]);
  });

  it('is of the copy of a state, not of the state that it was copied from', () => {
    const user = HeldUser.of(userOf({ attributes: { plan: 'pro' } }));
    const copy = { ...user, attributes: { plan: 'free' }, organizationId: 'acme' };
    const snapshot = snapshotOf([]);
    for (const state of [user, copy, user]) {
      expect(subjectOf(snapshot, state, unknownOrganization('acme')).attributes).toEqual(state.attributes);
    }
  });
});

function withBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
