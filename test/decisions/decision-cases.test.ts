import { describe, expect, it } from '@jest/globals';
import { REASONS } from '../../src/core/deciding/decision.js';
import { decideInCore } from './core-world.js';
import { readDecisionCases } from './decision-cases.js';
import { instantFrom } from './relative-instant.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const CASES = readDecisionCases(NOW);

describe('the core decides', () => {
  it.each(CASES.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    const { expected } = given;
    const { enabled, reason, ruleId, variant, value, validUntil } = decideInCore(given);
    expect({ enabled, reason, rule: ruleId, ...(validUntil === undefined ? {} : { validUntil }) }).toEqual({
      ...{ enabled: expected.enabled, reason: expected.reason, rule: expected.rule },
      ...(expected.validUntil === undefined ? {} : { validUntil: expected.validUntil }),
    });
    if (expected.variant !== undefined) expect(variant).toBe(expected.variant);
    if (expected.value !== undefined) expect(value).toEqual(expected.value);
  });
});

describe('the cases', () => {
  it('show every reason', () => {
    const shown = new Set(CASES.map(({ expected }) => expected.reason));
    expect(REASONS.filter((reason) => !shown.has(reason))).toEqual([]);
  });

  it('have names of their own', () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  it('can mostly be run through any interface', () => {
    expect(CASES.filter(({ coreOnly }) => coreOnly === undefined).length).toBeGreaterThan(CASES.length / 2);
  });

  it('name instants relative to the moment of asking', () => {
    expect(instantFrom('in 2 hours', 0)).toBe(7_200_000);
    expect(instantFrom('1 day ago', 0)).toBe(-86_400_000);
    for (const wrong of ['2 hours', 'in 2 hours ago', 'yesterday', 'in 1 week', '']) {
      expect(() => instantFrom(wrong, 0)).toThrow('is no instant');
    }
  });
});
