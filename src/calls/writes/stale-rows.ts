import type { AccessRow } from '../../core/flags/flag.js';
import { quote } from '../../core/values/json.js';
import { LatchkeyError } from '../errors.js';

/** An access row without its flag, which the call names. */
type Row = Omit<AccessRow, 'flagId'>;

/** A write was made on other access rows than there are by now. */
export class StaleRows extends LatchkeyError {
  /** Those of the expected rows that have changed and are there, as they are now. */
  readonly present: readonly Row[];
  /** Those that are not there any more, as they were expected. */
  readonly absent: readonly Row[];

  constructor(flagKey: string, present: readonly Row[], absent: readonly Row[]) {
    const [first] = [...present.map((row) => inWords(row, nowOf(row))), ...absent.map((row) => inWords(row, 'gone'))];
    const others = present.length + absent.length - 1;
    const more = others === 0 ? '' : `, and ${others} more have changed`;
    super(
      'CONFLICT',
      `access rows of the flag ${quote(flagKey)} have changed meanwhile: ${first}${more}; look, and try again`,
    );
    this.present = present;
    this.absent = absent;
  }
}

function nowOf({ effect, enabled }: Row): string {
  return `${effect}${enabled ? '' : ', not enabled,'} now`;
}

function inWords({ userId, role, organizationId }: Row, now: string): string {
  const named = { user_id: userId, role, organization_id: organizationId };
  return `that of ${quote(Object.fromEntries(Object.entries(named).filter(([, value]) => value !== '')))} is ${now}`;
}
