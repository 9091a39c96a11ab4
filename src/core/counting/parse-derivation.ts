import { validateConditions } from '../conditions/validate-conditions.js';
import type { Derivation, PropertyRead } from '../flags/flag.js';
import type { Fault } from '../values/fault.js';
import { inBrief, isJsonObject, type JsonObject } from '../values/json.js';
import { LARGEST_AMOUNT, roundedAmount } from '../values/millionths.js';
import { faultOfName } from '../values/names.js';
import { isPlainPath } from '../values/path.js';
import { EVENT_FACTS } from './event-facts.js';

/** How many actions one may be derived from. */
export const MAX_SOURCES = 20;

/** How a derived action was declared. Its members have not been checked. */
export interface DerivationInput {
  readonly from: readonly unknown[];
  /** Left out: every event. */
  readonly where?: unknown;
  /** One of both, or neither: the event's own value. */
  readonly value?: { readonly property?: unknown; readonly constant?: unknown };
  readonly distinct?: unknown;
}

export interface ParsedDerivation {
  /** Usable where there are no errors. */
  readonly derivation: Omit<Derivation, 'countsSince'>;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Checks how an action is to be derived, but for what it refers to. Takes any JSON and never throws. */
export function parseDerivation(input: DerivationInput, pointer: string): ParsedDerivation {
  const errors: Fault[] = [];
  const fault = (at: string, message: string): void => void errors.push({ pointer: pointer + at, message });
  const { from, where = {}, value, distinct } = input;
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
  return {
    derivation: {
      from: from as readonly string[],
      where: where as JsonObject,
      ...(added === undefined ? {} : { value: added }),
      ...counted,
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
