import { describe, expect, it } from '@jest/globals';
import type { AccessRow, ExplainedRule, Explanation } from '../../../../../src/protocol/gen/admin-json.js';
import { barredInVain, type FixesOptions, fixesFor, isCertain } from './fixes.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const LATER = '2026-03-06T12:00:00Z';
const EARLIER = '2026-02-01T12:00:00Z';

type Line = Explanation['lines'][number]['line'];
type Reason = NonNullable<Explanation['decision']>['reason'];

/** As much of an explanation as fixes are found by. */
function explained(line: Line, reason: Reason, rest: object = {}): Explanation {
  const enabled = ['REASON_USER', 'REASON_GLOBAL', 'REASON_UNLOCKED', 'REASON_RULE'].includes(reason);
  const whole = { rows: [], rules: [], kept: [], lines: [{ line, verdict: 'ANSWERS', says: '' }], ...rest };
  return { ...whole, decision: { enabled, reason } } as unknown as Explanation;
}

const rule = (
  outcome: ExplainedRule['outcome'],
  { met = false, ...rest }: { met?: boolean; [name: string]: unknown } = {},
) => ({ outcome, requirement: { rule_id: 'r', name: 'R', requirement: { met } }, ...rest }) as unknown as ExplainedRule;

const rowOf = (row: Partial<AccessRow>, level = 'USER') => ({
  row: { user_id: '', role: '', organization_id: '', managed_by: '', ...row },
  level,
  standing: 'DECIDES',
});

const offered = (explanation: Explanation, options: Partial<FixesOptions> = {}) =>
  fixesFor(explanation, {
    may: () => true,
    organization: '',
    delegated: false,
    active: true,
    now: NOW,
    ...options,
  });
const kinds = (...given: Parameters<typeof offered>) => offered(...given).map(({ kind }) => kind);

describe('what helps where a flag is switched off, or outside its window', () => {
  const off = (window: object) => explained('SWITCHED_ON', 'REASON_DISABLED', window);

  it.each([
    ['switched off', false, {}, { kind: 'switchOn' }],
    ['switched off before its window', false, { starts_at: LATER }, { kind: 'switchOn', starts_at: LATER }],
    ['switched off after its window', false, { ends_at: EARLIER }, { kind: 'switchOn', ends_at: EARLIER }],
    ['switched off within its window', false, { starts_at: EARLIER, ends_at: LATER }, { kind: 'switchOn' }],
    ['before its window', true, { starts_at: LATER }, { kind: 'openWindow', starts_at: LATER }],
    ['after its window', true, { starts_at: EARLIER, ends_at: EARLIER }, { kind: 'openWindow', ends_at: EARLIER }],
  ])('%s: one fix that changes all that keeps it off', (_name, active, window, fix) => {
    expect(offered(off(window), { active })).toEqual([fix]);
    expect(isCertain(offered(off(window), { active })[0]!, off(window), '')).toBe(false);
  });

  it('is nothing until it is known which of them it is', () => {
    expect(offered(off({ starts_at: LATER }), { active: undefined })).toEqual([]);
  });
});

describe('what helps where a row answers', () => {
  it.each([
    ['nothing below is known to', {}, ['remove', 'deny']],
    ['a rule that holds', { rules: [rule('HOLDS', { met: true })] }, ['deny']],
    ['a rule that was unlocked', { rules: [rule('UNLOCKED')] }, ['deny']],
    ['a rule that does not hold', { rules: [rule('UNMET')] }, ['remove', 'deny']],
    ['a grant', { kept: [{ state: 'STATE_GRANTED', counts: true }] }, ['deny']],
  ])('allowing, where below it has it on: %s', (_name, below, expected) => {
    const explanation = explained('ROWS', 'REASON_USER', {
      rows: [rowOf({ user_id: 'ada', effect: 'ALLOW' })],
      ...below,
    });
    expect(kinds(explanation)).toEqual(expected);
    expect(offered(explanation).map((fix) => isCertain(fix, explanation, ''))).toEqual(
      expected.map((kind) => kind === 'deny'),
    );
  });

  it('denying: removing it, or a row of the person’s own, the likelier first; of others’ rows neither', () => {
    const denied = (row: object) => explained('ROWS', 'REASON_DENIED', { rows: [row] });
    expect(kinds(denied(rowOf({ user_id: 'ada', effect: 'DENY' })))).toEqual(['remove', 'allow']);
    const byRole = denied(rowOf({ role: 'guest', effect: 'DENY' }, 'ROLE'));
    expect(kinds(byRole)).toEqual(['allow', 'remove']);
    // Rows of the organization may deny beside it.
    expect(isCertain({ kind: 'allow' }, byRole, '')).toBe(false);
    expect(kinds(denied(rowOf({ role: 'guest', managed_by: 'acme', effect: 'DENY' }, 'ROLE')))).toEqual([]);
  });
});

describe('what helps where nothing lets somebody in', () => {
  const nothing = (...rules: ExplainedRule[]) => explained('OTHERWISE', 'REASON_DEFAULT', { rules });
  const barred = { standing: { state: 'STATE_REVOKED', counts: false }, bucket: { included: true } };

  it.each([
    ['what they have earns it', true, { met: true, ...barred }],
    ['they have it no longer', false, { met: false, ...barred }],
    ['the rollout leaves them out', false, { met: true, ...barred, bucket: { included: false } }],
    [
      'their organization is barred, too',
      false,
      { met: true, ...barred, organization_standing: { state: 'STATE_REVOKED', counts: false } },
    ],
    [
      'their organization has earned it',
      true,
      { met: false, ...barred, organization_standing: { state: 'STATE_UNLOCKED', counts: true } },
    ],
  ])('barred from a rule: earning it again helps only where they would: %s', (_name, helps, given) => {
    const explanation = nothing(rule('REVOKED', given));
    expect(kinds(explanation)).toEqual([...(helps ? ['rearm'] : []), 'allow', 'grant']);
    expect(barredInVain(explanation)).toHaveLength(helps ? 0 : 1);
    expect(offered(explanation).every((fix) => isCertain(fix, explanation, ''))).toBe(true);
  });

  it('is no earning again of a grant that was taken away', () => {
    const explanation = explained('OTHERWISE', 'REASON_DEFAULT', { kept: [{ state: 'STATE_REVOKED', counts: false }] });
    expect(kinds(explanation)).toEqual(['allow', 'grant']);
  });

  it('is a larger rollout only of a rule whose conditions hold', () => {
    const outside = (met: boolean) => rule('OUTSIDE_ROLLOUT', { met, bucket: { position: 7, rollout: 1 } });
    expect(offered(nothing(outside(true)))[0]).toMatchObject({ kind: 'raise', ruleId: 'r', least: 8 });
    expect(kinds(nothing(outside(false)))).toEqual(['allow', 'grant']);
  });
});

it('takes away what was earned, but not what the organization has earned by a rule that is gone', () => {
  const unlocked = (kept: object) => explained('KEPT', 'REASON_UNLOCKED', { kept: [kept] });
  expect(kinds(unlocked({ state: 'STATE_GRANTED', counts: true, earned_by: 'USER' }))).toEqual(['revoke', 'deny']);
  expect(kinds(unlocked({ state: 'STATE_UNLOCKED', counts: true, earned_by: 'ORGANIZATION' }))).toEqual(['deny']);
});
