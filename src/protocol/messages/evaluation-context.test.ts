import { describe, expect, it } from '@jest/globals';
import { type DeepPartial, EvaluationContext } from '../../../test/gen/latchkey/v1/evaluation.js';
import { overridesOf, targetOf } from './evaluation-context.js';

const overrides = (context: DeepPartial<EvaluationContext>) => overridesOf(EvaluationContext.fromPartial(context));

describe('what a context gives', () => {
  it('is nothing where it only names the user, or gives what is empty', () => {
    expect(overridesOf(undefined)).toEqual({});
    expect(Object.keys(overrides({ userId: 'u', roles: [], attributes: {} }))).toEqual([]);
    expect(targetOf(undefined)).toEqual({ userId: '', context: {} });
    expect(targetOf(EvaluationContext.fromPartial({ userId: 'u' }))).toEqual({ userId: 'u', context: {} });
  });

  it('has exactly the members that are given; an empty organization is given', () => {
    expect(overrides({ organizationId: '' })).toEqual({ organizationId: '' });
    expect(overrides({ roles: ['a'] })).toEqual({ roles: ['a'] });
    expect(overrides({ joinedAt: new Date(0) })).toEqual({ joinedAt: 0 });
    expect(overrides({ attributes: { a: null } })).toEqual({ attributes: { a: null } });
    expect(overrides({ anonymousId: 'visitor-1' })).toEqual({ anonymousId: 'visitor-1' });
  });
});
