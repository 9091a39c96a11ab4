import type { Flag, Segment } from '../core/flags/flag.js';
import { quote } from '../core/values/json.js';
import { LatchkeyError } from './errors.js';

/** What is there now, as the caller may know it. */
export type PresentVersion =
  | { readonly kind: 'flag'; readonly value: Flag | undefined }
  | { readonly kind: 'segment'; readonly value: Segment | undefined };

/** A change was made on another version than the present one. The message has the versions; `present` the whole. */
export class StaleVersion extends LatchkeyError {
  /** 0: that there is none. */
  readonly expected: number;
  readonly present: PresentVersion;

  constructor(name: string, expected: number, present: PresentVersion) {
    const { kind, value } = present;
    const now = value === undefined ? 'does not exist' : `is at version ${value.version} now`;
    super('CONFLICT', `expected version ${expected} of the ${kind} ${quote(name)}, but it ${now}; look, and try again`);
    this.expected = expected;
    this.present = present;
  }
}

/** Rejects a change that was made on another version; `expected` undefined: on whatever there is. */
export function requireVersion(name: string, expected: number | undefined, present: PresentVersion): void {
  if (expected === undefined || expected === (present.value?.version ?? 0)) return;
  throw new StaleVersion(name, expected, present);
}
