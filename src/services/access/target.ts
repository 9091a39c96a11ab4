import { requireName } from '../../calls/check-input.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';

/** Whom a decision is for, '' being nobody in particular. The context overrides stored values for this call alone. */
export interface Target {
  readonly userId: string;
  readonly context: EvaluationContext;
}

/** Rejects with INVALID a user id, an organization id or roles that cannot be names of any. */
export function checkTarget({ userId, context }: Target): void {
  if (userId !== '') requireName('userId', userId, '/user_id');
  checkContext(context);
}

export function checkContext({ organizationId, roles }: EvaluationContext): void {
  if (organizationId) requireName('organizationId', organizationId, '/organization_id');
  if (roles !== undefined) for (const [i, role] of roles.entries()) requireName('role', role, `/roles/${i}`);
}
