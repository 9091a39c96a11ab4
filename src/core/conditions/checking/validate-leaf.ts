import type { FactDefinition } from '../../facts/fact-definition.js';
import { MET_CONDITIONS } from '../../facts/fact-table.js';
import { type Faults, pointerStep } from '../../values/fault.js';
import { faultOfJson, inBrief, isJsonObject, type JsonObject, type JsonValue, ownMember } from '../../values/json.js';
import { didYouMean } from '../../values/nearest-name.js';
import type { OperatorShape } from '../operator-table.js';
import { DECORATOR_NAMES, MAX_DECORATORS, OPERATOR_NAMES, splitOperator } from '../operators.js';
import { countedSegments, stagesNamed } from '../references.js';
import { describeKind, faultOfConstant, holdsPattern, shapeOf } from '../value-kind.js';
import type { Vocabulary } from '../vocabulary.js';
import { validateFact } from './validate-fact.js';
import {
  type CheckedValue,
  type LeafPlace,
  warnOfAbsence,
  warnOfAmounts,
  warnOfCoercion,
  warnOfCount,
  warnOfRange,
  warnOfSeconds,
  warnOfTypes,
} from './warnings.js';

const NUMBER_ORDERINGS = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'];

/**
 * The facts that can only be ordered, with the operators that order them. The result of any other could change with every
 * millisecond, or every minute.
 */
const ONLY_ORDERED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['now', new Set([...NUMBER_ORDERINGS, 'before', 'after'])],
  ['localTime', new Set(NUMBER_ORDERINGS)],
]);

const REFERENCE_KEYS = ['fact', 'params', 'path'];

/** Checks one `{fact, operator, value}`. */
export function validateLeaf(leaf: JsonObject, place: LeafPlace, vocabulary: Vocabulary, faults: Faults): void {
  const { pointer } = place;
  const fact = validateFact(leaf, pointer, vocabulary, faults);
  const shape = validateOperator(ownMember(leaf, 'operator'), pointer, faults);
  const open = ownMember(leaf, 'public');
  if (open !== undefined && typeof open !== 'boolean') {
    faults.error(`${pointer}/public`, `public must be true or false, not ${inBrief(open)}`);
  }
  const value = ownMember(leaf, 'value');
  if (value === undefined) {
    faults.error(pointer, 'needs "value", what to compare the fact with');
    return;
  }
  const operator = ownMember(leaf, 'operator') as string;
  if (shape !== undefined && fact !== undefined && holdsPattern(shape.fact)) {
    faults.error(
      `${pointer}/operator`,
      `${inBrief(operator)} would take its pattern from a fact; a pattern must be a constant`,
    );
  }
  const right = validateValue(value, { pointer, operator, shape, vocabulary, faults });
  if (fact === undefined || right === undefined || shape === undefined) return;
  validateOrdered({ fact, right, operator, pointer, faults });
  warnOfStages(leaf, pointer, vocabulary, faults);
  warnOfSeconds({ fact, right, pointer }, faults);
  warnOfAmounts({ fact, right, operator, pointer }, faults);
  warnOfCount(countedSegments(leaf).length, { right, operator, pointer }, faults);
  warnOfRange({ fact, right, operator, pointer }, faults);
  warnOfTypes({ fact, right, shape, operator, pointer }, faults);
  warnOfCoercion({ fact, right, operator, pointer }, faults);
  warnOfAbsence({ fact, right, operator, place }, faults);
}

function validateOperator(name: unknown, pointer: string, faults: Faults): OperatorShape | undefined {
  if (name === undefined) {
    faults.error(pointer, 'needs "operator"');
    return undefined;
  }
  const at = `${pointer}/operator`;
  if (typeof name !== 'string') {
    faults.error(at, `an operator must be a text, not ${inBrief(name)}`);
    return undefined;
  }
  const { decorators, operator } = splitOperator(name);
  if (decorators.length > MAX_DECORATORS) {
    faults.error(at, `${inBrief(name)} has ${decorators.length} decorators, at most ${MAX_DECORATORS} are allowed`);
    return undefined;
  }
  for (const decorator of decorators) {
    if (DECORATOR_NAMES.includes(decorator)) continue;
    faults.error(at, `${inBrief(decorator)} is not a decorator${didYouMean(decorator, DECORATOR_NAMES)}`);
    return undefined;
  }
  if (!OPERATOR_NAMES.includes(operator)) {
    faults.error(at, `${inBrief(operator)} is not an operator${didYouMean(operator, OPERATOR_NAMES)}`);
  }
  return shapeOf(name);
}

interface ValueCheck {
  readonly pointer: string;
  readonly operator: string;
  readonly shape: OperatorShape | undefined;
  readonly vocabulary: Vocabulary;
  readonly faults: Faults;
}

function validateValue(value: JsonValue, check: ValueCheck): CheckedValue | undefined {
  const { operator, shape, vocabulary, faults } = check;
  const pointer = `${check.pointer}/value`;
  if (isJsonObject(value)) {
    if (!Object.hasOwn(value, 'fact')) {
      faults.error(pointer, 'a value cannot be an object, unless it names a fact to compare with: {"fact": …}');
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (REFERENCE_KEYS.includes(key)) continue;
      if (faults.full) break;
      faults.error(
        `${pointer}${pointerStep(key)}`,
        `${inBrief(key)} is unknown here: a fact in a value takes "params" and "path"`,
      );
    }
    const fact = validateFact(value, pointer, vocabulary, faults);
    if (fact?.name === MET_CONDITIONS)
      faults.error(`${pointer}/fact`, `${fact.name} stands on the left of a comparison: exchange the sides`);
    if (shape !== undefined && holdsPattern(shape.value)) {
      faults.error(pointer, `${inBrief(operator)} needs a constant pattern; it cannot come from a fact`);
    }
    return fact && { fact };
  }
  const fault = faultOfJson(value);
  if (fault !== undefined) {
    faults.error(pointer + fault.pointer, `the value ${fault.message}`);
    return undefined;
  }
  if (shape === undefined) return undefined;
  const unfit = faultOfConstant(shape.value, value);
  if (unfit === undefined) return { constant: value };
  faults.error(pointer, `${inBrief(operator)} needs ${describeKind(shape.value)}: ${inBrief(value)} ${unfit}`);
  return undefined;
}

interface OrderedCheck {
  readonly fact: FactDefinition;
  readonly right: CheckedValue;
  readonly operator: string;
  readonly pointer: string;
  readonly faults: Faults;
}

/** Checks that `now`, or the time of day, is ordered, and against a constant or an attribute. */
function validateOrdered({ fact, right, operator, pointer, faults }: OrderedCheck): void {
  const other = 'fact' in right ? right.fact : undefined;
  const { name } = ONLY_ORDERED.has(fact.name) ? fact : (other ?? fact);
  const orderings = ONLY_ORDERED.get(name);
  if (orderings === undefined) return;
  if (!orderings.has(operator)) {
    faults.error(
      `${pointer}/operator`,
      `"${name}" can only be ordered, by ${[...orderings].join(', ')}; not by ${inBrief(operator)}`,
    );
  }
  const compared = fact.name === name ? other : fact;
  if (compared !== undefined && compared.path !== 'orName') {
    faults.error(
      `${pointer}/value`,
      `"${name}" can only be compared with a constant, an attribute or an organizationAttribute, not with ${inBrief(compared.name)}`,
    );
  }
}

/** Warns of a comparison with stages that do not exist. */
function warnOfStages(leaf: JsonObject, pointer: string, { stages }: Vocabulary, faults: Faults): void {
  const known = [...(stages?.keys() ?? [])];
  if (known.length === 0) return;
  const unknown = stagesNamed(leaf).find((stage) => !known.includes(stage));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, known) || `; there are ${known.slice(0, 10).map(inBrief).join(', ')}`;
  faults.warn(`${pointer}/value`, `no stage is called ${inBrief(unknown)}${near}`);
}
