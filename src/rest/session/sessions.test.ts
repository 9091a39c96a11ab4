import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import { type Ask, askOf, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let admin = '';
beforeAll(async () => {
  stand = await startRestStand();
  admin = await stand.machine(['admin']);
});
afterAll(() => stand.close());

type Headers = Record<string, string>;

const OWN: Headers = { 'sec-fetch-site': 'same-origin', 'x-latchkey-console': '1' };

/** What a browser keeps of the answer to signing in: `NAME=SECRET`. */
async function signIn(token: string, headers: Headers = {}, origin = `http://${stand.door.address}`) {
  const answer = await askOf(origin, '/api/session', { body: { token }, headers });
  return { ...answer, setCookie: answer.headers.get('set-cookie') ?? '', cookie: cookieIn(answer.headers) };
}

function cookieIn(headers: globalThis.Headers): string {
  return headers.get('set-cookie')?.split(';', 1)[0] ?? '';
}

const by = (cookie: string, path: string, { headers = {}, ...more }: Ask = {}) =>
  stand.ask(path, { ...more, headers: { ...OWN, cookie, ...headers } });
const status = async (cookie: string, path = '/api/session') => (await by(cookie, path)).status;

describe('a session', () => {
  it('is made for a token, in a cookie for this host alone that no script can read', async () => {
    const deployment = await stand.latchkey.store.deployment();
    const { json, setCookie, cookie } = await signIn(admin);
    expect(setCookie).toMatch(
      new RegExp(`^latchkey-${deployment.slice(0, 8)}=[\\w-]+; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict$`),
    );
    expect(json).toMatchObject({
      caller: {
        kind: 'token',
        id: expect.stringMatching(/^tok_/),
        name: 'test',
        organization_id: '',
        scopes: ['admin'],
      },
      operations: expect.arrayContaining(['SetFlag', 'ListAudit']),
      session: { id: expect.stringMatching(/^ses_/) },
    });
    expect((json as { operations: string[] }).operations).not.toContain('Evaluate');
    expect(await by(cookie, '/api/session')).toMatchObject({ status: 200, json: { caller: { name: 'test' } } });
    expect(JSON.stringify(json)).not.toContain(cookie.split('=')[1]);
    const changed = await by(cookie, '/api/admin/flags/by-session', { method: 'PATCH', body: {} });
    expect(changed).toMatchObject({ status: 200 });
  });

  it('says what the deployment is called', async () => {
    await stand.withDoor({ environmentName: 'staging', version: '9.8.7' }, async (_door, origin) => {
      const { json } = await signIn(admin, {}, origin);
      expect(json).toMatchObject({ environment: 'staging', version: '9.8.7' });
    });
  });

  it('says where gRPC is answered, but not to who is bound to an organization', async () => {
    await stand.withDoor({ grpc: { address: '[::1]:50051', tls: true } }, async (_door, origin) => {
      const { json } = await signIn(admin, {}, origin);
      expect(json).toMatchObject({ grpc: { host: '::1', port: 50_051, tls: true } });
      const bound = await signIn(await stand.machine(['manage'], 'acme'), {}, origin);
      expect(bound.json).toMatchObject({ caller: { organization_id: 'acme' }, grpc: null });
    });
  });

  it('of a person is theirs, for as long as their JWT is good', async () => {
    const exp = Math.floor(Date.now() / 1000) + 2;
    const operator = await signIn(await personToken({ sub: 'olga', groups: ['latchkey-operators'], exp }));
    expect(operator.json).toMatchObject({
      caller: { kind: 'person', id: 'olga', organization_id: '' },
      session: { expires_at: new Date(exp * 1000).toISOString() },
    });
    await by(operator.cookie, '/api/admin/flags/by-olga', { method: 'PATCH', body: {} });
    const audit = await stand.ask('/api/admin/audit?target=by-olga', { token: admin });
    expect(audit.json).toMatchObject({ entries: [{ actor: 'user:olga' }] });
    await until(() => Date.now() > exp * 1000 + 20, 5_000);
    expect(await status(operator.cookie)).toBe(401);

    await stand.ask('/api/admin/users/grace', { token: admin, method: 'PATCH', body: { organization_id: 'acme' } });
    const ada = await signIn(await personToken({ sub: 'ada', org: 'acme', roles: ['admin'] }));
    expect(ada.json).toMatchObject({ caller: { id: 'ada', organization_id: 'acme' } });
    expect(await status(ada.cookie, '/api/admin/users/grace')).toBe(200);
    expect(await status(ada.cookie, '/api/admin/flags')).toBe(403);
    for (const claims of [{ sub: 'eve' }, { sub: 'eve', org: 'acme', roles: ['manager'] }]) {
      expect(await signIn(await personToken(claims))).toMatchObject({ status: 403, setCookie: '' });
    }
  });

  it('of who may do everything on the platform shows what the administrator of an organization sees, and changes nothing then', async () => {
    await stand.ask('/api/admin/users/grace', { token: admin, method: 'PATCH', body: { organization_id: 'acme' } });
    await stand.ask('/api/admin/users/hedy', { token: admin, method: 'PATCH', body: { organization_id: 'globex' } });
    const view = { 'x-latchkey-view-as': 'acme' };
    const own = await signIn(await stand.machine(['manage'], 'acme'));
    const operator = await signIn(await personToken({ sub: 'olga', groups: ['latchkey-operators'] }));
    for (const { cookie } of [await signIn(admin), operator]) {
      const get = (path: string) => by(cookie, path, { headers: view });
      const [seen, theirs] = [await get('/api/session'), await by(own.cookie, '/api/session')];
      expect(seen.json).toMatchObject({ caller: { organization_id: 'acme' } });
      expect((seen.json as { operations: string[] }).operations).toEqual(
        (theirs.json as { operations: string[] }).operations,
      );
      for (const path of [
        '/api/admin/users/grace',
        '/api/admin/users/hedy',
        '/api/admin/users',
        '/api/admin/organizations',
        '/api/admin/organizations/globex',
        '/api/admin/organizations/acme/flags',
        '/api/admin/flags',
        '/api/admin/tokens',
      ]) {
        const [a, b] = [await get(path), await by(own.cookie, path)];
        expect([path, a.status]).toEqual([path, b.status]);
        if (a.status === 200) expect(a.json).toEqual(b.json);
      }
      const change = { method: 'PATCH', body: { roles: ['admin'] }, headers: view };
      expect(await by(cookie, '/api/admin/users/grace', change)).toMatchObject({ status: 403 });
      expect(await by(cookie, '/api/session', { headers: { 'x-latchkey-view-as': '%' } })).toMatchObject({
        status: 400,
      });
      expect(await status(cookie, '/api/admin/users/hedy')).toBe(200);
    }
    for (const token of [await stand.machine(['manage']), await stand.machine(['manage'], 'acme')]) {
      const { cookie } = await signIn(token);
      for (const id of ['acme', 'globex'])
        expect(await by(cookie, '/api/session', { headers: { 'x-latchkey-view-as': id } })).toMatchObject({
          status: 403,
        });
    }
  });

  it('is refused where nothing could be done with it, and tells nobody what is wrong with a token', async () => {
    expect(await signIn(await stand.machine(['track']))).toMatchObject({ status: 403, setCookie: '' });
    const { tokens } = stand.latchkey.services;
    const revoked = await tokens.create(stand.latchkey.operator, {
      ...{ name: 'r', scopes: ['admin'], organizationId: '', expiresAt: undefined },
    });
    await tokens.revoke(stand.latchkey.operator, revoked.token.id);
    const bad = [
      ...['latchkey_unknown', revoked.secret, 'a.b.c', await personToken({ sub: 'a', exp: 1 })],
      await personToken({ sub: 'a', groups: ['latchkey-operators'] }, 'another secret of more than thirty-two bytes'),
    ];
    const told = new Set<unknown>();
    for (const token of bad) {
      const { status: refused, setCookie, json } = await signIn(token);
      expect([refused, setCookie]).toEqual([401, '']);
      told.add((json as { detail: string }).detail);
    }
    expect(told.size).toBe(1);
    for (const body of [{}, { token: '' }, { token: 1 }, { token: admin, remember: true }]) {
      expect(await stand.ask('/api/session', { body })).toMatchObject({ status: 400 });
    }
    const twice = await stand.ask('/api/session', { token: admin, body: { token: admin } });
    expect(twice).toMatchObject({ status: 400 });
    const form = await stand.ask('/api/session', {
      ...{ raw: `token=${admin}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    });
    expect(form).toMatchObject({ status: 415 });
  });

  it('ends with its token, and by being signed out, everywhere', async () => {
    const { tokens } = stand.latchkey.services;
    const { secret, token } = await tokens.create(stand.latchkey.operator, {
      ...{ name: 'parent', scopes: ['manage'], organizationId: '', expiresAt: Date.now() + 3_600_000 },
    });
    const [one, two] = [await signIn(secret), await signIn(secret)];
    expect(one.json).toMatchObject({ session: { expires_at: new Date(token.expiresAt!).toISOString() } });
    expect([await status(one.cookie), await status(two.cookie)]).toEqual([200, 200]);
    const out = await by(one.cookie, '/api/session', { method: 'DELETE' });
    expect(out.status).toBe(200);
    expect(out.headers.get('set-cookie')).toMatch(/^latchkey-\w{8}=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/);
    expect([await status(one.cookie), await status(two.cookie)]).toEqual([401, 200]);
    // Signing out once more only takes the cookie away.
    expect(await by(one.cookie, '/api/session', { method: 'DELETE' })).toMatchObject({ status: 200 });
    await tokens.revoke(stand.latchkey.operator, token.id);
    expect(await status(two.cookie)).toBe(401);
    const audit = await stand.ask(`/api/admin/audit?page_size=10`, { token: admin });
    const { entries } = audit.json as { entries: { action: string; actor: string }[] };
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['session.begin', 'session.end']));
    expect(audit.text).not.toMatch(/[0-9a-f]{64}/);
  });

  it('is listed, and revoked by its id', async () => {
    const { json, cookie } = await signIn(admin);
    const { id } = (json as { session: { id: string } }).session;
    const listed = await stand.ask('/api/admin/tokens?sessions=true&page_size=1', { token: admin });
    expect(listed.json).toMatchObject({ tokens: [{ id, name: 'test', parent_id: expect.stringMatching(/^tok_/) }] });
    expect((await stand.ask('/api/admin/tokens', { token: admin })).text).not.toContain('ses_');
    expect(await stand.ask(`/api/admin/tokens/${id}`, { token: admin, method: 'DELETE' })).toMatchObject({
      status: 200,
    });
    expect(await status(cookie)).toBe(401);
  });

  it('is always a new one: none that a browser had before counts after signing in', async () => {
    const name = (await signIn(admin)).cookie.split('=')[0]!;
    const planted = `${name}=latchkey_planted`;
    expect(await status(planted)).toBe(401);
    const fresh = await signIn(admin, { cookie: planted });
    expect(fresh.cookie).not.toBe(planted);
    expect([await status(planted), await status(fresh.cookie)]).toEqual([401, 200]);
    const again = await signIn(admin, { cookie: fresh.cookie });
    expect([await status(fresh.cookie), await status(again.cookie)]).toEqual([401, 200]);
    // Two of one name: another page of the same host may have set one of them.
    expect(await by(`${planted}; ${again.cookie}`, '/api/session')).toMatchObject({ status: 400 });
  });

  it('is not begun where the answer could not say so', async () => {
    const token = await stand.machine(['manage']);
    const name = (await signIn(admin)).cookie.split('=')[0]!;
    const count = async () => (await stand.latchkey.store.tokens.all()).filter(({ session }) => session).length;
    const before = await count();
    expect(await signIn(token, { cookie: `${name}=one; ${name}=two` })).toMatchObject({ status: 400, setCookie: '' });
    expect(await count()).toBe(before);
  });

  it('is no bearer token, and a token no session', async () => {
    const { cookie } = await signIn(admin);
    const [name, secret] = cookie.split('=') as [string, string];
    for (const path of ['/api/admin/flags', '/api/session', '/api/feature-flags/?user_id=ada']) {
      expect(await stand.ask(path, { token: secret })).toMatchObject({ status: 401 });
    }
    expect(await status(`${name}=${admin}`)).toBe(401);
  });

  it('takes one more than fifty of a token in the place of the one used longest ago', async () => {
    const token = await stand.machine(['manage']);
    const cookies: string[] = [];
    for (let i = 0; i < 51; i++) cookies.push((await signIn(token)).cookie);
    expect([await status(cookies[0]!), await status(cookies[1]!), await status(cookies[50]!)]).toEqual([401, 200, 200]);
  }, 60_000);

  it('goes with the person whose JWT it was exchanged for', async () => {
    const { cookie } = await signIn(await personToken({ sub: 'leaver', groups: ['latchkey-operators'] }));
    expect(await status(cookie)).toBe(200);
    await stand.ask('/api/admin/users/leaver?comment=asked', { token: admin, method: 'DELETE' });
    await until(async () => (await status(cookie)) === 401, 8_000);
    expect((await stand.ask('/api/admin/tokens?sessions=true', { token: admin })).text).not.toContain('leaver');
  }, 15_000);

  it('ends the streams that it has opened', async () => {
    const { cookie } = await signIn(admin);
    const response = await fetch(`http://${stand.door.address}/api/admin/watch`, { headers: { ...OWN, cookie } });
    const lines = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await lines.read();
    await by(cookie, '/api/session', { method: 'DELETE' });
    let last = '';
    for (let next = await lines.read(); !next.done; next = await lines.read()) last += next.value;
    expect(last).toContain('UNAUTHENTICATED');
  }, 15_000);
});

describe('a request by a session', () => {
  const host = () => stand.door.address;
  it.each<[string, () => Headers, number]>([
    ['of this origin', () => ({ 'sec-fetch-site': 'same-origin' }), 200],
    ['of a page of the same site', () => ({ 'sec-fetch-site': 'same-site' }), 403],
    ['of another site', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['typed into the address bar', () => ({ 'sec-fetch-site': 'none' }), 403],
    [
      'of another site that gives this origin',
      () => ({ 'sec-fetch-site': 'cross-site', origin: `http://${host()}` }),
      403,
    ],
    ['of two kinds', () => ({ 'sec-fetch-site': 'same-origin, cross-site' }), 403],
    ['of an old browser, with this origin', () => ({ origin: `http://${host()}` }), 200],
    ['of an old browser, with another port', () => ({ origin: 'http://127.0.0.1:1' }), 403],
    ['of an old browser, with another scheme', () => ({ origin: `https://${host()}` }), 403],
    ['of an old browser, with no origin', () => ({ origin: 'null' }), 403],
    ['that says nothing of where it comes from', () => ({}), 403],
  ])('%s is taken only from its own pages', async (_what, headers, expected) => {
    const { cookie } = await signIn(admin);
    const ask = (path: string, more: Ask = {}) => stand.ask(path, { ...more, headers: { cookie, ...headers() } });
    // An origin that is not of plain loopback has the browser keep another cookie, which is not there.
    const others = expected === 403 && headers().origin !== undefined ? [401, 403] : [expected];
    expect(others).toContain((await ask('/api/session')).status);
    expect(others).toContain((await ask('/api/admin/flags')).status);
    const changed = await ask('/api/admin/flags/forged', { method: 'PATCH', body: {} });
    expect(others.map((each) => (each === 200 ? 403 : each))).toContain(changed.status);
    expect((await stand.ask('/api/admin/flags/forged', { token: admin })).status).toBe(404);
  });

  it('that may change something carries the console’s header, which no form can', async () => {
    const { cookie } = await signIn(admin);
    const { 'x-latchkey-console': _, ...without } = OWN;
    for (const [method, path] of [
      ['PATCH', '/api/admin/flags/forged'],
      ['PUT', '/api/admin/stages'],
      ['POST', '/api/admin/tokens'],
      ['DELETE', '/api/admin/segments/none'],
      ['DELETE', '/api/session'],
    ] as const) {
      const answer = await stand.ask(path, { method, headers: { ...without, cookie } });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.text).toContain('x-latchkey-console');
    }
    expect(await status(cookie)).toBe(200);
    expect(await stand.ask('/api/admin/flags', { method: 'HEAD', headers: { ...without, cookie } })).toMatchObject({
      status: 200,
    });
  });

  it('and by a token at once is refused, since who calls is not clear', async () => {
    const { cookie } = await signIn(admin);
    for (const [method, path] of [
      ['GET', '/api/session'],
      ['DELETE', '/api/session'],
      ['GET', '/api/admin/flags'],
      ['PATCH', '/api/admin/flags/both'],
    ] as const) {
      const both = await by(cookie, path, { method, token: admin, ...(method === 'PATCH' ? { body: {} } : {}) });
      expect([path, both.status]).toEqual([path, 400]);
    }
    expect(await status(cookie)).toBe(200);
  });

  it('is never allowed to pages of other origins, whatever CORS allows them', async () => {
    await stand.withDoor({ corsOrigins: ['https://app.example.com'] }, async (_door, origin) => {
      const { cookie } = await signIn(admin, {}, origin);
      const headers = {
        origin: 'https://app.example.com',
        cookie,
        'sec-fetch-site': 'cross-site',
        'x-latchkey-console': '1',
      };
      const answer = await askOf(origin, '/api/admin/flags', { headers });
      expect(answer.status).not.toBe(200);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    });
  });
});

describe('signing in', () => {
  it('is refused to other pages, and allowed to programs, which say nothing of pages', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example.com' },
      { origin: 'null' },
    ] as Headers[]) {
      expect(await signIn(admin, headers)).toMatchObject({ status: 403, setCookie: '' });
    }
    expect(await signIn(admin, { origin: `http://${stand.door.address}` })).toMatchObject({ status: 200 });
  });

  it('may be tried so often from one address', async () => {
    await stand.withDoor({ signInsPerMinute: 2 }, async (_door, origin) => {
      expect((await signIn('wrong', {}, origin)).status).toBe(401);
      expect((await signIn(admin, {}, origin)).status).toBe(200);
      // Nobody is believed who says to come from elsewhere.
      const limited = await signIn(admin, { 'x-forwarded-for': '203.0.113.9' }, origin);
      expect(limited).toMatchObject({ status: 429, setCookie: '', json: { code: 'LIMITED' } });
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    });
    await stand.withDoor({ signInsPerMinute: 1, trustedProxies: ['127.0.0.0/8'] }, async (_door, origin) => {
      const from = async (address: string) => (await signIn('wrong', { 'x-forwarded-for': address }, origin)).status;
      expect([await from('203.0.113.9'), await from('203.0.113.9'), await from('203.0.113.10')]).toEqual([
        401, 429, 401,
      ]);
      const one = await from('2001:db8:0:1::1');
      expect([one, await from('2001:db8:0:1:ffff::2'), await from('2001:db8:0:2::1')]).toEqual([401, 429, 401]);
    });
  });

  it('may be ended so often from one address, whatever secret is sent, which takes nothing from signing in', async () => {
    await stand.withDoor({ signInsPerMinute: 1 }, async (_door, origin) => {
      const { cookie, status: begun } = await signIn(admin, {}, origin);
      const [name] = cookie.split('=');
      const out = (secret: string) =>
        askOf(origin, '/api/session', { method: 'DELETE', headers: { ...OWN, cookie: `${name}=${secret}` } });
      expect([begun, (await out('made-up')).status]).toEqual([200, 200]);
      const limited = await out('made-up-too');
      expect(limited).toMatchObject({ status: 429, json: { code: 'LIMITED' } });
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });

  it('behind a proxy that is trusted gives a cookie for TLS and this host alone', async () => {
    await stand.withDoor({ trustedProxies: ['127.0.0.1'] }, async (_door, origin) => {
      const proxied = {
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'flags.example.com',
        'x-forwarded-for': '203.0.113.9',
      };
      const { setCookie, cookie } = await signIn(admin, { ...proxied, origin: 'https://flags.example.com' }, origin);
      expect(setCookie).toMatch(
        /^__Host-latchkey-\w{8}=[\w-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/,
      );
      const ask = (more: Headers) => askOf(origin, '/api/session', { headers: { cookie, ...proxied, ...more } });
      expect(await ask({ origin: 'https://flags.example.com' })).toMatchObject({ status: 200 });
      expect(await ask({ origin: 'https://flags.example.com', 'x-forwarded-host': 'evil.example.com' })).toMatchObject({
        status: 403,
      });
    });
  });

  it('believes nobody else who says to be one', async () => {
    const forged = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example.com' };
    expect(await signIn(admin, { ...forged, origin: 'https://evil.example.com' })).toMatchObject({ status: 403 });
    // What comes by some proxy is not from this machine: the cookie is for TLS.
    expect((await signIn(admin, forged)).setCookie).toMatch(/^__Host-.*; Secure$/);
    const { cookie } = await signIn(admin);
    const { 'sec-fetch-site': _, ...old } = OWN;
    const answer = await stand.ask('/api/session', {
      headers: { ...old, ...forged, cookie, origin: 'https://evil.example.com' },
    });
    expect([401, 403]).toContain(answer.status);
  });

  it('without TLS is for the machine itself: a browser elsewhere would not keep the cookie', async () => {
    const [address, port] = stand.door.address.split(':') as [string, string];
    const raw = async (headers: Headers) => {
      const asked = request({ host: address, port, path: '/api/session', method: 'POST', headers });
      asked.end(JSON.stringify({ token: admin }));
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return { status: response.statusCode, cookie: response.headers['set-cookie'], text: await text(response) };
    };
    const json = { 'content-type': 'application/json' };
    const host = `flags.example.com:${port}`;
    const page = await raw({ ...json, host, origin: `http://${host}` });
    expect(page).toMatchObject({ status: 400, cookie: undefined, text: expect.stringContaining('https') });
    expect((await raw({ ...json, host })).cookie![0]).toMatch(/^__Host-/);
    for (const local of [`localhost:${port}`, `127.0.0.1:${port}`]) {
      expect((await raw({ ...json, host: local })).cookie![0]).toMatch(/^latchkey-/);
    }
  });
});

describe('two deployments on one host', () => {
  it('keep their sessions apart', async () => {
    const other = await startRestStand();
    try {
      const here = await signIn(admin);
      const there = await signIn(await other.machine(['admin']), {}, `http://${other.door.address}`);
      expect(here.cookie.split('=')[0]).not.toBe(there.cookie.split('=')[0]);
      const both = `${here.cookie}; theme=dark; ${there.cookie}`;
      const at = (origin: string, cookie: string) => askOf(origin, '/api/session', { headers: { ...OWN, cookie } });
      for (const { door } of [stand, other])
        expect(await at(`http://${door.address}`, both)).toMatchObject({ status: 200 });
      expect(await at(`http://${other.door.address}`, here.cookie)).toMatchObject({ status: 401 });
      const renamed = `${there.cookie.split('=')[0]}=${here.cookie.split('=')[1]}`;
      expect(await at(`http://${other.door.address}`, renamed)).toMatchObject({ status: 401 });
    } finally {
      await other.close();
    }
  });
});
