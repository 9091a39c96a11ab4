import { expect, it } from '@jest/globals';
import { type OrganizationState, unknownOrganization } from '../../core/states/organization-state.js';
import type { Store } from '../store.js';
import { accessRow, allPages, gate, unique } from './samples.js';

const AWKWARD = ['Acme', 'acme', '__proto__', "o'; DROP TABLE organizations;--", '👩‍🚀', 'y'.repeat(128)];

export function organizationContract(store: () => Store): void {
  const read = async (id: string): Promise<OrganizationState | undefined> =>
    (await store().states.organizations([id])).get(id);

  it('gives the unknown organization where nothing is stored', async () => {
    const id = unique('org');
    expect(await read(id)).toStrictEqual(unknownOrganization(id));
    expect((await store().states.organizations([])).size).toBe(0);
    await store().transaction(async (tx) => {
      expect(await tx.organizations.read([id])).toEqual(new Map([[id, unknownOrganization(id)]]));
    });
  });

  it('keeps organizations of awkward names apart', async () => {
    await store().transaction(async (tx) => {
      await tx.organizations.lock(AWKWARD);
      for (const [i, id] of AWKWARD.entries()) {
        await tx.organizations.put({ id, attributes: { i }, strictRoles: i % 2 === 0, roles: [], version: i });
      }
      await tx.organizations.advance(AWKWARD);
    });
    const states = await store().states.organizations(AWKWARD);
    expect(states.size).toBe(AWKWARD.length);
    for (const [i, id] of AWKWARD.entries()) {
      expect(states.get(id)).toStrictEqual({
        ...unknownOrganization(id),
        revision: 1,
        version: i,
        attributes: { i },
        strictRoles: i % 2 === 0,
      });
    }
  });

  it('replaces the time zone, and forgets it', async () => {
    const id = unique('org');
    const put = (version: number, more: { readonly timeZone?: string }) =>
      store().transaction(async (tx) => {
        await tx.organizations.lock([id]);
        await tx.organizations.put({ id, attributes: {}, strictRoles: false, roles: [], version, ...more });
      });
    await put(1, { timeZone: 'Asia/Kolkata' });
    expect(await read(id)).toStrictEqual({ ...unknownOrganization(id), version: 1, timeZone: 'Asia/Kolkata' });
    await put(2, {});
    expect(await read(id)).toStrictEqual({ ...unknownOrganization(id), version: 2 });
  });

  it('replaces attributes and roles, and keeps the roles in their order', async () => {
    const id = unique('org');
    const roles = [
      { name: 'z', inherits: ['a', 'employee'] },
      { name: 'a', inherits: [] },
      { name: 'constructor', inherits: ['z'] },
    ];
    await store().transaction(async (tx) => {
      await tx.organizations.lock([id]);
      await tx.organizations.put({
        id,
        attributes: { plan: 'free' },
        strictRoles: true,
        roles: [{ name: 'old', inherits: [] }],
        version: 1,
      });
      await tx.organizations.put({
        id,
        attributes: { plan: 'pro', nested: [1, { a: null }] },
        strictRoles: false,
        roles,
        version: 2,
      });
      expect((await tx.organizations.read([id])).get(id)?.roles).toEqual(roles);
    });
    expect(await read(id)).toStrictEqual({
      ...unknownOrganization(id),
      version: 2,
      attributes: { plan: 'pro', nested: [1, { a: null }] },
      roles,
    });
  });

  it('puts rows by their key and says of each dropped one whether it was there', async () => {
    const organizationId = unique('org');
    const plain = accessRow({ organizationId, flagId: 'flg_1' });
    const ofRole = accessRow({ organizationId, flagId: 'flg_1', role: 'admin' });
    const own = accessRow({ organizationId, flagId: 'flg_1', managedBy: organizationId, effect: 'DENY' });
    await store().transaction(async (tx) => {
      await tx.organizations.lock([organizationId]);
      await tx.organizations.putAccess([plain, ofRole, own]);
      await tx.organizations.putAccess([
        { ...plain, enabled: false },
        { ...plain, effect: 'DENY' },
      ]);
    });
    const rows = (await read(organizationId))?.access ?? [];
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(expect.arrayContaining([{ ...plain, effect: 'DENY' }, ofRole, own]));
    await store().transaction(async (tx) => {
      await tx.organizations.lock([organizationId]);
      expect(await tx.organizations.dropAccess([own, { ...own, managedBy: 'other' }, plain])).toEqual([
        true,
        false,
        true,
      ]);
    });
    expect((await read(organizationId))?.access).toEqual([ofRole]);
  });

  it('are found by a role that they define or have access rows for, by pages', async () => {
    const role = unique('role');
    const begin = unique('with-role');
    const ids = Array.from({ length: 7 }, (_, i) => `${begin}-${i}`);
    const [none, other, defining, having, both, many, upper] = ids as [string, ...string[]];
    const roles = [
      { name: role, inherits: ['employee'] },
      { name: 'z', inherits: [role] },
      { name: 'a', inherits: ['employee', role] },
      { name: 'far', inherits: ['a'] },
    ];
    await store().transaction(async (tx) => {
      await tx.organizations.lock(ids);
      for (const id of ids) {
        const own = id === defining || id === both ? roles : [{ name: role.toUpperCase(), inherits: [] }];
        await tx.organizations.put({ id: id!, attributes: {}, strictRoles: false, roles: own, version: 1 });
      }
      const row = (organizationId: string, more: object = {}) => accessRow({ organizationId, role, ...more });
      await tx.organizations.putAccess([
        ...[row(other!, { role: '' }), row(upper!, { role: role.toUpperCase() })],
        ...[row(having!, { enabled: false }), row(both!), row(both!, { managedBy: both! })],
        ...Array.from({ length: 30 }, (_, i) => row(many!, { flagId: `flg_${i}` })),
      ]);
    });
    const nothing = { definesIt: false, inheritedBy: [], rows: 0 };
    const expected = [
      { ...nothing, id: defining, definesIt: true, inheritedBy: ['z', 'a'] },
      { ...nothing, id: having, rows: 1 },
      { id: both, definesIt: true, inheritedBy: ['z', 'a'], rows: 2 },
      { ...nothing, id: many, rows: 30 },
    ];
    for (const limit of [1, 2, 3, 4, 1_000]) {
      const found = await allPages(limit, (page) => store().finder.organizationsWithRole(role, page));
      expect(found).toEqual(expected);
    }
    expect(expected.map(({ id }) => id)).not.toContain(none);
    expect((await store().finder.organizationsWithRole(unique('role'), { limit: 9 })).items).toEqual([]);
    // An organization's own role alone may inherit one that is built in; by that it is not found.
    expect((await store().finder.organizationsWithRole('z', { limit: 9, after: begin })).items).toMatchObject([
      { id: defining, inheritedBy: [] },
      { id: both },
    ]);
  });

  it('makes a row to lock, and lets the second transaction see what the first has done', async () => {
    const id = unique('org');
    const locked = gate();
    const finish = gate();
    const first = store().transaction(async (tx) => {
      expect((await tx.organizations.lock([id, id])).get(id)?.revision).toBe(0);
      locked.open();
      await finish.opened;
      await tx.organizations.advance([id, id]);
    });
    await locked.opened;
    let seen: number | undefined;
    const second = store().transaction(async (tx) => {
      seen = (await tx.organizations.lock([id])).get(id)?.revision;
      await tx.organizations.advance([id]);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(seen).toBeUndefined();
    finish.open();
    await Promise.all([first, second]);
    expect(seen).toBe(1);
    expect((await read(id))?.revision).toBe(2);
  });
}
