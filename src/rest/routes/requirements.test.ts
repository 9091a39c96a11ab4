import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS } from '../../core/values/time/time.js';
import { personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

const REPORTS = '/api/feature-flags/reports/requirements';
const ALL = '/api/requirements/';

const saved = (value: number) => ({
  fact: 'actionCount',
  params: { action: 'saved' },
  operator: 'greaterThanInclusive',
  value,
  name: 'Save projects',
});

const risk = (churnRisk: number) => ({ replace: false, set: { churnRisk }, remove: [] });

let stand: RestStand;
let joinedAt: number;
beforeAll(async () => {
  stand = await startRestStand();
  joinedAt = Date.now() - 3 * DAY_MS;
  const week = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 };
  const standing = {
    fact: 'attribute',
    path: '$.churnRisk',
    operator: 'lessThan',
    value: 0.5,
    name: 'In good standing',
  };
  await stand.flag('reports', {
    name: 'Reports',
    rules: [{ name: 'EU pilot', policy: 'LATCHING', conditions: { any: [saved(10), { all: [week, standing] }] } }],
  });
  await stand.flag('secret_flag', {
    clientVisible: false,
    rules: [{ policy: 'LATCHING', conditions: { all: [saved(99)] } }],
  });
  await stand.flag('after_secret', {
    prerequisites: [{ flagKey: 'secret_flag', variant: '' }],
    rules: [
      { conditions: { all: [{ fact: 'unlocked', params: { flag: 'secret_flag' }, operator: 'equal', value: true }] } },
    ],
  });
  await stand.flag('for_all', { rules: [{ conditions: {} }] });
  await identify('anna', { joinedAt, attributes: risk(0.93) });
});
afterAll(() => stand.close());

function identify(userId: string, input: object): Promise<{ consistencyToken: string }> {
  return stand.latchkey.services.users.identify(stand.latchkey.operator, { userId, ...input });
}

const anna = () => personToken({ sub: 'anna' });

it('says of a window that reaches further back than days are known since when it is counted', async () => {
  const within = { ...saved(2), params: { action: 'saved', windowDays: 90 } };
  await stand.flag('a_window', { rules: [{ conditions: { all: [within] } }] });
  const path = '/api/feature-flags/a_window/requirements';
  const { rules } = (await stand.ask(path, { token: await anna() })).json as Shown;
  const node = rules[0]!.requirement.children[0] as { readonly counted_since?: string };
  expect(Math.abs(Date.parse(node.counted_since!) - Date.now())).toBeLessThan(DAY_MS);
  await stand.flag('a_window', { archived: true });
});

interface Shown {
  readonly key: string;
  readonly progress: number;
  readonly blocked_by: readonly object[];
  readonly rules: readonly { readonly requirement: { readonly children: readonly object[] } }[];
}

describe('the requirements of a flag', () => {
  it('tell a person what is missing, and when time will bring it', async () => {
    const { status, json, headers } = await stand.ask(REPORTS, { token: await anna() });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-cache');
    const { rules, ...rest } = json as Shown;
    const reachedAt = new Date(joinedAt + 7 * DAY_MS).toISOString();
    expect(rest).toEqual({
      key: 'reports',
      name: 'Reports',
      decision: { enabled: false, variant: 'off', value: false, reason: 'DEFAULT', valid_until: reachedAt },
      progress: (3 / 7 + 0) / 2,
      blocked_by: [],
      granted: false,
    });
    expect(rules).toEqual([
      {
        rule_id: expect.stringMatching(/^rul_/),
        met: false,
        unlocked: false,
        requirement: {
          label: '',
          met: false,
          progress: 3 / 14,
          group: 'any',
          children: [
            {
              label: 'Save projects',
              met: false,
              progress: 0,
              fact: 'actionCount',
              params: { action: 'saved' },
              operator: 'greaterThanInclusive',
              target: 10,
              current: 0,
              remaining: 10,
            },
            {
              label: '',
              met: false,
              progress: 3 / 14,
              nearest: true,
              group: 'all',
              children: [
                {
                  label: 'days since joining',
                  met: false,
                  progress: 3 / 7,
                  met_at: reachedAt,
                  fact: 'daysSinceJoin',
                  operator: 'greaterThanInclusive',
                  target: 7,
                  current: 3,
                  remaining: 4,
                },
                { label: 'In good standing', met: false, progress: 0 },
              ],
            },
          ],
        },
        variant: 'on',
      },
    ]);
  });

  it('keep what is not for people from them, and not from a machine', async () => {
    const token = await anna();
    for (const path of [REPORTS, ALL, '/api/feature-flags/after_secret/requirements']) {
      const { status, text } = await stand.ask(path, { token });
      expect(status).toBe(200);
      expect(text).not.toMatch(/churnRisk|0\.93|0\.5\b|EU pilot|secret_flag/);
    }
    const machine = await stand.machine(['evaluate']);
    expect((await stand.ask(`${REPORTS}?user_id=anna`, { token: machine })).text).toMatch(/churnRisk.*0\.93|EU pilot/);
    const bound = await stand.machine(['evaluate'], 'acme');
    await identify('bound', { organizationId: 'acme', attributes: risk(0.93) });
    const { status, text } = await stand.ask(`${REPORTS}?user_id=bound`, { token: bound });
    expect([status, /churnRisk|0\.93|EU pilot/.test(text)]).toEqual([200, false]);
  });

  it('call a flag that people may not see another feature', async () => {
    const { json } = await stand.ask('/api/feature-flags/after_secret/requirements', { token: await anna() });
    const { blocked_by, rules } = json as Shown;
    expect(blocked_by).toEqual([{ reason: 'PREREQUISITE', label: 'another feature' }]);
    expect(rules[0]?.requirement.children).toEqual([{ label: 'another feature', met: false, progress: 0 }]);
  });

  it('are not found of a flag that is unknown or not for the caller', async () => {
    const token = await anna();
    const unknown = await stand.ask('/api/feature-flags/nothing/requirements', { token });
    const hidden = await stand.ask('/api/feature-flags/secret_flag/requirements', { token });
    expect([unknown.status, hidden.status]).toEqual([404, 404]);
    const detail = ({ json }: { json: unknown }) => (json as { detail: string }).detail;
    expect(detail(hidden).replace('secret_flag', 'nothing')).toBe(detail(unknown));
    expect((await stand.ask('/api/feature-flags/no%20key/requirements', { token })).status).toBe(400);
    const machine = await stand.machine(['evaluate']);
    const path = '/api/feature-flags/secret_flag/requirements?user_id=anna';
    expect((await stand.ask(path, { token: machine })).status).toBe(200);
  });

  it('are a person’s own: another’s are answered as though there were nobody', async () => {
    expect((await stand.ask(`${REPORTS}?user_id=bert`, { token: await anna() })).status).toBe(404);
    expect((await stand.ask(`${ALL}?user_id=bert`, { token: await anna() })).status).toBe(404);
    expect((await stand.ask(REPORTS, { token: await stand.machine(['evaluate']) })).status).toBe(400);
  });

  it('are answered with 304 while they are the same, and not once they are not', async () => {
    const token = await anna();
    const { headers } = await stand.ask(ALL, { token });
    const etag = { 'if-none-match': headers.get('etag')! };
    expect((await stand.ask(ALL, { token, headers: etag })).status).toBe(304);
    const { consistencyToken } = await identify('anna', { attributes: risk(0.1) });
    const changed = await stand.ask(`${ALL}?consistency_token=${consistencyToken}`, { token, headers: etag });
    expect(changed.status).toBe(200);
    await identify('anna', { attributes: risk(0.93) });
  });

  it('are those of the state that a consistency token stands for', async () => {
    const token = await personToken({ sub: 'carl' });
    await stand.ask(REPORTS, { token });
    const sent = [1, 2, 3, 4].map((n) => ({ id: `e${n}`, user_id: 'carl', action: 'saved' }));
    const tracker = await stand.machine(['track']);
    const tracked = await stand.ask('/api/events', { token: tracker, body: sent });
    const { consistency_token } = tracked.json as { consistency_token: string };
    const { json } = await stand.ask(REPORTS, { token, headers: { 'consistency-token': consistency_token } });
    expect((json as Shown).progress).toBe(0.4);
    expect((await stand.ask(`${REPORTS}?consistency_token=nonsense`, { token })).status).toBe(400);
  });

  it('read a denial as any flag that is off', async () => {
    const access = [{ userId: 'dora', effect: 'DENY' as const }];
    const change = { expectedVersion: undefined, onRuleChange: 'KEEP', comment: '', mustExist: true } as const;
    const { services, operator } = stand.latchkey;
    const input = { ...change, keyOrId: 'reports', input: {}, access: [], removeAccess: [] };
    await identify('dora', { joinedAt });
    const token = await personToken({ sub: 'dora' });
    const before = await stand.ask(REPORTS, { token });
    const { consistencyToken } = await services.flags.set(operator, { ...input, access: access as never });
    const after = await stand.ask(`${REPORTS}?consistency_token=${consistencyToken}`, { token });
    expect(after.json).toEqual(before.json);
    const machine = await stand.machine(['evaluate']);
    const known = await stand.ask(`${REPORTS}?user_id=dora`, { token: machine });
    expect(known.json).toMatchObject({ blocked_by: [{ reason: 'DENIED' }], decision: { reason: 'DENIED' } });
  });
});

describe('all requirements', () => {
  it('are those of every flag that asks anything and that the caller may see, by key', async () => {
    const keys = ({ json }: { json: unknown }) =>
      (json as { requirements: readonly Shown[] }).requirements.map(({ key }) => key);
    expect(keys(await stand.ask(ALL, { token: await anna() }))).toEqual(['after_secret', 'reports']);
    const machine = await stand.machine(['evaluate']);
    expect(keys(await stand.ask(`${ALL}?user_id=anna`, { token: machine }))).toEqual([
      'after_secret',
      'reports',
      'secret_flag',
    ]);
  });

  it('say of each what it would say by itself', async () => {
    const token = await anna();
    const all = (await stand.ask(ALL, { token })).json as { requirements: readonly Shown[] };
    const one = await stand.ask(REPORTS, { token });
    expect(all.requirements.find(({ key }) => key === 'reports')).toEqual(one.json);
  });
});
