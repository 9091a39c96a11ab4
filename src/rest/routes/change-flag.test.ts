import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let manager: string;
beforeAll(async () => {
  stand = await startRestStand();
  manager = await stand.machine(['manage']);
});
afterAll(() => stand.close());

const flagOf = (json: unknown) => (json as { flag: { id: string; version: number } }).flag;

function patch(key: string, body: unknown, token = manager, headers: Record<string, string> = {}) {
  return stand.ask(`/api/feature-flags/${key}`, { method: 'PATCH', body, token, headers });
}

function isOn(flagKey: string, userId: string): Promise<boolean> {
  const input = { flagKey, userId, context: {}, consistencyToken: '', full: true };
  const evaluated = stand.latchkey.services.evaluation.evaluate(stand.latchkey.operator, input);
  return Promise.resolve(evaluated).then(({ decision }) => decision.enabled);
}

describe('changing a flag', () => {
  it('changes what the body names and nothing else, by key or id, with or without the last slash', async () => {
    await stand.flag('first', { name: 'First', tags: ['a'] });
    const byKey = await patch('first', { is_enabled_globally: true });
    expect(byKey).toMatchObject({
      status: 200,
      json: { flag: { key: 'first', name: 'First', tags: ['a'], is_enabled_globally: true, active: true, version: 2 } },
    });
    expect(byKey.headers.get('etag')).toBe('"2"');
    expect(await isOn('first', 'anna')).toBe(true);
    const byId = await patch(`${flagOf(byKey.json).id}/`, { active: false });
    expect(byId).toMatchObject({
      status: 200,
      json: { flag: { active: false, is_enabled_globally: true, version: 3 } },
    });
    expect(await isOn('first', 'anna')).toBe(false);
  });

  it('takes every field, and gives them back', async () => {
    await stand.flag('second');
    await stand.flag('base', { isEnabledGlobally: true });
    const fields = {
      name: 'Second',
      description: 'All of it',
      active: true,
      is_enabled_globally: false,
      type: 'STRING',
      variants: [
        { key: 'red', value: '#f00' },
        { key: 'blue', value: '#00f' },
        { key: 'off', value: '' },
      ],
      off_variant: 'off',
      distribution: [
        { variant: 'red', weight: 1 },
        { variant: 'blue', weight: 1 },
      ],
      prerequisites: [{ flag_key: 'base', variant: '' }],
      starts_at: '2026-01-01T00:00:00.000Z',
      ends_at: '2126-01-01T00:00:00.000Z',
      tags: ['beta'],
      owner: 'growth',
      delegated: true,
      client_visible: false,
      archived: false,
      bucketing: 1,
    };
    const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true, name: 'Verify' }] };
    const rule = { name: 'Verified', conditions, policy: 'LATCHING', rollout: 50_000, bucket_by: 'user' };
    const { status, json } = await patch('second', { ...fields, rules: [{ ...rule, distribution: [] }] });
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { flag: { ...fields, rules: [rule] }, warnings: [{ pointer: '/bucketing' }] },
    });
    const cleared = await patch('second', { starts_at: null });
    expect(cleared).toMatchObject({ status: 200, json: { flag: { ends_at: fields.ends_at } } });
    expect(flagOf(cleared.json)).not.toHaveProperty('starts_at');
  });

  it('keeps a rule that carries its id', async () => {
    await stand.flag('third', { rules: [{ name: 'one' }] });
    const { json } = await patch('third', {});
    const [rule] = (json as { flag: { rules: { id: string }[] } }).flag.rules;
    const renamed = await patch('third', { rules: [{ ...rule, name: 'uno' }] });
    expect(renamed).toMatchObject({ status: 200, json: { flag: { rules: [{ id: rule?.id, name: 'uno' }] } } });
  });

  it('puts and drops access rows in the same call', async () => {
    await stand.flag('fourth');
    const anna = { user_id: 'anna', organization_id: 'expected-in' };
    const put = await patch('fourth', { access: [anna, { role: 'manager', effect: 'DENY' }] });
    expect(put.json).toMatchObject({
      access: [
        { user_id: 'anna', role: '', organization_id: '', effect: 'ALLOW', enabled: true, managed_by: '' },
        { user_id: '', role: 'manager', effect: 'DENY' },
      ],
      consistency_token: expect.stringMatching(/^v1\./),
    });
    expect(await isOn('fourth', 'anna')).toBe(true);
    await patch('fourth', { remove_access: [{ user_id: 'anna' }] });
    expect(await isOn('fourth', 'anna')).toBe(false);
  });

  it('warns of what is seldom meant', async () => {
    await stand.flag('fifth');
    const conditions = { not: { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'free' } };
    const { json } = await patch('fifth', { rules: [{ conditions }] });
    expect(json).toMatchObject({ warnings: [{ pointer: expect.stringContaining('/rules/0/conditions') }] });
  });

  it('is audited with the request’s id, the actor and the comment', async () => {
    await stand.flag('sixth');
    await patch('sixth', { active: false, comment: 'incident 7' }, manager, { 'x-request-id': 'req-77' });
    const { audit } = stand.latchkey.services;
    const entries = await audit.list(stand.latchkey.operator, { limit: 1 }, { target: 'sixth' });
    expect(entries).toMatchObject({
      items: [
        { action: 'flag.set', requestId: 'req-77', comment: 'incident 7', actor: expect.stringMatching(/^token:tok_/) },
      ],
    });
  });
});

describe('a precondition', () => {
  it('that holds lets the change pass', async () => {
    await stand.flag('p1');
    for (const ifMatch of ['"1"', 'W/"2"', '*']) {
      const { status } = await patch('p1', { description: ifMatch }, manager, { 'if-match': ifMatch });
      expect(status).toBe(200);
    }
  });

  it('that is stale is refused with what is there now', async () => {
    await stand.flag('p2', { name: 'now' });
    await patch('p2', { description: 'by another' });
    const stale = await patch('p2', { name: 'mine' }, manager, { 'if-match': '"1"' });
    expect(stale).toMatchObject({
      status: 412,
      json: { code: 'CONFLICT', current: { key: 'p2', name: 'now', description: 'by another', version: 2 } },
    });
    expect(stale.headers.get('etag')).toBe('"2"');
    expect(await patch('p2', {})).toMatchObject({ json: { flag: { name: 'now', version: 2 } } });
  });

  it.each(['1', '"one"', '"1", "2"', ''])('of %j is refused as none', async (ifMatch) => {
    await stand.flag('p3');
    const answer = await patch('p3', { active: true }, manager, { 'if-match': ifMatch });
    expect(answer).toMatchObject({ status: 400, json: { detail: expect.stringContaining('If-Match') } });
  });
});

describe('a change that cannot be', () => {
  it.each<[string, unknown, string, string]>([
    ['an unknown member', { is_enabled: true }, '', 'has no member "is_enabled"'],
    ['a member that the server sets', { version: 3 }, '', 'has no member "version"'],
    ['an unknown member of a rule', { rules: [{ percent: 50 }] }, '/rules/0', 'has no member "percent"'],
    ['a wrong type', { active: 'yes' }, '/active', 'must be boolean, not "yes"'],
    ['a number as text', { rules: [{ rollout: '50' }] }, '/rules/0/rollout', 'must be integer, not "50"'],
    ['an unknown policy', { rules: [{ policy: 'STICKY' }] }, '/rules/0/policy', 'is one of "LIVE", "LATCHING"'],
    ['no instant', { starts_at: 'tomorrow' }, '/starts_at', 'tomorrow'],
    ['no calendar day', { starts_at: '2026-02-31T00:00:00Z' }, '/starts_at', '2026-02-31'],
    ['a list', [], '', 'must be object'],
    ['null', null, '', 'must be object'],
    ['an unknown fact', rule({ fact: 'shoeSize', operator: 'equal', value: 1 }), '/rules/0/conditions', 'shoeSize'],
    ['an unknown operator', rule({ fact: 'stage', operator: 'like', value: 'a' }), '/rules/0/conditions', 'like'],
    ['an unknown segment', rule({ condition: 'vip' }), '/rules/0/conditions', 'vip'],
    [
      'a script in a path',
      rule({
        fact: 'attribute',
        path: '$..[?(@.constructor.constructor("return process")())]',
        operator: 'equal',
        value: 1,
      }),
      '/rules/0/conditions/all/0/path',
      'path',
    ],
    ['too deep a rule', rule(deep(12)), '/rules/0/conditions', 'more than 10 groups'],
    ['too large a rule', rule({ any: Array(201).fill(deep(0)) }), '/rules/0/conditions', '200'],
    ['a circle through itself', rule(unlocked('bad')), '', 'bad → bad'],
    ['a variant of another type', { variants: [{ key: 'on', value: 'x' }] }, '/variants/0/value', 'BOOLEAN'],
    ['an access row that names nobody', { access: [{}] }, '', 'names one of'],
  ])('for %s is refused with the place and the reason', async (_what, body, pointer, message) => {
    await stand.flag('bad');
    const { status, json } = await patch('bad', body);
    expect({ status, json }).toMatchObject({ status: 400, json: { code: 'INVALID' } });
    expect(JSON.stringify(json)).toContain(JSON.stringify(message).slice(1, -1));
    if (pointer !== '') {
      const { errors } = json as { errors: { pointer: string }[] };
      expect(errors.some((fault) => fault.pointer.startsWith(pointer))).toBe(true);
    }
  });

  it.each([
    [
      '{"type": "JSON", "variants": [{"key": "on", "value": {"a": 1e400}}, {"key": "off", "value": 0}]}',
      '/variants/0/value/a',
    ],
    [
      '{"type": "JSON", "variants": [{"key": "on", "value": {"account": 9007199254740993}}, {"key": "off", "value": null}]}',
      '/variants/0/value/account',
    ],
    [
      '{"type": "JSON", "variants": [{"key": "on", "value": [340282366920938463463374607431768211455]}, {"key": "off", "value": 0}]}',
      '/variants/0/value/0',
    ],
    [
      '{"rules": [{"conditions": {"all": [{"fact": "attribute", "path": "$.a", "operator": "in", "value": [1, 12345678901234567]}]}}]}',
      '/rules/0/conditions/all/0/value/1',
    ],
    [
      '{"rules": [{"conditions": {"all": [{"fact": "attribute", "path": "$.a", "operator": "equal", "value": 1e400}]}}]}',
      '/rules/0/conditions/all/0/value',
    ],
  ])('is refused for a number that would not come back as it was written: %s', async (raw, pointer) => {
    await stand.flag('bad');
    const answer = await stand.ask('/api/feature-flags/bad', { method: 'PATCH', raw, token: manager });
    expect(answer).toMatchObject({
      status: 400,
      json: { errors: [{ pointer, message: expect.stringContaining('send it as text') }] },
    });
  });

  it('takes long digits in texts, and magnitudes', async () => {
    await stand.flag('large');
    const value = '{"id": "340282366920938463463374607431768211455", "most": 1e21, "half": 2251799813685247.5}';
    const raw = `{"type": "JSON", "variants": [{"key": "on", "value": ${value}}, {"key": "off", "value": 0}]}`;
    const answer = await stand.ask('/api/feature-flags/large', { method: 'PATCH', raw, token: manager });
    expect(answer).toMatchObject({ status: 200 });
    const flag = stand.latchkey.services.keeper.snapshot.flags.get('large')?.flag;
    expect(flag?.variants[0]?.value).toEqual(JSON.parse(value));
  });

  it.each([[{ description: '\ud800' }], [{ comment: '\ud800', owner: 'x' }]])('is refused for %j', async (body) => {
    await stand.flag('bad');
    const answer = await patch('bad', body);
    expect(answer).toMatchObject({ status: 400, json: { detail: expect.stringContaining('well-formed') } });
  });

  it('is refused where a circle of prerequisites would close', async () => {
    await stand.flag('ring-a');
    await stand.flag('ring-b', { prerequisites: [{ flagKey: 'ring-a' }] });
    const answer = await patch('ring-a', { prerequisites: [{ flag_key: 'ring-b' }] });
    expect(answer).toMatchObject({ status: 400, json: { detail: expect.stringContaining('ring-b') } });
  });

  it.each([
    ['missing', 404],
    ['flg_missing', 404],
    ['__proto__', 400],
    ['constructor', 404],
    ["x'; DROP TABLE flags; --", 400],
    ['trailing%20', 400],
    ['a'.repeat(300), 400],
    ['%00', 400],
    ['%F0%9F%98%80', 400],
  ])('of a flag %j is answered %d and creates none', async (key, status) => {
    expect(await patch(key, { active: true })).toMatchObject({ status });
    expect(await patch('missing', {})).toMatchObject({ status: 404 });
  });
});

describe('who may change a flag', () => {
  it('are machines with the scope manage, and nobody else', async () => {
    await stand.flag('m1');
    expect(await patch('m1', { active: false }, await stand.machine(['evaluate', 'track', 'identify']))).toMatchObject({
      status: 403,
      json: { code: 'FORBIDDEN', detail: expect.stringContaining('manage') },
    });
    expect(await patch('m1', { active: false }, await stand.machine(['admin']))).toMatchObject({ status: 200 });
  });

  it('are not people with the role admin: roles confer no administration of the platform', async () => {
    await stand.flag('m2');
    const token = await personToken({ sub: 'eve', org: 'acme', roles: ['admin'] });
    expect(await patch('m2', { active: false }, token)).toMatchObject({ status: 403 });
    expect(await patch('m2', { active: false }, await personToken({ sub: 'eve', roles: ['admin'] }))).toMatchObject({
      status: 403,
    });
    expect(await patch('m2', {})).toMatchObject({ json: { flag: { active: true, version: 1 } } });
  });

  it('are people whom the platform claim names', async () => {
    await stand.flag('m3');
    const token = await personToken({ sub: 'olga', groups: ['latchkey-operators'] });
    expect(await patch('m3', { active: false }, token)).toMatchObject({ status: 200 });
  });

  it('are an organization’s admins for its own rows of delegated flags', async () => {
    await stand.flag('m4', { delegated: true });
    await stand.latchkey.services.users.identify(stand.latchkey.operator, { userId: 'mia', organizationId: 'acme' });
    await stand.latchkey.services.users.identify(stand.latchkey.operator, { userId: 'max', organizationId: 'other' });
    const token = await personToken({ sub: 'eve', org: 'acme', roles: ['admin'] });
    const own = await patch('m4', { access: [{ user_id: 'mia' }, { role: 'employee' }] }, token);
    expect(own).toMatchObject({
      status: 200,
      json: { access: [{ managed_by: 'acme' }, { role: 'employee', organization_id: 'acme', managed_by: 'acme' }] },
    });
    expect(await patch('m4', { access: [{ user_id: 'max' }] }, token)).toMatchObject({ status: 404 });
    expect(await patch('m4', { access: [{ organization_id: 'other' }] }, token)).toMatchObject({ status: 404 });
    expect(await patch('m4', { active: false }, token)).toMatchObject({ status: 403 });
  });

  it('learn nothing of the platform’s policy as an organization’s admins', async () => {
    const conditions = { all: [{ fact: 'organization', operator: 'equal', value: 'a rival' }] };
    await stand.flag('m6', { delegated: true, description: 'for a rival', rules: [{ conditions }] });
    const token = await personToken({ sub: 'eve', org: 'acme', roles: ['admin'] });
    const answers = [await patch('m6', {}, token), await patch('m6', {}, token, { 'if-match': '"9"' })];
    expect(answers.map(({ status }) => status)).toEqual([200, 412]);
    for (const { text } of answers) expect(text).not.toContain('rival');
    expect(await patch('m6', {})).toMatchObject({ json: { flag: { description: 'for a rival', rules: [{}] } } });
  });

  it('are told what their rows flip, but for flags that are not for screens', async () => {
    await stand.flag('m7', { delegated: true });
    for (const [key, clientVisible] of [['shown', true] as const, ['inner', false] as const]) {
      await stand.flag(key, { clientVisible, isEnabledGlobally: true, prerequisites: [{ flagKey: 'm7' }] });
    }
    await stand.latchkey.services.users.identify(stand.latchkey.operator, { userId: 'kim', organizationId: 'acme' });
    const token = await personToken({ sub: 'eve', org: 'acme', roles: ['admin'] });
    const keysIn = (json: unknown, member: 'newly_unlocked' | 'newly_locked') =>
      (json as Record<typeof member, { user_id: string; flag_key: string }[]>)[member].map(
        (flip) => `${flip.user_id} ${flip.flag_key}`,
      );
    const put = await patch('m7', { access: [{ user_id: 'kim' }] }, token);
    expect(keysIn(put.json, 'newly_unlocked').toSorted()).toEqual(['kim m7', 'kim shown']);
    const dropped = await patch('m7', { access: [{ user_id: 'kim', effect: 'DENY' }] });
    expect(keysIn(dropped.json, 'newly_locked').toSorted()).toEqual(['kim inner', 'kim m7', 'kim shown']);
    await patch('m7', { remove_access: [{ user_id: 'kim' }] });
    const gone = await patch('m7', { remove_access: [{ user_id: 'kim' }] }, token);
    expect(keysIn(gone.json, 'newly_locked').toSorted()).toEqual(['kim m7', 'kim shown']);
  });

  it('learn nothing of a flag by a stale precondition that they may not change', async () => {
    await stand.flag('m5', { description: 'a secret plan' });
    const token = await personToken({ sub: 'eve', org: 'acme', roles: ['admin'] });
    const { status, text } = await patch('m5', { access: [{ user_id: 'mia' }] }, token, { 'if-match': '"9"' });
    expect(status).toBe(404);
    expect(text).not.toContain('a secret plan');
  });
});

function rule(conditions: object) {
  return { rules: [{ conditions: { all: [conditions] } }] };
}

function unlocked(flag: string) {
  return { fact: 'unlocked', params: { flag }, operator: 'equal', value: true };
}

function deep(levels: number): object {
  return levels === 0 ? { fact: 'stage', operator: 'equal', value: 'a' } : { all: [deep(levels - 1)] };
}
