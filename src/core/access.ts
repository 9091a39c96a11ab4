import type { AccessRow, Effect, Flag } from './flag.js';
import type { CompiledFlag } from './snapshot.js';
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
export function verdictOf(compiled: CompiledFlag, subject: Subject, managedBy: string): Verdict | undefined {
  const { flag } = compiled;
  const own = userEffect(flag, subject, managedBy);
  if (own !== undefined) return { effect: own, level: 'USER' };

  const rows = organizationRows(flag, subject, managedBy);
  const within = rows && nearest(subject, (role) => rows.find((row) => row.role === role)?.effect);
  if (within !== undefined) return { effect: within, level: 'ROLE' };

  if (managedBy === '' && compiled.roleRows.size > 0) {
    const anywhere = nearest(subject, (role) => compiled.roleRows.get(role));
    if (anywhere !== undefined) return { effect: anywhere, level: 'ROLE' };
  }

  const whole = rows?.find((row) => row.role === '')?.effect;
  return whole === undefined ? undefined : { effect: whole, level: 'ORGANIZATION' };
}

function userEffect(flag: Flag, subject: Subject, managedBy: string): Effect | undefined {
  for (const row of subject.user.access) {
    if (row.flagId === flag.id && row.managedBy === managedBy && row.enabled) return row.effect;
  }
  return undefined;
}

function organizationRows(flag: Flag, subject: Subject, managedBy: string): readonly AccessRow[] | undefined {
  const all = subject.organization?.access;
  if (all === undefined || all.length === 0) return undefined;
  return all.filter((row) => row.flagId === flag.id && row.managedBy === managedBy && row.enabled);
}

function nearest(subject: Subject, effectOf: (role: string) => Effect | undefined): Effect | undefined {
  for (const level of subject.roleLevels) {
    let found: Effect | undefined;
    for (const role of level) {
      const effect = effectOf(role);
      if (effect === 'DENY') return 'DENY';
      found ??= effect;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}
