import { expect, it } from '@jest/globals';
import type { Flag } from '../../core/flags/flag.js';
import { KeyTaken } from '../configuration-store.js';
import type { PageRequest } from '../page.js';
import type { Store } from '../store.js';
import { AWKWARD_IDS, accessRow, allPages, changing, gate, sampleFlag, unique } from './samples.js';
import { sampleEndpoint } from './webhook-contract.js';

export function configurationContract(store: () => Store): void {
  const put = (flag: Flag): Promise<void> => changing(store(), (tx) => tx.configuration.putFlag(flag));

  it('gives a flag back as it was put, whichever fields it has', async () => {
    const plain = sampleFlag();
    const full = sampleFlag({
      name: 'Ünïcode 👩‍🚀 \'quotes" \\ `?` :name',
      description: 'x'.repeat(10_000),
      active: false,
      isEnabledGlobally: true,
      type: 'JSON',
      variants: [{ key: 'a', value: { __proto__: 1, deep: [1, null, 'x', { y: false }] } }],
      distribution: [{ variant: 'a', weight: 3 }],
      rules: [
        {
          id: 'rul_1',
          name: 'seven days',
          conditions: JSON.parse('{"all":[{"fact":"daysSinceJoin","operator":"greaterThan","value":7}],"__proto__":1}'),
          policy: 'LATCHING',
          earnedBy: 'ORGANIZATION',
          rolloutPer100k: 50_000,
          bucketBy: 'organization',
          distribution: [],
          version: 3,
          ledgerFloor: 2,
        },
      ],
      prerequisites: [{ flagKey: 'other', variant: '' }],
      startsAt: 1,
      endsAt: 1_800_000_000_000,
      tags: ['b', 'a'],
      owner: 'team',
      delegated: true,
      clientVisible: false,
      archived: true,
      version: 7,
    });
    await put(plain);
    await put(full);
    expect(await store().configuration.flag(plain.id)).toStrictEqual(plain);
    expect(await store().configuration.flag(full.id)).toStrictEqual(full);
    expect(await store().configuration.flag(full.key)).toStrictEqual(full);
  });

  it('knows no flag that was not put, nor one of another case', async () => {
    const flag = sampleFlag();
    await put(flag);
    expect(await store().configuration.flag(flag.key.toUpperCase())).toBeUndefined();
    expect(await store().configuration.flag(unique('flg_'))).toBeUndefined();
    expect(await store().configuration.flag('')).toBeUndefined();
    await store().transaction(async (tx) => {
      expect(await tx.configuration.lockFlag(unique('none'))).toBeUndefined();
    });
  });

  it('replaces a flag by id, its key included', async () => {
    const before = sampleFlag({ tags: [unique('old-tag')] });
    const after = { ...before, key: unique('renamed'), tags: [unique('new-tag')], version: 2 };
    await put(before);
    await put(after);
    await put(after);
    expect(await store().configuration.flag(before.key)).toBeUndefined();
    expect(await store().configuration.flag(after.key)).toStrictEqual(after);
  });

  it('refuses a key that another flag has, on creation and on renaming', async () => {
    const first = sampleFlag();
    const other = sampleFlag();
    await put(first);
    await put(other);
    await expect(put(sampleFlag({ key: first.key }))).rejects.toBeInstanceOf(KeyTaken);
    await expect(put({ ...other, key: first.key })).rejects.toBeInstanceOf(KeyTaken);
    expect(await store().configuration.flag(first.key)).toStrictEqual(first);
    expect(await store().configuration.flag(other.id)).toStrictEqual(other);
  });

  it('lets one of two transactions that create the same key win', async () => {
    const key = unique('contested');
    const create = (): Promise<void> =>
      store().transaction(async (tx) => {
        if ((await tx.configuration.lockFlag(key)) !== undefined) throw new KeyTaken(key);
        await tx.configuration.advance();
        await tx.configuration.putFlag(sampleFlag({ key }));
      });
    const ends = await Promise.allSettled([create(), create(), create()]);
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(KeyTaken);
  });

  it('keeps a locked flag from change until the transaction ends', async () => {
    const flag = sampleFlag();
    await put(flag);
    const raise = (): Promise<void> =>
      store().transaction(async (tx) => {
        const found = await tx.configuration.lockFlag(flag.key);
        await tx.configuration.advance();
        await tx.configuration.putFlag({ ...found!, version: found!.version + 1 });
      });
    await Promise.all(Array.from({ length: 6 }, raise));
    expect((await store().configuration.flag(flag.id))?.version).toBe(flag.version + 6);
  });

  it('loads the whole configuration with its revision, and tells the newest revision', async () => {
    const before = await store().configuration.revision();
    const flag = sampleFlag();
    const name = unique('stage');
    const segment = {
      id: unique('seg_'),
      key: unique('segment'),
      name: 'S',
      conditions: { all: [] },
      version: 1,
      createdAt: 1,
      updatedAt: 2,
    };
    const row = accessRow({ flagId: flag.id, role: 'admin', effect: 'DENY', enabled: false });
    const stages = [
      { name: `${name}-z`, selfSettable: true },
      { name: `${name}-a`, selfSettable: false },
    ];
    await store().transaction(async (tx) => {
      expect(await tx.configuration.advance()).toBe(before + 1);
      await tx.configuration.putFlag(flag);
      await tx.configuration.putSegment({ ...segment, name: 'first' });
      await tx.configuration.putSegment(segment);
      await tx.configuration.putStages({ stages: [{ name: 'gone', selfSettable: true }], version: 1 });
      await tx.configuration.putStages({ stages, version: 2 });
      expect(await tx.configuration.stages()).toEqual({ stages, version: 2 });
      await tx.configuration.putActions([{ name: 'click', clientTrackable: true }]);
      await tx.configuration.putActions([
        { name: 'click', clientTrackable: false },
        { name: 'Click', clientTrackable: true },
      ]);
      await tx.configuration.putRoleAccess([row]);
      expect((await tx.configuration.load()).stages).toEqual(stages);
    });
    const loaded = await store().configuration.load();
    expect(loaded.revision).toBe(before + 1);
    expect(await store().configuration.revision()).toBe(before + 1);
    expect(loaded.flags).toContainEqual(flag);
    expect(loaded.segments).toContainEqual(segment);
    expect(loaded.stages).toEqual(stages);
    expect(await store().configuration.stages()).toEqual({ stages, version: 2 });
    expect(loaded.actions).toEqual(
      expect.arrayContaining([
        { name: 'click', clientTrackable: false },
        { name: 'Click', clientTrackable: true },
      ]),
    );
    expect(loaded.roleAccess.filter((found) => found.flagId === flag.id)).toEqual([row]);
  });

  it('gives segments and actions one by one and by page, and drops them', async () => {
    const prefix = unique('page');
    const keys = ['a', 'B', 'c', 'Ü'].map((end) => `${prefix}-${end}`);
    const segments = keys.map((key) => ({
      ...{ id: unique('seg_'), key, name: key, conditions: { all: [] } },
      ...{ version: 1, createdAt: 1, updatedAt: 2 },
    }));
    await changing(store(), async (tx) => {
      for (const segment of segments) await tx.configuration.putSegment(segment);
      await tx.configuration.putActions(keys.map((name) => ({ name, clientTrackable: name.endsWith('a') })));
    });
    const sorted = [...keys].sort();
    const listed = async () => {
      const all = await allPages(2, (page) => store().configuration.segments(page));
      return all.filter(({ key }) => key.startsWith(prefix));
    };
    expect((await listed()).map(({ key }) => key)).toEqual(sorted);
    for (const begun of [prefix, sorted[0]!, `${prefix}_`, prefix.toUpperCase()]) {
      const found = await allPages(2, (page) => store().configuration.segments(page, begun));
      expect(found.map(({ key }) => key)).toEqual(sorted.filter((key) => key.startsWith(begun)));
    }
    const declared = async () => {
      const all = await allPages(2, (page) => store().configuration.actions(page));
      return all.filter(({ name }) => name.startsWith(prefix));
    };
    expect(await declared()).toEqual(sorted.map((name) => ({ name, clientTrackable: name.endsWith('a') })));

    expect(await store().configuration.segment(keys[0]!)).toEqual(segments[0]);
    expect(await store().configuration.segment(keys[0]!.toUpperCase())).toBeUndefined();
    await changing(store(), async (tx) => {
      await tx.configuration.dropSegment(keys[0]!);
      expect(await tx.configuration.dropAction(keys[0]!)).toEqual({ name: keys[0], clientTrackable: true });
      expect(await tx.configuration.dropAction(keys[0]!)).toBeUndefined();
    });
    expect(await store().configuration.segment(keys[0]!)).toBeUndefined();
    expect((await listed()).map(({ key }) => key)).toEqual(sorted.filter((key) => key !== keys[0]));
    expect((await declared()).map(({ name }) => name)).toEqual(sorted.filter((name) => name !== keys[0]));
  });

  it('loads one instant: parts and revision always belong together', async () => {
    const flag = sampleFlag();
    await put(flag);
    const base = await store().configuration.revision();
    let writing = true;
    const writer = (async () => {
      for (let i = 1; i <= 25; i++) {
        await store().transaction(async (tx) => {
          expect(await tx.configuration.advance()).toBe(base + i);
          await tx.configuration.putFlag({ ...flag, version: i });
          await tx.configuration.putStages({ stages: [{ name: `stage-${i}`, selfSettable: true }], version: i });
        });
      }
      writing = false;
    })();
    while (writing) {
      const { revision, flags, stages } = await store().configuration.load();
      if (revision === base) continue;
      expect(stages).toEqual([{ name: `stage-${revision - base}`, selfSettable: true }]);
      expect(flags.find(({ id }) => id === flag.id)?.version).toBe(revision - base);
    }
    await writer;
  });

  it('tells what changed since a revision, part by part, also to the transaction that changes it', async () => {
    const [kept, flag, other] = [sampleFlag(), sampleFlag(), sampleFlag()];
    const segment = {
      id: unique('seg'),
      key: unique('segment'),
      name: 'S',
      conditions: { all: [] },
      version: 1,
      createdAt: 1,
      updatedAt: 2,
    };
    await changing(store(), async (tx) => {
      for (const one of [kept, flag, other]) await tx.configuration.putFlag(one);
      await tx.configuration.putStages({ stages: [{ name: 'before', selfSettable: true }], version: 1 });
    });
    const start = await store().configuration.revision();
    const nothing = { flags: [], roleAccess: [], segments: [] };
    expect(await store().configuration.changes(start)).toEqual({ revision: start, ...nothing });

    const changed = { ...flag, version: 2 };
    const row = accessRow({ flagId: other.id, role: 'admin' });
    const stages = [{ name: 'first', selfSettable: false }];
    const all = {
      ...{
        revision: start + 1,
        flags: [changed, other].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        roleAccess: [row],
      },
      ...{ segments: [segment], stages },
    };
    await store().transaction(async (tx) => {
      await tx.configuration.advance();
      await tx.configuration.putFlag(changed);
      await tx.configuration.putRoleAccess([row]);
      await tx.configuration.putSegment(segment);
      await tx.configuration.putStages({ stages, version: 2 });
      expect(await tx.configuration.changes(start)).toEqual(all);
    });
    expect(await store().configuration.changes(start)).toEqual(all);
    expect(await store().configuration.changes(start + 1)).toEqual({ revision: start + 1, ...nothing });

    const actions = [{ name: unique('action'), clientTrackable: true }];
    await changing(store(), async (tx) => {
      await tx.configuration.dropRoleAccess([row]);
      await tx.configuration.putActions(actions);
      await tx.webhooks.put(sampleEndpoint({ id: 'whe_changes', types: ['dev.latchkey.unlocked'] }));
    });
    const since = await store().configuration.changes(start + 1);
    expect(since).toMatchObject({ flags: [other], roleAccess: [], announced: ['dev.latchkey.unlocked'] });
    expect(since.actions).toEqual(expect.arrayContaining(actions));
    await changing(store(), (tx) => tx.webhooks.remove('whe_changes'));
    expect(await store().configuration.changes(start + 2)).toEqual({ revision: start + 3, ...nothing, announced: [] });
    await changing(store(), (tx) => tx.configuration.putTimeZone('Asia/Kolkata'));
    const timeZone = 'Asia/Kolkata';
    expect(await store().configuration.changes(start + 3)).toEqual({ revision: start + 4, ...nothing, timeZone });
    expect(await store().configuration.load()).toMatchObject({ timeZone });
    await changing(store(), (tx) => tx.configuration.putTimeZone('UTC'));
    await changing(store(), async (tx) => {
      await tx.configuration.dropSegment(segment.key);
      await tx.configuration.dropAction(actions[0]!.name);
    });
    const dropped = await store().configuration.changes(start + 5);
    expect(dropped).toMatchObject({ flags: [], segments: [] });
    expect(dropped.segmentKeys).not.toContain(segment.key);
    expect(dropped.actions).not.toContainEqual(actions[0]);
    // From before the first revision it is everything.
    const { flagKeys, segmentKeys, ...whole } = await store().configuration.changes(-1);
    expect([flagKeys, new Set(segmentKeys)]).toEqual([undefined, new Set(whole.segments.map(({ key }) => key))]);
    expect(whole).toEqual(await store().configuration.load());
  });

  it('refuses a change before the revision is raised: whoever follows would miss it', async () => {
    const early = store().transaction((tx) => tx.configuration.putFlag(sampleFlag()));
    await expect(early).rejects.toThrow('call advance first');
  });

  it('holds the confirmed revision against change until the transaction ends', async () => {
    const confirmed = gate();
    const finish = gate();
    const order: string[] = [];
    const worker = store().transaction(async (tx) => {
      const { revision } = await tx.configuration.confirmRevision();
      confirmed.open();
      await finish.opened;
      order.push('worker');
      return revision;
    });
    await confirmed.opened;
    const writer = store().transaction(async (tx) => {
      const revision = await tx.configuration.advance();
      order.push('writer');
      return revision;
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(order).toEqual([]);
    finish.open();
    const revision = await worker;
    expect(await writer).toBe(revision + 1);
    expect(order).toEqual(['worker', 'writer']);
  });

  it('gives each of several writers a revision of its own', async () => {
    const before = await store().configuration.revision();
    const revisions = await Promise.all(
      Array.from({ length: 8 }, () => store().transaction((tx) => tx.configuration.advance())),
    );
    expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 8 }, (_, i) => before + 1 + i));
  });

  it('puts role rows by their key, and says of each dropped one whether it was there', async () => {
    const { id: flagId } = sampleFlag();
    const rows = ['Manager', 'manager', '__proto__'].map((role) => accessRow({ flagId, role }));
    await changing(store(), async (tx) => {
      await tx.configuration.putRoleAccess(rows);
      await tx.configuration.putRoleAccess([{ ...rows[0]!, effect: 'DENY', enabled: false }]);
    });
    const listed = (): Promise<readonly unknown[]> => allPages(2, (page) => store().configuration.access(flagId, page));
    expect(await listed()).toEqual([{ ...rows[0]!, effect: 'DENY', enabled: false }, rows[2], rows[1]]);
    await changing(store(), async (tx) => {
      expect(await tx.configuration.roleAccess(flagId)).toEqual(await listed());
      expect(await tx.configuration.roleAccess(unique('flg_none'))).toEqual([]);
      expect(await tx.configuration.dropRoleAccess([rows[1]!, accessRow({ flagId, role: 'none' }), rows[0]!])).toEqual([
        true,
        false,
        true,
      ]);
      expect(await tx.configuration.dropRoleAccess([])).toEqual([]);
    });
    expect(await listed()).toEqual([rows[2]]);
  });

  it('says of which flags no user and no organization has a row', async () => {
    const [bare, ofRole, ofOrganization, ofUser] = [sampleFlag(), sampleFlag(), sampleFlag(), sampleFlag()];
    const flags = [bare, ofRole, ofOrganization, ofUser];
    const ids = [...flags.map(({ id }) => id), unique('flg_none')];
    await store().transaction(async (tx) => {
      await tx.organizations.lock(['rowed']);
      await tx.users.lock(['rowed']);
      await tx.configuration.advance();
      for (const flag of flags) await tx.configuration.putFlag(flag);
      await tx.configuration.putRoleAccess([accessRow({ flagId: ofRole.id, role: 'r' })]);
      await tx.organizations.putAccess([accessRow({ flagId: ofOrganization.id, organizationId: 'rowed' })]);
      await tx.users.putAccess([accessRow({ flagId: ofUser.id, userId: 'rowed', enabled: false })]);
      expect((await tx.configuration.withoutRows(ids)).toSorted()).toEqual([bare.id, ofRole.id].toSorted());
    });
    expect((await store().configuration.withoutRows(ids)).toSorted()).toEqual([bare.id, ofRole.id].toSorted());
    expect(await store().configuration.withoutRows([])).toEqual([]);
  });

  it('lists all rows of a flag: roles, then organizations, then users, each by key, at any size of page', async () => {
    const { id: flagId } = sampleFlag();
    const roles = ['a', 'b'].map((role) => accessRow({ flagId, role }));
    const organizations = [
      accessRow({ flagId, organizationId: 'listed' }),
      accessRow({ flagId, organizationId: 'listed', managedBy: 'listed', effect: 'DENY' }),
      accessRow({ flagId, organizationId: 'listed', role: 'admin' }),
      accessRow({ flagId, organizationId: 'listed-too', enabled: false }),
    ];
    const userIds = AWKWARD_IDS.map((id) => `${id}.`.slice(-191));
    const users = userIds
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .flatMap((userId) => [
        accessRow({ flagId, userId }),
        accessRow({ flagId, userId, managedBy: 'listed', effect: 'DENY' }),
      ]);
    await store().transaction(async (tx) => {
      await tx.organizations.lock(['listed', 'listed-too']);
      await tx.users.lock(userIds);
      await tx.configuration.advance();
      await tx.configuration.putRoleAccess(roles);
      await tx.organizations.putAccess(organizations);
      await tx.users.putAccess(users);
    });
    const all = [...roles, ...organizations, ...users];
    for (const limit of [1, 3, 7, 1000]) {
      expect(await allPages(limit, (page) => store().configuration.access(flagId, page))).toEqual(all);
    }
    const ofOne = (page: PageRequest) => store().configuration.access(flagId, page, { managedBy: 'listed' });
    expect(await allPages(2, ofOne)).toEqual(all.filter(({ managedBy }) => managedBy === 'listed'));
    for (const [subject, rows] of Object.entries({ roles, organizations, users })) {
      for (const prefix of [
        '',
        'a',
        'listed',
        'listed-',
        '%',
        '_',
        '\u{10FFFF}',
        userIds[0]!.slice(0, 1),
        userIds[1]!,
      ]) {
        const filter = { subject: subject as 'roles' | 'organizations' | 'users', prefix };
        const found = await allPages(2, (page) => store().configuration.access(flagId, page, filter));
        expect(found).toEqual(rows.filter((row) => (row.userId || row.organizationId || row.role).startsWith(prefix)));
      }
    }
    const prefixed = (page: PageRequest) => store().configuration.access(flagId, page, { prefix: 'listed' });
    expect(await allPages(1, prefixed)).toEqual(organizations);
    expect((await store().configuration.access(flagId, { limit: 2, after: 'no position' })).items).toEqual(roles);
    expect((await store().configuration.access(unique('flg_none'), { limit: 2 })).items).toEqual([]);
  });
}
