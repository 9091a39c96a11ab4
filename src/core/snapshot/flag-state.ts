import { PER_100K } from '../flags/flag.js';
import type { CompiledFlag, CompiledRule } from './snapshot.js';

/**
 * In a word, who gets a flag. The first that applies:
 *
 * - `ARCHIVED`: nobody, it is put away.
 * - `OFF`: nobody, it is switched off, or its window has ended.
 * - `SCHEDULED`: nobody yet, its window begins by itself.
 * - `EVERYONE`: everybody whom no row denies it and no revocation bars: it is enabled globally, or a rule of its own holds for every
 *   user. Not where it has prerequisites.
 * - `EARNED`: those who have earned it, and whoever rows and other rules name: it has a latching rule.
 * - `TARGETED`: those whom its rules or its access rows name.
 * - `OFF`, too: it is switched on, and has nothing that would give it to anybody but a grant by hand.
 */
export const FLAG_STATES = ['OFF', 'EVERYONE', 'EARNED', 'TARGETED', 'SCHEDULED', 'ARCHIVED'] as const;
export type FlagState = (typeof FLAG_STATES)[number];

/** The state of a flag at an instant, in epoch milliseconds. */
export function flagState(compiled: CompiledFlag, now: number): FlagState {
  const { flag, rules } = compiled;
  if (flag.archived) return 'ARCHIVED';
  if (!flag.active || (flag.endsAt !== undefined && now >= flag.endsAt)) return 'OFF';
  if (flag.startsAt !== undefined && now < flag.startsAt) return 'SCHEDULED';
  if (flag.prerequisites.length === 0 && (flag.isEnabledGlobally || rules.some(isForEveryone))) return 'EVERYONE';
  const open = rules.filter(({ rolloutPer100k }) => rolloutPer100k > 0);
  if (open.some(({ rule }) => rule.policy === 'LATCHING')) return 'EARNED';
  return open.length > 0 || letsInByRows(compiled) || flag.isEnabledGlobally ? 'TARGETED' : 'OFF';
}

/** Whether access rows may let somebody in: there are some of users or of organizations, or one that allows a role. */
export function letsInByRows({ flag, roleAccess }: Pick<CompiledFlag, 'flag' | 'roleAccess'>): boolean {
  return flag.hasRows === true || roleAccess.some(({ effect, enabled }) => enabled && effect === 'ALLOW');
}

function isForEveryone({ unconditional, rolloutPer100k, bucketBy, byOrganization }: CompiledRule): boolean {
  return unconditional && rolloutPer100k === PER_100K && bucketBy === 'user' && !byOrganization;
}
