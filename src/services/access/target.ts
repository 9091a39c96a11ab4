import { invalid } from '../../calls/errors.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import { faultOfName } from '../../core/values/names.js';

/** Whom a decision is for, '' being nobody in particular. The context overrides stored values for this call alone. */
export interface Target {
  readonly userId: string;
  readonly context: EvaluationContext;
}

/** Rejects with INVALID a user id, an organization id or roles that cannot be names of any. */
export function checkTarget({ userId, context }: Target): void {
  const fault = userId === '' ? undefined : faultOfName('userId', userId);
  if (fault !== undefined) throw invalid(fault);
  checkContext(context);
}

export function checkContext({ organizationId, roles }: EvaluationContext): void {
  const fault =
    (organizationId ? faultOfName('organizationId', organizationId) : undefined) ??
    roles?.map((role) => faultOfName('role', role)).find((found) => found !== undefined);
  if (fault !== undefined) throw invalid(fault);
}
