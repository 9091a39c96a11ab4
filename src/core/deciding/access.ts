import type { Effect } from '../flags/flag.js';
import type { RowEffects } from '../snapshot/index-rows.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import type { Subject } from './subject.js';

/** What the rows of one manager say about one subject: nothing, or a verdict and the level that gave it. */
export interface Verdict {
  readonly effect: Effect;
  readonly level: 'USER' | 'ROLE' | 'ORGANIZATION';
}

/**
 * The verdict of the platform's rows (`managedBy` '') or of an organization's own: at the most specific level that has
 * an active row (user, then role within organization, then role, then organization). Of roles the nearest wins; at equal
 * distance DENY beats ALLOW.
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

/** What the rows say of the nearest of the subject's roles that has one. */
function nearest(subject: Subject, effects: RowEffects | undefined): Effect | undefined {
  if (effects === undefined || effects.size === 0) return undefined;
  for (const level of subject.roleLevels) {
    let found: Effect | undefined;
    for (const role of level) {
      // '' is the row of the whole organization, which is no role's.
      const effect = role === '' ? undefined : effects.get(role);
      if (effect === 'DENY') return 'DENY';
      found ??= effect;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}
