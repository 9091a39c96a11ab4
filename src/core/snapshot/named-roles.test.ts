import { describe, expect, it } from '@jest/globals';
import { unknownOrganization } from '../states/organization-state.js';
import { flagOf, rowOf, ruleOf, segmentOf, snapshotAfter, snapshotOf } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { rolesThatMatter } from './named-roles.js';

const MAX = 3;
const OWN = ['first', 'b', 'c', 'd', 'e', 'auditor', 'f'];

/** A flag with a rule of these conditions. */
function flagBy(conditions: JsonObject) {
  return flagOf('a', { rules: [ruleOf('rul_a', { conditions })] });
}

const kept = (snapshot: ReturnType<typeof snapshotOf>, organization = unknownOrganization('acme')) =>
  rolesThatMatter(OWN, MAX, snapshot, organization);

describe('of very many roles', () => {
  it('the first ones are kept, in their order, and few roles all', () => {
    const snapshot = snapshotOf([flagOf('a')]);
    expect(kept(snapshot)).toEqual(['first', 'b', 'c']);
    expect(rolesThatMatter(['x', 'y', 'z'], MAX, snapshot, undefined)).toEqual(['x', 'y', 'z']);
  });

  it('those are kept that access rows name, also when the rows change', () => {
    const none = snapshotOf([flagOf('a')]);
    expect(kept(none)).not.toContain('auditor');
    const denied = snapshotAfter(none, [flagOf('a')], {
      roleAccess: [rowOf('a', { role: 'auditor', effect: 'DENY' })],
    });
    expect(kept(denied)).toEqual(['first', 'b', 'auditor']);
  });

  it.each<[string, JsonObject]>([
    ['role', { fact: 'role', operator: 'in', value: ['x', 'auditor'] }],
    ['roles', { fact: 'roles', operator: 'contains', value: 'auditor' }],
    ['roles, negated', { fact: 'roles', operator: 'not:contains', value: 'auditor' }],
  ])('those are kept that conditions compare with %s, also in segments', (_fact, leaf) => {
    expect(kept(snapshotOf([flagBy({ all: [leaf] })]))).toEqual(['first', 'b', 'auditor']);
    const segments = [segmentOf('staff', { any: [leaf] })];
    expect(kept(snapshotOf([flagBy({ all: [{ condition: 'staff' }] })], { segments }))).toContain('auditor');
  });

  it('those are kept that the organization defines, builds in or has rows for', () => {
    const snapshot = snapshotOf([flagOf('a')]);
    const acme = unknownOrganization('acme');
    expect(kept(snapshot, { ...acme, roles: [{ name: 'auditor', inherits: [] }] })).toContain('auditor');
    const row = rowOf('a', { organizationId: 'acme', role: 'auditor', effect: 'DENY' });
    expect(kept(snapshot, { ...acme, access: [row] })).toContain('auditor');
    expect(rolesThatMatter(['a', 'b', 'c', 'manager'], MAX, snapshot, acme)).toEqual(['a', 'b', 'manager']);
  });

  it('all are kept where any of them may matter, and more than the most where so many are named', () => {
    const byAttribute = { fact: 'roles', operator: 'contains', value: { fact: 'attribute', path: '$.needs' } };
    expect(kept(snapshotOf([flagBy({ all: [byAttribute] })]))).toEqual(OWN);
    const named = { fact: 'role', operator: 'in', value: OWN };
    expect(kept(snapshotOf([flagBy({ all: [named] })]))).toEqual(OWN);
  });
});
