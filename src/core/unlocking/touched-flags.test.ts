import { describe, expect, it } from '@jest/globals';
import { foldLedger } from '../states/ledger.js';
import { unknownOrganization } from '../states/organization-state.js';
import type { UserAccess, UserState } from '../states/user-state.js';
import {
  afterUnlocking,
  flagOf,
  fromDay,
  NOW,
  requires,
  rowOf,
  ruleOf,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { touchedFlags } from './touched-flags.js';

const reading = (key: string, fact: JsonObject) =>
  flagOf(key, { rules: [ruleOf(`rul_${key}`, { conditions: { all: [fact] } as JsonObject })] });
const counting = (key: string, action: string) =>
  reading(key, { fact: 'actionCount', params: { action }, operator: 'greaterThan', value: 3 });

const snapshot = snapshotOf(
  [
    flagOf('verified', { rules: [ruleOf('r', { conditions: VERIFIED })] }),
    flagOf('joined', { rules: [ruleOf('r', { conditions: fromDay(3) })] }),
    counting('exports', 'export'),
    counting('logins', 'login'),
    reading('plan', { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' }),
    reading('org_plan', { fact: 'organizationAttribute', path: '$.plan', operator: 'equal', value: 'pro' }),
    reading('org', { fact: 'organization', operator: 'equal', value: 'acme' }),
    reading('managers', { fact: 'roles', operator: 'contains', value: 'manager' }),
    reading('profile', { fact: 'stagesReached', operator: 'contains', value: 'profile' }),
    flagOf('after', { rules: [ruleOf('r', { conditions: afterUnlocking('verified') })] }),
    flagOf('needs_exports', { prerequisites: requires('exports') }),
    flagOf('needs_needs', { prerequisites: requires('needs_exports') }),
    flagOf('spread', { rules: [ruleOf('r', { rolloutPer100k: 50_000, bucketBy: 'attribute:city' })] }),
    flagOf('spread_org', { rules: [ruleOf('r', { rolloutPer100k: 50_000, bucketBy: 'organization' })] }),
    flagOf('role_row'),
    flagOf('rowed', { delegated: true }),
  ],
  { roleAccess: [rowOf('role_row', { role: 'lead' })] },
);
const acme = {
  ...unknownOrganization('acme'),
  attributes: { plan: 'pro' },
  access: [rowOf('rowed', { organizationId: 'acme' })],
};
const globex = { ...unknownOrganization('globex'), attributes: { plan: 'pro' } };
const organizationOf = ({ organizationId }: UserState) => [acme, globex].find(({ id }) => id === organizationId);

const touched = (before: Partial<UserState>, after: Partial<UserState>) => {
  const standing = (given: Partial<UserState>) => {
    const user = { ...base, ...given };
    return { user, organization: organizationOf(user) };
  };
  return [...touchedFlags(snapshot, standing(before), standing(after))].toSorted((a, b) => (a < b ? -1 : 1));
};
const base = userOf();
const total = { count: 1, sum: 0n, activeDays: 1, firstAt: NOW, lastAt: NOW, recentDays: 1n };
const row: UserAccess = { flagId: 'flg_rowed', managedBy: 'acme', effect: 'DENY', enabled: true };

describe('the flags that a change of a user touches', () => {
  it('are those that count an action which happened, with all that require these', () => {
    const actions = new Map([['export', total]]);
    expect(touched({}, { actions })).toEqual(['exports', 'needs_exports', 'needs_needs']);
    const more = new Map([...actions, ['nothing reads it', total]]);
    expect(touched({ actions }, { actions: more })).toEqual([]);
  });

  it('are those that read a fact which has another value, and not those of the others', () => {
    expect(touched({}, { emailVerified: true })).toEqual(['verified']);
    expect(touched({}, { joinedAt: NOW })).toEqual(['joined']);
    expect(touched({}, { attributes: { plan: 'free', other: 1 } })).toEqual(['plan']);
    expect(touched({}, { stage: 'profile', stagesReached: [{ stage: 'profile', reachedAt: NOW }] })).toEqual([
      'profile',
    ]);
    expect(touched({ attributes: { plan: 'pro' } }, { attributes: { plan: 'pro' } })).toEqual([]);
  });

  it('are those that are spread over what is another now', () => {
    expect(touched({}, { attributes: { city: 'Graz' } })).toEqual(['spread']);
  });

  it('are those that read roles, or have rows of them, where the roles are others', () => {
    expect(touched({}, { roles: ['manager'] })).toEqual(['managers', 'role_row']);
    expect(touched({ roles: ['manager'] }, { roles: [...['manager']] })).toEqual([]);
  });

  it('are those whose row, or whose standing in the ledger, is another, and those that read the latter', () => {
    expect(touched({}, { access: [{ ...row, managedBy: '' }] })).toEqual(['rowed']);
    expect(touched({ access: [row] }, { access: [{ ...row }] })).toEqual([]);
    expect(touched({ access: [row] }, { access: [{ ...row, enabled: false }] })).toEqual(['rowed']);
    const granted = { flagId: 'flg_verified', ruleId: '', ruleVersion: 0, kind: 'granted', earnedAt: NOW } as const;
    expect(touched({}, { ledger: foldLedger([granted]) })).toEqual(['after', 'verified']);
  });

  it('are in another organization all that it may decide: by its rows, its roles, its attributes, and what it manages', () => {
    // Whatever the two say: nobody may have judged the user since the first one said so.
    const moved = ['managers', 'org', 'org_plan', 'role_row', 'rowed', 'spread_org'];
    expect(touched({ organizationId: 'acme' }, { organizationId: 'globex' })).toEqual(moved);
    const own = { access: [row] };
    expect(touched({ organizationId: 'globex', ...own }, { organizationId: '', ...own })).toEqual(moved);
  });
});
