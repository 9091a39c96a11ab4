import fc from 'fast-check';
import {
  arbitraryOrganizationConditions,
  arbitrarySources,
  arbitraryTimeConditions,
  instant,
} from '../conditions/testing/arbitrary-conditions.js';
import { earnerOf, type Subject, subjectOf } from '../deciding/subject.js';
import type { FactSources } from '../facts/fact-definition.js';
import { withNow } from '../facts/fact-record.js';
import type { AccessRow, Flag, Rule } from '../flags/flag.js';
import type { CompiledRule, Snapshot } from '../snapshot/snapshot.js';
import { foldLedger } from '../states/ledger.js';
import type { OrganizationState } from '../states/organization-state.js';
import { type UserState, unknownEarner } from '../states/user-state.js';
import { DAY_MS, HOUR_MS } from '../values/time/time.js';
import { flagOf, rowOf, ruleOf, segmentOf, snapshotOf } from './samples.js';

/** Flags that generated conditions read by `unlocked`; each may require those after it. */
export const KEYS = ['reports', 'constructor', 'other'] as const;

export interface World {
  readonly snapshot: Snapshot;
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
}

const effect = fc.constantFrom('ALLOW', 'DENY');

/** Rows of every kind, most of them inactive, so that many answers come from further down. */
export const arbitraryRow: fc.Arbitrary<AccessRow> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    target: fc.constantFrom(
      { userId: 'u' },
      { role: 'employee' },
      { role: 'manager', organizationId: 'pro' },
      { organizationId: 'pro' },
    ),
    managedBy: fc.constantFrom('', 'pro'),
    effect,
    enabled: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  })
  .map(({ key, target, ...row }) => rowOf(key, { ...target, ...row } as Partial<AccessRow>));

const arbitraryRule = (index: number): fc.Arbitrary<Omit<Rule, 'conditions'>> =>
  fc
    .record({
      policy: fc.constantFrom<Rule['policy']>('LIVE', 'LATCHING'),
      rolloutPer100k: fc.constantFrom(0, 50_000, 100_000, 100_000),
      bucketBy: fc.constantFrom<Rule['bucketBy']>('user', 'organization', 'attribute:plan'),
      ledgerFloor: fc.constantFrom(0, 0, 2),
    })
    .map((given) => ruleOf(`rul_${index}`, { version: 2, ...given }));

const arbitraryWindow = fc.option(fc.tuple(instant, fc.integer({ min: 1, max: 30 })), { nil: undefined });

const EARNED = { earnedBy: 'ORGANIZATION', bucketBy: 'organization' } as const;

/** The flag of one of the keys. */
export function arbitraryFlag(index: number): fc.Arbitrary<Flag> {
  const key = KEYS[index]!;
  return fc
    .record({
      active: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
      isEnabledGlobally: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      delegated: fc.boolean(),
      window: arbitraryWindow,
      prerequisites: fc.subarray(KEYS.slice(index + 1)),
      variant: fc.constantFrom('', 'on', 'off'),
      removedFloor: fc.constantFrom(0, 0, 3),
      rules: fc
        .integer({ min: 0, max: 3 })
        .chain((count) =>
          fc.tuple(
            ...Array.from({ length: count }, (_, i) =>
              fc.tuple(
                arbitraryRule(i),
                arbitraryTimeConditions,
                fc.option(arbitraryOrganizationConditions, { freq: 2 }),
              ),
            ),
          ),
        ),
    })
    .map(({ window, prerequisites, variant, removedFloor, rules, ...given }) =>
      flagOf(key, {
        ...given,
        ...(window === undefined ? {} : { startsAt: window[0], endsAt: window[0] + window[1] * DAY_MS }),
        prerequisites: prerequisites.map((flagKey) => ({ flagKey, variant })),
        rules: rules.map(([rule, { conditions }, ofOrganization]) =>
          ofOrganization === null ? { ...rule, conditions } : { ...rule, ...EARNED, conditions: ofOrganization },
        ),
        removedRules: [
          { id: 'rul_removed', version: 2, ledgerFloor: removedFloor },
          { id: 'rul_removed_too', version: 2, ledgerFloor: removedFloor, earnedBy: 'ORGANIZATION' },
        ],
      }),
    );
}

export const arbitraryLedger = fc
  .array(
    fc.record({
      flagId: fc.constantFrom(...KEYS).map((key) => `flg_${key}`),
      ruleId: fc.constantFrom('', 'rul_0', 'rul_1', 'rul_removed', 'rul_removed_too'),
      ruleVersion: fc.constantFrom(1, 2),
      kind: fc.constantFrom('unlocked', 'granted', 'revoked', 'rearmed', 'relocked'),
      earnedAt: fc.constant(0),
    }),
    { maxLength: 4 },
  )
  .map((entries) => foldLedger(entries));

/** Flags with windows, prerequisites and rules that mostly read time, and a user with rows and a ledger. */
export const arbitraryWorld: fc.Arbitrary<World> = fc
  .record({
    flags: fc.tuple(...KEYS.map((_, index) => arbitraryFlag(index))),
    conditions: arbitraryTimeConditions,
    sources: arbitrarySources,
    rows: fc.array(arbitraryRow, { maxLength: 4 }),
    ledger: arbitraryLedger,
    earned: arbitraryLedger,
  })
  .map(({ flags, conditions, sources, rows, ledger, earned }) => ({
    snapshot: snapshotOf(flags.map(markedBy(rows)), {
      segments: [...conditions.segments].map(([key, given]) => segmentOf(key, given)),
      stages: sources.stages.map((name) => ({ name, selfSettable: true })),
      roleAccess: rows.filter(({ role, organizationId }) => role !== '' && organizationId === ''),
    }),
    user: {
      ...userIn(sources),
      access: rows.filter(({ userId }) => userId !== ''),
      ledger,
    },
    organization: sources.organization && {
      ...sources.organization,
      access: rows.filter(({ organizationId }) => organizationId !== ''),
      earner: { ...(sources.earner?.user ?? unknownEarner(sources.organization.id)), ledger: earned },
    },
  }));

/** A flag of which a user or an organization has a row is marked with its first one. */
function markedBy(rows: readonly AccessRow[]): (flag: Flag) => Flag {
  const marked = new Set(rows.filter((row) => row.userId + row.organizationId !== '').map(({ flagId }) => flagId));
  return (flag) => (marked.has(flag.id) ? { ...flag, hasRows: true } : flag);
}

function userIn({ user, roles, joinedAt, organizationId, attributes }: FactSources): UserState {
  return { ...user, roles, organizationId, attributes, ...(joinedAt === undefined ? {} : { joinedAt }) };
}

/** Instants after `from` and before `end` at which anything in the world could change, each with its neighbours. */
export function instantsToTry(
  { snapshot, organization }: Pick<World, 'snapshot' | 'organization'>,
  values: readonly unknown[],
  from: number,
  end: number,
): number[] {
  const tried = new Set<number>([from + 1, end - 1]);
  const last = Math.min(end, from + 90 * DAY_MS);
  const judging = snapshot.organizationEarners?.judging;
  const earner = organization?.earner;
  const facts = [
    { slots: snapshot.slots, values },
    ...(judging === undefined || earner === undefined
      ? []
      : [{ slots: judging.slots, values: subjectOf(judging, earner, organization).values }]),
  ];
  for (const read of facts) {
    for (const { index, time } of read.slots.all()) {
      let ticks = 0;
      for (let at = from; time !== undefined && at < last && ticks < 20; ticks++) {
        at = time.nextTick(read.values[index], at);
        for (const near of [at - 1, at]) tried.add(near);
      }
    }
  }
  for (const { flag } of snapshot.flags.values()) {
    for (const edge of [flag.startsAt, flag.endsAt]) if (edge !== undefined) tried.add(edge - 1).add(edge);
  }
  for (let step = 1; step <= 20; step++) tried.add(from + step * 41 * HOUR_MS + step);
  return [...tried].filter((at) => at > from && at < end && Number.isFinite(at));
}

/** Whether the conditions of a rule hold for whoever earns it: a subject, or the subject's organization. */
export function conditionsHold(snapshot: Snapshot, subject: Subject, entry: CompiledRule, now: number): boolean {
  const by = entry.byOrganization ? earnerOf(snapshot, subject) : subject;
  return by !== undefined && entry.conditions.test(withNow(by, now));
}
