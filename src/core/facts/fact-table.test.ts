import { describe, expect, it } from '@jest/globals';
import { type ActionTotal, type UserState, unknownUser } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS } from '../values/time/time.js';
import type { FactSources } from './fact-definition.js';
import { FactSlots, withNow } from './fact-record.js';
import { FACTS } from './fact-table.js';

const NOW = Date.UTC(2025, 5, 15, 10);
const TODAY = Math.floor(NOW / DAY_MS);

const LOGIN: ActionTotal = {
  count: 9,
  sum: 4_500_000n,
  activeDays: 4,
  firstAt: NOW - 10 * DAY_MS,
  lastAt: NOW - DAY_MS + 1,
  recentDays: 1n,
};

const USER: UserState = {
  ...unknownUser('u'),
  emailVerified: true,
  stage: 'profile',
  stageEnteredAt: NOW - 2 * DAY_MS,
  stagesReached: [
    { stage: 'signup', reachedAt: 1 },
    { stage: 'profile', reachedAt: 2 },
  ],
  actions: new Map([
    ['login', LOGIN],
    ['__proto__', { ...LOGIN, count: 2 }],
  ]),
  actionDays: new Map([
    [
      'login',
      [
        { day: TODAY - 7, count: 5, sum: 1_000_000n },
        { day: TODAY - 6, count: 2, sum: 1_500_000n },
        { day: TODAY, count: 2, sum: 2_000_000n },
        { day: TODAY + 1, count: 8, sum: 9_000_000n },
      ],
    ],
  ]),
};

const SOURCES: FactSources = {
  user: USER,
  organization: {
    id: 'o',
    revision: 1,
    version: 1,
    attributes: { plan: 'pro' },
    strictRoles: false,
    roles: [],
    access: [],
  },
  roles: ['manager', 'auditor'],
  inheritedRoles: ['manager', 'auditor', 'employee'],
  attributes: { address: { city: 'Oslo' }, 'plan.tier': 'pro' },
  joinedAt: NOW - 7 * DAY_MS,
  organizationId: 'o',
  stages: ['signup', 'profile', 'done'],
  timeZone: 'UTC',
  dayClock: undefined,
  earner: undefined,
  isUnlocked: (flagKey) => flagKey === 'reports',
};

const NOBODY: FactSources = {
  user: unknownUser('nobody'),
  organization: undefined,
  roles: [],
  inheritedRoles: [],
  attributes: {},
  joinedAt: undefined,
  organizationId: '',
  stages: [],
  timeZone: 'UTC',
  dayClock: undefined,
  earner: undefined,
  isUnlocked: () => false,
};

function readFact(sources: FactSources, fact: string, params: JsonObject = {}, path = '', now = NOW): unknown {
  const slots = new FactSlots();
  const slot = slots.slot(fact, params, path);
  return slots.valueOf(slot, { values: slots.read(sources), now });
}

const login = { action: 'login' };

describe('a fact', () => {
  it.each<[string, JsonObject, string, unknown, unknown]>([
    ['role', {}, '', 'manager', undefined],
    ['roles', {}, '', ['manager', 'auditor', 'employee'], []],
    ['organization', {}, '', 'o', undefined],
    ['organizationAttribute', {}, '$.plan', 'pro', undefined],
    ['emailVerified', {}, '', true, false],
    ['attribute', {}, '$.address.city', 'Oslo', undefined],
    ['attribute', {}, '$["plan.tier"]', 'pro', undefined],
    ['attribute', { name: 'plan.tier' }, '', 'pro', undefined],
    ['attribute', { name: 'address' }, '$.city', 'Oslo', undefined],
    ['attribute', { name: 'constructor' }, '', undefined, undefined],
    ['organizationAttribute', { name: 'plan' }, '', 'pro', undefined],
    ['attribute', {}, '$.constructor', undefined, undefined],
    ['daysSinceJoin', {}, '', 7, undefined],
    ['hoursSinceJoin', {}, '', 168, undefined],
    ['stage', {}, '', 'profile', undefined],
    ['stageIndex', {}, '', 1, -1],
    ['stagesReached', {}, '', ['signup', 'profile'], []],
    ['daysInStage', {}, '', 2, undefined],
    ['actionCount', login, '', 9, 0],
    ['actionCount', { action: '__proto__' }, '', 2, 0],
    ['actionCount', { action: 'constructor' }, '', 0, 0],
    ['actionCount', { action: 'login', windowDays: 7 }, '', 4, 0],
    ['actionCount', { action: 'login', windowDays: 8 }, '', 9, 0],
    ['actionCount', { action: 'login', windowDays: 1 }, '', 2, 0],
    ['actionCount', { action: 'login', period: 'week' }, '', 4, 0],
    ['actionCount', { action: 'login', period: 'day' }, '', 2, 0],
    ['actionSum', login, '', 4.5, 0],
    ['actionSum', { action: 'login', windowDays: 7 }, '', 3.5, 0],
    ['activeDays', login, '', 4, 0],
    ['activeDays', { action: 'login', windowDays: 7 }, '', 2, 0],
    ['daysSinceAction', { action: 'login', which: 'first' }, '', 10, undefined],
    ['daysSinceAction', { action: 'login', which: 'last' }, '', 0, undefined],
    ['hoursSinceAction', { action: 'login', which: 'first' }, '', 240, undefined],
    ['hoursSinceAction', { action: 'login' }, '', 23, undefined],
    ['localTime', {}, '', 600, 600],
    ['localTime', { zone: 'Asia/Kolkata' }, '', 930, 930],
    ['dayOfWeek', {}, '', 7, 7],
    ['localDate', {}, '', '2025-06-15', '2025-06-15'],
    ['localDate', { zone: 'Etc/GMT-14' }, '', '2025-06-16', '2025-06-16'],
    ['daysSinceAction', login, '', 0, undefined],
    ['unlocked', { flag: 'reports' }, '', true, false],
    ['now', {}, '', NOW, NOW],
  ])('%s %j %s', (fact, params, path, known, unknown) => {
    expect(readFact(SOURCES, fact, params, path)).toEqual(known);
    expect(readFact(NOBODY, fact, params, path)).toEqual(unknown);
  });

  it('moves with time without being read again', () => {
    const slots = new FactSlots();
    const days = slots.slot('daysSinceJoin');
    const windowed = slots.slot('actionCount', { action: 'login', windowDays: 7 });
    const record = { values: slots.read(SOURCES), now: NOW };
    const tomorrow = withNow(record, NOW + DAY_MS);
    expect(tomorrow.values).toBe(record.values);
    expect([slots.valueOf(days, tomorrow), slots.valueOf(windowed, tomorrow)]).toEqual([8, 10]);
    const before = withNow(record, NOW - 8 * DAY_MS);
    expect(slots.valueOf(days, before)).toBe(-1);
  });

  it('counts 24 hours as a day, to the millisecond', () => {
    const joined = { ...SOURCES, joinedAt: NOW - 7 * DAY_MS + 1 };
    expect(readFact(joined, 'daysSinceJoin')).toBe(6);
    expect(readFact(joined, 'daysSinceJoin', {}, '', NOW + 1)).toBe(7);
  });

  it('is told from time only where time changes it', () => {
    const bind = FACTS.get('actionCount')!.bind!;
    expect(bind(login).time).toBeUndefined();
    expect(bind(login).changedBy.has('time')).toBe(false);
    expect(bind({ action: 'login', windowDays: 7 }).changedBy.has('time')).toBe(true);
    for (const { name, bind } of FACTS.values()) {
      if (bind === undefined) continue;
      const bound = bind({ action: 'login', flag: 'reports', windowDays: 7 });
      expect([name, bound.changedBy.has('time')]).toEqual([name, bound.time !== undefined]);
    }
  });

  it('is disclosed to people only where the table says so', () => {
    const hidden = [...FACTS.values()].filter(({ disclosed }) => !disclosed).map(({ name }) => name);
    expect(hidden.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'attribute',
      'now',
      'organization',
      'organizationAttribute',
      'role',
      'roles',
    ]);
  });
});

describe('slots', () => {
  it('are shared by equal facts, whatever the order of params, and by nothing else', () => {
    const slots = new FactSlots();
    const first = slots.slot('actionCount', { action: 'a', windowDays: 7 });
    expect(slots.slot('actionCount', { windowDays: 7, action: 'a' })).toBe(first);
    const others = [
      slots.slot('actionCount', { action: 'a' }),
      slots.slot('actionSum', { action: 'a', windowDays: 7 }),
      slots.slot('attribute', {}, '$.a'),
      slots.slot('attribute', {}, '$.b'),
    ];
    expect(new Set([first, ...others]).size).toBe(5);
    expect(slots.size).toBe(5);
    expect(slots.at(first)).toMatchObject({ index: 0, path: '', params: { action: 'a', windowDays: 7 } });
  });

  it('are refused to unknown facts and paths that are not plain', () => {
    const slots = new FactSlots();
    expect(() => slots.slot('constructor')).toThrow('unknown fact "constructor"');
    expect(() => slots.slot('attribute', {}, '$..a')).toThrow('not a plain path');
    expect(() => slots.slot('metConditions', { segments: ['a'] })).toThrow('not read as a fact of its own');
    expect(() => slots.at(0)).toThrow(RangeError);
  });
});
