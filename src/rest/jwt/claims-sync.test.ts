import { describe, expect, it } from '@jest/globals';
import type { Person } from '../../calls/caller.js';
import type { IdentifyInput } from '../../services/users/users.js';
import { ClaimsSync } from './claims-sync.js';

const alice: Person = {
  kind: 'person',
  userId: 'alice',
  organizationId: 'acme',
  roles: ['employee'],
  platformAdmin: false,
};

function stand(fail = false) {
  const written: IdentifyInput[] = [];
  const errors: unknown[] = [];
  const identify = (_call: unknown, input: IdentifyInput) => {
    written.push(input);
    return fail ? Promise.reject(new Error('away')) : new Promise<never>(() => undefined);
  };
  return { written, errors, sync: new ClaimsSync({ users: { identify }, onError: (error) => errors.push(error) }) };
}

describe('synchronized claims', () => {
  it('are written when they are new and when they change, not otherwise', () => {
    const { sync, written } = stand();
    sync.note(alice, 1_000);
    sync.note(alice, 2_000);
    sync.note({ ...alice, roles: ['manager'] }, 3_000);
    expect(written).toEqual([
      { userId: 'alice', organizationId: 'acme', roles: ['employee'] },
      { userId: 'alice', organizationId: 'acme', roles: ['manager'] },
    ]);
  });

  it('of an older token do not undo those of a newer one', () => {
    const { sync, written } = stand();
    sync.note({ ...alice, roles: ['manager'] }, 3_000);
    sync.note(alice, 2_000);
    expect(written).toHaveLength(1);
  });

  it('that say nothing change nothing', () => {
    const { sync, written } = stand();
    sync.note({ ...alice, organizationId: '', roles: undefined }, 1_000);
    sync.note({ ...alice, organizationId: '' }, 1_000);
    expect(written).toEqual([{ userId: 'alice', roles: ['employee'] }]);
  });

  it('that could not be written are reported, and written the next time', async () => {
    const { sync, written, errors } = stand(true);
    sync.note(alice, 1_000);
    await new Promise((resolve) => setImmediate(resolve));
    sync.note(alice, 1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toHaveLength(2);
    expect(errors).toHaveLength(2);
  });
});
