import type { Call, Person } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import { faultOfName } from '../../core/values/names.js';
import type { Target } from './target.js';

/**
 * Whom a call about somebody's own flags is about: machines and operators name the user, '' being nobody in particular; people are
 * themselves, as their verified token says. Rejects with NOT_FOUND a person who names somebody else.
 */
export function ownTarget({ caller }: Call, userId: string): Target {
  const fault = userId === '' ? undefined : faultOfName('userId', userId);
  if (fault !== undefined) throw invalid(fault);
  if (caller.kind !== 'person') return { userId, context: {} };
  if (userId !== '' && userId !== caller.userId) throw notFound('no such user');
  return { userId: caller.userId, context: verifiedContext(caller) };
}

/**
 * What a verified token says overrides what is stored, for this call alone. Organization and roles are one unit: where it
 * says one of them, the other is as the token has it, too. Where it says neither, both stay as stored.
 */
function verifiedContext({ organizationId, roles }: Person): EvaluationContext {
  if (organizationId === '' && roles === undefined) return {};
  return { ...(organizationId === '' ? {} : { organizationId }), ...(roles === undefined ? {} : { roles }) };
}
