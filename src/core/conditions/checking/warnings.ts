import type { FactDefinition, FactType } from '../../facts/fact-definition.js';
import type { Faults } from '../../values/fault.js';
import { inBrief, type JsonValue } from '../../values/json.js';
import { LARGEST_AMOUNT, roundedAmount } from '../../values/millionths.js';
import { looksLikeSeconds } from '../../values/time/time.js';
import type { OperatorShape } from '../operator-table.js';
import { comparisonOf, splitOperator } from '../operators.js';
import { describeKind, typeFits } from '../value-kind.js';

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

/** The operators that compare without converting: a number and its text are two values. */
const STRICT: ReadonlySet<string> = new Set(['equal', 'notEqual', 'in', 'notIn', 'contains', 'doesNotContain']);

/** Warns of a comparison that has the same result for everyone, because its sides are of different types. */
export function warnOfTypes({ fact, right, shape, operator, pointer }: Typed, faults: Faults): void {
  const same = 'so it comes out the same for everyone';
  const is = TYPE_NAMES[fact.type];
  if (!typeFits(fact.type, shape.fact)) {
    const text = `${inBrief(operator)} needs a fact that is ${describeKind(shape.fact)}, and ${fact.name} is ${is}, ${same}`;
    faults.warn(`${pointer}/operator`, `${text}${meantOperator(operator, fact.type)}`);
  } else if ('fact' in right) {
    if (typeFits(right.fact.type, shape.value)) return;
    const text = `${inBrief(operator)} needs ${describeKind(shape.value)}, and ${right.fact.name} is ${TYPE_NAMES[right.fact.type]}, ${same}`;
    faults.warn(`${pointer}/value`, text);
  } else if (STRICT.has(splitOperator(operator).operator) && fact.type !== 'json') {
    // All facts that are lists are lists of texts.
    const type = fact.type === 'list' ? 'string' : fact.type;
    const values = constantsOf(right.constant);
    if (values.length === 0 || values.some((value) => typeof value === type)) return;
    const these = Array.isArray(right.constant) ? 'any of these' : inBrief(right.constant);
    const text =
      fact.type === 'list'
        ? `the members of ${fact.name} are texts, none of which equals ${these}`
        : `${fact.name} is ${is} and never equals ${these}`;
    faults.warn(`${pointer}/value`, `${text}, ${same}`);
  }
}

/** `; did you mean "…"?` with the operator that does for texts what the given one does for lists, or the other way round. */
function meantOperator(name: string, type: FactType): string {
  const { decorators, operator } = splitOperator(name);
  const meant = decorators.length > 0 ? undefined : type === 'string' ? ON_TEXT[operator] : ON_LIST[operator];
  if (meant === undefined || (type !== 'string' && type !== 'list')) return '';
  return `; did you mean "${meant}"?`;
}

const ON_TEXT: Readonly<Partial<Record<string, string>>> = {
  contains: 'containsText',
  doesNotContain: 'not:containsText',
};
const ON_LIST: Readonly<Partial<Record<string, string>>> = {
  equal: 'contains',
  notEqual: 'doesNotContain',
  in: 'someFact:in',
  notIn: 'everyFact:notIn',
  containsText: 'contains',
  startsWith: 'someFact:startsWith',
  endsWith: 'someFact:endsWith',
  matches: 'someFact:matches',
};

function constantsOf(constant: JsonValue): readonly JsonValue[] {
  return Array.isArray(constant) ? (constant as readonly JsonValue[]) : [constant];
}

/**
 * Warns of a text that looks like a number, or like true or false, and is compared with a fact of any type: the operator does not
 * convert, so that users whose fact is the number would be left out.
 */
export function warnOfCoercion(
  { fact, right, operator, pointer }: Pick<Typed, 'fact' | 'right' | 'operator' | 'pointer'>,
  faults: Faults,
): void {
  if (fact.type !== 'json' || !('constant' in right)) return;
  if (!STRICT.has(splitOperator(operator).operator)) return;
  const text = constantsOf(right.constant).find((value) => typeof value === 'string' && looksConverted(value));
  if (text === undefined) return;
  faults.warn(
    `${pointer}/value`,
    `${inBrief(operator)} does not convert: the text ${inBrief(text)} is not the same as ${text}; give ${text} without quotes if ${fact.name} is no text`,
  );
}

/** Whether a text looks like a number, or like true or false. */
function looksConverted(text: string): boolean {
  return text === 'true' || text === 'false' || (text !== '' && String(Number(text)) === text && text !== 'NaN');
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

/** Warns of a constant that no sum is ever equal to, or on the same side of for everyone: sums are bounded whole millionths. */
export function warnOfAmounts(
  { fact, right, operator, pointer }: Pick<Typed, 'fact' | 'right' | 'operator' | 'pointer'>,
  faults: Faults,
): void {
  if (fact.count !== 'amount' || !('constant' in right)) return;
  const numbers = constantsOf(right.constant).filter((value) => typeof value === 'number');
  const far = numbers.find((number) => Math.abs(number) > LARGEST_AMOUNT);
  if (far !== undefined) {
    faults.warn(`${pointer}/value`, `${fact.name} stays within ±${LARGEST_AMOUNT}, which ${far} is beyond`);
    return;
  }
  const fine =
    STRICT.has(splitOperator(operator).operator) && numbers.find((number) => roundedAmount(number) !== number);
  if (typeof fine !== 'number') return;
  faults.warn(`${pointer}/value`, `${fact.name} is in whole millionths, and never equals ${fine}`);
}

/** Warns of a comparison that has the same result whichever of the counted segments hold. */
export function warnOfCount(
  segments: number,
  { right, operator, pointer }: Pick<Typed, 'right' | 'operator' | 'pointer'>,
  faults: Faults,
): void {
  const compare = segments === 0 || !('constant' in right) ? undefined : comparisonOf(operator);
  if (compare === undefined || !('constant' in right)) return;
  const results = Array.from({ length: segments + 1 }, (_, count) => compare(count, right.constant));
  if (results.some((result) => result !== results[0])) return;
  const text = `of ${segments} segments between 0 and ${segments} hold, so it comes out the same for everyone`;
  faults.warn(`${pointer}/value`, text);
}

/** Warns of a constant that a fact with few values never has, such as a Sunday that is 0. */
export function warnOfRange(
  { fact, right, operator, pointer }: Pick<Typed, 'fact' | 'right' | 'operator' | 'pointer'>,
  faults: Faults,
): void {
  const { range, type, name } = fact;
  if (range === undefined || !('constant' in right)) return;
  // Numbers may be ordered against any number within bounds; of texts only whole ones are values.
  const isChecked = STRICT.has(splitOperator(operator).operator) || type === 'number';
  const wrong = constantsOf(right.constant).find((value) => typeof value === type && !range.has(value));
  if (isChecked && wrong !== undefined)
    faults.warn(`${pointer}/value`, `${name} is ${range.words}, never ${inBrief(wrong)}`);
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
  // A condition that asks whether a value is there is meant for users without it, too.
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
