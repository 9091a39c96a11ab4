import type { Effect } from '../flags/flag.js';
import type { RowEffects } from '../snapshot/index-rows.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import type { Subject } from './subject.js';

/** What the platform's or an organization's access rows say about a subject, and at which level. */
export interface Verdict {
  readonly effect: Effect;
  readonly level: 'USER' | 'ROLE' | 'ORGANIZATION';
}

/** Whether there are rows of which one may apply: of the user or the organization for some flag, or of the flag for some role. */
export function hasRows({ roleRows }: CompiledFlag, { userRows, organizationRows }: Subject): boolean {
  return userRows.size + organizationRows.size + roleRows.size > 0;
}

/**
 * The verdict of the rows that the platform manages (`managedBy` ''), or of those that an organization manages; undefined
 * where none of them applies. The most specific level that has an active row decides: user, then role within the
 * organization, then role, then organization. Of the user's roles the nearest one with a row decides; among those at the
 * same distance DENY beats ALLOW.
 */
export function verdictOf({ flag, roleRows }: CompiledFlag, subject: Subject, managedBy: string): Verdict | undefined {
  const own = subject.userRows.get(flag.id)?.get(managedBy)?.get('');
  if (own !== undefined) return { effect: own, level: 'USER' };

  const rows = subject.organizationRows.get(flag.id)?.get(managedBy);
  const role = nearest(subject, rows) ?? (managedBy === '' ? nearest(subject, roleRows) : undefined);
  if (role !== undefined) return { effect: role, level: 'ROLE' };

  const whole = rows?.get('');
  return whole === undefined ? undefined : { effect: whole, level: 'ORGANIZATION' };
}

/** The effect of the row for the nearest of the subject's roles that has a row. */
function nearest(subject: Subject, effects: RowEffects | undefined): Effect | undefined {
  if (effects === undefined || effects.size === 0) return undefined;
  for (const level of subject.roleLevels) {
    let found: Effect | undefined;
    for (const role of level) {
      // The row under '' is the whole organization's, not a role's.
      const effect = role === '' ? undefined : effects.get(role);
      if (effect === 'DENY') return 'DENY';
      found ??= effect;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}
