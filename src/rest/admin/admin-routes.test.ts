import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FeatureFlag, GetUserResponse, SetFlagResponse } from '../../protocol/gen/admin-json.js';
import { type Ask, askOf, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let token = '';
beforeAll(async () => {
  stand = await startRestStand();
  token = await stand.machine(['admin']);
});
afterAll(() => stand.close());

const ask = (path: string, more: Ask = {}) => stand.ask(`/api/admin${path}`, { token, ...more });
const patch = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, { method: 'PATCH', body, headers });

let flags = 0;
/** A flag of its own, made through the route. */
async function made(body: object = {}): Promise<FeatureFlag & { readonly etag: string }> {
  const answer = await patch(`/flags/flag-${flags++}`, body);
  const { flag } = answer.json as SetFlagResponse;
  return { ...flag!, etag: answer.headers.get('etag')! };
}

describe('a change', () => {
  it('writes what its body names, clears by null and by an empty list, and leaves the rest', async () => {
    const { key } = await made({ description: 'before', tags: ['a'], owner: 'kim', active: false });
    const answer = await patch(`/flags/${key}`, { description: null, tags: [], active: null });
    expect(answer.json).toMatchObject({ flag: { description: '', tags: [], owner: 'kim', active: true, version: 2 } });
  });

  it('says with a row and with a grant where a user is expected', async () => {
    const { key } = await made();
    const access = [{ user_id: 'of-row', organization_id: 'acme' }];
    expect((await patch(`/flags/${key}/access`, { access })).status).toBe(200);
    const grant = { reason: 'won it', organization_id: 'acme' };
    const granting = await ask(`/users/of-grant/unlocks/${key}/grant`, { method: 'POST', body: grant });
    expect(granting.status).toBe(200);
    const identify = async (user: string, scope: 'acme' | 'other') => {
      const bound = await stand.machine(['identify'], scope);
      return ask(`/users/${user}`, { method: 'PATCH', body: { email_verified: true }, token: bound });
    };
    for (const user of ['of-row', 'of-grant']) {
      expect((await ask(`/users/${user}`)).json).toMatchObject({ expected_organization_id: 'acme' });
      expect((await identify(user, 'other')).status).toBe(404);
      expect(await identify(user, 'acme')).toMatchObject({ status: 200, json: { user: { organization_id: 'acme' } } });
      expect((await ask(`/users/${user}`)).json).toMatchObject({ expected_organization_id: '' });
    }
    const late = await patch(`/flags/${key}/access`, { access: [{ user_id: 'of-row', organization_id: 'other' }] });
    expect(late).toMatchObject({ status: 400, json: { errors: [{ pointer: '/access/0/organization_id' }] } });
  });

  it('takes back what it gave: what the server sets is passed over', async () => {
    const { etag, ...flag } = await made({ rules: [{ name: 'all', policy: 'LATCHING' }] });
    const answer = await patch(`/flags/${flag.key}`, flag, { 'if-match': etag });
    expect(answer).toMatchObject({ status: 200, json: { flag: { ...flag, updated_at: expect.any(String) } } });
  });

  it('refuses whole numbers that would be rounded, by their place', async () => {
    const { key } = await made({
      type: 'JSON',
      variants: [
        { key: 'on', value: 1 },
        { key: 'off', value: 0 },
      ],
    });
    const raw = '{"variants": [{"key": "on", "value": {"a/b": [9007199254740993]}}, {"key": "off", "value": 0}]}';
    expect(await ask(`/flags/${key}`, { method: 'PATCH', raw })).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: '/variants/0/value/a~1b/0', message: expect.stringContaining('send it as text') }] },
    });
    const organization = '{"attributes": {"crm_id": 98765432109876543210987}}';
    expect(await ask('/organizations/large', { method: 'PATCH', raw: organization })).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: '/attributes/crm_id', message: expect.stringContaining('send it as text') }] },
    });
  });

  it('takes a mask in either spelling, and an empty one for what is given', async () => {
    const { key } = await made({ is_enabled_globally: true, description: 'kept' });
    const path = `/flags/${key}?comment=why`;
    expect((await patch(`${path}&update_mask=is_enabled_globally`, {})).json).toMatchObject({
      flag: { is_enabled_globally: false, description: 'kept' },
    });
    expect((await patch(`${path}&update_mask=isEnabledGlobally`, { is_enabled_globally: true })).json).toMatchObject({
      flag: { is_enabled_globally: true, description: 'kept' },
    });
    expect((await patch(`${path}&update_mask=`, { description: '', tags: ['new'] })).json).toMatchObject({
      flag: { description: 'kept', tags: ['new'] },
    });
    expect(await patch(`${path}&update_mask=salt`, {})).toMatchObject({ status: 400 });
  });

  it('of a user replaces the attributes that it names, and adds to them with an empty mask', async () => {
    await patch('/users/mask', { attributes: { a: 1, b: 2 }, email_verified: true });
    const merged = await patch('/users/mask', { attributes: { b: null, c: 3 }, update_mask: '' });
    expect(merged.json).toMatchObject({ user: { attributes: { a: 1, c: 3 }, email_verified: true } });
    const replaced = await patch('/users/mask', { attributes: { d: 4 } });
    expect(replaced.json).toMatchObject({ user: { attributes: { d: 4 }, email_verified: true } });
  });

  it('says in the audit who made it and why', async () => {
    const { key } = await made();
    const operator = await personToken({ sub: 'olga', groups: ['latchkey-operators'] });
    await ask(`/flags/${key}?comment=a+good%20reason`, { method: 'PATCH', token: operator, body: { owner: 'olga' } });
    const audit = await ask(`/audit?target=${key}&page_size=1`);
    expect(audit.json).toMatchObject({
      entries: [{ actor: 'user:olga', comment: 'a good reason', action: 'flag.set' }],
    });
  });

  it('of access rows is made in its own place, with or without the flag', async () => {
    const { key } = await made();
    const put = await patch(`/flags/${key}/access`, { access: [{ role: 'manager' }], flag: { owner: 'kim' } });
    expect(put.json).toMatchObject({ flag: { owner: 'kim' }, access: [{ role: 'manager', effect: 'ALLOW' }] });
    expect((await ask(`/flags/${key}/access`)).json).toMatchObject({ access: [{ role: 'manager' }] });
    await patch(`/flags/${key}/access`, { remove_access: [{ role: 'manager' }] });
    expect((await ask(`/flags/${key}/access`)).json).toEqual({ access: [], next_page_token: '' });
  });
});

describe('a version', () => {
  it('is told as an ETag with the id, and compared by GET', async () => {
    const { key, id, etag } = await made();
    expect(etag).toBe(`"${id}-1"`);
    const read = await ask(`/flags/${key}`);
    expect(read.headers.get('etag')).toBe(etag);
    expect(await ask(`/flags/${id}`, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304, text: '' });
    await patch(`/flags/${key}`, { owner: 'kim' });
    const newer = await ask(`/flags/${key}`, { headers: { 'if-none-match': etag } });
    expect([newer.status, newer.headers.get('etag')]).toEqual([200, `"${id}-2"`]);
  });

  it('that is stale is refused with what is there now: 412 by a header, 409 by the query', async () => {
    const { key, id, etag } = await made();
    await patch(`/flags/${key}`, { owner: 'kim' });
    const refused = await patch(`/flags/${key}`, { owner: 'lee' }, { 'if-match': etag });
    expect(refused).toMatchObject({
      status: 412,
      json: { code: 'CONFLICT', current: { key, owner: 'kim', version: 2 } },
    });
    expect(refused.headers.get('etag')).toBe(`"${id}-2"`);
    const restore = { method: 'POST', body: {}, headers: { 'if-match': etag } };
    const restored = await ask(`/flags/${id}/versions/1/restore`, restore);
    expect(restored).toMatchObject({ status: 412, json: { detail: expect.stringContaining(`the flag "${key}"`) } });
    const byQuery = await patch(`/flags/${key}?expected_version=1`, { owner: 'lee' });
    expect(byQuery).toMatchObject({ status: 409, json: { current: { version: 2 } } });
    const taken = await patch(`/flags/${key}`, {}, { 'if-none-match': '*' });
    expect(taken).toMatchObject({ status: 412, json: { current: { version: 2 } } });
    expect(await patch('/flags/not-there', {}, { 'if-match': etag })).toMatchObject({ status: 412 });
    expect(await patch('/flags/made-once', {}, { 'if-none-match': '*' })).toMatchObject({ status: 200 });
  });

  it('of another thing under the same key is stale, whatever its number', async () => {
    const { key, etag } = await made();
    const another = await made();
    const refused = await patch(`/flags/${key}`, { owner: 'lee' }, { 'if-match': another.etag });
    expect(refused).toMatchObject({ status: 412, json: { current: { key, version: 1 } } });
    expect(await patch(`/flags/${key}`, { owner: 'lee' }, { 'if-match': etag })).toMatchObject({ status: 200 });
  });

  it('is that of segments, stages and organizations, too', async () => {
    const first = await patch('/segments/anew', { name: 'first' }, { 'if-none-match': '*' });
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"seg_\w+-1"$/);
    const remove = (tag: string) => ask('/segments/anew', { method: 'DELETE', headers: { 'if-match': tag } });
    expect(await remove(etag)).toMatchObject({ status: 200 });
    const second = await patch('/segments/anew', { name: 'second' });
    const changed = await patch('/segments/anew', { name: 'third' }, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 412, json: { current: { name: 'second', version: 1 } } });
    expect(await remove(etag)).toMatchObject({ status: 412 });
    expect(await remove(second.headers.get('etag')!)).toMatchObject({ status: 200 });

    const stages = await ask('/stages');
    expect(stages.headers.get('etag')).toBe('"stages-0"');
    const put = (tag: string) => ask('/stages', { method: 'PUT', body: { stages: [] }, headers: { 'if-match': tag } });
    expect((await put('"stages-9"')).json).toMatchObject({ status: 412 });
    expect(await put('"steps-0"')).toMatchObject({ status: 400 });

    const acme = await patch('/organizations/acme-1', { strict_roles: true }, { 'if-match': '"acme-1-0"' });
    expect(acme.headers.get('etag')).toBe('"acme-1-1"');
    const globex = await patch('/organizations/globex', { strict_roles: true }, { 'if-match': '"acme-1-1"' });
    expect(globex).toMatchObject({ status: 400, json: { detail: expect.stringContaining('globex') } });
    const stale = await patch('/organizations/acme-1', { strict_roles: false }, { 'if-match': '"acme-1-0"' });
    expect(stale).toMatchObject({ status: 412, json: { current: { id: 'acme-1', strict_roles: true, version: 1 } } });

    const foreign = await patch(`/organizations/${encodeURIComponent('ünï "1"')}`, {}, { 'if-none-match': '*' });
    const tag = foreign.headers.get('etag')!;
    expect(tag).toBe('"%C3%BCn%C3%AF%20%221%22-1"');
    expect(await patch(`/organizations/${encodeURIComponent('ünï "1"')}`, {}, { 'if-match': tag })).toMatchObject({
      status: 200,
    });
  });

  it.each([
    ['no version', { 'if-match': '"7"' }, 'is no ETag'],
    ['any version', { 'if-match': '*' }, 'is no ETag'],
    ['what is not well-formed', { 'if-match': '"%ff-1"' }, 'is no ETag'],
    ['another condition', { 'if-none-match': '"flg_x-1"' }, 'demands that there is none yet'],
    ['both', { 'if-match': '"flg_x-1"', 'if-none-match': '*' }, 'contradict'],
  ])('as %s is refused', async (_what, headers, detail) => {
    const answer = await patch('/flags/anything', {}, headers as unknown as Record<string, string>);
    expect(answer).toMatchObject({ status: 400, json: { detail: expect.stringContaining(detail) } });
  });

  it('is refused where nothing has one, and where two are given', async () => {
    const put = await ask('/tokens', { body: { name: 'n', scopes: ['test'] }, headers: { 'if-match': '"x-1"' } });
    expect(put).toMatchObject({ status: 400, json: { detail: expect.stringContaining('knows no If-Match') } });
    const { key, etag } = await made();
    const two = await patch(`/flags/${key}?expected_version=2`, {}, { 'if-match': etag });
    expect(two).toMatchObject({ status: 400, json: { detail: expect.stringContaining('contradicts') } });
  });
});

describe('an id', () => {
  it.each(['a/b', 'a:grant', '..', '.', '%2F', 'a%2Fb', 'ünï', 'a b+c', '?x=1&user_id=y#z', 'unlocks', '-'])(
    'like %j is itself, in the path and in the query',
    async (id) => {
      const written = await ask(`/users?user_id=${encodeURIComponent(id)}`, {
        method: 'PATCH',
        body: { roles: ['x'] },
      });
      expect(written.json).toMatchObject({ user: { user_id: id, roles: ['x'] } });
      const named = await ask(`/users/progress?user_id=${encodeURIComponent(id)}`);
      expect(named.json).toMatchObject({ progress: { user_id: id } });
      if (/^\.+$/.test(id)) return;
      const read = await ask(`/users/${encodeURIComponent(id)}`);
      expect((read.json as GetUserResponse).user).toMatchObject({ user_id: id, roles: ['x'] });
      expect(await ask(`/users/${encodeURIComponent(id)}/unlocks/`)).toMatchObject({ status: 200 });
    },
  );

  it('of an organization likewise', async () => {
    const written = await ask('/organizations?organization_id=..', { method: 'PATCH', body: { strict_roles: true } });
    expect(written.json).toMatchObject({ organization: { id: '..', strict_roles: true } });
    expect((await ask('/organizations?organization_id=..')).json).toMatchObject({ organization: { id: '..' } });
  });

  it('is where it stands in the path, also where the target is a whole URL', async () => {
    await patch('/users/whole', { roles: ['x'] });
    const [host, port] = stand.door.address.split(':');
    const asked = request({
      ...{ host, port, path: 'http://flags.example.com/api/admin/users/whole' },
      headers: { authorization: `Bearer ${token}` },
    }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(await json(response)).toMatchObject({ user: { user_id: 'whole', roles: ['x'] } });
  });

  it('is decoded once', async () => {
    await patch('/users/a%252Fb', {});
    expect((await ask('/users/a%252Fb')).json).toMatchObject({ user: { user_id: 'a%2Fb' } });
    expect((await ask('/users/a%2Fb')).json).toMatchObject({ user: { user_id: 'a/b' } });
    expect(await ask('/users?user_id=%ff')).toMatchObject({ status: 400 });
  });

  it('that the body gives otherwise is refused', async () => {
    const answer = await patch('/users/ada', { user_id: 'grace' });
    expect(answer).toMatchObject({ status: 400, json: { errors: [{ pointer: '/user_id' }] } });
    expect(await patch('/users/ada', { user_id: 'ada' })).toMatchObject({ status: 200 });
  });
});

describe('the wrapper around every route', () => {
  it('counts against the caller, limits, and names the route to the observer', async () => {
    await stand.withDoor({ requestsPerMinute: 2 }, async (_door, origin) => {
      const again = () => askOf(origin, '/api/admin/stages', { token });
      expect([(await again()).status, (await again()).status]).toEqual([200, 200]);
      expect(await again()).toMatchObject({ status: 429, json: { code: 'LIMITED' } });
    });
    await ask('/users/ada/unlocks');
    const { caller, route } = stand.ended.at(-1)!;
    expect([caller?.kind, route]).toEqual(['machine', '/api/admin/users/:user_id/unlocks']);
    await ask('/users/unlocks?user_id=ada');
    expect(stand.ended.at(-1)).toMatchObject({ route: '/api/admin/users/:user_id/unlocks' });
  });
});

describe('what does not fit', () => {
  it('is told by its place, all of it at once', async () => {
    const body = { rules: [{ policy: 'STICKY' }, { rollout: 'half' }], kee: 1 };
    expect(await patch('/flags/unfit', body)).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: '/rules/0/policy' }, { pointer: '/rules/1/rollout' }, { pointer: '' }] },
    });
    const stored = await patch('/flags/unfit', { rules: [{ conditions: { fact: 'no' } }] });
    expect(stored).toMatchObject({ status: 400, json: { errors: [{ pointer: '/rules/0/conditions' }] } });
  });

  it.each([
    ['an unknown parameter', 'GET', '/flags?sort=key', undefined, 'it takes page_size, page_token, tag, archived'],
    [
      'a parameter beside a whole body',
      'PUT',
      '/stages?comment=x',
      { stages: [] },
      'it takes none at all; send it in the body',
    ],
    ['a list that is replaced and not given', 'PUT', '/stages', {}, '/stages is missing'],
    ['a member that is a parameter', 'PATCH', '/flags/x', { comment: 'why' }, '"comment" goes into the query'],
    ['a name that is nearly one', 'PATCH', '/flags/x', { actve: true }, 'did you mean "active"?'],
    ['a parameter that is nearly one', 'GET', '/flags?page_sise=1', undefined, 'did you mean "page_size"?'],
    ['a parameter twice', 'GET', '/flags?tag=a&tag=b', undefined, 'takes one value'],
    ['a number that is none', 'GET', '/flags?page_size=ten', undefined, 'page_size is a whole number'],
    ['a word that is none', 'PATCH', '/flags/x?on_rule_change=MAYBE', {}, 'one of "KEEP", "RELOCK"'],
    ['a body where none belongs', 'DELETE', '/tokens/tok_x', { comment: 'x' }, 'the body is not taken here'],
  ])('as %s is refused', async (_what, method, path, body, detail) => {
    const answer = await ask(path, { method, ...(body === undefined ? {} : { body }) });
    expect(answer).toMatchObject({ status: 400, json: { code: 'INVALID', detail: expect.stringContaining(detail) } });
    expect(answer.json).toMatchObject({ errors: [{ pointer: expect.any(String), message: expect.any(String) }] });
  });

  it('as a member named __proto__ is refused, anywhere', async () => {
    const raw = '{"attributes": {"a": {"__proto__": {"admin": true}}}}';
    expect(await ask('/users/proto', { method: 'PATCH', raw })).toMatchObject({ status: 400 });
  });

  it('as a method is told which there are', async () => {
    const answer = await ask('/stages', { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT']);
    const asked = await ask('/stages', { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('allow'), asked.text]).toEqual([204, 'GET, HEAD, PUT', '']);
  });
});

describe('people', () => {
  it('who administer the platform do what its machines do, for anybody', async () => {
    const operator = { token: await personToken({ sub: 'olga', groups: ['latchkey-operators'] }) };
    expect(await ask('/flags', operator)).toMatchObject({ status: 200 });
    expect(await ask('/tokens', operator)).toMatchObject({ status: 200 });
    expect(await ask('/users/ada/requirements', operator)).toMatchObject({ status: 200 });
    const moved = await ask('/users/ada/progress', { ...operator, method: 'PATCH', body: { stage: 'tour' } });
    expect(moved.json).toMatchObject({ progress: { user_id: 'ada', stage: 'tour' } });
    // On the routes of people they are one of them.
    expect(await stand.ask('/api/user/progress/?user_id=ada', operator)).toMatchObject({ status: 404 });
  });

  it('who do not have no place here, their own account included', async () => {
    const ada = await personToken({ sub: 'ada', org: 'acme', roles: ['manager'] });
    for (const path of [
      '/flags',
      '/users/ada',
      '/users/ada/progress',
      '/users/ada/requirements',
      '/watch?user_id=ada',
    ]) {
      expect(await ask(path, { token: ada })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    }
    // Refused before anybody looks at what they send.
    expect(await ask('/users/ada', { token: ada, method: 'PATCH', raw: '{' })).toMatchObject({ status: 403 });
  });

  it('who administer an organization have its rows of delegated flags', async () => {
    const [lent, kept] = [await made({ delegated: true }), await made()];
    const admin = await personToken({ sub: 'ada', org: 'acme', roles: ['admin'] });
    const put = (key: string, row: object) =>
      ask(`/flags/${key}/access`, { token: admin, method: 'PATCH', body: { access: [row] } });
    expect((await put(lent.key, { role: 'manager' })).json).toMatchObject({
      flag: { key: lent.key, rules: [], salt: '' },
      access: [{ role: 'manager', organization_id: 'acme', managed_by: 'acme' }],
    });
    await patch(`/flags/${lent.key}/access`, { access: [{ role: 'employee' }] });
    expect((await ask(`/flags/${lent.key}/access`, { token: admin })).json).toMatchObject({
      access: [{ role: 'manager', managed_by: 'acme' }],
    });
    expect(await put(lent.key, { organization_id: 'globex' })).toMatchObject({ status: 404 });
    expect(await put(kept.key, { role: 'manager' })).toMatchObject({ status: 404 });
    expect(await ask(`/flags/${kept.key}/access`, { token: admin })).toMatchObject({ status: 404 });
    expect(await ask(`/flags/${lent.key}`, { token: admin, method: 'PATCH', body: { owner: 'ada' } })).toMatchObject({
      status: 403,
    });
  });
});
