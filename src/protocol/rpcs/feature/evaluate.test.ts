import { describe, expect, it } from '@jest/globals';
import { EvaluateRequest, EvaluateResponse, Reason } from '../../../../test/gen/latchkey/v1/evaluation.js';
import { TOLD_REASONS } from '../../../core/deciding/decision.js';
import type { Evaluated } from '../../../services/evaluating/target-views.js';
import { decisionMessage } from '../../messages/decision-message.js';
import { type CallContext, EncodedMessage } from '../method.js';
import { evaluateMethod } from './evaluate.js';

const decided: Evaluated = {
  decision: {
    flagKey: 'f',
    enabled: true,
    reason: 'RULE',
    variant: 'on',
    value: null,
    ruleId: 'rul_1',
    flagVersion: 2,
  },
  stale: true,
};
const call: CallContext<never> = { caller: undefined as never, requestId: 'r', signal: new AbortController().signal };

describe('Evaluate', () => {
  it('answers at once where the service does', async () => {
    const request = EvaluateRequest.fromPartial({ flagKey: 'f' });
    const message = new EncodedMessage(Buffer.from(EvaluateResponse.encode(decisionMessage(decided)).finish()));
    expect(evaluateMethod({ evaluate: () => decided }).handle(request, call)).toEqual(message);
    const later = evaluateMethod({ evaluate: () => Promise.resolve(decided) }).handle(request, call);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual(message);
  });

  it('gives bytes of its own, whoever was told the same before', () => {
    const fresh: Evaluated = { ...decided, stale: false };
    const method = evaluateMethod({ evaluate: () => fresh });
    const answer = () => method.handle(EvaluateRequest.fromPartial({ flagKey: 'f' }), call) as EncodedMessage;
    const { bytes } = answer();
    const text = bytes.toString('hex');
    bytes.fill(0);
    expect(answer().bytes.toString('hex')).toBe(text);
  });
});

describe('a decision as it is sent', () => {
  it('has the reason of the same name', () => {
    for (const reason of TOLD_REASONS) {
      const message = decisionMessage({ ...decided, decision: { ...decided.decision, reason } });
      expect(message.reason).toBe(Reason[`REASON_${reason}`]);
    }
  });

  it('has a value of null, but none for an unknown flag', () => {
    expect(decisionMessage(decided).value).toBeNull();
    const decision = { ...decided.decision, reason: 'FLAG_NOT_FOUND' } as const;
    expect(decisionMessage({ ...decided, decision }).value).toBeUndefined();
  });

  it('is valid until the end of time where that is beyond what can be sent', () => {
    const decision = { ...decided.decision, validUntil: Number.MAX_SAFE_INTEGER };
    expect(decisionMessage({ ...decided, decision }).validUntil?.toISOString()).toBe('9999-12-31T23:59:59.999Z');
  });
});
