import { type Call, confinedTo } from '../../calls/caller.js';
import { isConfinedAdmin } from '../../calls/permissions.js';
import type { Cause } from '../../core/states/ledger.js';

/**
 * A cause as people are told it: what they did, but not which machine reported it or which person decided it. A change of their
 * access rows is a write about them as any other: a flag that goes off by one would tell a denial.
 */
export function causeForPeople(cause: Cause): Cause {
  if (cause.type === 'event') {
    const { reverses } = cause;
    return { ...cause, source: '', ...(reverses === undefined ? {} : { reverses: { ...reverses, source: '' } }) };
  }
  if (cause.type === 'correction') return { ...cause, actor: '', reason: '' };
  if (cause.type === 'manual') return { type: 'manual', actor: '', reason: '' };
  if (cause.type === 'access') return { type: 'identify' };
  return cause;
}

/**
 * The cause of an entry of a ledger as a caller is told it: who administers an organization as people are. A token that is bound to
 * one sees which machine reported what its users did, but not who of the platform decided something, and why.
 */
export function toldCause({ caller }: Call, cause: Cause): Cause {
  if (isConfinedAdmin(caller, 'ListUnlocks')) return causeForPeople(cause);
  const decided = cause.type === 'manual' || cause.type === 'correction';
  return decided && confinedTo(caller) !== '' ? { ...cause, actor: '', reason: '' } : cause;
}
