import { requireName } from '../../calls/check-input.js';
import { invalidAt } from '../../calls/errors.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import { faultOfNumbers } from '../../core/values/json.js';

/** Whom a decision is for, '' being nobody in particular. The context overrides stored values for this call alone. */
export interface Target {
  readonly userId: string;
  readonly context: EvaluationContext;
}

/** Rejects with INVALID a user id that cannot be any, and what {@link checkContext} rejects. */
export function checkTarget({ userId, context }: Target): void {
  if (userId !== '') requireName('userId', userId, '/user_id');
  checkContext(context);
}

/** Rejects with INVALID what a context gives and cannot be: names, and attributes with numbers that are not what was meant. */
export function checkContext({ organizationId, roles, attributes, anonymousId }: EvaluationContext): void {
  if (anonymousId !== undefined) requireName('anonymousId', anonymousId, '/anonymous_id');
  if (organizationId) requireName('organizationId', organizationId, '/organization_id');
  if (roles !== undefined) for (const [i, role] of roles.entries()) requireName('role', role, `/roles/${i}`);
  const fault = attributes && faultOfNumbers(attributes);
  if (fault !== undefined)
    throw invalidAt(`/attributes${fault.pointer}`, `attributes${fault.pointer}: the JSON ${fault.message}`);
}
