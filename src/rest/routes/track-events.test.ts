import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS } from '../../core/values/time/time.js';
import { type Ask, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let tracker: string;
beforeAll(async () => {
  stand = await startRestStand();
  tracker = await stand.machine(['track']);
  const { actions } = stand.latchkey.services;
  await actions.declare(stand.latchkey.operator, [{ name: 'clicked', clientTrackable: true }], '');
});
afterAll(() => stand.close());

const post = (body: unknown, token = tracker, ask: Ask = {}) => stand.ask('/api/events', { body, token, ...ask });
const wait = (body: unknown, token = tracker) => stand.ask('/api/events?wait=true', { body, token });

async function countOf(userId: string, action: string): Promise<number> {
  const { users } = stand.latchkey.services;
  const { actions } = await users.get(stand.latchkey.operator, userId);
  return actions.get(action)?.count ?? 0;
}

describe('events', () => {
  it('are taken alone or as a list, and counted once', async () => {
    const event = { id: '1', source: 'web', user_id: 'anna', action: 'saved', value: 2, properties: { a: 1 } };
    expect(await wait(event)).toMatchObject({
      status: 200,
      json: {
        accepted: 1,
        duplicates: 0,
        rejected: [],
        newly_unlocked: [],
        newly_locked: [],
        consistency_token: expect.any(String),
      },
    });
    expect(await wait([event, { ...event, id: '2' }])).toMatchObject({ json: { accepted: 1, duplicates: 1 } });
    expect(await countOf('anna', 'saved')).toBe(2);
    expect(await post([])).toMatchObject({ status: 200, json: { accepted: 0, duplicates: 0, rejected: [] } });
  });

  it('are told of where an action is spelt nearly as one that rules read', async () => {
    const conditions = { all: [{ fact: 'actionCount', params: { action: 'shipped' }, operator: 'equal', value: 9 }] };
    await stand.flag('ships', { rules: [{ conditions }] });
    const events = ['shipped', 'shiped'].map((action) => ({ id: `near-${action}`, user_id: 'nora', action }));
    expect(await post(events)).toMatchObject({
      status: 200,
      json: {
        accepted: 2,
        warnings: [{ pointer: '/events/1/action', message: expect.stringContaining('did you mean "shipped"?') }],
      },
    });
  });

  it('say what they unlocked when they are waited for', async () => {
    const conditions = { all: [{ fact: 'actionCount', params: { action: 'report' }, operator: 'equal', value: 2 }] };
    await stand.flag('analytics', { rules: [{ conditions, policy: 'LATCHING' }] });
    const events = ['1', '2'].map((id) => ({ id, user_id: 'bert', action: 'report' }));
    expect(await wait(events)).toMatchObject({
      status: 200,
      json: { accepted: 2, newly_unlocked: [{ user_id: 'bert', flag_key: 'analytics' }] },
    });
  });

  it('may come as CloudEvents, by either of their media types', async () => {
    const event = {
      specversion: '1.0',
      id: 'c1',
      source: '/shop',
      type: 'bought',
      subject: 'carl',
      data: { value: 9 },
    };
    const one = { headers: { 'content-type': 'application/cloudevents+json' } };
    expect(await post(event, tracker, one)).toMatchObject({ status: 200, json: { accepted: 1 } });
    const batch = { headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' } };
    expect(await post([event, { ...event, id: 'c2' }], tracker, batch)).toMatchObject({
      status: 200,
      json: { accepted: 1, duplicates: 1 },
    });
  });

  it('may come as Segment’s track and identify, and in its batch', async () => {
    const track = { type: 'track', messageId: 's1', userId: 'dora', event: 'opened', properties: {} };
    expect(await post(track)).toMatchObject({ status: 200, json: { accepted: 1 } });
    const identify = { type: 'identify', messageId: 's2', userId: 'dora', traits: { plan: 'pro', role: 'admin' } };
    expect(await post({ batch: [track, identify] })).toMatchObject({ json: { accepted: 1, duplicates: 1 } });
    const user = await stand.latchkey.services.users.get(stand.latchkey.operator, 'dora');
    expect(user).toMatchObject({ roles: [], attributes: { traits: { plan: 'pro', role: 'admin' } } });
  });

  it('that cannot be taken are named, and the others are taken', async () => {
    const now = Date.now();
    const at = (ms: number) => new Date(ms).toISOString();
    const good = { user_id: 'emil', action: 'saved' };
    const { status, json } = await post([
      { ...good, id: 'ok' },
      { ...good },
      { id: 'no-user', action: 'saved' },
      { ...good, id: 'ahead', occurred_at: at(now + 6 * MINUTE_MS) },
      { ...good, id: 'old', occurred_at: at(now - 31 * DAY_MS) },
      { ...good, id: 'ancient', occurred_at: '2016-01-01T00:00:00Z' },
      { ...good, id: 'when', occurred_at: 'yesterday' },
      { ...good, id: 'no day', occurred_at: '2026-02-31T12:00:00Z' },
      { ...good, id: 'value', value: '7' },
      { ...good, id: 'space', user_id: 'emil ' },
      { ...good, id: 'list', properties: [] },
      7,
    ]);
    expect(status).toBe(200);
    expect(json).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((json as { rejected: { id: string; error: string }[] }).rejected).toEqual([
      { id: '', error: expect.stringContaining('an event id') },
      { id: 'no-user', error: expect.stringContaining('a user id') },
      { id: 'ahead', error: expect.stringContaining('5 minutes') },
      { id: 'old', error: expect.stringContaining('30 days') },
      { id: 'ancient', error: expect.stringContaining('30 days') },
      { id: 'when', error: expect.stringContaining('RFC 3339') },
      { id: 'no day', error: expect.stringContaining('RFC 3339') },
      { id: 'value', error: expect.stringContaining('"7"') },
      { id: 'space', error: expect.stringContaining('spaces') },
      { id: 'list', error: expect.stringContaining('no JSON object') },
      { id: '', error: expect.stringContaining('event 11 is 7') },
    ]);
  });

  it('whose traits are too large cost the others nothing', async () => {
    const { status, json } = await post([
      { type: 'identify', messageId: 't1', userId: 'fred', traits: { text: 'x'.repeat(17_000) } },
      { id: 't2', user_id: 'fred', action: 'saved' },
    ]);
    expect({ status, json }).toMatchObject({ status: 200, json: { accepted: 1, rejected: [{ id: 't1' }] } });
  });

  it('with whole numbers that would be rounded are rejected by themselves, by their place', async () => {
    const raw = `[
      {"id": "n1", "user_id": "nick", "action": "saved", "properties": {"order": {"id": 9007199254740993}}},
      {"id": "n2", "user_id": "nick", "action": "saved", "value": 9007199254740993},
      {"type": "identify", "messageId": "n3", "userId": "nick", "traits": {"account": 12345678901234567}},
      {"id": "n4", "user_id": "nick", "action": "saved", "properties": {"id": 1234567890123456789012345}},
      {"id": "n5", "user_id": "nick", "action": "saved", "properties": {"id": "1234567890123456789012345"}}
    ]`;
    const { json } = await stand.ask('/api/events', { raw, token: tracker });
    const errors = Object.fromEntries(
      (json as { rejected: { id: string; error: string }[] }).rejected.map(({ id, error }) => [id, error]),
    );
    expect(errors).toEqual({
      n1: expect.stringMatching(/^properties\/order\/id: .* send it as text$/),
      n2: expect.stringContaining('beyond ±9000000000000'),
      n3: expect.stringMatching(/^attributes\/traits\/account: .* send it as text$/),
      n4: expect.stringMatching(/^properties\/id: .* send it as text$/),
    });
  });

  it('whose JSON could not be read again cost the others nothing', async () => {
    const deep = `${'['.repeat(50)}${']'.repeat(50)}`;
    const raw = `[
      {"id": "d1", "user_id": "nora", "action": "saved", "properties": {"a": ${deep}}},
      {"type": "identify", "messageId": "d2", "userId": "nora", "traits": {"a": ${deep}}},
      {"type": "identify", "messageId": "d3", "userId": "nora", "traits": {"a": 1e400}},
      {"id": "d4", "user_id": "nora", "action": "saved", "value": 1e400},
      {"id": "d5", "user_id": "nora", "action": "saved"}
    ]`;
    const { json } = await stand.ask('/api/events', { raw, token: tracker });
    const rejected = ['d1', 'd2', 'd3', 'd4'].map((id) => ({
      id,
      error: expect.stringMatching(/deeper|beyond|finite/),
    }));
    expect(json).toMatchObject({ accepted: 1, rejected: expect.arrayContaining(rejected) });
  });

  it.each<[string, unknown, string]>([
    ['no object', 7, 'must be object'],
    ['null', null, 'must be object'],
    ['a text', 'saved', 'must be object'],
    ['only numbers', [1, 2], 'event 0 is 1'],
    ['too many', Array.from({ length: 1_001 }, (_, i) => ({ id: `${i}` })), 'at most 1000 events, not 1001'],
  ])('are refused as a whole when they are %s', async (_what, body, detail) => {
    expect(await post(body)).toMatchObject({ status: 400, json: { detail: expect.stringContaining(detail) } });
  });

  it('of strange names are only names', async () => {
    const names = ['__proto__', 'constructor', "x'; DROP TABLE inbox; --", 'toString', '😀'];
    const events = names.map((name) => ({ id: name, user_id: name, action: name, source: name }));
    expect(await wait(events)).toMatchObject({ status: 200, json: { accepted: names.length, rejected: [] } });
    for (const name of names) expect(await countOf(name, name)).toBe(1);
  });

  it('sent a thousand times at once count once', async () => {
    const event = { id: 'same', user_id: 'gina', action: 'saved' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(Array.from({ length: 20 }, () => event))));
    const accepted = answers.map(({ json }) => (json as { accepted: number }).accepted);
    expect(accepted.reduce((a, b) => a + b, 0)).toBe(1);
    await wait({ ...event, id: 'another' });
    expect(await countOf('gina', 'saved')).toBe(2);
  });
});

describe('people’s events', () => {
  it('are their own, named or not, of any shape', async () => {
    const token = await personToken({ sub: 'hans' });
    const answer = await wait(
      [
        { id: '1', action: 'clicked' },
        { id: '2', user_id: 'hans', action: 'clicked' },
        { specversion: '1.0', id: '3', source: '/app', type: 'clicked' },
        { type: 'track', messageId: '4', event: 'clicked' },
      ],
      token,
    );
    expect(answer).toMatchObject({ status: 200, json: { accepted: 4, rejected: [] } });
    expect(await countOf('hans', 'clicked')).toBe(4);
  });

  it('are nobody else’s, of no action that is not declared for them, and identify nobody', async () => {
    const token = await personToken({ sub: 'ida', groups: ['latchkey-operators'] });
    const { json } = await post(
      [
        { id: '1', user_id: 'hans', action: 'clicked' },
        { id: '2', action: 'bought' },
        { type: 'identify', messageId: '3', userId: 'ida', traits: { plan: 'pro' } },
      ],
      token,
    );
    expect(json).toMatchObject({
      accepted: 0,
      rejected: [
        { id: '1', error: expect.stringContaining('no user "hans"') },
        { id: '2', error: expect.stringContaining('client_trackable') },
        { id: '3', error: expect.stringContaining('identify') },
      ],
    });
  });

  it('tell of no flag that is not for people', async () => {
    const conditions = { all: [{ fact: 'actionCount', params: { action: 'clicked' }, operator: 'equal', value: 1 }] };
    await stand.flag('seen', { rules: [{ conditions }] });
    await stand.flag('unseen', { clientVisible: false, rules: [{ conditions }] });
    const seen = [{ user_id: 'jo', flag_key: 'seen' }];
    const first = await wait({ id: '1', action: 'clicked' }, await personToken({ sub: 'jo' }));
    expect(first.json).toMatchObject({ newly_unlocked: seen, newly_locked: [] });
    const second = await wait({ id: '2', action: 'clicked' }, await personToken({ sub: 'jo' }));
    expect(second.json).toMatchObject({ newly_unlocked: [], newly_locked: seen });
  });
});

describe('who may send events', () => {
  it('are machines with the scope track, and of a bound one for its own users only', async () => {
    expect(await post({ id: '1' }, await stand.machine(['evaluate', 'identify', 'manage']))).toMatchObject({
      status: 403,
    });
    await stand.latchkey.services.users.identify(stand.latchkey.operator, { userId: 'kim', organizationId: 'acme' });
    const bound = await stand.machine(['track'], 'acme');
    const events = ['kim', 'anna'].map((user_id) => ({ id: 'b', user_id, action: 'saved' }));
    expect(await post(events, bound)).toMatchObject({
      json: { accepted: 1, rejected: [{ id: 'b', error: 'no user "anna"' }] },
    });
  });
});
