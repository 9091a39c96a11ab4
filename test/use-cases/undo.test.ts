import { expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import type { JsonObject } from '../../src/core/values/json.js';
import type { AuditFilter } from '../../src/store/audit-store.js';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, machine, OPERATOR, person, type UseCaseStand, verified } from './stands/use-case-stand.js';

const comment = 'a mistake';
const code = (expected: string, message = /./) => ({ code: expected, message: expect.stringMatching(message) });
const olga: Call = { ...person('olga', { platformAdmin: true }), requestId: 'r' };

/** The id of the newest entry of the audit. */
async function newest({ store }: UseCaseStand, filter: AuditFilter = {}): Promise<string> {
  return String((await store.audit.list({ limit: 1 }, filter)).items[0]!.id);
}

async function rowsOf({ store }: UseCaseStand, key: string) {
  const { id } = (await store.configuration.flag(key))!;
  const { items } = await store.configuration.access(id, { limit: 100 });
  return items.map(({ userId, role, organizationId, effect, enabled }) => [
    userId + role + organizationId,
    effect,
    enabled,
  ]);
}

describeOnEachEngine('undoing an entry of the audit', (engine) => {
  it('of a flag and its rows gives back both, by one new version', async () => {
    const stand = await engine.compose();
    const { undo, audit } = stand.services;
    const rule = { id: 'r', ...latching(verified).rules[0]! };
    await stand.setFlag(
      'both',
      { rules: [rule], owner: 'kim' },
      { access: [{ role: 'kept', effect: 'DENY' }, { role: 'gone' }] },
    );
    const access = [{ role: 'kept', enabled: false }, { userId: 'ada' }, { organizationId: 'acme' }];
    await stand.setFlag('both', { rules: [], owner: 'lee' }, { access, removeAccess: [{ role: 'gone' }] });
    const id = await newest(stand);
    expect(await undo.refusal(OPERATOR, id)).toBeUndefined();
    const undone = await undo.undo(olga, { id, comment });
    expect(undone.newVersion).toBe(3);
    expect(await stand.store.configuration.flag('both')).toMatchObject({ owner: 'kim', rules: [{ id: 'r' }] });
    expect(await rowsOf(stand, 'both')).toEqual([
      ['gone', 'ALLOW', true],
      ['kept', 'DENY', true],
    ]);
    const [entry] = (await audit.list(OPERATOR, { limit: 1 }, {})).items;
    expect(entry).toMatchObject({
      actor: 'user:olga',
      comment: `a mistake (undoes the entry ${id})`,
      action: 'flag.set',
    });
    // It is a change as any other: undone once, it is not what the entry left; and it can be undone itself.
    await expect(undo.undo(OPERATOR, { id, comment })).rejects.toMatchObject(
      code('CONFLICT', /the flag "both" has changed since: version 3 by user:olga at \d{4}-.*: rules, owner$/),
    );
    await undo.undo(OPERATOR, { id: String(entry!.id), comment });
    expect(await rowsOf(stand, 'both')).toHaveLength(3);
    expect(await stand.store.configuration.flag('both')).toMatchObject({ owner: 'lee', rules: [] });
  });

  it('of rows alone asks that these are as they were left, whatever else has changed', async () => {
    const stand = await engine.compose();
    const { undo } = stand.services;
    await stand.setFlag('rows', {}, { access: [{ userId: 'ada', effect: 'DENY' }] });
    await stand.setFlag('rows', {}, { access: [{ userId: 'ada' }, { userId: 'grace' }] });
    const id = await newest(stand);
    await stand.setFlag('rows', { owner: 'kim' }, { access: [{ role: 'other' }] });
    expect(await undo.undo(OPERATOR, { id, comment })).toMatchObject({ newVersion: 0 });
    expect(await rowsOf(stand, 'rows')).toEqual([
      ['other', 'ALLOW', true],
      ['ada', 'DENY', true],
    ]);
    await expect(undo.undo(OPERATOR, { id, comment })).rejects.toMatchObject(
      code('CONFLICT', /access rows of the flag "rows" have changed since: by token:tok_test at \d{4}-/),
    );
    // A row that comes back meanwhile is not taken for that of the entry.
    await stand.setFlag('rows', {}, { removeAccess: [{ userId: 'ada' }] });
    const removal = await newest(stand);
    await stand.setFlag('rows', {}, { access: [{ userId: 'ada' }] });
    await expect(undo.undo(OPERATOR, { id: removal, comment })).rejects.toMatchObject(code('CONFLICT'));
  });

  it('says by its name which token has changed it since, to those alone who may list tokens', async () => {
    const stand = await engine.compose();
    const { undo, tokens, flags } = stand.services;
    const made = { scopes: ['manage'], expiresAt: undefined } as const;
    const by = async (name: string, organizationId: string): Promise<Call> => {
      const { token } = await tokens.create(OPERATOR, { ...made, name, organizationId });
      const { caller, ...call } = machine(['manage'], organizationId);
      return { ...call, caller: { ...caller, tokenId: token.id } as Call['caller'] };
    };
    const [deploys, theirs] = [await by('deploys', ''), await by('their script', 'namer')];
    const set = { mustExist: true, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
    const put = (call: Call, role: string, enabled: boolean) =>
      flags.set(call, { ...set, keyOrId: 'named', input: {}, access: [{ role, enabled }], removeAccess: [] });
    await stand.setFlag('named', { delegated: true });
    await stand.setFlag('named', { owner: 'kim' });
    const renamed = await newest(stand);
    await flags.set(deploys, { ...set, keyOrId: 'named', input: { owner: 'lee' }, access: [], removeAccess: [] });
    await put(OPERATOR, 'pilot', true);
    const platforms = await newest(stand);
    await put(deploys, 'pilot', false);
    await put(theirs, 'pilot', true);
    const own = await newest(stand);
    await put(theirs, 'pilot', false);

    const kim = person('kim', { organizationId: 'namer', roles: ['admin'] });
    for (const [id, call, whoever] of [
      [renamed, olga, /: version 3 by the token "deploys" at \d{4}/],
      [renamed, deploys, /: version 3 by token:tok_\w+ at/],
      [platforms, olga, /: by the token "deploys" at/],
      [platforms, deploys, /: by token:tok_\w+ at/],
      [own, kim, /: by token:tok_\w+ at/],
    ] as const) {
      expect(await undo.refusal(call, id)).toMatch(whoever);
      await expect(undo.undo(call, { id, comment })).rejects.toMatchObject(code('CONFLICT', whoever));
    }
  });

  it('takes what changed between the look and the write for what it is', async () => {
    const races: (() => Promise<unknown>)[] = [];
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: async (work) => {
          await races.pop()?.();
          return store.transaction(work);
        },
      }),
    });
    const other = await engine.compose();
    await stand.setFlag('raced');
    await stand.setFlag('raced', {}, { access: [{ userId: 'ada' }] });
    const id = await newest(stand);
    races.push(() => other.setFlag('raced', {}, { access: [{ userId: 'ada', effect: 'DENY' }] }));
    await stand.setFlag('raced', {}, { access: [{ userId: 'grace' }] });
    races.push(() => other.setFlag('raced', {}, { access: [{ userId: 'grace', enabled: false }] }));
    const grace = await newest(stand);
    await expect(stand.services.undo.undo(OPERATOR, { id: grace, comment })).rejects.toMatchObject(
      code('CONFLICT', /since: by/),
    );
    await expect(stand.services.undo.undo(OPERATOR, { id, comment })).rejects.toMatchObject(
      code('CONFLICT', /since: by/),
    );
    expect(await rowsOf(stand, 'raced')).toEqual([
      ['ada', 'DENY', true],
      ['grace', 'ALLOW', false],
    ]);
  });

  it('takes an organization that was made anew for another one, though its versions are the same again', async () => {
    const stand = await engine.compose();
    const { undo, organizations, organizationDeletion } = stand.services;
    const set = (roles: readonly string[], attributes: JsonObject = {}) =>
      organizations.set(OPERATOR, {
        ...{ id: 'anew', attributes, timeZone: '', strictRoles: false, expectedVersion: undefined, comment: '' },
        roles: roles.map((name) => ({ name, inherits: [] })),
      });
    await set(['former']);
    await set([]);
    const id = await newest(stand);
    await organizationDeletion.delete(OPERATOR, { id: 'anew', comment: 'left' });
    await set(['first']);
    await set(['first', 'second']);
    await expect(undo.undo(OPERATOR, { id, comment })).rejects.toMatchObject(code('CONFLICT', /"anew"/));
    expect(await organizations.get(OPERATOR, 'anew')).toMatchObject({ roles: [{ name: 'first' }, { name: 'second' }] });

    await set([], { plan: 'free', apiKey: 's3cret' });
    await set([], { plan: 'team', apiKey: 's3cret' });
    await organizationDeletion.delete(OPERATOR, { id: 'anew', comment: 'left' });
    for (const plan of ['a', 'b']) await set(['first'], { plan });
    for (const plan of ['c', 'd']) await set([], { plan });
    const entries = await stand.store.audit.list({ limit: 20 }, { target: 'anew' });
    for (const entry of entries.items.filter(
      ({ action, before }) => action === 'organization.set' && before !== null,
    )) {
      const refusal = await undo.refusal(OPERATOR, String(entry.id));
      expect([entry.id, refusal === undefined]).toEqual([entry.id, entry === entries.items[0]]);
    }
  });

  it('of segments, stages, actions and organizations gives back what was there', async () => {
    const stand = await engine.compose();
    const { undo, segments, stages, actions, organizations, keeper } = stand.services;
    const last = async () => undo.undo(OPERATOR, { id: await newest(stand), comment });
    const segment = { key: 'undone', expectedVersion: undefined, comment: '' };
    await segments.set(OPERATOR, { ...segment, conditions: { all: [verified] } });
    await last();
    await expect(segments.get(OPERATOR, 'undone')).rejects.toMatchObject(code('NOT_FOUND'));
    await last();
    expect(await segments.get(OPERATOR, 'undone')).toMatchObject({ conditions: { all: [verified] }, version: 1 });
    await segments.set(OPERATOR, { ...segment, name: 'Another', conditions: {} });
    expect(await last()).toMatchObject({ newVersion: 3 });
    expect(await segments.get(OPERATOR, 'undone')).toMatchObject({ name: 'undone', conditions: { all: [verified] } });

    await stages.set(OPERATOR, { stages: [{ name: 'a', selfSettable: false }] });
    await stages.set(OPERATOR, { stages: [{ name: 'b', selfSettable: true }] });
    await last();
    expect(await stages.list(OPERATOR)).toMatchObject({ stages: [{ name: 'a', selfSettable: false }] });

    await actions.declare(OPERATOR, [{ name: 'sent', clientTrackable: true }]);
    await last();
    expect(keeper.snapshot.actions.has('sent')).toBe(false);
    await last();
    expect(keeper.snapshot.actions.get('sent')).toEqual({ name: 'sent', clientTrackable: true });
    const derivation = {
      from: ['sent'],
      where: { all: [{ fact: 'property', params: { name: 'n' }, operator: 'greaterThan', value: 3 }] },
    };
    await actions.declare(OPERATOR, [{ name: 'large', clientTrackable: false, derivation }]);
    await actions.declare(OPERATOR, [{ name: 'large', clientTrackable: false, derivation: { from: ['sent'] } }]);
    await last();
    expect(keeper.snapshot.actions.get('large')).toMatchObject({ derivation });
    await actions.declare(OPERATOR, [
      { name: 'sent', clientTrackable: false },
      { name: 'new', clientTrackable: false },
    ]);
    await expect(last()).rejects.toMatchObject(code('INVALID', /take each back by itself/));

    const roles = [{ name: 'pilot', inherits: ['employee'] }];
    await organizations.set(OPERATOR, {
      id: 'acme',
      roles,
      attributes: { plan: 'pro' },
      timeZone: 'Europe/Lisbon',
      comment: '',
    });
    await expect(last()).rejects.toMatchObject(code('INVALID', /or delete it/));
    await organizations.set(OPERATOR, {
      id: 'acme',
      roles: [],
      attributes: {},
      timeZone: '',
      strictRoles: true,
      comment: '',
    });
    await last();
    expect(await organizations.get(OPERATOR, 'acme')).toMatchObject({
      ...{ roles, attributes: { plan: 'pro' }, timeZone: 'Europe/Lisbon', strictRoles: false, version: 3 },
    });
    await organizations.set(OPERATOR, { id: 'acme', attributes: { api_key: 'k-123' }, comment: '' });
    await organizations.set(OPERATOR, { id: 'acme', attributes: {}, comment: '' });
    await expect(last()).rejects.toMatchObject(code('INVALID', /secrets/));
  });

  it('is refused with what to do instead, and wants a reason', async () => {
    const stand = await engine.compose();
    const { undo, ledger, tokens, userDeletion } = stand.services;
    await stand.setFlag('made', latching(verified));
    const made = await newest(stand);
    await ledger.grant(OPERATOR, { userId: 'ada', flag: 'made', ruleId: '', reason: comment });
    const granted = await newest(stand);
    await tokens.create(OPERATOR, { name: 'x', scopes: ['track'], organizationId: '', expiresAt: undefined });
    const token = await newest(stand);
    await stand.setFlag('made', {}, { access: [{ userId: 'leaver' }] });
    const row = await newest(stand);
    await userDeletion.delete(OPERATOR, { userId: 'leaver', comment });
    const deleted = await newest(stand);
    const cases = [
      [made, /archive it/],
      [granted, /take the flag away again/],
      [token, /revoke it/],
      [row, /has been deleted since/],
      [deleted, /gone for good/],
    ] as const;
    for (const [id, message] of cases) {
      const refusal = await undo.refusal(OPERATOR, id);
      expect(refusal).toMatch(message);
      // Operators read it: it names neither calls nor actions.
      expect(refusal).not.toMatch(/[a-z][A-Z]|\w\.\w/);
      await expect(undo.undo(OPERATOR, { id, comment })).rejects.toMatchObject(code('INVALID', message));
    }
    await expect(undo.undo(OPERATOR, { id: made, comment: '' })).rejects.toMatchObject(
      code('INVALID', /comment is missing/),
    );
    for (const id of ['0', '-1', 'x', '9007199254740993', '']) {
      await expect(undo.undo(OPERATOR, { id, comment })).rejects.toMatchObject(code('NOT_FOUND'));
    }
  });

  it('is for an organization what it did itself, and the rest is not there for it', async () => {
    const stand = await engine.compose();
    const { undo, audit, organizations } = stand.services;
    await stand.setFlag('lent', { delegated: true }, { access: [{ role: 'admin' }] });
    const platforms = await newest(stand);
    const kim = person('kim', { organizationId: 'lender', roles: ['admin'] });
    const set = {
      mustExist: true,
      expectedVersion: undefined,
      onRuleChange: 'KEEP',
      comment: '',
      removeAccess: [],
    } as const;
    await stand.services.flags.set(kim, { ...set, keyOrId: 'lent', input: {}, access: [{ role: 'pilot' }] });
    const own = await newest(stand);
    await organizations.set(olga, {
      id: 'lender',
      roles: [{ name: 'pilot', inherits: [] }],
      attributes: { deal: 'secret-price' },
      comment: 'our remark',
    });
    await organizations.set(olga, { id: 'lender', attributes: { deal: 'other-price' }, comment: '' });

    const { items } = await audit.listOwn(kim, { limit: 9 }, 'lender', {});
    expect(items.map(({ actor, action }) => [actor, action])).toEqual([
      ['platform', 'organization.set'],
      ['user:kim', 'access.set'],
    ]);
    expect(JSON.stringify(items)).not.toMatch(/olga|price|remark/);
    expect((await audit.listOwn(machine(['manage'], 'other'), { limit: 9 }, 'other', {})).items).toEqual([]);
    await expect(audit.listOwn(kim, { limit: 9 }, 'other', {})).rejects.toMatchObject(code('NOT_FOUND'));
    await expect(
      audit.listOwn(person('kim', { organizationId: 'lender' }), { limit: 9 }, 'lender', {}),
    ).rejects.toMatchObject(code('FORBIDDEN'));
    for (const call of [kim, machine(['manage'], 'lender')]) {
      expect(await audit.get(call, own)).toMatchObject({
        sentence: 'user:kim allowed the flag "lent" to the role "pilot" within the organization "lender"',
      });
      await expect(audit.get(call, platforms)).rejects.toMatchObject(code('NOT_FOUND'));
      await expect(undo.undo(call, { id: platforms, comment })).rejects.toMatchObject(code('NOT_FOUND'));
      await expect(audit.list(call, { limit: 1 }, {})).rejects.toMatchObject(code('FORBIDDEN'));
    }
    await expect(audit.get(machine(['manage'], 'other'), own)).rejects.toMatchObject(code('NOT_FOUND'));
    await expect(undo.undo(OPERATOR, { id: own, comment })).rejects.toMatchObject(code('FORBIDDEN', /"lender"/));
    await undo.undo(machine(['manage'], 'lender'), { id: own, comment });
    expect(await rowsOf(stand, 'lent')).toEqual([['admin', 'ALLOW', true]]);
    // A manager of the platform reads of the configuration, and not of tokens.
    await stand.services.tokens.create(OPERATOR, {
      name: 'x',
      scopes: ['track'],
      organizationId: '',
      expiresAt: undefined,
    });
    await expect(audit.get(machine(['manage']), await newest(stand))).rejects.toMatchObject(code('NOT_FOUND'));
    expect(await audit.get(machine(['manage']), platforms)).toMatchObject({ action: 'flag.create' });
  });

  it('is read by a manager of the platform without the attributes that they may not read elsewhere, one by one and in a list', async () => {
    const stand = await engine.compose();
    const { audit, organizations } = stand.services;
    const manager = machine(['manage']);
    await organizations.set(olga, { id: 'acme', attributes: { plan: 'secret-plan' }, roles: [], comment: '' });
    const listed = (await audit.listOwn(manager, { limit: 1 }, 'acme', {})).items[0];
    expect(listed).toMatchObject({ actor: 'user:olga' });
    expect(JSON.stringify(listed)).not.toContain('secret-plan');
    expect(await audit.get(manager, String(listed!.id))).toEqual(listed);
    expect(JSON.stringify(await audit.get(OPERATOR, String(listed!.id)))).toContain('secret-plan');
  });

  it('of rows is refused where another flag has the key now', async () => {
    const stand = await engine.compose();
    await stand.setFlag('reused', {}, { access: [{ userId: 'ada' }] });
    await stand.setFlag('reused', {}, { removeAccess: [{ userId: 'ada' }] });
    const removed = await newest(stand);
    const { flag: former } = await stand.setFlag('reused', { archived: true });
    const { flag: present } = await stand.setFlag('reused', {}, { startAnew: true });
    expect(present.id).not.toBe(former.id);
    await expect(stand.services.undo.undo(OPERATOR, { id: removed, comment })).rejects.toThrow(/given to a new flag/);
    expect(await rowsOf(stand, 'reused')).toEqual([]);
  });
});
