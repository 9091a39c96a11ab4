import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../conditions/testing/arbitrary-conditions.js';
import { verdictOf } from '../deciding/access.js';
import { decide, decideForPeople } from '../deciding/evaluate.js';
import { type Subject, subjectOf } from '../deciding/subject.js';
import { isUnlocked } from '../deciding/unlocks.js';
import type { Flag } from '../flags/flag.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import { arbitraryRow, arbitraryWorld, conditionsHold, KEYS, type World } from '../testing/arbitrary-world.js';
import { flagOf, fromDay, NOW, requires, rowOf, ruleOf, snapshotOf, userOf, VERIFIED } from '../testing/samples.js';
import { DAY_MS } from '../values/time/time.js';
import { requirementsOf, rulesToMeet } from './requirements-of.js';

const seenBy = ({ snapshot, user, organization }: World, key: string, now: number) => {
  const subject = subjectOf(snapshot, user, organization, undefined);
  const asked = { snapshot, subject, audience: 'PERSON', now } as const;
  const compiled = snapshot.flags.get(key)!;
  const requirements = requirementsOf(compiled, asked);
  expect(rulesToMeet(compiled, asked)).toEqual(requirements.rules);
  return { decision: decideForPeople(snapshot, key, subject, now), requirements };
};

function isDenied(compiled: CompiledFlag, subject: Subject): boolean {
  const managers = compiled.flag.delegated && subject.organizationId !== '' ? ['', subject.organizationId] : [''];
  return managers.some((managedBy) => verdictOf(compiled, subject, managedBy)?.effect === 'DENY');
}

/** The world of somebody without the rows, whom rollouts leave out that would let them in. */
function undenied(world: World, now: number): World {
  const { snapshot, user, organization } = world;
  const subject = subjectOf(snapshot, user, organization, undefined);
  const denied = new Set([...snapshot.flags.values()].filter((entry) => isDenied(entry, subject)));
  const ids = new Set(Array.from(denied, ({ flag }) => flag.id));
  const flags = Array.from(snapshot.flags.values(), (entry): Flag => {
    if (!denied.has(entry)) return entry.flag;
    const rules = entry.rules.map((each) =>
      conditionsHold(snapshot, subject, each, now) ? { ...each.rule, rolloutPer100k: 0 } : each.rule,
    );
    return { ...entry.flag, isEnabledGlobally: false, rules };
  });
  const kept = ({ flagId }: { readonly flagId: string }): boolean => !ids.has(flagId);
  return {
    snapshot: snapshotOf(flags, {
      segments: [...snapshot.segments.values()],
      stages: snapshot.stages,
      roleAccess: [...snapshot.flags.values()].flatMap(({ roleAccess }) => roleAccess).filter(kept),
    }),
    user: { ...user, access: user.access.filter(kept) },
    organization: organization && { ...organization, access: organization.access.filter(kept) },
  };
}

/** Worlds with more denials than others have. */
const deniedWorld = fc
  .tuple(arbitraryWorld, fc.array(arbitraryRow, { minLength: 1, maxLength: 3 }))
  .map(([world, rows]): World => {
    const given = rows.map((row) => ({ ...row, userId: world.user.id, role: '', organizationId: '', managedBy: '' }));
    const access = [...world.user.access, ...given.map((row) => ({ ...row, effect: 'DENY', enabled: true }) as const)];
    return { ...world, user: { ...world.user, access } };
  });

describe('what people are told of a denied flag, and of those that require it', () => {
  it('is what somebody is told whom no row denies and the rollouts leave out', () => {
    const seen = { denied: 0, required: 0, dated: 0 };
    fc.assert(
      fc.property(deniedWorld, instant, (world, now) => {
        const { snapshot, user, organization } = world;
        const subject = subjectOf(snapshot, user, organization, undefined);
        // Whoever has unlocked a flag has it, unless a row denies it: no rollout leaves them out.
        const denied = [...snapshot.flags.values()].filter((entry) => isDenied(entry, subject));
        fc.pre(!denied.some((entry) => isUnlocked(entry, user.ledger)));
        const { earner } = organization ?? {};
        fc.pre(!denied.some((entry) => earner !== undefined && isUnlocked(entry.organizations, earner.ledger)));
        const twin = undenied(world, now);
        for (const key of KEYS) {
          const told = seenBy(world, key, now);
          expect(told).toEqual(seenBy(twin, key, now));
          expect(told.requirements.decision).toEqual(told.decision);
          const known = decide(snapshot, key, subject, now);
          if (known.reason === 'DENIED') seen.denied += 1;
          if (known.reason === 'PREREQUISITE_FAILED') seen.required += 1;
          if (known.reason === 'DENIED' && told.decision.validUntil !== known.validUntil) seen.dated += 1;
        }
      }),
      { numRuns: 400 },
    );
    expect(seen.denied).toBeGreaterThan(5);
    expect(seen.required).toBeGreaterThan(4);
    // The rarest of them: some twelve.
    expect(seen.dated).toBeGreaterThan(0);
  });
});

describe('a denied person', () => {
  const rules = [ruleOf('verified', { conditions: VERIFIED }), ruleOf('week', { conditions: fromDay(7) })];
  const flags = [
    flagOf('reports', { rules, endsAt: NOW + 30 * DAY_MS }),
    flagOf('charts', { prerequisites: requires('reports'), rules: [ruleOf('all')] }),
  ];
  const told = (given: Parameters<typeof userOf>[0], key = 'reports') => {
    const user = userOf({
      joinedAt: NOW - 3 * DAY_MS,
      access: [rowOf('reports', { userId: 'ada', effect: 'DENY' })],
      ...given,
    });
    return seenBy({ snapshot: snapshotOf(flags), user, organization: undefined }, key, NOW).decision;
  };
  const weekDone = NOW + 4 * DAY_MS;

  it('is told until when the rules stay unmet, as everybody is', () => {
    const off = { enabled: false, reason: 'DEFAULT', ruleId: '' };
    expect(told({})).toMatchObject({ ...off, validUntil: weekDone });
    expect(told({ access: [] })).toEqual(told({}));
    // Only the row keeps the flag off by the first rule, so that nothing is told of that one.
    expect(told({ emailVerified: true })).toMatchObject({ ...off, validUntil: weekDone });
    expect(told({ joinedAt: NOW - 9 * DAY_MS })).toMatchObject({ ...off, validUntil: NOW + 30 * DAY_MS });
  });

  it('is told the same of a flag that requires the denied one', () => {
    expect(told({}, 'charts')).toMatchObject({ reason: 'PREREQUISITE_FAILED', validUntil: weekDone });
    expect(told({}, 'charts')).toEqual(told({ access: [] }, 'charts'));
  });
});
