import { isolated } from '../../../parts/isolated.js';
import { words } from '../../../words/people-words.js';
import type { Fix } from './fixes.js';

/** What a fix is called where it is offered. */
export function fixName(fix: Fix, id: string): string {
  const { fixes } = words.person;
  switch (fix.kind) {
    case 'allow':
    case 'deny':
      return fixes[fix.kind].name(isolated(id));
    case 'switchOn':
    case 'openWindow':
      return fix.own === undefined ? switchNames(fix).name : switchNames(fix).and.name(isolated(id));
    default:
      return fixes[fix.kind].name;
  }
}

/** Of what has a flag on again: the switch, the schedule, or both. */
export function switchNames(fix: Fix & { readonly kind: 'switchOn' | 'openWindow' }) {
  const { fixes } = words.person;
  if (fix.kind === 'openWindow') return fixes.openWindow;
  return fix.starts_at === undefined && fix.ends_at === undefined ? fixes.switchOn : fixes.switchOnAndOpen;
}
