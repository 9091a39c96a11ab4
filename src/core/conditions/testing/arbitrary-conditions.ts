import fc from 'fast-check';
import type { FactSources } from '../../facts/fact-definition.js';
import { FACTS, MET_CONDITIONS } from '../../facts/fact-table.js';
import { dayClockOf } from '../../states/day-zone.js';
import { type ActionDay, unknownEarner, unknownUser } from '../../states/user-state.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../values/json.js';
import { ANY_ACTION } from '../../values/names.js';
import { pathTo } from '../../values/path.js';
import { PERIODS } from '../../values/time/calendar-period.js';
import { DAY_MS, dayNumber, HOUR_MS } from '../../values/time/time.js';
import { DECORATOR_NAMES, OPERATOR_NAMES } from '../operators.js';

/** The instant around which everything generated lies. */
export const NOW = Date.UTC(2025, 5, 15, 10, 30);

const ATTRIBUTES = [
  'plan.tier',
  'Account Name',
  'plan',
  'age',
  'tags',
  'nested',
  'version',
  'trialEndsAt',
  '__proto__',
  'toString',
];
const TEXTS = [
  '',
  'pro',
  'free',
  'prospect',
  'a',
  '7',
  '7.5',
  ' 7',
  '12px',
  '1.2.3',
  '1.2',
  'v1.10.0.4',
  '1.10.0-rc.1',
  '2025-06-15T10:30:00Z',
  '2025-06-15',
  '2025-06-15T10:30:00+0200',
];
const ACTIONS = ['login', 'export', '__proto__', 'constructor'];
/** What totals are of. */
const COUNTED = [...ACTIONS, ANY_ACTION];
const ROLES = ['employee', 'manager', 'admin'];
const STAGES = ['signup', 'profile', 'done'];
/** Some set their clocks within weeks of {@link NOW}, most do not. */
const ZONES = ['UTC', 'Europe/Lisbon', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'Africa/Cairo'];

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(...TEXTS, ...ROLES, ...STAGES),
  fc.constantFrom<JsonValue>(0, -1, 1, 2, 3, 7, 7.5, 1e21, NOW),
  fc.constantFrom<JsonValue>(true, false, null),
);

const list: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.array(scalar, { maxLength: 4 }),
  fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }),
);

/** A JSON object that may have own members by any name. */
function members(values: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc
    .array(fc.tuple(fc.constantFrom(...ATTRIBUTES), values), { maxLength: 6 })
    .map((entries) =>
      JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`),
    );
}

const attributes = members(fc.oneof({ weight: 4, arbitrary: scalar }, list, members(fc.oneof(scalar, list))));

const path = fc.oneof(
  fc.constantFrom(...ATTRIBUTES).map(pathTo),
  fc
    .tuple(fc.constantFrom(...ATTRIBUTES), fc.constantFrom('plan', 'tags', 'length', '0'))
    .map(([name, part]) => `${pathTo(name)}.${part}`),
  fc.constantFrom('$.tags[0]', '$.tags[1][0]', '$.nested.tags[1]', '$[0]'),
);

/** Instants on and near what generated conditions look at. */
export const instant = fc
  .tuple(fc.integer({ min: -40, max: 40 }), fc.constantFrom(0, 1, -1, HOUR_MS, 12_345_678))
  .map(([days, offsetMs]) => NOW + days * DAY_MS + offsetMs);

const actionDays: fc.Arbitrary<readonly ActionDay[]> = fc
  .uniqueArray(fc.integer({ min: dayNumber(NOW) - 12, max: dayNumber(NOW) + 2 }), { maxLength: 8 })
  .chain((days) =>
    fc.tuple(
      ...days
        .sort((a, b) => a - b)
        .map((day) =>
          fc.record({
            day: fc.constant(day),
            count: fc.integer({ min: 1, max: 4 }),
            sum: fc.constantFrom(-2_000_000n, 0n, 100_000n, 200_000n, 3_000_000n),
          }),
        ),
    ),
  );

function byAction<T>(values: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T>> {
  return fc.array(fc.tuple(fc.constantFrom(...COUNTED), values), { maxLength: 3 }).map((entries) => new Map(entries));
}

const actionTotal = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  sum: fc.constantFrom(-1_000_000n, 0n, 2_500_000n, 7_000_000n),
  activeDays: fc.integer({ min: 1, max: 9 }),
  firstAt: instant,
  lastAt: instant,
  recentDays: fc.constantFrom(1n, 0b1011n, 0b1_1111_1110_1111_0111n),
});

/** Whatever facts can be read from; every fact is absent now and then. */
export const arbitrarySources: fc.Arbitrary<FactSources> = fc
  .record({
    attributes,
    organizationAttributes: fc.option(attributes),
    roles: fc.subarray(ROLES),
    joinedAt: fc.option(instant),
    timeZone: fc.constantFrom(...ZONES),
    dayZone: fc.option(fc.record({ zone: fc.constantFrom(...ZONES), since: instant })),
    organizationId: fc.constantFrom('', 'pro'),
    stage: fc.constantFrom('', 'signup', 'done', 'gone'),
    stageEnteredAt: fc.option(instant),
    emailVerified: fc.boolean(),
    actions: byAction(actionTotal),
    actionDays: byAction(actionDays),
    unlocked: fc.subarray(['reports', 'constructor']),
    earner: fc.option(
      fc.record({
        actions: byAction(actionTotal),
        actionDays: byAction(actionDays),
        dayZone: fc.option(fc.record({ zone: fc.constantFrom(...ZONES), since: instant })),
        unlocked: fc.subarray(['reports', 'constructor']),
      }),
    ),
  })
  .map((given) => ({
    user: {
      ...unknownUser('u'),
      ...(given.timeZone === 'UTC' ? {} : { timeZone: given.timeZone }),
      ...(given.dayZone === null ? {} : { dayZone: given.dayZone }),
      stage: given.stage,
      ...(given.stageEnteredAt === null ? {} : { stageEnteredAt: given.stageEnteredAt }),
      stagesReached: given.stage === '' ? [] : [{ stage: given.stage, reachedAt: NOW }],
      emailVerified: given.emailVerified,
      actions: given.actions,
      actionDays: given.actionDays,
    },
    organization:
      given.organizationAttributes === null
        ? undefined
        : {
            id: 'pro',
            revision: 1,
            version: 1,
            attributes: given.organizationAttributes,
            strictRoles: false,
            roles: [],
            access: [],
          },
    earner:
      given.earner === null
        ? undefined
        : {
            user: {
              ...unknownEarner('pro'),
              actions: given.earner.actions,
              actionDays: given.earner.actionDays,
              ...(given.earner.dayZone === null ? {} : { dayZone: given.earner.dayZone }),
            },
            dayClock: dayClockOf(given.earner.dayZone ?? undefined, 'UTC'),
            isUnlocked: (flagKey: string) => given.earner!.unlocked.includes(flagKey),
          },
    roles: given.roles,
    inheritedRoles: given.roles.includes('admin') ? ROLES : given.roles,
    attributes: given.attributes,
    joinedAt: given.joinedAt ?? undefined,
    organizationId: given.organizationId,
    timeZone: given.timeZone,
    dayClock: dayClockOf(given.dayZone ?? undefined, given.timeZone),
    stages: STAGES,
    isUnlocked: (flagKey: string) => given.unlocked.includes(flagKey),
  }));

const OF_ORGANIZATION = fc.constant('organization');

const PARAMS: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
  actionCount: actionParams(),
  actionSum: actionParams(),
  activeDays: actionParams(),
  daysSinceAction: sinceAction(),
  hoursSinceAction: sinceAction(),
  streak: streak(),
  localTime: zone(),
  dayOfWeek: zone(),
  localDate: zone(),
  unlocked: fc.record(
    { flag: fc.constantFrom('reports', 'constructor', 'other'), of: OF_ORGANIZATION },
    { requiredKeys: ['flag'] },
  ),
};

function sinceAction(): fc.Arbitrary<JsonObject> {
  return fc.record(
    { action: fc.constantFrom(...ACTIONS), which: fc.constantFrom('first', 'last'), of: OF_ORGANIZATION },
    { requiredKeys: [] },
  );
}

function streak(): fc.Arbitrary<JsonObject> {
  return fc.record(
    {
      action: fc.constantFrom(...ACTIONS),
      which: fc.constantFrom('current', 'best'),
      period: fc.constantFrom(...PERIODS),
      grace: fc.constantFrom(0, 1, 7),
      of: OF_ORGANIZATION,
    },
    { requiredKeys: [] },
  );
}

function zone(): fc.Arbitrary<JsonObject> {
  return fc.record({ zone: fc.constantFrom(...ZONES) }, { requiredKeys: [] });
}

function actionParams(): fc.Arbitrary<JsonObject> {
  const action = fc.constantFrom(...ACTIONS);
  return fc.oneof(
    fc.record({ action, windowDays: fc.constantFrom(1, 2, 7, 366), of: OF_ORGANIZATION }, { requiredKeys: [] }),
    fc.record({ action, period: fc.constantFrom(...PERIODS), of: OF_ORGANIZATION }, { requiredKeys: ['period'] }),
  );
}

/** A fact as a condition names it: `fact`, with `params` and `path` where it takes them. */
function factNamed(name: string): fc.Arbitrary<JsonObject> {
  const params = PARAMS[name];
  if (params !== undefined) return params.map((given) => ({ fact: name, params: given }));
  if (FACTS.get(name)?.path === 'orName') {
    const params = fc.constantFrom(...ATTRIBUTES).map((member) => ({ name: member }));
    return fc.oneof(
      path.map((given) => ({ fact: name, path: given })),
      params.map((given) => ({ fact: name, params: given })),
      fc.tuple(params, path).map(([given, within]) => ({ fact: name, params: given, path: within })),
    );
  }
  return fc.constant({ fact: name });
}

/**
 * The facts that are read by themselves: not the count of segments, which is generated where there are some; nor the time of day,
 * which may only be ordered: looking through its minutes for anything else takes long.
 */
const READ_ALONE = [...FACTS.values()]
  .filter(({ name, bind }) => bind !== undefined && name !== 'localTime')
  .map(({ name }) => name);

const anyFact = fc.oneof(factNamed('attribute'), fc.constantFrom(...READ_ALONE).chain(factNamed));

export const value: fc.Arbitrary<JsonValue> = fc.oneof({ weight: 3, arbitrary: scalar }, list, anyFact);

export const operator = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant<string[]>([]) },
      fc.array(fc.constantFrom(...DECORATOR_NAMES), { maxLength: 3 }),
    ),
    fc.constantFrom(...OPERATOR_NAMES),
  )
  .map(([decorators, name]) => [...decorators, name].join(':'));

/** Comparisons of every kind, sensible or not. */
const anyLeaf = leafOf(anyFact, value);

function leafOf(fact: fc.Arbitrary<JsonObject>, against: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(fact, operator, against, fc.option(fc.integer({ min: 1, max: 3 })))
    .map(([fact, name, against, priority]) => ({
      ...fact,
      operator: name,
      value: against,
      ...(priority === null ? {} : { priority }),
    }));
}

const TIME_NUMBERS = [
  'daysSinceJoin',
  'hoursSinceJoin',
  'daysInStage',
  'actionCount',
  'actionSum',
  'activeDays',
  'streak',
  'daysSinceAction',
  'hoursSinceAction',
  'localTime',
  'dayOfWeek',
  'now',
];

const timeNumber = fc.constantFrom(...TIME_NUMBERS).chain(factNamed);
const timeFact = fc.constantFrom(...TIME_NUMBERS.filter((name) => name !== 'localTime'), 'localDate').chain(factNamed);

const ordering = fc.constantFrom('lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive');

/** Numbers that time facts reach, and fractions between them. */
const bound = fc.oneof(fc.integer({ min: -3, max: 20 }), fc.constantFrom(0.5, 2.5, 540, 1020.5, NOW, NOW + DAY_MS));

/** A number that moves with time, ordered against a constant. */
export const orderedTimeLeaf: fc.Arbitrary<JsonObject> = fc
  .tuple(timeNumber, ordering, bound)
  .map(([fact, name, against]) => ({ ...fact, operator: name, value: against }));

const otherTimeLeaf: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.tuple(timeFact, operator, value).map(([fact, name, against]) => ({ ...fact, operator: name, value: against })),
  fc.tuple(anyFact, operator, timeFact).map(([fact, name, against]) => ({ ...fact, operator: name, value: against })),
);

/** Comparisons that mostly read time. */
const timeLeaf = fc
  .oneof({ weight: 3, arbitrary: orderedTimeLeaf }, otherTimeLeaf, anyLeaf)
  .filter((leaf) => !comparesNowWithDate(leaf));

/** Such a comparison is refused when it is written: it would have to be looked at every millisecond until the date comes. */
function comparesNowWithDate({ fact, value }: JsonObject): boolean {
  const sides = [fact, isJsonObject(value) ? value.fact : undefined];
  return sides.includes('now') && sides.includes('localDate');
}

/** Segments that generated conditions may refer to; the later ones refer to earlier ones. */
const SEGMENT_KEYS = ['first', 'second', 'constructor'];

/** A comparison of how many of some segments hold. */
function countLeaf(segments: readonly string[]): fc.Arbitrary<JsonObject> {
  const against = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -1, max: 4 }) }, value);
  return fc
    .tuple(
      fc.subarray([...segments], { minLength: 1 }),
      fc.oneof({ weight: 3, arbitrary: ordering }, operator),
      against,
    )
    .map(([counted, name, number]) => ({
      fact: MET_CONDITIONS,
      params: { segments: counted },
      operator: name,
      value: number,
    }));
}

function groups(own: fc.Arbitrary<JsonObject>, segments: readonly string[]): fc.Arbitrary<JsonObject> {
  const reference = segments.map((condition) => fc.constant<JsonObject>({ condition }));
  const leaf =
    segments.length === 0
      ? own
      : fc.oneof({ weight: 6, arbitrary: own }, { weight: 1, arbitrary: countLeaf(segments) });
  const { group } = fc.letrec<{ group: JsonObject; node: JsonObject }>((tie) => ({
    group: fc.oneof(
      { maxDepth: 3 },
      fc.array(leaf, { maxLength: 4 }).map((all) => ({ all })),
      fc.array(tie('node'), { maxLength: 4 }).map((all) => ({ all })),
      fc.array(tie('node'), { maxLength: 4 }).map((any) => ({ any })),
      tie('node').map((not) => ({ not })),
      ...reference,
    ),
    node: fc.oneof({ weight: 3, arbitrary: leaf }, tie('group')),
  }));
  return group;
}

export interface ArbitraryConditions {
  readonly conditions: JsonObject;
  readonly segments: ReadonlyMap<string, JsonObject>;
}

function withSegments(leaf: fc.Arbitrary<JsonObject>): fc.Arbitrary<ArbitraryConditions> {
  const segments = fc.tuple(...SEGMENT_KEYS.map((_, index) => groups(leaf, SEGMENT_KEYS.slice(0, index))));
  return fc.record({
    conditions: groups(leaf, SEGMENT_KEYS),
    segments: segments.map((made) => new Map(made.map((conditions, index) => [SEGMENT_KEYS[index] ?? '', conditions]))),
  });
}

/** Conditions of every shape over every fact, operator and decorator. */
export const arbitraryConditions = withSegments(anyLeaf);

/** What organizations have, without saying whose it is. */
const organizationFact = fc
  .constantFrom(...READ_ALONE.filter((name) => FACTS.get(name)!.ofOrganizations))
  .chain(factNamed)
  .map((fact) => JSON.parse(JSON.stringify(fact, (key, given) => (key === 'of' ? undefined : given))) as JsonObject);

/** Conditions of every shape over what organizations have, without segments. */
export const arbitraryOrganizationConditions = groups(
  leafOf(organizationFact, fc.oneof({ weight: 3, arbitrary: scalar }, list, organizationFact)).filter(
    (leaf) => !comparesNowWithDate(leaf),
  ),
  [],
);

/** Conditions that mostly read time. */
export const arbitraryTimeConditions = withSegments(timeLeaf);
