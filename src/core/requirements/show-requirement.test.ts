import { describe, expect, it } from '@jest/globals';
import { MAX_DISTINCT } from '../counting/derivations.js';
import { subjectOf } from '../deciding/subject.js';
import type { Segment } from '../flags/flag.js';
import { foldLedger } from '../states/ledger.js';
import { unknownOrganization } from '../states/organization-state.js';
import { type ActionTotal, type UserState, unknownEarner } from '../states/user-state.js';
import {
  flagOf,
  fromDay,
  latchingFlag,
  NOW,
  ruleOf,
  segmentOf,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS, HOUR_MS } from '../values/time/time.js';
import type { Audience, Requirement } from './requirement.js';
import { requirementsOf } from './requirements-of.js';
import { MAX_SHOWN_NODES } from './show-requirement.js';

const SAVED: ActionTotal = { count: 4, sum: 2_500_000n, activeDays: 2, firstAt: NOW, lastAt: NOW, recentDays: 1n };

const ADA: Partial<UserState> = {
  joinedAt: NOW - 3 * DAY_MS,
  roles: ['auditor'],
  attributes: { churnRisk: 0.93, goal: 12 },
  actions: new Map([['saved', SAVED]]),
};

const FLAGS = [
  latchingFlag('secret_flag', VERIFIED),
  { ...latchingFlag('open_flag', VERIFIED), name: 'The open one' },
].map((flag) => ({ ...flag, clientVisible: flag.key !== 'secret_flag' }));

function treeOf(
  conditions: JsonObject,
  audience: Audience,
  segments: readonly Segment[] = [],
  user = ADA,
): Requirement {
  const flag = flagOf('reports', { rules: [ruleOf('rul_1', { conditions })] });
  const snapshot = snapshotOf([flag, ...FLAGS], { segments });
  const subject = subjectOf(snapshot, userOf(user), undefined, undefined);
  return requirementsOf(snapshot.flags.get('reports')!, { snapshot, subject, audience, now: NOW }).rules[0]!
    .requirement;
}

/** The one comparison of `{all: [leaf]}`. */
function leafFor(audience: Audience, leaf: JsonObject): Requirement {
  return treeOf({ all: [leaf] }, audience).children[0]!;
}

const saved = (value: number, more: JsonObject = {}): JsonObject => ({
  fact: 'actionCount',
  params: { action: 'saved' },
  operator: 'greaterThanInclusive',
  value,
  ...more,
});
const churn: JsonObject = { fact: 'attribute', path: '$.churnRisk', operator: 'lessThan', value: 0.5 };
const unlocked = (flag: string, more: JsonObject = {}): JsonObject => ({
  fact: 'unlocked',
  params: { flag },
  operator: 'equal',
  value: true,
  ...more,
});

describe('an at-least comparison over a count', () => {
  it('tells how far the user is and what remains', () => {
    expect(leafFor('PERSON', saved(10))).toEqual({
      label: 'saved',
      met: false,
      progress: 0.4,
      nearest: false,
      comparison: {
        fact: 'actionCount',
        params: { action: 'saved' },
        path: '',
        operator: 'greaterThanInclusive',
        target: 10,
        current: 4,
        remaining: 6,
      },
      children: [],
    });
  });

  it('is complete, and nothing remains, once met', () => {
    expect(leafFor('PERSON', saved(3))).toMatchObject({
      met: true,
      progress: 1,
      comparison: { remaining: 0, current: 4 },
    });
  });

  it('asks for the next whole number where more than a number is asked for', () => {
    const leaf = leafFor('PERSON', saved(4, { operator: 'greaterThan' }));
    expect(leaf).toMatchObject({ met: false, progress: 0.8, comparison: { target: 4, remaining: 1 } });
  });

  it('has an amount for a count where amounts are added up', () => {
    const sum = { fact: 'actionSum', params: { action: 'saved' }, operator: 'greaterThanInclusive', value: 10 };
    expect(leafFor('PERSON', sum)).toMatchObject({
      label: 'sum of saved',
      progress: 0.25,
      comparison: { remaining: 7.5 },
    });
    const more = leafFor('PERSON', { ...sum, operator: 'greaterThan' });
    expect(more).toMatchObject({ progress: 0, comparison: { target: 10 } });
    expect(more.comparison).not.toHaveProperty('remaining');
  });

  it('is none where the other direction is asked for, or something that is no count', () => {
    const fewer = leafFor('PERSON', saved(2, { operator: 'lessThanInclusive' }));
    expect(fewer.progress).toBe(0);
    expect(fewer.comparison).not.toHaveProperty('remaining');
    expect(leafFor('PERSON', { fact: 'stageIndex', operator: 'greaterThanInclusive', value: 2 }).progress).toBe(0);
  });

  it('starts from nothing where the fact is absent', () => {
    const tree = treeOf(fromDay(7), 'PERSON', [], {});
    expect(tree.children[0]).toMatchObject({ met: false, progress: 0, comparison: { target: 7, remaining: 7 } });
    expect(tree.children[0]!.comparison).not.toHaveProperty('current');
  });

  it('is never beyond its ends, for targets and counts below nothing', () => {
    const future = { joinedAt: NOW + 5 * DAY_MS };
    const tree = treeOf(fromDay(-2), 'PERSON', [], future);
    expect(tree.children[0]).toMatchObject({ met: false, progress: 0, comparison: { current: -5, remaining: 3 } });
  });
});

describe('a group', () => {
  it('has the mean of an all, and the latest of its instants', () => {
    const hours = { fact: 'hoursSinceJoin', operator: 'greaterThanInclusive', value: 96 };
    const tree = treeOf({ all: [...(fromDay(6).all as JsonObject[]), hours] }, 'PERSON');
    expect(tree).toMatchObject({ group: 'all', met: false, metAt: NOW + 3 * DAY_MS });
    expect(tree.progress).toBeCloseTo((3 / 6 + 72 / 96) / 2);
    expect(tree.children.map(({ metAt }) => metAt)).toEqual([NOW + 3 * DAY_MS, NOW + DAY_MS]);
  });

  it('has no instant where time alone will not do it', () => {
    const tree = treeOf({ all: [...(fromDay(6).all as JsonObject[]), ...(VERIFIED.all as JsonObject[])] }, 'PERSON');
    expect(tree).not.toHaveProperty('metAt');
  });

  it('has no instant where what time brings is gone before the rest has come', () => {
    const early = { fact: 'daysSinceJoin', operator: 'lessThan', value: 5 };
    const tree = treeOf({ all: [...(fromDay(6).all as JsonObject[]), early] }, 'PERSON');
    expect(tree).not.toHaveProperty('metAt');
  });

  it('has the best of an any and the earliest of its instants, and marks the nearest', () => {
    const tree = treeOf(
      { any: [saved(16), saved(5, { name: 'Save five' }), ...(fromDay(6).all as JsonObject[])] },
      'PERSON',
    );
    expect(tree).toMatchObject({ group: 'any', progress: 0.8, metAt: NOW + 3 * DAY_MS });
    expect(tree.children.map(({ nearest }) => nearest)).toEqual([false, true, false]);
    expect(tree.children[1]!.label).toBe('Save five');
  });

  it('marks the one that time brings first where several are as far', () => {
    const none = { fact: 'emailVerified', operator: 'equal', value: true };
    const day = { fact: 'daysSinceJoin', operator: 'equal', value: 6 };
    const tree = treeOf({ any: [none, day] }, 'PERSON');
    expect(tree.children.map(({ nearest, metAt }) => [nearest, metAt])).toEqual([
      [false, undefined],
      [true, NOW + 3 * DAY_MS],
    ]);
  });

  it('marks none once it is met', () => {
    const tree = treeOf({ any: [saved(16), saved(3)] }, 'PERSON');
    expect(tree.children.some(({ nearest }) => nearest)).toBe(false);
  });

  it('tells of an attribute whatever is stored as it', () => {
    for (const value of [null, [], { clock: {} }, 'x', undefined]) {
      const user = { ...ADA, attributes: value === undefined ? {} : { plan: value } };
      const leaf = { fact: 'attribute', params: { name: 'plan' }, operator: 'equal', value: 'pro' };
      const [told] = treeOf({ all: [leaf] }, 'OPERATOR', [], user).children;
      expect(told!.comparison).toEqual({
        ...{ fact: 'attribute', params: { name: 'plan' }, path: '', operator: 'equal', target: 'pro' },
        ...(value === undefined ? {} : { current: value }),
      });
    }
  });

  it('has all or nothing of a not', () => {
    expect(treeOf({ not: saved(16) }, 'PERSON')).toMatchObject({ group: 'not', met: true, progress: 1 });
    const tree = treeOf({ not: { fact: 'daysSinceJoin', operator: 'lessThan', value: 4 } }, 'PERSON');
    expect(tree).toMatchObject({ met: false, progress: 0, metAt: NOW + DAY_MS });
  });

  it('is everyone where there are no conditions', () => {
    expect(treeOf({}, 'PERSON')).toEqual({
      label: '',
      met: true,
      progress: 1,
      nearest: false,
      group: 'all',
      children: [],
    });
    expect(treeOf({ any: [] }, 'PERSON')).toMatchObject({ met: true, progress: 1 });
  });

  it('stands where its segment is referred to, under the segment’s name or the condition’s', () => {
    const segments = [{ ...segmentOf('power', { all: [saved(8)] }), name: 'Power users' }];
    const tree = treeOf(
      { any: [{ condition: 'power' }, { condition: 'power', name: 'Be a power user' }] },
      'PERSON',
      segments,
    );
    expect(tree.children.map(({ label, progress, group }) => [label, progress, group])).toEqual([
      ['Power users', 0.5, 'all'],
      ['Be a power user', 0.5, 'all'],
    ]);
    expect(tree.children[0]!.children[0]!.label).toBe('saved');
  });

  it('is shown closed, as segments within segments, beyond a bound', () => {
    const twice = (key: string): JsonObject => ({ any: [{ condition: key }, { condition: key }] });
    const segments = Array.from({ length: 10 }, (_, i) =>
      segmentOf(`s${i}`, i === 0 ? { all: [saved(8), ...(fromDay(9).all as JsonObject[])] } : twice(`s${i - 1}`)),
    );
    const tree = treeOf({ condition: 's9' }, 'PERSON', segments);
    const count = ({ children }: Requirement): number => 1 + children.reduce((sum, child) => sum + count(child), 0);
    expect(count(tree)).toBeGreaterThan(MAX_SHOWN_NODES);
    expect(count(tree)).toBeLessThan(MAX_SHOWN_NODES * 1.1);
    expect(tree).toMatchObject({ met: false, label: 's9' });
  });
});

describe('a count of segments', () => {
  const SEGMENTS = [
    { ...segmentOf('keen', { all: [saved(8)] }), name: 'Saves a lot' },
    segmentOf('verified', VERIFIED),
    segmentOf('old', fromDay(5)),
    segmentOf('joined', fromDay(1)),
  ];
  const count = (value: number, more: JsonObject = {}): JsonObject => ({
    fact: 'metConditions',
    params: { segments: SEGMENTS.map(({ key }) => key) },
    operator: 'greaterThanInclusive',
    value,
    ...more,
  });
  const counted = (audience: Audience, leaf: JsonObject, segments: readonly Segment[] = SEGMENTS): Requirement =>
    treeOf({ all: [leaf] }, audience, segments).children[0]!;

  it('tells how many hold, which, what is missing for the others, and when time brings it', () => {
    const told = counted('OPERATOR', count(2));
    expect(told).toMatchObject({
      label: 'conditions met',
      met: false,
      metAt: NOW + 2 * DAY_MS,
      comparison: { fact: 'metConditions', params: count(2).params, current: 1, target: 2, remaining: 1 },
    });
    // The segment that holds, and of the others the one that is furthest: three of five days.
    expect(told.progress).toBeCloseTo((1 + 3 / 5) / 2);
    expect(told.group).toBeUndefined();
    expect(told.children.map(({ label, met, nearest }) => [label, met, nearest])).toEqual([
      ['Saves a lot', false, false],
      ['verified', false, false],
      ['old', false, true],
      ['joined', true, false],
    ]);
    expect(told.children[0]).toMatchObject({ children: [{ comparison: { current: 4, target: 8, remaining: 4 } }] });
    expect(counted('OPERATOR', count(3)).metAt).toBeUndefined();
  });

  it('is an any where one is asked for, and an all where all are', () => {
    const references = SEGMENTS.map(({ key }) => ({ condition: key }));
    for (const user of [ADA, { ...ADA, joinedAt: NOW, emailVerified: true }]) {
      const shown = (conditions: JsonObject): Requirement => treeOf(conditions, 'OPERATOR', SEGMENTS, user);
      const [one] = shown({ all: [count(1)] }).children;
      const [all] = shown({ all: [count(4)] }).children;
      const [any, every] = [shown({ any: references }), shown({ all: references })];
      expect([one!.met, one!.progress, one!.metAt]).toEqual([any.met, any.progress, any.metAt]);
      expect([all!.met, all!.progress, all!.metAt]).toEqual([every.met, every.progress, every.metAt]);
    }
  });

  it('that never comes takes no instant away from what stands beside it', () => {
    const local = (operator: string, value: number): JsonObject => ({ fact: 'localTime', operator, value });
    const segments = [
      segmentOf('early', { all: [local('lessThan', 360)] }),
      segmentOf('late', { all: [local('greaterThan', 1200)] }),
    ];
    const both = { ...count(2), params: { segments: ['early', 'late'] } };
    const minute = (NOW % DAY_MS) / 60_000 + 5;
    const tree = treeOf({ any: [both, { all: [both] }, local('greaterThanInclusive', minute)] }, 'OPERATOR', segments);
    expect(tree.children.map(({ metAt }) => metAt)).toEqual([undefined, undefined, NOW + 5 * 60_000]);
    expect(tree.metAt).toBe(NOW + 5 * 60_000);
  });

  it('shows people the numbers only where they may see all that the segments read, and never the segments’ keys', () => {
    expect(counted('PERSON', count(2)).comparison).toMatchObject({ params: {}, current: 1, target: 2, remaining: 1 });
    const secret = [segmentOf('risky', { all: [churn] }), ...SEGMENTS.slice(1)];
    const params = { segments: secret.map(({ key }) => key) };
    const told = counted('PERSON', count(2, { params }), secret);
    expect(told).toMatchObject({ label: 'conditions met', met: false, children: [{ label: 'risky' }, {}, {}, {}] });
    expect(told.comparison).toBeUndefined();
    // One of the segments holds: half of the way, or a third of it, would say of how many.
    expect([2, 3].map((value) => counted('PERSON', count(value, { params }), secret).progress)).toEqual([0, 0]);
    const open = counted('PERSON', count(2, { params, public: true }), secret);
    expect(open).toMatchObject({ progress: expect.closeTo((1 + 3 / 5) / 2), comparison: { current: 1 } });
  });
});

describe('people', () => {
  it('are shown the label only of what the table of facts does not disclose', () => {
    expect(leafFor('PERSON', { ...churn, name: 'In good standing' })).toEqual({
      label: 'In good standing',
      met: false,
      progress: 0,
      nearest: false,
      children: [],
    });
    expect(JSON.stringify(leafFor('PERSON', churn))).not.toMatch(/churn|0\.93|0\.5|attribute|lessThan/);
    expect(leafFor('OPERATOR', churn)).toMatchObject({
      label: 'attribute',
      comparison: { fact: 'attribute', path: '$.churnRisk', target: 0.5, current: 0.93 },
    });
  });

  it('are shown it all where the condition is public', () => {
    expect(leafFor('PERSON', { ...churn, public: true }).comparison).toMatchObject({ target: 0.5, current: 0.93 });
    expect(leafFor('PERSON', { ...churn, public: false })).not.toHaveProperty('comparison');
  });

  it('cannot work a hidden target out from how far they are', () => {
    const goal = saved(0, { value: { fact: 'attribute', path: '$.goal' }, name: 'Reach your goal' });
    expect(leafFor('PERSON', goal)).toEqual({
      label: 'Reach your goal',
      met: false,
      progress: 0,
      nearest: false,
      children: [],
    });
    expect(treeOf({ all: [goal] }, 'PERSON').progress).toBe(0);
    expect(leafFor('OPERATOR', goal)).toMatchObject({ progress: 4 / 12, comparison: { target: 12, remaining: 8 } });
    expect(leafFor('PERSON', { ...goal, public: true })).toMatchObject({ progress: 4 / 12 });
  });

  it('cannot work a hidden instant out from when a group is met', () => {
    const opens = { fact: 'now', operator: 'greaterThanInclusive', value: NOW + HOUR_MS };
    const tree = treeOf({ all: [{ all: [opens] }] }, 'PERSON');
    expect(JSON.stringify(tree)).not.toContain('metAt');
    expect(treeOf({ all: [{ all: [opens] }] }, 'OPERATOR')).toMatchObject({ metAt: NOW + HOUR_MS });
    expect(treeOf({ all: [{ ...opens, public: true }] }, 'PERSON')).toMatchObject({ metAt: NOW + HOUR_MS });
  });

  it('are told of a flag that they may see by its name', () => {
    expect(leafFor('PERSON', unlocked('open_flag'))).toMatchObject({
      label: 'The open one',
      comparison: { fact: 'unlocked', params: { flag: 'open_flag' }, current: false },
    });
  });

  it('are told of a flag that they may not see as another feature, even in public', () => {
    for (const more of [{}, { public: true }]) {
      const leaf = leafFor('PERSON', unlocked('secret_flag', more));
      expect(leaf).toEqual({ label: 'another feature', met: false, progress: 0, nearest: false, children: [] });
    }
    const behind = leafFor('PERSON', {
      ...unlocked('open_flag', { public: true }),
      value: { fact: 'unlocked', params: { flag: 'secret_flag' } },
    });
    expect(behind).not.toHaveProperty('comparison');
    const operator = leafFor('OPERATOR', unlocked('secret_flag'));
    expect(operator).toMatchObject({ label: 'secret_flag', comparison: { params: { flag: 'secret_flag' } } });
  });

  it('are told of it as met all the same', () => {
    const ledger = foldLedger([
      { flagId: 'flg_secret_flag', ruleId: 'rul_secret_flag', ruleVersion: 1, kind: 'unlocked', earnedAt: NOW },
    ]);
    const tree = treeOf({ all: [unlocked('secret_flag')] }, 'PERSON', [], { ledger });
    expect(tree).toMatchObject({ met: true, children: [{ met: true, label: 'another feature' }] });
  });

  it('is since when it counts, and whether it can count no more, of a derived action', () => {
    const since = NOW - 30 * DAY_MS;
    const derived = (name: string, more: object) => ({
      ...{ name, clientTrackable: false },
      derivation: { from: ['x'], where: {}, countsSince: since, ...more },
    });
    const actions = [derived('saved', { distinct: { name: 'p' } }), derived('other', {})];
    const shown = (action: string, count: number, windowDays?: number) => {
      const params = { action, ...(windowDays === undefined ? {} : { windowDays }) };
      const leaf = { fact: 'actionCount', params, operator: 'greaterThan', value: 3 };
      const flag = flagOf('reports', { rules: [ruleOf('r', { conditions: { all: [leaf] } })] });
      const snapshot = snapshotOf([flag], { actions });
      const user = userOf({ actions: new Map([[action, { ...SAVED, count }]]) });
      const subject = subjectOf(snapshot, user, undefined, undefined);
      const asked = { snapshot, subject, audience: 'PERSON', now: NOW } as const;
      const { rules } = requirementsOf(snapshot.flags.get('reports')!, asked);
      const { countedSince, capped } = rules[0]!.requirement.children[0]!.comparison!;
      return [countedSince, capped];
    };
    expect(shown('saved', MAX_DISTINCT - 1)).toEqual([since, undefined]);
    expect(shown('saved', MAX_DISTINCT)).toEqual([since, true]);
    expect(shown('other', MAX_DISTINCT)).toEqual([since, undefined]);
    expect(shown('other', 1, 7)).toEqual([undefined, undefined]);
    expect(shown('other', 1, 90)).toEqual([since, undefined]);
    expect(shown('plain', MAX_DISTINCT)).toEqual([undefined, undefined]);
  });

  it('says of an organization’s count that no further value counts, in rules of users and of organizations', () => {
    const actions = [
      {
        ...{ name: 'saved', clientTrackable: false },
        derivation: { from: ['x'], where: {}, countsSince: NOW, distinct: { name: 'p' } },
      },
    ];
    const capped = (counted: { readonly user?: number; readonly organization: number }, reads: boolean) => {
      const params = { action: 'saved', ...(reads && { of: 'organization' }) };
      const leaf = { fact: 'actionCount', params, operator: 'greaterThan', value: 3 };
      const rule = ruleOf('r', { conditions: { all: [leaf] }, ...(!reads && { earnedBy: 'ORGANIZATION' as const }) });
      const snapshot = snapshotOf([flagOf('reports', { rules: [rule] })], { actions });
      const done = (count: number) => new Map([['saved', { ...SAVED, count }]]);
      const earner = { ...unknownEarner('acme'), actions: done(counted.organization) };
      const organization = { ...unknownOrganization('acme'), earner };
      const user = userOf({ organizationId: 'acme', actions: done(counted.user ?? 0) });
      const subject = subjectOf(snapshot, user, organization, undefined);
      const { rules } = requirementsOf(snapshot.flags.get('reports')!, {
        ...{ snapshot, subject, audience: 'PERSON', now: NOW },
      });
      return rules[0]!.requirement.children[0]!.comparison!.capped;
    };
    for (const reads of [true, false]) {
      expect(capped({ organization: MAX_DISTINCT }, reads)).toBe(true);
      expect(capped({ organization: MAX_DISTINCT - 1, user: MAX_DISTINCT }, reads)).toBeUndefined();
    }
  });
});
