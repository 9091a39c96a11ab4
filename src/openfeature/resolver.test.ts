import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import type { Call, Person } from '../calls/caller.js';
import { among, decideAmong } from '../core/deciding/evaluate.js';
import { subjectOf } from '../core/deciding/subject.js';
import type { FlagInput } from '../core/flags/parse-flag.js';
import { flagOf, NOW, ruleOf, snapshotOf, userOf } from '../core/testing/samples.js';
import type { JsonObject } from '../core/values/json.js';
import { type EmbeddedLatchkey, startEmbedded } from '../testing/embedded-latchkey.js';
import type { Resolution, ResolutionFault } from './resolution.js';
import { OpenFeatureResolver } from './resolver.js';

let latchkey: EmbeddedLatchkey;
let resolver: OpenFeatureResolver;

const ada: Person = {
  ...{ kind: 'person', userId: 'ada', organizationId: '', roles: undefined },
  platformAdmin: false,
};
const machine = (organizationId = '', scope: 'evaluate' | 'track' = 'evaluate'): Call => ({
  caller: { kind: 'machine', tokenId: 'tok', scopes: new Set([scope]), organizationId },
  requestId: 'r',
});
const asAda: Call = { caller: ada, requestId: 'r' };

const STRINGS = ['off', 'on', 'a', 'b'].map((key) => ({ key, value: `value ${key}` }));
const HALVES = ['a', 'b'].map((variant) => ({ variant, weight: 1 }));
const REPORTS = {
  all: [{ fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 3 }],
};

const FLAGS: Readonly<Record<string, FlagInput>> = {
  global: { isEnabledGlobally: true, tags: ['web'] },
  global_until: { isEnabledGlobally: true, endsAt: Date.UTC(2090, 0, 1) },
  global_split: { isEnabledGlobally: true, type: 'STRING', variants: STRINGS, offVariant: 'off', distribution: HALVES },
  switched_off: { active: false },
  nothing: {},
  requires_nothing: { isEnabledGlobally: true, prerequisites: [{ flagKey: 'nothing', variant: '' }] },
  denied: { isEnabledGlobally: true, rules: [{ id: 'reports', conditions: REPORTS }] },
  of_user: {},
  of_role: {},
  of_organization: {},
  by_rule: {
    rules: [
      {
        id: 'germans',
        conditions: { all: [{ fact: 'attribute', path: '$.country', operator: 'equal', value: 'de' }] },
      },
    ],
  },
  rolled_out: { rules: [{ id: 'all' }] },
  reports: { rules: [{ id: 'three_reports', policy: 'LATCHING', conditions: REPORTS }], tags: ['web', 'beta'] },
  hidden: { isEnabledGlobally: true, clientVisible: false, tags: ['web'] },
  archived: { archived: true },
};

beforeAll(async () => {
  latchkey = await startEmbedded({ ROLES: 'worker' });
  const { services, operator } = latchkey;
  const rows: Readonly<Record<string, object>> = {
    denied: { userId: 'ada', effect: 'DENY' },
    of_user: { userId: 'ada' },
    of_role: { role: 'manager' },
    of_organization: { organizationId: 'acme' },
  };
  for (const [keyOrId, input] of Object.entries(FLAGS)) {
    const access = rows[keyOrId] === undefined ? [] : [rows[keyOrId]];
    const set = { mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
    await services.flags.set(operator, { keyOrId, input, ...set, access, removeAccess: [] });
  }
  await services.users.identify(operator, { userId: 'grace', organizationId: 'acme', roles: ['manager'] });
  await services.users.identify(operator, { userId: 'eve', organizationId: 'other' });
  await services.ledger.grant(operator, { userId: 'grace', flag: 'reports', ruleId: 'three_reports', reason: 'a try' });
  resolver = new OpenFeatureResolver(services.evaluation);
});

afterAll(() => latchkey.close());

/** Asks again while the store, on a busy machine, is late to confirm what is at hand. */
async function resolve(key: string, context: JsonObject = {}, call = machine()) {
  let answer: Resolution & ResolutionFault;
  await until(async () => {
    answer = (await resolver.resolve(call, key, context)) as Resolution & ResolutionFault;
    return answer.metadata?.stale !== true;
  });
  return answer!;
}

describe('a decision in OpenFeature’s terms', () => {
  it.each<[string, JsonObject, object]>([
    ['global', {}, { reason: 'STATIC', enabled: true, variant: 'on', value: true }],
    ['global_until', {}, { reason: 'DEFAULT', enabled: true, value: true }],
    ['global_split', { targetingKey: 'ada' }, { reason: 'SPLIT', enabled: true }],
    ['nothing', {}, { reason: 'DEFAULT', enabled: false, variant: 'off', value: false }],
    ['requires_nothing', {}, { reason: 'DEFAULT', enabled: false, value: false }],
    ['denied', { targetingKey: 'ada' }, { reason: 'TARGETING_MATCH', enabled: false, value: false }],
    ['of_user', { targetingKey: 'ada' }, { reason: 'TARGETING_MATCH', enabled: true }],
    ['of_role', { targetingKey: 'grace' }, { reason: 'TARGETING_MATCH', enabled: true }],
    ['of_role', { targetingKey: 'ada', roles: ['manager'] }, { reason: 'TARGETING_MATCH', enabled: true }],
    ['of_organization', { targetingKey: 'grace' }, { reason: 'TARGETING_MATCH', enabled: true }],
    ['by_rule', { country: 'de' }, { reason: 'TARGETING_MATCH', metadata: { rule_id: 'germans', flag_version: 1 } }],
    ['rolled_out', { targetingKey: 'ada' }, { reason: 'SPLIT', enabled: true }],
    ['reports', { targetingKey: 'grace' }, { reason: 'TARGETING_MATCH', enabled: true }],
    ['missing', {}, { errorCode: 'FLAG_NOT_FOUND', errorDetails: 'no flag "missing"' }],
    ['archived', {}, { errorCode: 'FLAG_NOT_FOUND' }],
    ['constructor', {}, { errorCode: 'FLAG_NOT_FOUND' }],
  ])('%s, asked with %j', async (key, context, expected) => {
    expect(await resolve(key, context)).toMatchObject({ key, ...expected });
  });

  it('has neither value nor variant for a flag that is switched off: the caller’s default stands', async () => {
    const off = {
      key: 'switched_off',
      type: 'BOOLEAN',
      enabled: false,
      offVariant: 'off',
      reason: 'DISABLED',
      metadata: { flag_version: 1 },
    };
    expect(await resolve('switched_off')).toEqual(off);
  });

  it('is one to keep for all users by a machine alone', async () => {
    expect(await resolve('global')).toMatchObject({ reason: 'STATIC' });
    const visitor: Call = { caller: { ...ada, userId: '', visitorFrom: '192.0.2.1' }, requestId: 'r' };
    for (const call of [asAda, visitor]) {
      const told = await resolve('global', {}, call);
      expect(told).toEqual({ ...(await resolve('global')), reason: 'DEFAULT', metadata: {} });
      expect(await resolver.resolveAll(call, {})).toContainEqual(told);
    }
  });

  it('of a flag that is everybody’s is as new as the flag, however late what is stored of the user is', async () => {
    const { evaluation } = latchkey.services;
    const late = (confirmed: boolean): OpenFeatureResolver =>
      new OpenFeatureResolver({
        decide: async (call, target, way) => {
          const decided = await evaluation.decide(call, target, way);
          return { ...decided, confirmed, evaluated: decided.evaluated.map((one) => ({ ...one, stale: true })) };
        },
      });
    for (const [key, reason, unconfirmed] of [
      ['global', 'STATIC', 'STALE'],
      ['global_until', 'STALE', 'STALE'],
      ['nothing', 'STALE', 'STALE'],
      ['switched_off', 'DISABLED', 'DISABLED'],
    ] as const) {
      expect(await late(true).resolve(machine(), key, {})).toMatchObject({ key, reason });
      expect(await late(false).resolve(machine(), key, {})).toMatchObject({ key, reason: unconfirmed });
    }
    expect(await late(true).resolve(machine(), 'global', {})).toEqual(await resolve('global'));
    expect(await late(true).resolve(asAda, 'global', {})).toEqual(await resolve('global', {}, asAda));
    expect(await late(false).resolve(machine(), 'global', {})).toMatchObject({ metadata: { stale: true } });
  });

  it('is told at once where the states are cached', async () => {
    await resolve('by_rule', { targetingKey: 'grace' });
    expect(resolver.resolve(machine(), 'by_rule', { targetingKey: 'grace' })).not.toBeInstanceOf(Promise);
    expect(resolver.resolveAll(machine(), { targetingKey: 'grace' })).not.toBeInstanceOf(Promise);
  });

  it('lets other calls run while it is told what is missing of very many flags, and tells the same', async () => {
    const rules = [ruleOf('three_reports', { conditions: REPORTS })];
    const snapshot = snapshotOf(Array.from({ length: 2_000 }, (_, i) => flagOf(`flag_${i}`, { rules })));
    const subject = subjectOf(snapshot, userOf({ id: 'ada' }), undefined, undefined);
    const common = among({ hidesDenials: false });
    const view = { snapshot, subject, stale: false, now: NOW, among: { all: common, 'to people': common } };
    const evaluated = Array.from(snapshot.flags.keys(), (key) => ({
      decision: decideAmong(snapshot, key, subject, NOW, common),
      stale: false,
    }));
    const many = new OpenFeatureResolver({ decide: () => ({ snapshot, evaluated, view, confirmed: true }) });
    let [turns, counting] = [0, true];
    const count = (): void => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const told = await many.resolveAll(machine(), { targetingKey: 'ada' });
    counting = false;
    expect(turns).toBeGreaterThan(3);
    expect(told).toHaveLength(2_000);
    for (const one of told) expect(one.metadata).toEqual({ missing: 'create 3 more reports', flag_version: 1 });
  });

  it('tells when it was unlocked, what is missing, and until when it holds', async () => {
    const { metadata } = await resolve('reports', { targetingKey: 'grace' });
    expect(metadata).toEqual({
      rule_id: 'three_reports',
      flag_version: 1,
      unlocked_at: expect.stringMatching(/^20\d\d-/),
    });
    const missing = { missing: 'create 3 more reports', flag_version: 1 };
    expect((await resolve('reports', { targetingKey: 'ada' })).metadata).toEqual(missing);
    expect((await resolve('reports', { targetingKey: 'ada' }, asAda)).metadata).toEqual({ missing: missing.missing });
    expect((await resolve('global_until')).metadata).toMatchObject({ valid_until: '2090-01-01T00:00:00.000Z' });
  });
});

describe('who asks', () => {
  it('is told of the flags that are for people, where it is a person, and of themselves alone', async () => {
    expect(await resolve('hidden', {}, asAda)).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' });
    expect(await resolve('of_role', { targetingKey: 'grace', roles: ['manager'] }, asAda)).toMatchObject({
      enabled: false,
    });
    const keys = (await resolver.resolveAll(asAda, {})).map(({ key }) => key);
    expect(keys).toEqual(
      Object.keys(FLAGS)
        .filter((key) => key !== 'hidden' && key !== 'archived')
        .toSorted(),
    );
  });

  it('is not told of a denial, where it is a person', async () => {
    const { reason, metadata } = await resolve('denied', {}, asAda);
    expect([reason, metadata]).toEqual(['DEFAULT', { missing: 'create 3 more reports' }]);
  });

  it('is told of all flags that are not archived, where it is a machine, or of those with a tag', async () => {
    const keys = async (selector?: string) =>
      (await resolver.resolveAll(machine(), {}, selector)).map(({ key }) => key);
    expect(await keys()).toEqual(
      Object.keys(FLAGS)
        .filter((key) => key !== 'archived')
        .toSorted(),
    );
    expect(await keys('web')).toEqual(['global', 'hidden', 'reports']);
    expect(await keys('none')).toEqual([]);
    expect(await resolver.resolve(machine(), 'global', {}, 'beta')).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' });
    expect(await resolver.resolve(machine(), 'reports', {}, 'beta')).toMatchObject({ enabled: false });
  });

  it('is refused whom it does not reach, and what it may not ask', async () => {
    const ask = async (call: Call, context: JsonObject) => resolver.resolve(call, 'global', context);
    await expect(ask(machine('acme'), { targetingKey: 'eve' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(ask(machine('acme'), { organizationId: 'other' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(ask(machine('acme'), { targetingKey: 'grace' })).resolves.toMatchObject({ enabled: true });
    await expect(ask(machine('', 'track'), {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(ask(machine(), { joinedAt: 'soon' })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(ask(machine(), { joinedAt: '1800-01-01T00:00:00Z' })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(ask(machine(), { age: 2 ** 60 })).rejects.toMatchObject({ code: 'INVALID' });
  });
});
