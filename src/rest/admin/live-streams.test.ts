import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import {
  type EventSourceStand,
  openEventSource,
  type SourceOptions,
} from '../../../test/use-cases/stands/event-source.js';
import { askOf, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let admin = '';
const open: EventSourceStand[] = [];
beforeAll(async () => {
  stand = await startRestStand();
  admin = await stand.machine(['admin']);
  for (const [user, organization_id] of Object.entries({ ada: 'acme', ivan: 'other' })) {
    await operate('PATCH', `/users/${user}`, { organization_id });
  }
});
afterEach(() => {
  for (const source of open.splice(0)) source.kill();
});
afterAll(() => stand.close());

async function operate(method: string, path: string, body: unknown, token = admin): Promise<void> {
  const answer = await stand.ask(`/api/admin${path}`, { token, method, body });
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text]);
}

async function watch(options: SourceOptions): Promise<EventSourceStand> {
  const source = await openEventSource(stand.door.address, '/api/admin/stream', options);
  open.push(source);
  if (source.status === 200) await until(() => source.frames.length > 0);
  return source;
}

const earned = (key: string, more: object) =>
  operate('PATCH', `/flags/${key}`, {
    rules: [
      {
        policy: 'LATCHING',
        conditions: {
          all: [{ fact: 'actionCount', params: { action: key }, operator: 'greaterThanInclusive', value: 1 }],
        },
      },
    ],
    ...more,
  });
const earn = (userId: string, action: string) =>
  stand.latchkey.services.events.track(stand.latchkey.operator, {
    events: [
      {
        kind: 'event',
        event: {
          id: `${userId}-${action}`,
          source: '',
          userId,
          action,
          occurredAt: undefined,
          value: 0,
          properties: {},
        },
      },
    ],
    wait: true,
  });
const of = (source: EventSourceStand, event: string) =>
  source.of(event).map(({ data }) => data as Record<string, string>);

describe('the stream of the administration', () => {
  it.each([
    ['person', () => personToken({ sub: 'ada', org: 'acme', roles: ['admin'] })],
    ['token', () => stand.machine(['manage'], 'acme')],
  ] as const)('tells an organization’s admin by %s what is theirs, and nothing of others', async (by, make) => {
    const token = await make();
    const [source, whole] = [await watch({ token }), await watch({ token: admin })];
    const flags = {
      [`lent-${by}`]: { delegated: true, client_visible: false },
      [`shown-${by}`]: {},
      [`hidden-${by}`]: { client_visible: false },
    };
    for (const [key, more] of Object.entries(flags)) await earned(key, more);
    for (const user of ['ada', 'ivan']) for (const key of Object.keys(flags)) await earn(user, key);
    await operate('PATCH', '/organizations/other', { roles: [{ name: `theirs-${by}`, inherits: ['employee'] }] });
    await operate('PATCH', '/organizations/acme', { roles: [{ name: `own-${by}`, inherits: ['employee'] }] });
    await operate('PATCH', '/stages', { stages: [] }).catch(() => undefined);
    await until(() => of(whole, 'unlock').length >= 6 && of(source, 'audit').length >= 1);
    await until(() => of(whole, 'audit').length >= 5 && of(source, 'unlock').length >= 2);
    expect(
      of(source, 'unlock')
        .map(({ user_id, flag_key }) => [user_id, flag_key])
        .toSorted(),
    ).toEqual([
      ['ada', `lent-${by}`],
      ['ada', `shown-${by}`],
    ]);
    expect(of(source, 'audit')).toEqual([
      expect.objectContaining({ actor: 'platform', action: 'organization.set', target: 'acme' }),
    ]);
    const kinds = new Set(source.frames.map(({ event }) => event));
    expect(kinds.difference(new Set(['']))).toEqual(new Set(['audit', 'configuration', 'unlock']));
    const told = JSON.stringify(source.frames);
    for (const foreign of ['ivan', 'other', 'hidden', 'theirs', 'segment_keys":["', 'tok_'])
      expect(told).not.toContain(foreign);
    for (const { data } of source.of('unlock')) expect(data).toMatchObject({ left_out: 0 });
  });

  it('is read by a session’s cookie from this server’s own page, and ends with the session', async () => {
    const signedIn = await askOf(`http://${stand.door.address}`, '/api/session', { body: { token: admin } });
    const cookie = signedIn.headers.get('set-cookie')!.split(';', 1)[0]!;
    const source = await watch({ headers: { cookie, 'sec-fetch-site': 'same-origin' } });
    expect(source.status).toBe(200);
    for (const headers of [{ cookie, 'sec-fetch-site': 'cross-site' }, { cookie }]) {
      expect((await watch({ headers })).status).toBe(403);
    }
    await stand.ask('/api/session', {
      method: 'DELETE',
      headers: { cookie, 'sec-fetch-site': 'same-origin', 'x-latchkey-console': '1' },
    });
    await until(() => source.ended);
    expect(source.frames.at(-1)).toMatchObject({ event: 'end', data: { code: 'UNAUTHENTICATED' } });
  });

  it('takes the id of a browser that comes back before the token in its address, and ends when the server stops', async () => {
    await stand.withDoor({}, async (door) => {
      const first = await openEventSource(door.address, '/api/admin/stream', { token: admin });
      await until(() => first.lastId() !== '');
      const path = '/api/admin/stream?resume_token=of-no-use';
      const again = await openEventSource(door.address, path, { token: admin, lastEventId: first.lastId() });
      await until(() => again.frames.length > 0);
      expect(again.of('reset')).toEqual([]);
      const lost = await openEventSource(door.address, path, { token: admin });
      await until(() => lost.of('reset').length === 1);
      const drained = door.drain(5_000);
      await until(() => again.ended);
      expect(again.frames.at(-1)).toMatchObject({ event: 'end', data: { code: 'UNAVAILABLE' } });
      await drained;
    });
  });

  it('is for GET alone, and says what it is', async () => {
    expect((await stand.ask('/api/admin/stream', { token: admin, method: 'HEAD' })).status).toBe(405);
    const document = (await stand.ask('/openapi.json')).json as {
      paths: Record<string, { get: { responses: Record<string, { content: object }> } }>;
    };
    expect(Object.keys(document.paths['/api/admin/stream']!.get.responses['200']!.content)).toEqual([
      'text/event-stream',
    ]);
  });
});
