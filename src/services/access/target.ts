import { invalid } from '../../calls/errors.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import { faultOfName } from '../../core/values/names.js';

/** For whom: '' is nobody in particular. What the context gives overrides stored values for this call alone. */
export interface Target {
  readonly userId: string;
  readonly context: EvaluationContext;
}

/** Rejects with INVALID a user, an organization or roles that cannot be any. */
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
