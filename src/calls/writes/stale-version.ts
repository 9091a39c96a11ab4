import type { Flag, Segment, StageList } from '../../core/flags/flag.js';
import type { Names } from '../../core/sentences/speaking.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { quote } from '../../core/values/json.js';
import { LatchkeyError } from '../errors.js';

/** What is stored now; undefined when there is none. `names` is how a flag's sentences call segments and other flags. */
export type PresentVersion =
  | { readonly kind: 'flag'; readonly value: Flag | undefined; readonly names: Names }
  | { readonly kind: 'segment'; readonly value: Segment | undefined }
  | { readonly kind: 'list'; readonly value: StageList | undefined }
  | { readonly kind: 'organization'; readonly value: OrganizationState | undefined };

/** A write expected another version than the one that is stored. `present` is what the caller should look at now. */
export class StaleVersion extends LatchkeyError {
  /** The version that the write expected; 0: that there is none yet. */
  readonly expected: number;
  readonly present: PresentVersion;

  constructor(name: string, expected: number, present: PresentVersion) {
    const { kind, value } = present;
    const another = value?.version === expected ? 'another one of that name ' : '';
    const now = value === undefined ? 'does not exist' : `is ${another}at version ${value.version} now`;
    // A flag may have been named by its id, which tells people nothing.
    const called = value !== undefined && 'key' in value ? value.key : name;
    super(
      'CONFLICT',
      `expected version ${expected} of the ${kind} ${quote(called)}, but it ${now}; look, and try again`,
    );
    this.expected = expected;
    this.present = present;
  }
}

/**
 * Throws {@link StaleVersion} when another version is stored than the write expected; undefined expects none in particular.
 * With an `id`, also when the name is that of another thing by now, made anew: its versions begin again.
 */
export function requireVersion(name: string, expected: number | undefined, present: PresentVersion, id = ''): void {
  if (expected === undefined) return;
  const { kind, value } = present;
  const same = id === '' || kind === 'list' || value === undefined || value.id === id;
  if (same && expected === (value?.version ?? 0)) return;
  throw new StaleVersion(name, expected, present);
}
