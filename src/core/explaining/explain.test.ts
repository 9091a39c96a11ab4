import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Reason } from '../deciding/decision.js';
import { evaluate } from '../deciding/evaluate.js';
import { subjectOf } from '../deciding/subject.js';
import type { AccessRow } from '../flags/flag.js';
import { foldLedger } from '../states/ledger.js';
import { unknownOrganization } from '../states/organization-state.js';
import { arbitraryRow, arbitraryWorld, instantsToTry, KEYS } from '../testing/arbitrary-world.js';
import { flagOf, fromDay, NOW, requires, rowOf, ruleOf, snapshotOf, userOf, VERIFIED } from '../testing/samples.js';
import { DAY_MS } from '../values/time/time.js';
import { explain } from './explain.js';
import { type Explanation, LINES, type LineName } from './explanation.js';

/** The line that gives answers of each reason. */
const LINE_OF: Readonly<Record<Reason, readonly LineName[]>> = {
  FLAG_NOT_FOUND: ['EXISTS'],
  DISABLED: ['SWITCHED_ON'],
  PREREQUISITE_FAILED: ['PREREQUISITES'],
  DENIED: ['ROWS'],
  USER: ['ROWS'],
  ROLE: ['ROWS'],
  ORGANIZATION: ['ROWS'],
  GLOBAL: ['EVERYONE'],
  UNLOCKED: ['RULES', 'KEPT'],
  RULE: ['RULES'],
  ROLLOUT: ['RULES'],
  DEFAULT: ['OTHERWISE'],
  // No evaluation has it.
  OVERRIDDEN: [],
};

const overrides = fc.option(
  fc.record(
    {
      organizationId: fc.constantFrom('', 'pro', 'other'),
      roles: fc.subarray(['employee', 'manager', 'admin']),
      joinedAt: fc.integer({ min: NOW - 400 * DAY_MS, max: NOW }),
      attributes: fc.dictionary(fc.constantFrom('plan', 'seats'), fc.oneof(fc.string(), fc.integer())),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

/** What holds of an explanation by itself, whatever it explains. */
function expectSound(explanation: Explanation): void {
  const { decision, lines, rows, rules, kept, prerequisites, sentence } = explanation;
  for (const { text } of [sentence, ...rules.map((rule) => rule.sentence)]) {
    expect(text).not.toMatch(/undefined|\[object|^$/);
  }
  expect(sentence.text).toMatch(decision.enabled ? /^on for / : /^off for /);
  expect(lines.map(({ line }) => line)).toEqual([...LINES]);
  const answering = lines.findIndex(({ verdict }) => verdict === 'ANSWERS');
  expect(LINE_OF[decision.reason]).toContain(lines[answering]!.line);
  expect(lines.map(({ verdict }) => verdict)).toEqual(
    lines.map((_, i) => (i < answering ? 'PASSES' : i === answering ? 'ANSWERS' : 'NOT_REACHED')),
  );
  const line = lines[answering]!.line;

  const byRule = rules.filter(({ verdict }) => verdict === 'ANSWERS');
  expect(byRule.map(({ requirement }) => requirement.ruleId)).toEqual(line === 'RULES' ? [decision.ruleId] : []);
  for (const { outcome, requirement, bucket } of rules) {
    expect(requirement.met).toBe(outcome === 'UNLOCKED' || outcome === 'HOLDS');
    expect(bucket.included).toBe(!requirement.rolloutExcluded);
    expect(bucket.included).toBe(
      bucket.rolloutPer100k >= 100_000 || (bucket.position ?? 100_000) < bucket.rolloutPer100k,
    );
  }
  if (line === 'KEPT') expect(kept.some(({ counts }) => counts)).toBe(true);
  if (line === 'OTHERWISE') {
    expect(rules.every(({ requirement }) => !requirement.met)).toBe(true);
    expect(kept.every(({ counts }) => !counts)).toBe(true);
  }
  if (line === 'ROWS') {
    const effect = decision.enabled ? 'ALLOW' : 'DENY';
    expect(rows.some(({ standing, row }) => standing === 'DECIDES' && row.effect === effect)).toBe(true);
  }
  if (line === 'PREREQUISITES') expect(prerequisites.filter(({ reached }) => reached).at(-1)!.met).toBe(false);
  for (const { row, standing, level, through } of rows) {
    expect(row.enabled).toBe(standing !== 'INACTIVE');
    expect(through.at(-1)).toBe(level.startsWith('ROLE') ? row.role : undefined);
  }
  if (explanation.choice !== undefined) expect(explanation.choice.variant).toBe(decision.variant);
  expect(explanation.choice !== undefined).toBe(decision.enabled);
  for (const { explanation: nested } of prerequisites) if (nested !== undefined) expectSound(nested);
}

describe('an explanation', () => {
  it('has the decision for its answer, in every world, with overrides, at any instant', () => {
    const lines = new Map<LineName, number>();
    fc.assert(
      fc.property(arbitraryWorld, overrides, fc.nat(), (world, context, pick) => {
        const { snapshot, user, organization } = world;
        const { values } = subjectOf(snapshot, user, organization, context);
        const instants = [NOW, ...instantsToTry(world, values, NOW, NOW + 60 * DAY_MS)];
        for (const now of [NOW, instants[pick % instants.length]!]) {
          for (const flagKey of [...KEYS, 'unknown']) {
            const explanation = explain({ snapshot, flagKey, user, organization, context, now });
            expect(explanation.decision).toEqual(evaluate(snapshot, flagKey, user, organization, context, now));
            expectSound(explanation);
            const { line } = explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')!;
            lines.set(line, (lines.get(line) ?? 0) + 1);
          }
        }
      }),
      // Rows and flags for everyone answer in some six worlds of 300.
      { numRuns: 700 },
    );
    expect([...lines.keys()].toSorted()).toEqual([...LINES].toSorted());
  });

  it('has it where rows of both managers and of every level speak at once', () => {
    const active = fc.array(
      arbitraryRow.map((row) => ({ ...row, flagId: 'flg_reports', enabled: true })),
      {
        minLength: 2,
        maxLength: 6,
      },
    );
    const snapshots = (rows: readonly AccessRow[]) =>
      snapshotOf([flagOf('reports', { delegated: true, hasRows: true })], {
        roleAccess: rows.filter(({ role, organizationId }) => role !== '' && organizationId === ''),
      });
    fc.assert(
      fc.property(active, fc.subarray(['employee', 'manager', 'admin']), (rows, roles) => {
        const organization = {
          ...unknownOrganization('pro'),
          access: rows.filter(({ organizationId }) => organizationId !== ''),
        };
        const access = rows.filter(({ userId }) => userId !== '');
        const user = userOf({ id: 'u', roles, organizationId: 'pro', access });
        const about = { snapshot: snapshots(rows), flagKey: 'reports', user, organization, now: NOW };
        const explanation = explain(about);
        expect(explanation.decision).toEqual(evaluate(about.snapshot, 'reports', user, organization, undefined, NOW));
        expectSound(explanation);
      }),
      { numRuns: 500 },
    );
  });

  it('shows what stands below the answer, as not reached', () => {
    const snapshot = snapshotOf([
      flagOf('reports', {
        isEnabledGlobally: true,
        rules: [ruleOf('rul_0', { name: 'verified', conditions: VERIFIED })],
      }),
    ]);
    const explanation = explain({
      ...{ snapshot, flagKey: 'reports', now: NOW },
      user: userOf(),
      organization: undefined,
    });
    expect(explanation.lines).toEqual([
      { line: 'EXISTS', verdict: 'PASSES', says: 'yes' },
      { line: 'SWITCHED_ON', verdict: 'PASSES', says: 'yes, no window' },
      { line: 'PREREQUISITES', verdict: 'PASSES', says: 'none' },
      { line: 'ROWS', verdict: 'PASSES', says: 'none for this user' },
      { line: 'EVERYONE', verdict: 'ANSWERS', says: 'yes' },
      { line: 'RULES', verdict: 'NOT_REACHED', says: expect.stringMatching(/^rule "verified": not met \(.+\)$/) },
      { line: 'KEPT', verdict: 'NOT_REACHED', says: 'nothing' },
      { line: 'OTHERWISE', verdict: 'NOT_REACHED', says: 'off' },
    ]);
    expect(explanation.rules).toMatchObject([
      { verdict: 'NOT_REACHED', outcome: 'UNMET', requirement: { met: false } },
    ]);
  });

  it('tells of every row what becomes of it, and by which role the user has it', () => {
    const organization = {
      ...unknownOrganization('acme'),
      roles: [{ name: 'lead', inherits: ['manager'] }],
      access: [
        rowOf('reports', { organizationId: 'acme', effect: 'DENY' }),
        rowOf('reports', { organizationId: 'acme', role: 'employee' }),
        rowOf('reports', { organizationId: 'acme', role: 'admin' }),
        rowOf('reports', { organizationId: 'acme', role: 'lead', enabled: false }),
        rowOf('reports', { organizationId: 'acme', managedBy: 'acme', effect: 'DENY' }),
      ],
    };
    const roleAccess = [rowOf('reports', { role: 'lead', effect: 'DENY' }), rowOf('reports', { role: 'pilot' })];
    const snapshot = snapshotOf([flagOf('reports', { hasRows: true })], { roleAccess });
    const user = userOf({ organizationId: 'acme', roles: ['lead'] });
    const { rows, lines, decision } = explain({ snapshot, flagKey: 'reports', user, organization, now: NOW });
    expect(decision).toMatchObject({ enabled: true, reason: 'ROLE' });
    expect(rows.map(({ level, standing, through, row }) => [level, row.managedBy, standing, through])).toEqual([
      ['ROLE_IN_ORGANIZATION', '', 'INACTIVE', ['lead']],
      ['ROLE_IN_ORGANIZATION', '', 'DECIDES', ['lead', 'manager', 'employee']],
      ['ROLE', '', 'OUTRANKED', ['lead']],
      ['ORGANIZATION', '', 'OUTRANKED', []],
      ['ORGANIZATION', 'acme', 'IGNORED', []],
    ]);
    expect(lines.find(({ line }) => line === 'ROWS')).toEqual({
      ...{ line: 'ROWS', verdict: 'ANSWERS' },
      says: 'the platform allows it to the role "employee" in "acme", which lead inherits',
    });
  });

  it('nests what is required, each flag once, and tells which of them the evaluation came to', () => {
    const snapshot = snapshotOf([
      flagOf('top', { prerequisites: requires('left', 'right', 'base') }),
      flagOf('left', { isEnabledGlobally: true, prerequisites: requires('base') }),
      flagOf('right', { active: false }),
      flagOf('base', { isEnabledGlobally: true }),
    ]);
    const { prerequisites, lines } = explain({
      ...{ snapshot, flagKey: 'top', now: NOW },
      ...{ user: userOf(), organization: undefined },
    });
    expect(prerequisites.map(({ flagKey, met, reached }) => [flagKey, met, reached])).toEqual([
      ['left', true, true],
      ['right', false, true],
      ['base', true, false],
    ]);
    expect(prerequisites[0]!.explanation!.prerequisites[0]!.explanation!.flagKey).toBe('base');
    expect(prerequisites[2]).toMatchObject({ decision: { enabled: true } });
    expect(prerequisites[2]!.explanation).toBeUndefined();
    expect(lines[2]).toEqual({ line: 'PREREQUISITES', verdict: 'ANSWERS', says: '"right" is off' });
  });

  it('is of a bounded size where very many flags are required', () => {
    const layers = Array.from({ length: 30 }, (_, i) => i);
    const flags = layers.flatMap((i) =>
      ['a', 'b', 'c'].map((name) => {
        const prerequisites = i === 29 ? [] : requires(`a${i + 1}`, `b${i + 1}`, `c${i + 1}`);
        return flagOf(`${name}${i}`, { isEnabledGlobally: true, prerequisites });
      }),
    );
    const snapshot = snapshotOf(flags);
    const about = { snapshot, flagKey: 'a0', user: userOf(), organization: undefined, now: NOW };
    const explanation = explain(about);
    expect(explanation.decision).toEqual(evaluate(snapshot, 'a0', about.user, undefined, undefined, NOW));
    expect(JSON.stringify(explanation).length).toBeLessThan(200_000);
  });

  it('says what another instant, other roles and a rollout would come to', () => {
    const week = ruleOf('rul_week', { conditions: fromDay(7) });
    const few = ruleOf('rul_few', { rolloutPer100k: 1, name: 'few' });
    const snapshot = snapshotOf([flagOf('reports', { rules: [week, few] })]);
    const user = userOf({ joinedAt: NOW - 4 * DAY_MS });
    const at = (now: number) => explain({ snapshot, flagKey: 'reports', user, organization: undefined, now });
    expect(at(NOW)).toMatchObject({
      decision: { enabled: false, validUntil: NOW + 3 * DAY_MS },
      rules: [{ outcome: 'UNMET' }, { outcome: 'OUTSIDE_ROLLOUT', bucket: { key: 'ada', included: false } }],
    });
    expect(at(NOW + 3 * DAY_MS)).toMatchObject({ decision: { enabled: true, ruleId: 'rul_week' } });
  });

  it('tells what the ledger keeps, and of a rule since removed', () => {
    const flag = flagOf('reports', { removedRules: [{ id: 'rul_gone', version: 2, ledgerFloor: 2 }] });
    const entry = { flagId: flag.id, ruleVersion: 1, earnedAt: NOW } as const;
    const ledger = foldLedger([
      { ...entry, ruleId: 'rul_gone', kind: 'unlocked' },
      { ...entry, ruleId: '', kind: 'granted' },
    ]);
    const about = { snapshot: snapshotOf([flag]), flagKey: 'reports', organization: undefined, now: NOW };
    const { kept, lines } = explain({ ...about, user: userOf({ ledger }) });
    expect(kept).toMatchObject([
      { ruleId: 'rul_gone', state: 'UNLOCKED', counts: false },
      { ruleId: '', state: 'GRANTED', counts: true, of: 'USER' },
    ]);
    expect(lines[6]).toMatchObject({ line: 'KEPT', verdict: 'ANSWERS', says: 'granted to the user by hand' });
  });
});
