import type { FactDefinition, FactType } from '../facts/fact-definition.js';
import type { Faults } from '../values/fault.js';
import { inBrief, type JsonValue } from '../values/json.js';
import { looksLikeSeconds } from '../values/time.js';
import { comparisonOf, splitOperator } from './operators.js';
import { describeKind, type OperatorShape, typeFits } from './value-kind.js';

/** Where a leaf stands: `negated` under an odd number of `not`s. */
export interface LeafPlace {
  readonly pointer: string;
  readonly negated: boolean;
}

/** The right side of a comparison, after it was checked. */
export type CheckedValue = { readonly constant: JsonValue } | { readonly fact: FactDefinition };

interface Typed {
  readonly fact: FactDefinition;
  readonly right: CheckedValue;
  readonly shape: OperatorShape;
  readonly operator: string;
  readonly pointer: string;
}

const TYPE_NAMES: Readonly<Record<FactType, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  list: 'a list',
  json: 'anything',
};

/** Warns of a comparison that has the same result for everyone, because its sides are of different types. */
export function warnOfTypes({ fact, right, shape, operator, pointer }: Typed, faults: Faults): void {
  const same = 'so it comes out the same for everyone';
  if (!typeFits(fact.type, shape.fact)) {
    const text = `${inBrief(operator)} needs a fact that is ${describeKind(shape.fact)}, and ${fact.name} is ${TYPE_NAMES[fact.type]}, ${same}`;
    faults.warn(`${pointer}/operator`, text);
  } else if ('fact' in right) {
    if (typeFits(right.fact.type, shape.value)) return;
    const text = `${inBrief(operator)} needs ${describeKind(shape.value)}, and ${right.fact.name} is ${TYPE_NAMES[right.fact.type]}, ${same}`;
    faults.warn(`${pointer}/value`, text);
  } else if (operator === 'equal' || operator === 'notEqual') {
    if (fact.type === 'json' || fact.type === typeof right.constant) return;
    const text = `${fact.name} is ${TYPE_NAMES[fact.type]} and never equals ${inBrief(right.constant)}, ${same}`;
    faults.warn(`${pointer}/value`, text);
  }
}

/** Warns of a constant that `now` is ordered against and that is in seconds, as it seems: `now` is in milliseconds. */
export function warnOfSeconds(
  { fact, right, pointer }: Pick<Typed, 'fact' | 'right' | 'pointer'>,
  faults: Faults,
): void {
  if (fact.name !== 'now' || !('constant' in right)) return;
  const { constant } = right;
  if (typeof constant !== 'number' || !looksLikeSeconds(constant)) return;
  const read = new Date(constant).toISOString();
  const text = `"now" is in milliseconds, and ${constant} looks like seconds: it would be ${read}; give ${constant * 1000}, or a date by "after" or "before"`;
  faults.warn(`${pointer}/value`, text);
}

interface Absence {
  readonly fact: FactDefinition;
  readonly right: CheckedValue;
  readonly operator: string;
  readonly place: LeafPlace;
}

/** Stands for any value of a fact that is present; it is equal to no other value. */
const SOMETHING = {};

/** Warns where a user for whom a fact is absent would satisfy the condition, which is probably not meant. */
export function warnOfAbsence({ fact, right, operator, place }: Absence, faults: Faults): void {
  const compare = comparisonOf(operator);
  // Whoever asks whether a value is there means the absent ones.
  if (compare === undefined || splitOperator(operator).operator === 'isSet') return;
  const satisfies = (left: unknown, value: unknown): boolean => compare(left, value) !== place.negated;
  const not = place.negated ? ' under "not"' : '';
  const warn = (name: string): void =>
    faults.warn(
      place.pointer,
      `${inBrief(operator)}${not} is also satisfied where ${name} is absent: add the same fact with "isSet": true, unless that is meant`,
    );
  if ('constant' in right) {
    if (fact.mayBeAbsent && satisfies(undefined, right.constant)) warn(fact.name);
    return;
  }
  const values = right.fact.mayBeAbsent ? [SOMETHING, undefined] : [SOMETHING];
  if (fact.mayBeAbsent && values.some((value) => satisfies(undefined, value))) warn(fact.name);
  else if (right.fact.mayBeAbsent && satisfies(SOMETHING, undefined)) warn(right.fact.name);
}
