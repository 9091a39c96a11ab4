import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { busy, until, withinOnePeriod } from '../../../test/timing.js';
import {
  type EventSourceStand,
  openEventSource,
  type SourceOptions,
} from '../../../test/use-cases/stands/event-source.js';
import type { JsonObject } from '../../core/values/json.js';
import { DAY_MS } from '../../core/values/time/time.js';
import { TICKET_EPOCH_MS } from '../../services/streaming/answer-tickets.js';
import { rfc3339 } from '../json/flag-json.js';
import { askOf, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

const PATH = '/ofrep/v1/evaluate/flags';

let stand: RestStand;
let token = '';
const opened: EventSourceStand[] = [];

beforeAll(async () => {
  stand = await startRestStand();
  token = await stand.machine(['evaluate']);
  const by = (name: string, value: unknown) => ({
    all: [{ fact: 'attribute', path: `$.${name}`, operator: 'equal', value }],
  });
  await stand.flag('plan', {
    ...{ type: 'STRING', offVariant: 'off', variants: ['off', 'on', 'pro'].map((key) => ({ key, value: key })) },
    rules: [
      { id: 'pro', conditions: by('plan', 'pro'), distribution: [{ variant: 'pro', weight: 1 }] },
      { id: 'others' },
    ],
  });
  await stand.flag('earned', {
    rules: [
      {
        ...{ id: 'saved', policy: 'LATCHING' },
        conditions: { all: [{ fact: 'actionCount', params: { action: 'saved' }, operator: 'greaterThan', value: 0 }] },
      },
    ],
  });
  await stand.flag('veteran', {
    rules: [
      { id: 'day', conditions: { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 1 }] } },
    ],
  });
  await stand.flag('hidden', { clientVisible: false });
  const gold = { fact: 'organizationAttribute', path: '$.plan', operator: 'equal', value: 'gold' };
  await stand.flag('golden', { rules: [{ id: 'gold', conditions: { all: [gold] } }] });
});
afterEach(() => {
  for (const source of opened.splice(0)) source.kill();
});
afterAll(() => stand.close());
// Between two epochs an answer's ETag changes.
beforeEach(() => withinOnePeriod(TICKET_EPOCH_MS, 5_000));

interface Bulk {
  readonly etag: string;
  readonly uri: string;
}

async function fetchAll(context: object, by: string, origin = `http://${stand.door.address}`): Promise<Bulk> {
  const { headers, json, text } = await askOf(origin, PATH, { token: by, body: { context } });
  // On a busy machine the store may not answer in time: that answer is followed by another one.
  if (text.includes('"STALE"')) return fetchAll(context, by, origin);
  const [{ endpoint }] = (json as { eventStreams: [{ endpoint: { requestUri: string } }] }).eventStreams;
  return { etag: headers.get('etag')!, uri: endpoint.requestUri };
}

async function listen({ uri }: Bulk, options: SourceOptions = {}, address = stand.door.address) {
  const source = await openEventSource(address, uri, options);
  opened.push(source);
  return source;
}

/** Opens the stream, and waits until it hears of everything. */
async function listening(context: object, by: string): Promise<EventSourceStand & { readonly first: Bulk }> {
  const first = await fetchAll(context, by);
  const source = await listen(first);
  await until(() => source.frames.length > 1);
  return Object.assign(source, { first });
}

const identify = (userId: string, set: JsonObject) =>
  stand.latchkey.services.users.identify(stand.latchkey.operator, {
    userId,
    attributes: { replace: false, set, remove: [] },
  });

async function toldToFetch(source: EventSourceStand, n: number, now: () => Promise<Bulk>): Promise<void> {
  const { data } = await source.frame('message', n);
  const { etag } = await now();
  expect(data).toEqual({ type: 'refetchEvaluation', etag, lastModified: expect.any(Number) });
}

describe('a stream of OFREP', () => {
  it('tells of what a write changes that flips no flag, of an unlock, and of the configuration, with the ETag of the answer', async () => {
    const source = await listening({ targetingKey: 'ada' }, token);
    const now = () => fetchAll({ targetingKey: 'ada' }, token);
    await identify('ada', { plan: 'pro' });
    await toldToFetch(source, 0, now);
    const event = {
      id: 'e1',
      source: 's',
      userId: 'ada',
      action: 'saved',
      occurredAt: undefined,
      value: 0,
      properties: {},
    };
    await stand.latchkey.services.events.track(stand.latchkey.operator, {
      events: [{ kind: 'event', event }],
      wait: true,
    });
    await until(async () => (await now()).etag !== source.first.etag);
    await source.frame('message', 1);
    await stand.flag('hidden', { isEnabledGlobally: true });
    await until(() => source.of('message').some(({ data }) => (data as { etag: string }).etag !== ''));
    const { etag } = await now();
    await until(() => (source.of('message').at(-1)!.data as { etag: string }).etag === etag);
  });

  it('counts no decisions that nobody asked for', async () => {
    const decisions = async (): Promise<number> => {
      const metrics = await (await fetch(`http://${stand.latchkey.server.opsAddress}/metrics`)).text();
      const counted = [...metrics.matchAll(/^latchkey_decisions\S*\s(\d+)$/gm)];
      return counted.reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const source = await listening({ targetingKey: 'uncounted' }, token);
    const before = await decisions();
    expect(before).toBeGreaterThan(0);
    await identify('uncounted', { plan: 'pro' });
    await source.frame('message');
    expect(await decisions()).toBe(before);
  });

  it('tells when time changes the answer, by what the context says', async () => {
    // On a slow machine the instant may have come before the first answer was made, which is told of nothing then: a later one is taken.
    for (let ahead = 1_500; ; ahead *= 2) {
      const context = { targetingKey: 'ada', joinedAt: rfc3339(Date.now() - DAY_MS + ahead) };
      const { json } = await stand.ask(`${PATH}/veteran`, { token, body: { context } });
      const source = await listening(context, token);
      if ((json as { value: boolean }).value || (await fetchAll(context, token)).etag !== source.first.etag) continue;
      await toldToFetch(source, 0, () => fetchAll(context, token));
      return;
    }
  });

  it.each<[string, string, () => Promise<string>, object]>([
    ['a person’s JWT', 'acme', () => personToken({ sub: 'kim', org: 'acme' }), {}],
    ['the context of a user', 'globex', async () => token, { targetingKey: 'kim', organizationId: 'globex' }],
    ['the context of nobody', 'initech', async () => token, { organizationId: 'initech' }],
  ])(
    'tells at once what a write of the organization changes that only %s names',
    async (_what, id, signIn, context) => {
      const by = await signIn();
      const source = await listening(context, by);
      await stand.latchkey.services.organizations.set(stand.latchkey.operator, {
        id,
        attributes: { plan: 'gold' },
        comment: '',
      });
      await toldToFetch(source, 0, () => fetchAll(context, by));
      // Without the sign it would be told when all streams look again.
      expect(source.of('message')[0]!.at - source.frames[1]!.at).toBeLessThan(busy(5_000));
    },
  );

  it('tells people nothing of what is not for them, nor of writes that change nothing', async () => {
    const eve = await personToken({ sub: 'eve' });
    const source = await listening({}, eve);
    await stand.flag('hidden', { isEnabledGlobally: false });
    await identify('eve', { unused: 1 });
    await identify('eve', { plan: 'pro' });
    await toldToFetch(source, 0, () => fetchAll({}, eve));
    expect(source.of('message')).toHaveLength(1);
  });

  it('tells at once what was missed: of an answer that is another one, and to who comes back', async () => {
    const before = await fetchAll({ targetingKey: 'bob' }, token);
    const same = await listen(before);
    await until(() => same.frames.length > 1);
    const back = await listen(before, { lastEventId: same.lastId() });
    await toldToFetch(back, 0, () => fetchAll({ targetingKey: 'bob' }, token));
    await identify('bob', { plan: 'pro' });
    await toldToFetch(same, 0, () => fetchAll({ targetingKey: 'bob' }, token));
    const late = await listen(before);
    await toldToFetch(late, 0, () => fetchAll({ targetingKey: 'bob' }, token));
  });

  it('ends with its JWT, having had the client fetch again before, and is not opened any more', async () => {
    const short = await personToken({ sub: 'short', exp: Math.floor(Date.now() / 1_000) + 10 });
    const source = await listening({}, short);
    await source.frame('message');
    await until(() => source.ended);
    expect((await listen(source.first)).status).toBe(204);
    expect((await listen({ ...source.first, uri: '/ofrep/v1/stream?ticket=forged' })).status).toBe(204);
  });

  it('ends with its token, and is not opened any more', async () => {
    const { services, operator } = stand.latchkey;
    const input = {
      name: 'test',
      scopes: ['evaluate'] as const,
      organizationId: '',
      expiresAt: undefined,
      comment: '',
    };
    const { secret, token: made } = await services.tokens.create(operator, input);
    const source = await listening({}, secret);
    await services.tokens.revoke(operator, made.id);
    await until(() => source.ended);
    await until(async () => (await listen(source.first)).status === 204);
  });

  it('has the client ask another server when this one stops', async () => {
    await stand.withDoor({ basePath: '/flags' }, async (door, origin) => {
      const bulk = await fetchAll({ targetingKey: 'ada' }, token, `${origin}/flags`);
      expect(bulk.uri).toMatch(/^\/flags\/ofrep\/v1\/stream\?ticket=[\w-]+$/);
      const source = await listen(bulk, {}, door.address);
      await until(() => source.frames.length > 1);
      await door.drain(1_000);
      await until(() => source.ended);
      expect(source.of('message')).toMatchObject([{ data: { type: 'refetchEvaluation' } }]);
    });
  });

  it('leaves its ticket in nothing that is observed', async () => {
    const { uri } = await fetchAll({ targetingKey: 'ada' }, token);
    const ticket = uri.slice(uri.indexOf('=') + 1);
    (await listen({ uri, etag: '' })).kill();
    const twice = `ticket=${ticket}&ticket=${ticket}`;
    for (const path of ['/ofrep/v1/stream', '/api/stream', '/ofrep/v1/nothing']) {
      const refused = await stand.ask(`${path}?${twice}`, { method: path.endsWith('nothing') ? 'POST' : 'GET' });
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.text).not.toContain(ticket.slice(0, 20));
    }
    await until(() => stand.ended.some(({ route }) => route === '/ofrep/v1/stream'));
    const text = stand.ended.map((one) => `${JSON.stringify(one)} ${String(one.error)}`).join('\n');
    expect(text).not.toContain(ticket.slice(0, 20));
  });
});
