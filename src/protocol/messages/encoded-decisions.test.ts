import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BatchEvaluateResult, EvaluateResponse } from '../../../test/gen/latchkey/v1/evaluation.js';
import { type Decision, TOLD_REASONS } from '../../core/deciding/decision.js';
import type { JsonValue } from '../../core/values/json.js';
import type { Evaluated } from '../../services/evaluating/target-views.js';
import { decisionMessage } from './decision-message.js';
import { EncodedDecisions } from './encoded-decisions.js';

// Few of each, so that many are the same but for one thing, and values that are alike but not encoded alike.
const VALUES: readonly JsonValue[] = [null, true, false, 0, -0, 1, '', '1', 'ä€😀', [], {}, { a: [1, { b: null }] }];
const LARGE: JsonValue = 'x'.repeat(10_000);
const arbitraryEvaluated: fc.Arbitrary<Evaluated> = fc.record({
  decision: fc.record(
    {
      flagKey: fc.constantFrom('f', 'g', 'ünïcode', 'k'.repeat(200)),
      enabled: fc.boolean(),
      reason: fc.constantFrom(...TOLD_REASONS),
      variant: fc.constantFrom('', 'on', 'off', 'größer'),
      value: fc.constantFrom(...VALUES, LARGE),
      ruleId: fc.constantFrom('', 'rul_1', 'rul_2'),
      flagVersion: fc.constantFrom(0, 1, 2, 300, 2 ** 32 - 1),
      validUntil: fc.constantFrom(0, -1, 1_700_000_000_000, 1_700_000_000_123, Number.MAX_SAFE_INTEGER),
      usage: fc.constantFrom(
        { remaining: 0, limit: 5 },
        { remaining: 3, limit: 5 },
        { remaining: 3, limit: 5, resetsAt: 1_700_000_000_000 },
      ),
    },
    { requiredKeys: ['flagKey', 'enabled', 'reason', 'variant', 'value', 'ruleId', 'flagVersion'] },
  ),
  stale: fc.boolean(),
});

const generated = (evaluated: Evaluated): Uint8Array => EvaluateResponse.encode(decisionMessage(evaluated)).finish();

describe('encoded decisions', () => {
  it('are byte for byte those of the generated encoder, first and again', () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvaluated, { minLength: 1, maxLength: 100 }), (all) => {
        const encoded = new EncodedDecisions();
        for (const evaluated of [...all, ...all]) {
          expect(Buffer.from(encoded.message(evaluated)).equals(generated(evaluated))).toBe(true);
        }
        const whole = BatchEvaluateResult.encode({ userId: '', decisions: all.map(decisionMessage), error: undefined });
        expect(Buffer.concat(all.map((one) => encoded.member(one))).equals(whole.finish())).toBe(true);
      }),
    );
  });

  it('are encoded once for everybody whom the same is told', () => {
    const encoded = new EncodedDecisions();
    const decision: Decision = {
      ...{ flagKey: 'f', enabled: true, reason: 'RULE', variant: 'on', value: true, ruleId: 'rul_1', flagVersion: 1 },
    };
    const first = encoded.message({ decision, stale: false });
    expect(encoded.message({ decision: { ...decision }, stale: false })).toBe(first);
    expect(encoded.message({ decision: { ...decision, flagVersion: 2 }, stale: false })).not.toBe(first);
  });

  it('stay right where a flag has very many, or all are very large', () => {
    const encoded = new EncodedDecisions();
    for (let n = 0; n < 20_000; n++) {
      const decision: Decision = {
        ...{ flagKey: `f${n % 7}`, enabled: true, reason: 'RULE', variant: `v${n % 211}`, value: 'y'.repeat(3_000) },
        ...{ ruleId: '', flagVersion: 1 + (n >> 12) },
      };
      const evaluated = { decision, stale: false };
      if (n % 97 > 0) encoded.message(evaluated);
      else expect(Buffer.from(encoded.message(evaluated)).equals(generated(evaluated))).toBe(true);
    }
  });
});
