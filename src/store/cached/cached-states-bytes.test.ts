import { describe, expect, it } from '@jest/globals';
import { unknownOrganization } from '../../core/states/organization-state.js';
import { unknownUser } from '../../core/states/user-state.js';
import { cachedStates } from './cached-states.js';

const KIB = 1_024;

describe('states in memory, by what they take', () => {
  it('are bounded by bytes, those of organizations by themselves, and keep what is used', async () => {
    let calls = 0;
    const attributes = { long: 'x'.repeat(16 * KIB) };
    const states = cachedStates(
      {
        users: async (ids) => {
          calls += 1;
          return new Map(ids.map((id) => [id, { ...unknownUser(id), attributes: id === 'small' ? {} : attributes }]));
        },
        organizations: async (ids) => new Map(ids.map((id) => [id, { ...unknownOrganization(id), attributes }])),
      },
      { maxBytes: 1_024 * KIB },
    );
    await states.users.load(['small'], {});
    for (let i = 0; i < 200; i++) {
      await states.users.load([`large-${i}`, 'small'], {});
      if (i % 2 === 0) await states.organizations.load([`organization-${i}`], {});
      const { userBytes, organizationBytes } = states.sizes();
      expect(userBytes).toBeLessThanOrEqual((768 + 2 * 17) * KIB);
      expect(organizationBytes).toBeLessThanOrEqual((256 + 2 * 17) * KIB);
    }
    const { users, organizations, userBytes } = states.sizes();
    // Half of it at least is of use.
    expect(userBytes).toBeGreaterThan((768 / 2 - 17) * KIB);
    expect([users, organizations].map((held) => held < 60)).toEqual([true, true]);
    // Who is asked for again and again has been read once.
    expect(calls).toBe(201);
    states.close();
  });
});
