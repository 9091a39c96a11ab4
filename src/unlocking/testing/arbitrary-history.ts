import fc from 'fast-check';
import { unlockReadOf } from '../../core/counting/since-unlock.js';
import type { AccessRow, Action, Flag, Rule } from '../../core/flags/flag.js';
import { foldLedger, type LedgerKind } from '../../core/states/ledger.js';
import { type OrganizationState, unknownOrganization } from '../../core/states/organization-state.js';
import { type UserAccess, type UserState, unknownEarner } from '../../core/states/user-state.js';
import { flagOf, NOW, rowOf, ruleOf } from '../../core/testing/samples.js';
import type { JsonObject, JsonValue } from '../../core/values/json.js';
import { ANY_ACTION } from '../../core/values/names.js';
import { DAY_MS, dayNumber, HOUR_MS } from '../../core/values/time/time.js';

/** What may happen to a user, one after the other, and for how long nothing does before. */
export type Happening = { readonly afterMs: number } & (
  | { readonly kind: 'events'; readonly events: readonly { action: string; agoMs: number; value: number }[] }
  | { readonly kind: 'identify'; readonly profile: Partial<UserState> }
  | { readonly kind: 'progress'; readonly stage: string }
  | { readonly kind: 'rows'; readonly rows: readonly UserAccess[] }
  | { readonly kind: 'ledger'; readonly entries: readonly { flag: number; rule: string; kind: LedgerKind }[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'organization'; readonly organization: OrganizationState }
  /** A flag is another from now on, by a new version of its rules. */
  | { readonly kind: 'flag'; readonly flag: Flag; readonly rows: readonly UserAccess[]; readonly how: Reconfiguring }
);

/** Whether a backfill of it runs, none comes to its end, or the same write puts rows of the user. */
export type Reconfiguring = 'backfilled' | 'unsettled' | 'with rows';

export const FLAGS = 7;
export const keyOf = (index: number): string => `f${index}`;
const idOf = (index: number): string => `flg_${keyOf(index)}`;
const index = fc.integer({ min: 0, max: FLAGS - 1 });

const ACTIONS = ['a', 'b', 'c'];
const ROLES = ['employee', 'manager', 'lead'];
const PLANS = ['pro', 'free'];
export const STAGES = ['s1', 's2', 's3'];
const small = fc.integer({ min: 0, max: 6 });
const DERIVED = ['large', 'kinds', 'after', 'later'];
const ofFirst = fc.constantFrom('a', 'b', 'a', 'b', 'a', 'b', ...DERIVED);
// What counts since the first flag was unlocked, unlocks later ones.
const ofOthers = fc.constantFrom('a', 'b', 'a', 'b', 'a', 'b', ...DERIVED, 'unlocked_first', 'unlocked_first');
const at = fc.integer({ min: -5, max: 20 }).map((days) => NOW + days * DAY_MS);

const WINDOWS: readonly JsonObject[] = [{ windowDays: 1 }, { windowDays: 3 }, { period: 'day' }, { period: 'week' }];
const STREAKS: readonly JsonObject[] = [{}, { which: 'best' }, { grace: 1 }, { period: 'week' }];

const reading = (fact: string, operator: string, value: JsonValue, more: JsonObject = {}): JsonObject => ({
  ...{ fact, operator, value },
  ...more,
});

/** What is read of an organization: by users of theirs, or by organizations of themselves. */
function organizationLeaf(of: number, whose: JsonObject): fc.Arbitrary<JsonObject> {
  const counted = fc.constantFrom('actionCount', 'actionSum', 'activeDays');
  const order = fc.constantFrom('greaterThanInclusive', 'lessThan', 'equal');
  const action = fc.constantFrom('a', 'b');
  return fc.oneof(
    fc
      .tuple(counted, order, small, action)
      .map(([fact, by, n, name]) => reading(fact, by, n, { params: { action: name, ...whose } })),
    fc
      .tuple(counted, order, small, action)
      .map(([fact, by, n, name]) => reading(fact, by, n, { params: { action: name, windowDays: 3, ...whose } })),
    fc
      .tuple(order, small, action, fc.constantFrom('first', 'last'))
      .map(([by, n, name, which]) => reading('daysSinceAction', by, n, { params: { action: name, which, ...whose } })),
    ...(of === 0
      ? []
      : [
          fc
            .tuple(fc.integer({ min: 0, max: of - 1 }), fc.boolean())
            .map(([other, is]) => reading('unlocked', 'equal', is, { params: { flag: keyOf(other), ...whose } })),
        ]),
  );
}

/** Comparisons over every kind of fact; `unlocked` reads earlier flags only, so that none goes round in a circle. */
function leaf(of: number): fc.Arbitrary<JsonObject> {
  const ofOrganization = organizationLeaf(of, { of: 'organization' });
  return fc.oneof({ weight: 20, arbitrary: ownLeaf(of) }, { weight: 1, arbitrary: ofOrganization });
}

function ownLeaf(of: number): fc.Arbitrary<JsonObject> {
  const action = of === 0 ? ofFirst : ofOthers;
  const counted = fc.constantFrom('actionCount', 'actionSum', 'activeDays');
  const order = fc.constantFrom('greaterThanInclusive', 'greaterThan', 'lessThan', 'equal');
  return fc.oneof(
    fc
      .tuple(counted, order, small, action)
      .map(([fact, by, n, name]) => reading(fact, by, n, { params: { action: name } })),
    fc
      .tuple(counted, order, small, action, fc.constantFrom(...WINDOWS))
      .map(([fact, by, n, name, window]) => reading(fact, by, n, { params: { action: name, ...window } })),
    fc
      .tuple(order, small, fc.constantFrom({}, { action: 'a' }), fc.constantFrom(...STREAKS))
      .map(([by, n, action, streak]) => reading('streak', by, n, { params: { ...action, ...streak } })),
    fc
      .tuple(order, small, action, fc.constantFrom('first', 'last'))
      .map(([by, n, name, which]) => reading('daysSinceAction', by, n, { params: { action: name, which } })),
    fc
      .tuple(fc.constantFrom('daysSinceJoin', 'hoursSinceJoin', 'daysInStage', 'stageIndex'), order, small)
      .map(([fact, by, n]) => reading(fact, by, n)),
    fc.constantFrom(...STAGES).map((stage) => reading('stage', 'equal', stage)),
    fc.constantFrom(...STAGES).map((stage) => reading('stagesReached', 'contains', stage)),
    fc.boolean().map((is) => reading('emailVerified', 'equal', is)),
    fc.constantFrom(...PLANS).map((plan) => reading('attribute', 'equal', plan, { path: '$.plan' })),
    fc.constantFrom(...PLANS).map((plan) => reading('organizationAttribute', 'equal', plan, { path: '$.plan' })),
    fc.constantFrom(...ROLES).map((role) => reading('role', 'equal', role)),
    fc.constantFrom(...ROLES).map((role) => reading('roles', 'contains', role)),
    fc.constantFrom('acme', 'globex').map((id) => reading('organization', 'equal', id)),
    order.map((by) => reading('daysSinceJoin', by, { fact: 'attribute', path: '$.age' })),
    fc.tuple(fc.constantFrom('greaterThan', 'lessThan'), at).map(([by, instant]) => reading('now', by, instant)),
    ...(of === 0
      ? []
      : [
          fc
            .tuple(fc.integer({ min: 0, max: of - 1 }), fc.boolean())
            .map(([other, is]) => reading('unlocked', 'equal', is, { params: { flag: keyOf(other) } })),
        ]),
  );
}

function conditions(of: number): fc.Arbitrary<JsonObject> {
  const some = fc.array(leaf(of), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: some.map((all) => ({ all })) },
    { weight: 3, arbitrary: some.map((any) => ({ any })) },
    leaf(of).map((one) => ({ not: one })),
    leaf(of).map((one) => ({ all: [{ condition: 'often' }, one] })),
    fc.constant({}),
  );
}

const rule = (of: number, id: string): fc.Arbitrary<Rule> =>
  fc
    .record({
      policy: fc.constantFrom<Rule['policy']>('LATCHING', 'LATCHING', 'LIVE'),
      rolloutPer100k: fc.constantFrom(100_000, 100_000, 50_000, 0),
      bucketBy: fc.constantFrom<Rule['bucketBy']>('user', 'user', 'organization', 'attribute:plan'),
      conditions: conditions(of),
      version: fc.constant(2),
      ledgerFloor: fc.constantFrom(0, 0, 2),
      earned: fc.oneof(
        { weight: 6, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.array(organizationLeaf(of, {}), { minLength: 1, maxLength: 2 }) },
      ),
    })
    .map(({ earned, ...given }) =>
      earned === null
        ? ruleOf(id, given)
        : ruleOf(id, { ...given, earnedBy: 'ORGANIZATION', bucketBy: 'organization', conditions: { all: earned } }),
    );

const SPLIT = {
  type: 'STRING',
  variants: ['off', 'x', 'y'].map((key) => ({ key, value: key })),
  distribution: ['x', 'y'].map((variant) => ({ variant, weight: 1 })),
} as const;

const flagAt = (of: number): fc.Arbitrary<Flag> =>
  fc
    .record({
      active: fc.constantFrom(true, true, true, true, false),
      isEnabledGlobally: fc.constantFrom(false, false, false, true),
      archived: fc.constantFrom(false, false, false, false, false, false, true),
      delegated: fc.boolean(),
      split: fc.boolean(),
      window: fc.option(fc.tuple(at, fc.integer({ min: 1, max: 9 })), { freq: 4, nil: undefined }),
      requires: fc.subarray(
        Array.from({ length: FLAGS - 1 - of }, (_, i) => keyOf(of + 1 + i)),
        { maxLength: Math.min(2, FLAGS - 1 - of) },
      ),
      variant: fc.constantFrom('', 'on', 'x'),
      rules: fc.tuple(rule(of, 'rul_0'), rule(of, 'rul_1')),
      count: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ split, window, requires, variant, rules, count, ...given }) =>
      flagOf(keyOf(of), {
        ...given,
        ...(split ? SPLIT : {}),
        ...(window === undefined ? {} : { startsAt: window[0], endsAt: window[0] + window[1] * DAY_MS }),
        prerequisites: requires.map((flagKey) => ({ flagKey, variant })),
        rules: rules.slice(0, count),
      }),
    );

const effect = fc.constantFrom('ALLOW', 'DENY');

const userRow: fc.Arbitrary<UserAccess> = fc.record({
  flagId: index.map(idOf),
  managedBy: fc.constantFrom('', '', 'acme'),
  effect,
  enabled: fc.boolean(),
});
const userRows = fc.uniqueArray(userRow, { maxLength: 3, selector: (row) => `${row.flagId} ${row.managedBy}` });

/** What an organization has done and earned. */
const earner: fc.Arbitrary<Pick<UserState, 'actions' | 'actionDays' | 'ledger'>> = fc
  .record({
    counts: fc.record({ a: small, b: small }),
    agoDays: fc.integer({ min: 0, max: 4 }),
    entries: fc.array(fc.record({ flag: index, rule: fc.constantFrom('', 'rul_0', 'rul_1'), granted: fc.boolean() }), {
      maxLength: 2,
    }),
  })
  .map(({ counts, agoDays, entries }) => {
    const at = NOW - agoDays * DAY_MS;
    const done = Object.entries(counts).filter(([, count]) => count > 0);
    const day = (count: number) => ({ day: dayNumber(at), count, sum: 0n });
    return {
      actions: new Map(
        done.map(([name, count]) => [
          name,
          { count, sum: BigInt(count) * 1_000_000n, activeDays: 1, firstAt: at, lastAt: at, recentDays: 1n },
        ]),
      ),
      actionDays: new Map(done.map(([name, count]) => [name, [day(count)]])),
      ledger: foldLedger(
        entries.map(({ flag, rule: ruleId, granted }) => ({
          ...{ flagId: idOf(flag), ruleId, ruleVersion: 2, earnedAt: NOW },
          kind: granted ? ('granted' as const) : ('unlocked' as const),
        })),
      ),
    };
  });

const organization: fc.Arbitrary<OrganizationState> = fc
  .record({
    id: fc.constantFrom('acme', 'globex'),
    plan: fc.constantFrom(...PLANS),
    leads: fc.boolean(),
    earner: fc.option(earner),
    rows: fc.uniqueArray(fc.record({ of: index, role: fc.constantFrom('', ...ROLES), own: fc.boolean(), effect }), {
      maxLength: 3,
      selector: ({ of, role, own }) => `${of} ${role} ${own}`,
    }),
  })
  .map(({ id, plan, leads, earner: earned, rows }) => ({
    ...{ ...unknownOrganization(id), revision: 1, attributes: { plan } },
    ...(earned === null ? {} : { earner: { ...unknownEarner(id), ...earned } }),
    roles: leads ? [{ name: 'lead', inherits: ['manager'] }] : [],
    access: rows.map(({ of, own, ...row }) =>
      rowOf(keyOf(of), { ...row, organizationId: id, managedBy: own ? id : '' }),
    ),
  }));

export const profile: fc.Arbitrary<Partial<UserState>> = fc.record(
  {
    organizationId: fc.constantFrom('', 'acme', 'globex'),
    roles: fc.subarray(ROLES),
    joinedAt: fc.integer({ min: -6, max: 1 }).map((days) => NOW + days * DAY_MS + 7),
    emailVerified: fc.boolean(),
    attributes: fc.record({ plan: fc.constantFrom<JsonValue>(...PLANS, 7), age: small }),
  },
  { requiredKeys: [] },
);

const entry = fc.record({
  flag: index,
  rule: fc.constantFrom('', 'rul_0', 'rul_1'),
  kind: fc.constantFrom<LedgerKind>('granted', 'revoked', 'rearmed'),
});

/** Actions that are derived from others; without them nothing is counted of these names. */
export const DERIVED_ACTIONS: readonly Action[] = [
  {
    ...{ name: 'large', clientTrackable: false },
    derivation: {
      from: ['a', 'c'],
      where: { all: [{ fact: 'property', params: { name: 'large' }, operator: 'equal', value: true }] },
      countsSince: NOW - 2 * DAY_MS,
    },
  },
  {
    ...{ name: 'kinds', clientTrackable: false },
    derivation: { from: ['b', 'c'], where: {}, value: { name: 'kind' }, distinct: { name: 'kind' }, countsSince: 0 },
  },
  {
    ...{ name: 'after', clientTrackable: false },
    derivation: { from: ['b', 'c'], where: {}, since: { action: 'a', withinDays: 2 }, countsSince: 0 },
  },
  {
    ...{ name: 'later', clientTrackable: false },
    derivation: { from: ['a', 'b'], where: {}, since: { action: 'large' }, countsSince: 0 },
  },
  { name: ANY_ACTION, clientTrackable: false, derivation: { from: [ANY_ACTION], where: {}, countsSince: 0 } },
];

/** An action that counts since the first of these flags was unlocked. */
export function sinceUnlock([flag]: readonly Flag[]): Action {
  const since = { unlock: unlockReadOf(flag!), withinDays: 4 };
  const derivation = { from: ['a', 'b'], where: {}, value: { name: 'kind' }, since, countsSince: 0 };
  return { name: 'unlocked_first', clientTrackable: false, derivation };
}

export const event = fc.record({
  action: fc.constantFrom(...ACTIONS),
  properties: fc.record({ large: fc.boolean(), kind: fc.integer({ min: 0, max: 3 }) }),
  agoMs: fc.integer({ min: 0, max: 3 }).map((days) => days * DAY_MS),
  value: fc.constantFrom(1, 2, -1),
});

const what = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constant('events' as const),
      events: fc.array(event, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('identify' as const), profile }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('progress' as const), stage: fc.constantFrom(...STAGES) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('rows' as const), rows: userRows }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ledger' as const),
      entries: fc.array(entry, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 12, arbitrary: fc.constant({ kind: 'nothing' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'delete' as const }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('organization' as const), organization }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('flag' as const),
      flag: index.chain(flagAt),
      rows: userRows,
      how: fc.constantFrom<Reconfiguring>('backfilled', 'unsettled', 'with rows'),
    }),
  },
);

export const afterMs = fc.oneof(
  fc.constantFrom(0, 1, HOUR_MS),
  fc.integer({ min: 0, max: 60 }).map((hours) => hours * HOUR_MS + 13),
);

export interface History {
  readonly flags: readonly Flag[];
  readonly roleAccess: readonly AccessRow[];
  /** What the segment `often` says. */
  readonly often: JsonObject;
  readonly organizations: readonly OrganizationState[];
  readonly happenings: readonly Happening[];
}

/** Flags over every kind of fact, organizations, and what happens to one user. */
export const arbitraryHistory: fc.Arbitrary<History> = fc.record({
  flags: fc.tuple(...Array.from({ length: FLAGS }, (_, of) => flagAt(of))),
  roleAccess: fc.uniqueArray(
    fc
      .tuple(index, fc.constantFrom(...ROLES), effect)
      .map(([of, role, says]) => rowOf(keyOf(of), { role, effect: says })),
    { maxLength: 2, selector: ({ flagId, role }) => `${flagId} ${role}` },
  ),
  often: leaf(0).map((one) => ({ all: [one] })),
  organizations: fc.array(organization, { minLength: 1, maxLength: 3 }),
  happenings: fc.array(
    fc.tuple(afterMs, what).map(([ms, one]): Happening => ({ afterMs: ms, ...one })),
    { minLength: 2, maxLength: 14 },
  ),
});
