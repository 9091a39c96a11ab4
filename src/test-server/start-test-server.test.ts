import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EvaluateRequest, type EvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { FeatureServiceClient } from '../../test/gen/latchkey/v1/feature_service.js';
import { DAY_MS } from '../core/values/time/time.js';
import { askOf } from '../rest/testing/rest-stand.js';
import { startTestServer, type TestServer } from './start-test-server.js';

const START = '2026-03-01T00:00:00Z';
const root = join(import.meta.dirname, '..', '..');

const latching = (fact: string, operator: string, value: unknown, params?: object) => ({
  rules: [
    { name: fact, policy: 'LATCHING', conditions: { all: [{ fact, operator, value, ...(params && { params }) }] } },
  ],
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    now: START,
    flags: {
      // It names a flag and a segment that come later.
      beta_tools: { prerequisites: [{ flag_key: 'new_editor' }], rules: [{ conditions: { condition: 'managers' } }] },
      new_editor: true,
      put_away: false,
      theme: {
        type: 'STRING',
        variants: [
          { key: 'dark', value: '#000' },
          { key: 'light', value: '#fff' },
        ],
        off_variant: 'light',
        distribution: [{ variant: 'dark', weight: 1 }],
        is_enabled_globally: true,
      },
      for_acme: { access: [{ organization_id: 'acme' }] },
      a_week: latching('daysSinceJoin', 'greaterThanInclusive', 7),
      ten_reports: latching('actionCount', 'greaterThanInclusive', 10, { action: 'report_created' }),
      at_stage: latching('stage', 'equal', 'first_report'),
      granted: latching('emailVerified', 'equal', true),
    },
    segments: { managers: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } },
    stages: ['signup_complete', { name: 'first_report', self_settable: false }],
    actions: ['report_created'],
    organizations: { acme: { attributes: { plan: 'pro' } } },
    users: {
      ada: { organization_id: 'acme', roles: ['manager'], joined_at: START, actions: { report_created: 9 } },
      grace: { joined_at: new Date(Date.parse(START) - 3 * DAY_MS), stages: ['signup_complete', 'first_report'] },
      kim: { unlocks: ['granted'] },
    },
  });
});
afterAll(() => server.close());

interface Listed {
  readonly key: string;
  readonly reason: string;
  readonly value: unknown;
  readonly valid_until?: string;
}

/** What is on for a user, by key. */
async function flagsOf(of: TestServer, userId: string, all = false): Promise<ReadonlyMap<string, Listed>> {
  const answer = await askOf(of.url, `/api/feature-flags/?user_id=${userId}&all=${all}`, { token: of.token });
  const { flags } = answer.json as { readonly flags: readonly Listed[] };
  return new Map(flags.map((flag) => [flag.key, flag]));
}

describe('a test server', () => {
  it('has what it is defined with, in whatever order that was written', async () => {
    expect([...(await flagsOf(server, 'ada')).keys()].sort()).toEqual([
      'beta_tools',
      'for_acme',
      'new_editor',
      'theme',
    ]);
    expect([...(await flagsOf(server, 'grace')).keys()].sort()).toEqual(['at_stage', 'new_editor', 'theme']);
    expect([...(await flagsOf(server, 'kim')).keys()].sort()).toEqual(['granted', 'new_editor', 'theme']);
    expect((await flagsOf(server, 'kim')).get('theme')).toMatchObject({ value: '#000' });
  });

  it('answers people with tokens of their own, whatever the clock says', async () => {
    const token = server.personToken('kim', { organization_id: 'acme', roles: ['manager'] });
    const { json } = await askOf(server.url, '/api/feature-flags/', { token });
    expect((json as { readonly flags: readonly Listed[] }).flags.map(({ key }) => key)).toContain('beta_tools');
    expect((await askOf(server.url, '/api/admin/flags', { token })).status).toBe(403);
    expect((await askOf(server.url, '/api/admin/flags', { token: server.adminToken })).status).toBe(200);
  });

  it('serves gRPC', async () => {
    const client = new FeatureServiceClient(server.grpcAddress, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await server.machineToken(['evaluate'], 'acme')}`);
    const evaluate = (userId: string) =>
      new Promise<EvaluateResponse>((resolve, reject) => {
        const request = EvaluateRequest.fromPartial({ flagKey: 'for_acme', context: { userId } });
        client.evaluate(request, metadata, (error, response) => (error ? reject(error) : resolve(response)));
      });
    try {
      expect(await evaluate('ada')).toMatchObject({ enabled: true });
      await expect(evaluate('kim')).rejects.toThrow('NOT_FOUND');
    } finally {
      client.close();
    }
  });

  it('counts events, and tells what they unlock; refuses what is none', async () => {
    const event = { user_id: 'lee', action: 'report_created' };
    await server.setUser('lee', { actions: { report_created: 8 } });
    expect(await server.track(event)).toEqual({ newlyUnlocked: [], newlyLocked: [] });
    expect(await server.track({ ...event, id: 'tenth' }, { ...event, id: 'tenth' })).toMatchObject({
      newlyUnlocked: ['ten_reports'],
    });
    await expect(server.track({ ...event, occurred_at: '2025-01-01T00:00:00Z' })).rejects.toThrow('2025-01-01');
    await expect(server.setUser('lee', { actions: { report_created: 1.5 } })).rejects.toThrow('1.5');
  });

  it('gives users what a changed rule gives them, before the change resolves', async () => {
    await server.setUser('max', { actions: { login: 3 } });
    await server.setFlag('by_login', latching('actionCount', 'greaterThanInclusive', 3, { action: 'login' }));
    expect((await flagsOf(server, 'max')).get('by_login')).toMatchObject({ reason: 'UNLOCKED' });
    await server.setSegment('often', {
      all: [{ fact: 'actionCount', params: { action: 'login' }, operator: 'equal', value: 3 }],
    });
    await server.setFlag('by_segment', { rules: [{ policy: 'LATCHING', conditions: { condition: 'often' } }] });
    expect((await flagsOf(server, 'max')).get('by_segment')).toMatchObject({ reason: 'UNLOCKED' });
  });
});

describe('its clock', () => {
  it('brings at once what time brings, and lets what was read until then end', async () => {
    const before = (await flagsOf(server, 'ada', true)).get('a_week');
    expect(before).toMatchObject({ reason: 'DEFAULT', valid_until: '2026-03-08T00:00:00.000Z' });
    await server.clock.advance({ days: 6, hours: 23 });
    expect((await flagsOf(server, 'ada', true)).get('a_week')).toMatchObject({ reason: 'DEFAULT' });
    expect((await flagsOf(server, 'grace')).get('a_week')).toMatchObject({ reason: 'UNLOCKED' });
    await server.clock.set('2026-03-08T00:00:00Z');
    expect((await flagsOf(server, 'ada')).get('a_week')).toMatchObject({ reason: 'UNLOCKED' });
    const { json } = await askOf(server.url, '/api/admin/users/ada/unlocks', { token: server.adminToken });
    expect(json).toMatchObject({ entries: [{ flag_key: 'a_week', earned_at: '2026-03-08T00:00:00Z' }] });
  });

  it('never goes back, and takes nothing that is no time', async () => {
    const { clock } = server;
    const now = clock.now().getTime();
    await expect(clock.set(START)).rejects.toThrow('cannot go back to 2026-03-01');
    await expect(clock.set('tomorrow')).rejects.toThrow('"tomorrow" is no instant');
    await expect(clock.advance({ days: -1 })).rejects.toThrow('{"days":-1} is no span');
    await expect(clock.advance({ weeks: 1 } as object)).rejects.toThrow('{"weeks":1} is no span');
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(now);
  });

  it('unlocks by a threshold exactly once it was reached, by however many moves', async () => {
    let users = 0;
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
      async (moves) => {
        // Who comes twice has kept what they had.
        const user = `mover-${++users}`;
        await server.setUser(user, { joined_at: server.clock.now() });
        let hours = 0;
        for (const move of moves) {
          await server.clock.advance({ hours: 8 * move });
          hours += 8 * move;
          expect((await flagsOf(server, user)).has('a_week')).toBe(hours >= 7 * 24);
        }
      },
    );
    await fc.assert(property, { numRuns: 8 });
  });
});

describe('test servers', () => {
  it('are independent, however many there are', async () => {
    const years = [2020, 2024, 2028, 2032];
    const servers = await Promise.all(
      years.map((year) => startTestServer({ now: `${year}-06-01T00:00:00Z`, flags: { [`of_${year}`]: true } })),
    );
    try {
      await servers[0]!.clock.advance({ days: 365 });
      const found = await Promise.all(servers.map(async (one) => [...(await flagsOf(one, 'ada')).keys()]));
      expect(found).toEqual(years.map((year) => [`of_${year}`]));
      const times = servers.map(({ clock }) => clock.now().getUTCFullYear());
      expect(times).toEqual([2021, 2024, 2028, 2032]);
      const strange = { token: servers[0]!.adminToken };
      expect((await askOf(servers[1]!.url, '/api/admin/flags', strange)).status).toBe(401);
    } finally {
      await Promise.all(servers.map((one) => one.close()));
    }
  });

  it('keep what they promise, whatever is set', async () => {
    const one = await startTestServer({
      flags: { a: true, hidden: { client_visible: false, is_enabled_globally: true } },
      settings: {
        ...{ JWT_SECRET: 'a secret of the application, of 32 bytes or more', HTTP_BASE_PATH: '/flags/' },
        ...{ JWT_ISSUER: 'https://login.example.com', JWT_AUDIENCE: 'web,phone', JWT_USER_CLAIM: 'user.id' },
        ...{ JWT_ORGANIZATION_CLAIM: 'https://example.com/org', JWT_ROLES_CLAIM: 'groups', LOG_LEVEL: 'silent' },
      },
    });
    try {
      await one.setFlag('managers', { access: [{ organization_id: 'acme', role: 'manager' }] });
      const token = one.personToken('ada', { organization_id: 'acme', roles: ['manager'] });
      const of = async (path: string, by: string) => (await askOf(one.url, path, { token: by })).json;
      expect(await of('/api/feature-flags/', token)).toMatchObject({ flags: [{ key: 'a' }, { key: 'managers' }] });
      expect(await of('/api/user/progress/', token)).toMatchObject({ user_id: 'ada' });
      expect((await flagsOf(one, 'ada')).has('a')).toBe(true);
      expect(await of('/api/admin/flags/a', one.adminToken)).toMatchObject({ flag: { key: 'a' } });
    } finally {
      await one.close();
    }
  });

  it.each([
    [
      'flags',
      { flags: { odd: { rules: [{ conditions: { all: [{ fact: 'stage', operator: 'is', value: 1 }] } }] } } },
      'flags.odd:',
    ],
    ['flags', { flags: { odd: { colour: 'red' } } }, 'colour'],
    [
      'circles',
      { flags: { a: { prerequisites: [{ flag_key: 'b' }] }, b: { prerequisites: [{ flag_key: 'a' }] } } },
      'flags.a:',
    ],
    ['users', { users: { ada: { joined_at: 'soon' } } }, 'users.ada: /joined_at'],
    ['settings', { settings: { TIME_ZONE: 'Moon' } }, 'TIME_ZONE="Moon"'],
    ['another database', { settings: { DATABASE_URL: 'mysql://127.0.0.1/x' } }, 'leave DATABASE_URL out'],
    ['an admin token', { settings: { LATCHKEY_ADMIN_TOKEN: 'x'.repeat(32) } }, 'leave LATCHKEY_ADMIN_TOKEN out'],
    ['one in a file', { settings: { LATCHKEY_ADMIN_TOKEN_FILE: '/x' } }, 'leave LATCHKEY_ADMIN_TOKEN_FILE out'],
    [
      'keys of others',
      { settings: { JWT_JWKS_URL: 'https://127.0.0.1/x' } },
      'JWT_SECRET, which you may give in its place',
    ],
    ['options', { falgs: { a: true } } as object, /no option "falgs"; it takes flags, .*; did you mean "flags"\?/],
    ['kinds of options', { flags: [] } as object, 'flags: [] is no object'],
    ['lists', { stages: 'begun' } as object, 'stages: "begun" is no list'],
    ['empty flags', { flags: { a: null } } as object, 'flags.a: null is no flag; give true, false or an object'],
    ['flags that are words', { flags: { a: 'yes' } } as object, 'flags.a: "yes" is no flag'],
    ['segments', { segments: { odd: 1 } } as object, 'segments.odd: 1 is no object'],
    ['organizations', { organizations: { acme: null } } as object, 'organizations.acme: null is no object'],
    ['empty users', { users: { ada: null } } as object, 'users.ada: null is no object'],
    ['members of users', { users: { ada: { stags: ['a'] } } } as object, 'stags'],
    ['unlocks', { users: { ada: { unlocks: 'a' } } } as object, 'users.ada.unlocks: "a" is no list'],
    ['unknown settings', { settings: { LANE: '1' } }, /^LANE is no setting, .* did you mean "LANES"\?/],
    ['settings of what is not used', { settings: { DATABASE_POOL: '4' } }, 'DATABASE_POOL is'],
    ['settings that are no texts', { settings: { CONSOLE: false } } as object, 'CONSOLE is no text but a boolean'],
    ['no secret', { settings: { JWT_SECRET: 'short' } }, 'JWT_SECRET'],
  ])('with a fault in their %s do not start, say where it is, and leave nothing', async (_, options, message) => {
    const before = foldersOf(process.pid);
    expect(before).not.toEqual([]);
    await expect(startTestServer(options)).rejects.toThrow(message);
    expect(foldersOf(process.pid)).toEqual(before);
  });

  it('read no environment, write nothing to the terminal, and let a process end that has closed them or not', async () => {
    const script = `
      const { startTestServer } = await import(${JSON.stringify(join(root, 'src/test-server/start-test-server.ts'))});
      const [first, second] = await Promise.all([startTestServer({ flags: { a: true } }), startTestServer()]);
      const answer = await fetch(first.url + '/api/feature-flags/?user_id=ada', { headers: { authorization: 'Bearer ' + first.token } });
      if (answer.status !== 200) throw new Error(await answer.text());
      await first.close();
      await first.close();
      if (process.env.LEAVE === 'one') process.exit(0);
      await second.close();`;
    const run = async (LEAVE: 'none' | 'one'): Promise<void> => {
      const wrong = { DATABASE_URL: 'mysql://127.0.0.1:1/x', ROLES: 'none', GRPC_ADDR: 'nowhere', LOG_LEVEL: 'debug' };
      const hooks = join(root, 'test/servers/typescript.mjs');
      const words = ['--no-warnings', '--import', hooks, '--input-type=module', '--eval', script];
      const running = promisify(execFile)(process.execPath, words, { env: { ...wrong, LEAVE }, timeout: 120_000 });
      const { stdout, stderr } = await running;
      expect([stdout, stderr]).toEqual(['', '']);
      expect(foldersOf(running.child.pid)).toEqual([]);
    };
    await Promise.all([run('none'), run('one')]);
  });
});

/** The folders in which test servers of a process have their databases. */
function foldersOf(pid: number | undefined): string[] {
  return ['/dev/shm', tmpdir()].flatMap((parent) =>
    existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(`latchkey-test-${pid}-`)) : [],
  );
}
