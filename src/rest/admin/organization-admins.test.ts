import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  CreateTokenResponse,
  GetUserResponse,
  ListAuditResponse,
  ListUnlocksResponse,
  SetFlagResponse,
} from '../../protocol/gen/admin-json.js';
import { ORGANIZATION_PATHS, USER_PATHS } from '../../protocol/messages/mask-paths.js';
import { type Ask, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let platform = '';
/** By JWT, and by a token that is bound to the organization and has the scope `manage` alone. */
const admins: Record<string, string> = {};

beforeAll(async () => {
  stand = await startRestStand();
  platform = await stand.machine(['admin']);
  admins.person = await personToken({ sub: 'ada', org: 'acme', roles: ['admin'] });
  admins.token = await stand.machine(['manage'], 'acme');
  for (const [user, organization_id] of Object.entries({ ada: 'acme', grace: 'acme', ivan: 'other' })) {
    await operate('PATCH', `/users/${user}`, { organization_id, attributes: { plan: 'free' } });
  }
  for (const [key, more] of Object.entries({
    lent: { delegated: true, client_visible: false },
    shown: {},
    hidden: { client_visible: false },
  })) {
    await operate('PATCH', `/flags/${key}`, { rules: [{ id: 'earned', policy: 'LATCHING', rollout: 0 }], ...more });
  }
});
afterAll(() => stand.close());

const ask = (path: string, more: Ask = {}) => stand.ask(`/api/admin${path}`, more);
async function operate(method: string, path: string, body?: unknown) {
  const answer = await ask(path, { token: platform, method, ...(body === undefined ? {} : { body }) });
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text]);
  return answer.json;
}

const BOTH = ['person', 'token'] as const;

describe('who administers an organization', () => {
  it.each<[string, object]>([
    ['has the role by what is stored', { sub: 'grace' }],
    ['has it beside no organization in the token', { sub: 'grace', roles: ['admin'] }],
    ['has an organization beside no roles', { sub: 'grace', org: 'acme' }],
    ['has a role that inherits it', { sub: 'grace', org: 'acme', roles: ['owner'] }],
    ['has a role that is nearly its name', { sub: 'grace', org: 'acme', roles: ['Admin', 'admin ', 'administrator'] }],
    ['has the role in two organizations', { sub: 'grace', org: ['acme', 'other'], roles: ['admin'] }],
    ['has no such role', { sub: 'grace', org: 'acme', roles: ['manager'] }],
  ])('is nobody who %s', async (_what, claims) => {
    await operate('PATCH', '/organizations/acme', { roles: [{ name: 'owner', inherits: ['admin'] }] });
    await operate('PATCH', '/users/grace', { roles: ['admin', 'owner'] });
    const token = await personToken({ ...claims });
    for (const path of ['/users/grace', '/organizations/acme', '/flags/lent/access', '/users/grace/progress']) {
      expect([path, (await ask(path, { token })).status]).toEqual([path, 403]);
    }
    const rows = await ask('/flags/lent/access', { token, method: 'PATCH', body: { access: [{ role: 'manager' }] } });
    expect(rows).toMatchObject({ status: 403, json: { detail: expect.stringContaining('not confer') } });
  });

  it('is who has the role in the verified token, whatever is stored of them, and nowhere else than there', async () => {
    await operate('PATCH', '/users/ivan', { roles: [] });
    const token = await personToken({ sub: 'ivan', org: 'acme', roles: ['x', 'admin'] });
    expect(await ask('/users/grace', { token })).toMatchObject({ status: 200 });
    expect(await ask('/users/ivan', { token })).toMatchObject({ status: 404 });
    expect(await stand.ask('/api/user/progress/?user_id=grace', { token })).toMatchObject({ status: 404 });
  });
});

describe.each(BOTH)('an organization’s admin by %s', (by) => {
  const as = (method: string, path: string, body?: unknown) =>
    ask(path, { token: admins[by]!, method, ...(body === undefined ? {} : { body }) });

  it('changes roles of present members, and no other field of theirs, given or cleared', async () => {
    const before = (await operate('GET', '/users/grace')) as GetUserResponse;
    const values: Record<string, unknown> = {
      ...{ organization_id: 'acme', joined_at: '2026-01-01T00:00:00Z', email_verified: true },
      ...{ attributes: { plan: 'paid' }, time_zone: 'Europe/Lisbon' },
    };
    for (const field of USER_PATHS.filter((path) => path !== 'roles')) {
      for (const value of [values[field], null]) {
        const answer = await as('PATCH', '/users/grace', { roles: ['manager'], [field]: value });
        expect([field, answer.status]).toEqual([field, 403]);
      }
    }
    const { user } = (await operate('GET', '/users/grace')) as GetUserResponse;
    expect(user).toEqual(before.user);
    const roles = [`lead-${by}`];
    expect((await as('PATCH', '/users/grace', { roles })).json).toMatchObject({ user: { ...user, roles } });
    const { entries } = (await operate('GET', '/audit?page_size=1')) as { entries: { action: string }[] };
    expect(entries[0]!.action).not.toBe('user.claim');
  });

  it('makes nobody a member', async () => {
    await operate('PATCH', '/flags/lent/access', { access: [{ user_id: `new-${by}`, organization_id: 'acme' }] });
    for (const user of [`new-${by}`, `nobody-${by}`, 'ivan']) {
      const refused = await as('PATCH', `/users/${user}`, { roles: ['employee'] });
      expect(refused).toMatchObject({ status: 404, json: { detail: `no user "${user}"` } });
      const staged = await as('PATCH', `/users/${user}/progress`, { stage: 'tour' });
      expect(staged).toMatchObject({ status: 404, json: { detail: `no user "${user}"` } });
    }
    expect(await operate('GET', `/users/new-${by}`)).toMatchObject({ expected_organization_id: 'acme' });
  });

  it('moves members from stage to stage, those that are not for people included', async () => {
    await operate('PUT', '/stages', { stages: [{ name: 'tour' }, { name: 'signed', self_settable: false }] });
    const stage = by === 'person' ? 'tour' : 'signed';
    expect((await as('PATCH', '/users/grace/progress', { stage })).json).toMatchObject({ progress: { stage } });
  });

  it('changes the organization’s own roles, and no fact of it', async () => {
    const before = await operate('GET', '/organizations/acme');
    for (const field of ORGANIZATION_PATHS.filter((path) => !/roles/.test(path))) {
      for (const value of [field === 'attributes' ? { plan: 'paid' } : 'Europe/Lisbon', null]) {
        const answer = await as('PATCH', '/organizations/acme', { strict_roles: true, [field]: value });
        expect(answer).toMatchObject({ status: 403, json: { detail: expect.stringContaining(field) } });
      }
    }
    expect(await operate('GET', '/organizations/acme')).toEqual(before);
    const roles = [{ name: `lead-${by}`, inherits: ['employee'] }];
    const written = await as('PATCH', '/organizations/acme', { roles });
    expect(written.json).toMatchObject({ organization: { roles } });
    const { entries } = (await operate('GET', '/audit?page_size=1')) as { entries: { actor: string }[] };
    expect(entries[0]!.actor).toMatch(by === 'person' ? /^user:ada$/ : /^token:tok_/);
    expect(await as('PATCH', '/organizations/other', { roles: [] })).toMatchObject({ status: 404 });
  });

  it('cannot tell a flag that is not delegated from one that does not exist', async () => {
    const { flag } = (await operate('PATCH', '/flags/hidden', { owner: 'kim' })) as SetFlagResponse;
    const rows = { access: [{ role: 'manager' }] };
    const refusals = async (name: string) => {
      const path = `/flags/${name}/access`;
      const ways = [
        await as('GET', path),
        await as('PATCH', path, rows),
        await as('PATCH', path, { ...rows, flag: { key: 'guessed' } }),
        await as('PATCH', `${path}?expected_version=77`, rows),
        await ask(path, { token: admins[by]!, method: 'PATCH', body: rows, headers: { 'if-none-match': '*' } }),
        await stand.ask(`/api/feature-flags/${name}`, { token: admins[by]!, method: 'PATCH', body: rows }),
        await stand.ask(`/api/feature-flags/${name}`, {
          ...{ token: admins[by]!, method: 'PATCH', body: rows },
          headers: { 'if-match': '"77"' },
        }),
      ];
      return ways.map(({ status, json }) => {
        const { request_id: _, ...problem } = json as Record<string, unknown>;
        return { status, problem: JSON.stringify(problem).replaceAll(name, 'NAME') };
      });
    };
    const unknown = await refusals('unknown');
    expect(unknown[0]).toMatchObject({ status: 404 });
    expect(await refusals('hidden')).toEqual(unknown);
    expect(await refusals(flag!.id!)).toEqual(await refusals('flg_00000000000000000000000000000000'));
  });

  it('is told of a member what the organization may know: no row and no reason of the platform, no flag that is for nobody’s screen', async () => {
    const user = `told-${by}`;
    await operate('PATCH', `/users/${user}`, { organization_id: 'other' });
    for (const key of ['lent', 'shown', 'hidden']) {
      await operate('PATCH', `/flags/${key}/access`, { access: [{ user_id: user, effect: 'DENY' }] });
      await operate('POST', `/users/${user}/unlocks/${key}/grant`, { reason: 'an apology to a rival' });
    }
    const other = await stand.machine(['manage'], 'other');
    const foreign = await ask('/flags/lent/access', {
      ...{ token: other, method: 'PATCH', body: { access: [{ user_id: user }] } },
    });
    expect(foreign).toMatchObject({ status: 200 });
    expect(await as('GET', `/users/${user}`)).toMatchObject({ status: 404 });
    await operate('PATCH', `/users/${user}`, { organization_id: 'acme' });
    expect((await as('GET', `/users/${user}`)).json).toMatchObject({ access: [] });
    expect(await as('PATCH', '/flags/lent/access', { access: [{ user_id: user }] })).toMatchObject({ status: 200 });

    const told = (await as('GET', `/users/${user}`)).json as GetUserResponse;
    expect(told.access).toEqual([expect.objectContaining({ row: expect.objectContaining({ managed_by: 'acme' }) })]);
    expect(told.unlocks!.map(({ flag_key }) => flag_key).toSorted()).toEqual(['lent', 'shown']);
    const ledger = await as('GET', `/users/${user}/unlocks`);
    const { entries } = ledger.json as ListUnlocksResponse;
    expect(entries!.map(({ flag_key }) => flag_key)).toEqual(['lent', 'shown']);
    for (const text of ['rival', 'tok_', 'hidden']) expect(ledger.text).not.toContain(text);
    const requirements = await as('GET', `/users/${user}/requirements`);
    expect(requirements.text).not.toContain('hidden');
    for (const text of ['DENIED', 'other']) expect(requirements.text).not.toContain(text);
    expect(await as('GET', `/users/${user}/requirements/hidden`)).toMatchObject({ status: 404 });
    const unlocked = async (flag: string) => (await as('GET', `/users?unlocked=${flag}`)).json as { users: unknown[] };
    expect([(await unlocked('hidden')).users, (await unlocked('unknown')).users]).toEqual([[], []]);
    expect((await unlocked('lent')).users).not.toEqual([]);
    // The platform itself sees all of it.
    expect(JSON.stringify(await operate('GET', `/users/${user}/unlocks`))).toContain('rival');
    expect((await operate('GET', `/users/${user}`)) as GetUserResponse).toMatchObject({ access: { length: 5 } });
  });

  it('watches members, as these are told, and nobody else', async () => {
    for (const path of ['/watch', '/watch?user_id=ivan', '/watch?user_id=nobody']) {
      expect([path, (await as('GET', path)).status]).toEqual([path, 404]);
    }
    const user = `watched-${by}`;
    await operate('PATCH', `/users/${user}`, { organization_id: 'acme' });
    const response = await fetch(`http://${stand.door.address}/api/admin/watch?user_id=${user}`, {
      headers: { authorization: `Bearer ${admins[by]}` },
    });
    let text = '';
    const read = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })();
    for (const key of ['hidden', 'shown']) {
      await operate('POST', `/users/${user}/unlocks/${key}/grant`, { reason: 'an apology to a rival' });
    }
    await operate('PATCH', `/users/${user}`, { organization_id: 'other' });
    // The stream ends when the user has left.
    await read;
    expect(text).toContain('shown');
    for (const secret of ['hidden', 'rival', 'tok_']) expect(text).not.toContain(secret);
  });

  it('is told of no token what it is called, where who lists tokens is told of each, revoked ones too', async () => {
    const made = async (name: string, organization_id: string, scope: string) =>
      (await operate('POST', '/tokens', { name, organization_id, scopes: [scope] })) as CreateTokenResponse;
    const names = [`Nightly sync ${by}`, `Key of a rival ${by}`] as const;
    const [own, foreign] = [await made(names[0], 'acme', 'manage'), await made(names[1], '', 'admin')];
    const does = async ({ secret }: CreateTokenResponse, method: string, path: string, body: object) => {
      const answer = await ask(path, { token: secret, method, body });
      expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text]);
    };
    for (const token of [own, foreign])
      await does(token, 'PATCH', '/organizations/acme', { roles: [{ name: `made-by-${token.token!.id.slice(-8)}` }] });
    await operate('PATCH', `/users/named-${by}`, { organization_id: 'acme' });
    await does(foreign, 'POST', `/users/named-${by}/unlocks/shown/grant`, { reason: 'an apology' });
    await operate('DELETE', `/tokens/${foreign.token!.id}`);

    const { entries } = (await operate('GET', '/organizations/acme/audit?page_size=2')) as ListAuditResponse;
    expect(entries.map(({ actor_name }) => actor_name)).toEqual([names[1], names[0]]);
    const paths = [
      '/organizations/acme/audit',
      ...entries.map(({ id }) => `/audit/${id}`),
      '/organizations/acme/roles/versions',
      `/users/named-${by}/unlocks`,
    ];
    const texts = await Promise.all(paths.map(async (path) => [path, (await as('GET', path)).text] as const));
    for (const [path, text] of texts) {
      for (const name of names) expect([path, text]).not.toEqual([path, expect.stringContaining(name)]);
      const toPlatform = JSON.stringify(await operate('GET', path));
      expect([path, names.some((name) => toPlatform.includes(`"actor_name":"${name}"`))]).toEqual([path, true]);
    }
    // Which of its own tokens it was, it is told as before.
    expect(texts[0]![1]).toContain(`"actor":"token:${own.token!.id}","action"`);
    const manager = await stand.machine(['manage']);
    const versions = await ask('/organizations/acme/roles/versions', { token: manager });
    expect(versions.text).toContain(foreign.token!.id);
    expect(versions.text).not.toContain(names[1]);
  });

  it('has nothing else of the administration', async () => {
    const calls: [string, string, unknown?][] = [
      ['GET', '/flags'],
      ['GET', '/flags/lent'],
      ['PATCH', '/flags/lent', { active: false }],
      ['POST', '/users/grace/unlocks/lent/grant', { reason: 'a try' }],
      ['POST', '/users/grace/actions/clicked/correct', { count: 1, reason: 'a try' }],
      ['GET', '/flags/lent/unlocks'],
      ['DELETE', '/users/grace?comment=gone'],
      ['DELETE', '/organizations/acme?comment=gone'],
      ['GET', '/audit'],
      ['GET', '/tokens'],
      ['GET', '/stages'],
    ];
    for (const [method, path, body] of calls) {
      expect([method, path, (await as(method, path, body)).status]).toEqual([method, path, 403]);
    }
  });
});

describe('a token that is bound to an organization', () => {
  it('keeps what its other scopes allow, and is not told who of the platform decided, and why', async () => {
    const token = await stand.machine(['identify', 'evaluate'], 'acme');
    await operate('PATCH', '/users/kept', { organization_id: 'acme' });
    await operate('POST', '/users/kept/unlocks/hidden/grant', { reason: 'an apology to a rival' });
    const changed = await ask('/users/kept', { token, method: 'PATCH', body: { email_verified: true } });
    expect(changed.json).toMatchObject({ user: { email_verified: true } });
    const ledger = await ask('/users/kept/unlocks', { token });
    expect(ledger.json).toMatchObject({
      entries: [{ flag_key: 'hidden', cause: { type: 'TYPE_MANUAL', actor: '', reason: '' } }],
    });
  });
});
