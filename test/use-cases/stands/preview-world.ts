import fc from 'fast-check';
import type { FlagInput } from '../../../src/core/flags/parse-flag.js';
import type { RuleInput } from '../../../src/core/flags/parse-rules.js';
import { DAY_MS, dayNumber, HOUR_MS } from '../../../src/core/values/time/time.js';
import type { AccessInput } from '../../../src/services/access/access-rows.js';
import { BackfillWorker } from '../../../src/worker/backfills/backfill-worker.js';
import { atLeast, daysIn, OPERATOR, type UseCaseStand, verified } from './use-case-stand.js';

const USERS = 60;
export const PEOPLE: readonly string[] = Array.from({ length: USERS }, (_, i) => `person-${i}`);
const STAGES = ['signup', 'profile', 'done'];
const ROLES = [[], ['employee'], ['manager'], ['lead'], ['auditor']];

/** Somebody of every kind: organizations with roles and rows, counters, stages, dates half a day from the next one. */
export async function populate(stand: UseCaseStand): Promise<void> {
  const { organizations, segments, stages } = stand.services;
  const lead = { name: 'lead', inherits: ['manager'] };
  await organizations.set(OPERATOR, { id: 'acme', attributes: { tier: 'gold' }, roles: [lead], comment: '' });
  await organizations.set(OPERATOR, { id: 'globex', attributes: { tier: 'silver' }, comment: '' });
  const onboarding = STAGES.map((name) => ({ name, selfSettable: true }));
  await stages.set(OPERATOR, { stages: onboarding });
  const keen = { all: [atLeast(3, 'save'), verified] };
  await segments.set(OPERATOR, { key: 'keen', conditions: keen, expectedVersion: undefined, comment: '' } as never);
  const now = await stand.sqlStore.now();
  const today = dayNumber(now);
  await stand.sqlStore.transaction(async (tx) => {
    await tx.users.lock(PEOPLE);
    await tx.users.putProfiles(
      PEOPLE.map((userId, i) => ({
        userId,
        organizationId: ['acme', 'globex', '', 'tiny'][i % 4]!,
        roles: ROLES[(i * 3) % ROLES.length]!,
        emailVerified: i % 3 !== 0,
        joinedAt: now - (i % 15) * DAY_MS - 11 * HOUR_MS,
        attributes: { plan: i % 5 < 2 ? 'pro' : 'free', age: i },
      })),
    );
    for (const [i, userId] of PEOPLE.entries()) {
      for (const stage of STAGES.slice(0, i % 4)) await tx.users.putStage(userId, { stage, changedAt: now - DAY_MS });
    }
    const total = { sum: 2_500_000n, activeDays: 2, firstAt: now - 5 * DAY_MS, lastAt: now - DAY_MS, recentDays: 1n };
    const counted = PEOPLE.flatMap((userId, i) => [
      { userId, action: 'save', count: 1 + (i % 6), ...total },
      { userId, action: 'share', count: 1 + (i % 2) * 4, ...total },
    ]);
    await tx.users.putTotals(counted.filter((_, i) => i % 7 > 0));
    await tx.users.addDays(
      PEOPLE.map((userId, i) => ({ userId, action: 'save', day: today - 2, count: i % 5, sum: 1_000_000n })),
    );
    await tx.users.advance(PEOPLE);
  });
}

/** Runs the backfills that changes of flags have started, to their end. */
export async function settle({ store, services }: UseCaseStand): Promise<void> {
  const worker = new BackfillWorker({
    ...{ store, keeper: services.keeper, giveWay: () => Promise.resolve() },
    notifier: {
      publish: () => Promise.resolve(),
      subscribe: () => Promise.resolve(() => Promise.resolve()),
      close: () => Promise.resolve(),
    },
    observer: {
      lookedAt: () => undefined,
      failed: (_, error) => {
        throw error;
      },
      done: () => undefined,
    },
  });
  await worker.run();
}

const leaf = (unlockable: readonly string[]): fc.Arbitrary<object> =>
  fc.oneof(
    fc.integer({ min: 1, max: 7 }).map((n) => atLeast(n, 'save')),
    fc.integer({ min: 1, max: 6 }).map((n) => atLeast(n, 'share')),
    fc.integer({ min: 1, max: 4 }).map((n) => atLeast(n, 'save', { windowDays: 7 })),
    fc.integer({ min: 1, max: 14 }).map(daysIn),
    fc.constantFrom(verified, { condition: 'keen' }),
    fc.constantFrom(
      { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' },
      { fact: 'organizationAttribute', path: '$.tier', operator: 'equal', value: 'gold' },
      { fact: 'roles', operator: 'contains', value: 'manager' },
      { fact: 'stagesReached', operator: 'contains', value: 'profile' },
      { fact: 'organization', operator: 'in', value: ['acme', 'tiny'] },
    ),
    ...unlockable.map((flag) =>
      fc.constantFrom(true, false).map((value) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value })),
    ),
  );

const conditions = (unlockable: readonly string[]): fc.Arbitrary<object> => {
  const one = leaf(unlockable);
  return fc.oneof(
    fc.constant({}),
    fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(one, { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    fc.tuple(one, one).map(([first, second]) => ({ all: [first, { not: second }] })),
  );
};

const rule = (unlockable: readonly string[]): fc.Arbitrary<RuleInput> =>
  fc.record({
    conditions: conditions(unlockable) as fc.Arbitrary<never>,
    policy: fc.constantFrom('LIVE', 'LATCHING', 'LATCHING'),
    rolloutPer100k: fc.constantFrom(0, 30_000, 70_000, 100_000, 100_000),
    bucketBy: fc.constantFrom('user', 'user', 'organization', 'attribute:plan'),
  });

const rules = (unlockable: readonly string[]) => fc.array(rule(unlockable), { maxLength: 3 });

const row: fc.Arbitrary<AccessInput> = fc
  .record({
    target: fc.constantFrom<AccessInput>(
      { userId: 'person-3' },
      { userId: 'person-8' },
      { role: 'employee' },
      { role: 'manager', organizationId: 'acme' },
      { organizationId: 'globex' },
      { organizationId: 'tiny' },
    ),
    effect: fc.constantFrom('ALLOW', 'DENY', 'DENY'),
  })
  .map(({ target, effect }) => ({ ...target, effect }));

const rows = (maxLength: number): fc.Arbitrary<AccessInput[]> =>
  fc.uniqueArray(row, { maxLength, selector: ({ effect, ...target }) => JSON.stringify(target) });

/** What becomes of a rule that there is: gone, as it is, another rollout, another meaning. */
const fate = fc.constantFrom('drop', 'keep', 'roll', 'change', 'change') as fc.Arbitrary<Fate>;
type Fate = 'drop' | 'keep' | 'roll' | 'change';

export interface PreviewCase {
  readonly keys: { readonly first: string; readonly required: string; readonly target: string };
  readonly flags: Readonly<Record<'first' | 'required' | 'target', FlagInput>>;
  readonly access: readonly AccessInput[];
  readonly byHand: readonly { readonly userId: string; readonly kind: 'grant' | 'revoke' }[];
  readonly onRuleChange: 'KEEP' | 'RELOCK';
  /** The rows that the draft puts and drops; of those that it drops some are there. */
  readonly rows: { readonly access: readonly AccessInput[]; readonly removeAccess: readonly AccessInput[] };
  /** What the draft says, given the ids of the rules that there are. */
  draft(ruleIds: readonly string[]): FlagInput;
}

let cases = 0;

/** A flag that requires one flag and reads whether another is unlocked, and a draft that changes its rules. */
export const arbitraryCase: fc.Arbitrary<PreviewCase> = fc
  .nat({ max: 1 })
  .map(() => {
    const n = ++cases;
    return { first: `first-${n}`, required: `required-${n}`, target: `target-${n}` };
  })
  .chain((keys) =>
    fc.record({
      keys: fc.constant(keys),
      first: fc.record({ rules: rules([]) }),
      required: fc.record({ rules: rules([keys.first]) }),
      target: fc.record({
        rules: rules([keys.first]),
        prerequisites: fc.constantFrom([], [], [{ flagKey: keys.required }]),
        isEnabledGlobally: fc.constantFrom(false, false, false, false, true),
        distribution: fc.constantFrom(
          [],
          [
            { variant: 'on', weight: 1 },
            { variant: 'off', weight: 2 },
          ],
        ),
      }),
      access: rows(2),
      rows: fc
        .tuple(rows(4), fc.nat({ max: 2 }))
        .map(([all, dropped]) => ({ access: all.slice(dropped), removeAccess: all.slice(0, dropped) })),
      byHand: fc.uniqueArray(
        fc.record({ userId: fc.constantFrom(...PEOPLE.slice(0, 20)), kind: fc.constantFrom('grant', 'revoke') }),
        { maxLength: 4, selector: ({ userId }) => userId },
      ) as fc.Arbitrary<PreviewCase['byHand']>,
      onRuleChange: fc.constantFrom<'KEEP' | 'RELOCK'>('KEEP', 'RELOCK'),
      fates: fc.array(fate, { minLength: 3, maxLength: 3 }),
      changes: fc.array(rule([keys.first]), { minLength: 3, maxLength: 3 }),
      added: fc.array(rule([keys.first]), { maxLength: 2 }),
      requires: fc.constantFrom(undefined, undefined, [{ flagKey: keys.required }]),
    }),
  )
  .map(({ keys, first, required, target, fates, changes, added, requires, ...rest }) => ({
    keys,
    flags: { first, required, target },
    ...rest,
    draft: (ruleIds) => ({
      rules: [...ruleIds.flatMap((id, i) => changed(id, fates[i]!, changes[i]!)), ...added],
      ...(requires === undefined ? {} : { prerequisites: requires }),
    }),
  }));

function changed(id: string, fate: Fate, change: RuleInput): readonly RuleInput[] {
  if (fate === 'drop') return [];
  if (fate === 'keep') return [{ id }];
  return fate === 'roll' ? [{ id, rolloutPer100k: change.rolloutPer100k }] : [{ id, ...change }];
}
