import { describe, expect, it } from '@jest/globals';
import type { Person } from '../calls/caller.js';
import type { Claims } from '../services/users/users.js';
import { ClaimsSync } from './claims-sync.js';
import type { VerifiedToken } from './verify-jwt.js';

const alice: Person = {
  kind: 'person',
  userId: 'alice',
  organizationId: 'acme',
  roles: ['employee'],
  platformAdmin: false,
};

function stand(fail = false) {
  const written: Claims[] = [];
  const errors: unknown[] = [];
  const writeClaims = (claims: Claims) => {
    written.push(claims);
    return fail ? Promise.reject(new Error('away')) : new Promise<never>(() => undefined);
  };
  return { written, errors, sync: new ClaimsSync({ users: { writeClaims }, onError: (error) => errors.push(error) }) };
}

function of(person: Person, issuedAt: number | undefined, leftOut: VerifiedToken['leftOut'] = {}): VerifiedToken {
  return { person, leftOut, issuedAt };
}

describe('synchronized claims', () => {
  it('are brought to the store when they are new, change or are newer, not otherwise', () => {
    const { sync, written } = stand();
    sync.note(of(alice, 1_000));
    sync.note(of(alice, 1_000));
    sync.note(of(alice, undefined));
    sync.note(of(alice, 2_000));
    sync.note(of({ ...alice, roles: ['manager'] }, 3_000));
    expect(written).toEqual([
      { userId: 'alice', organizationId: 'acme', roles: ['employee'], issuedAt: 1_000 },
      { userId: 'alice', organizationId: 'acme', roles: ['employee'], issuedAt: 2_000 },
      { userId: 'alice', organizationId: 'acme', roles: ['manager'], issuedAt: 3_000 },
    ]);
  });

  it('of tokens that do not say when they were issued are brought there when they change', () => {
    const { sync, written } = stand();
    sync.note(of(alice, undefined));
    sync.note(of(alice, undefined));
    sync.note(of({ ...alice, roles: ['manager'] }, undefined));
    expect(written.map(({ roles }) => roles)).toEqual([['employee'], ['manager']]);
  });

  it('of an older token do not undo those of a newer one', () => {
    const { sync, written } = stand();
    sync.note(of({ ...alice, roles: ['manager'] }, 3_000));
    sync.note(of(alice, 2_000));
    expect(written).toHaveLength(1);
  });

  it('that say nothing change nothing', () => {
    const { sync, written } = stand();
    sync.note(of({ ...alice, organizationId: '', roles: undefined }, 1_000));
    sync.note(of({ ...alice, organizationId: '' }, 1_000));
    expect(written).toEqual([{ userId: 'alice', roles: ['employee'], issuedAt: 1_000 }]);
  });

  it('of which something was left out are not written', () => {
    const { sync, written } = stand();
    sync.note(of(alice, 1_000, { roles: 'too many' }));
    sync.note(of(alice, 1_000, { organization: 'two' }));
    expect(written).toEqual([]);
  });

  it('that could not be written are reported, and written the next time', async () => {
    const { sync, written, errors } = stand(true);
    sync.note(of(alice, 1_000));
    await new Promise((resolve) => setImmediate(resolve));
    sync.note(of(alice, 1_000));
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toHaveLength(2);
    expect(errors).toHaveLength(2);
  });
});
