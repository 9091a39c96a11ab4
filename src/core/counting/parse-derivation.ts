import { validateConditions } from '../conditions/checking/validate-conditions.js';
import type { Derivation, Flag, PropertyRead, Since } from '../flags/flag.js';
import type { Fault } from '../values/fault.js';
import { inBrief, isJsonObject, type JsonObject } from '../values/json.js';
import { LARGEST_AMOUNT, roundedAmount } from '../values/millionths.js';
import { faultOfName } from '../values/names.js';
import { didYouMean } from '../values/nearest-name.js';
import { isPlainPath } from '../values/path.js';
import { EVENT_FACTS } from './event-facts.js';
import { unlockReadOf } from './since-unlock.js';

/** How many actions one may be derived from. */
const MAX_SOURCES = 20;

/** How a derived action was declared. Its members have not been checked. */
export interface DerivationInput {
  readonly from: readonly unknown[];
  /** Left out: every event. */
  readonly where?: unknown;
  /** One of both, or neither: the event's own value. */
  readonly value?: { readonly property?: unknown; readonly constant?: unknown };
  readonly distinct?: unknown;
  /** An action or a flag. */
  readonly since?: { readonly action?: unknown; readonly flag?: unknown; readonly withinDays?: unknown };
}

export interface ParsedDerivation {
  /** Usable where there are no errors. */
  readonly derivation: Omit<Derivation, 'countsSince'>;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** The flags that there are, by key. */
type Flags = Pick<ReadonlyMap<string, { readonly stored: Flag }>, 'get' | 'keys'>;

/** Checks how an action is to be derived, but for the actions to which it refers. Takes any JSON and never throws. */
export function parseDerivation(input: DerivationInput, pointer: string, flags: Flags): ParsedDerivation {
  const errors: Fault[] = [];
  const fault = (at: string, message: string): void => void errors.push({ pointer: pointer + at, message });
  const { from, where = {}, value, distinct, since } = input;
  if (from.length === 0) fault('/from', 'a derived action needs at least one action that it is counted from');
  if (from.length > MAX_SOURCES)
    fault('/from', `an action is derived from at most ${MAX_SOURCES} others, not ${from.length}`);
  for (const [i, name] of from.entries()) {
    const wrong =
      faultOfName('action', name) ?? (from.indexOf(name) < i ? `${inBrief(name)} is named twice` : undefined);
    if (wrong !== undefined) fault(`/from/${i}`, wrong);
  }
  const conditions = validateConditions(where, ABOUT_EVENTS, `${pointer}/where`);
  errors.push(...conditions.errors);
  const read = (given: unknown, at: string): PropertyRead | undefined => {
    if (given === undefined) return undefined;
    const wrong = faultOfRead(given);
    if (wrong !== undefined) fault(at, wrong);
    return given as PropertyRead;
  };
  const counted = distinct === undefined ? {} : { distinct: read(distinct, '/distinct')! };
  const added = value === undefined ? undefined : valueFrom(value, read, fault);
  const first = since === undefined ? {} : { since: sinceFrom(since, { from, flags, fault }) };
  return {
    derivation: {
      from: from as readonly string[],
      where: where as JsonObject,
      ...(added === undefined ? {} : { value: added }),
      ...counted,
      ...first,
    },
    errors,
    warnings: conditions.warnings,
  };
}

/** Conditions on events read nothing but their properties. */
const ABOUT_EVENTS = { facts: EVENT_FACTS, segments: new Set<string>(), flags: new Set<string>() };

function valueFrom(
  { property, constant }: NonNullable<DerivationInput['value']>,
  read: (given: unknown, at: string) => PropertyRead | undefined,
  fault: (at: string, message: string) => void,
): Derivation['value'] {
  if ((property === undefined) === (constant === undefined)) {
    fault('/value', 'a value is either a property or a constant; leave it out for the event’s own value');
    return undefined;
  }
  if (constant === undefined) return read(property, '/value/property');
  if (typeof constant === 'number' && Math.abs(constant) <= LARGEST_AMOUNT) return roundedAmount(constant);
  fault('/value/constant', `a constant must be a number within ±${LARGEST_AMOUNT}, not ${inBrief(constant)}`);
  return undefined;
}

/** For how many days at most after another action events may count: as far back as windows reach. */
const MAX_WITHIN_DAYS = 3_650;

interface Around {
  readonly from: readonly unknown[];
  readonly flags: Flags;
  readonly fault: (at: string, message: string) => void;
}

function sinceFrom(given: NonNullable<DerivationInput['since']>, { from, flags, fault }: Around): Since {
  const { action, flag, withinDays } = given;
  if ((action === undefined) === (flag === undefined))
    fault('/since', 'what must have come first is either an action or a flag');
  else if (flag === undefined) {
    const wrong = faultOfName('action', action);
    if (wrong !== undefined) fault('/since/action', wrong);
    else if (from.includes(action)) {
      const message = `${inBrief(action)} is counted itself, and each would count from its own instant on; name another action`;
      fault('/since/action', message);
    }
  }
  const days = { withinDays: withinDays as number };
  if (
    withinDays !== undefined &&
    !(Number.isInteger(withinDays) && days.withinDays >= 1 && days.withinDays <= MAX_WITHIN_DAYS)
  ) {
    const message = `within_days is a whole number from 1 to ${MAX_WITHIN_DAYS}, not ${inBrief(withinDays)}`;
    fault('/since/within_days', message);
  }
  const within = withinDays === undefined ? {} : days;
  if (flag === undefined) return { action: action as string, ...within };
  const stored = flags.get(flag as string)?.stored;
  if (stored !== undefined && !stored.archived) return { unlock: unlockReadOf(stored), ...within };
  const known = new Set([...flags.keys()].filter((key) => flags.get(key)?.stored.archived === false));
  const near = typeof flag === 'string' ? didYouMean(flag, known) : '';
  fault('/since/flag', `there is no flag ${inBrief(flag)} to count since${near || '; create it first'}`);
  return { action: '', ...within };
}

function faultOfRead(given: unknown): string | undefined {
  const { name, path } = isJsonObject(given) ? (given as PropertyRead) : {};
  if (name === undefined && path === undefined)
    return 'needs "name", which property to read, or "path", such as "$.amount"';
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH))
    return `a property's name is a text of 1 to ${MAX_NAME_LENGTH} characters, not ${inBrief(name)}`;
  if (path === undefined || (typeof path === 'string' && isPlainPath(path))) return undefined;
  return `${inBrief(path)} is not a plain path: use names and indexes only, such as "$.order.amount"`;
}

const MAX_NAME_LENGTH = 256;
