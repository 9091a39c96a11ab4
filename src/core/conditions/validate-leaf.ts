import type { FactDefinition } from '../facts/fact-definition.js';
import { faultOfJson, isJsonObject, type JsonObject, type JsonValue, ownMember } from '../values/json.js';
import { didYouMean } from '../values/nearest-name.js';
import { DECORATOR_NAMES, MAX_DECORATORS, OPERATOR_NAMES, splitOperator } from './operators.js';
import { type Problems, pointerStep, quote } from './problem.js';
import { validateFact } from './validate-fact.js';
import { describeKind, holdsPattern, type OperatorShape, problemOf, shapeOf } from './value-kind.js';
import type { Names } from './vocabulary.js';
import { type CheckedValue, type LeafPlace, warnOfAbsence, warnOfTypes } from './warnings.js';

/** The operators that `now` may be compared by: anything else would change with every millisecond. */
const ORDERING: ReadonlySet<string> = new Set([
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
  'before',
  'after',
]);

const REFERENCE_KEYS = ['fact', 'params', 'path'];

/** Checks one `{fact, operator, value}`. */
export function validateLeaf(leaf: JsonObject, place: LeafPlace, flags: Names, problems: Problems): void {
  const { pointer } = place;
  const fact = validateFact(leaf, pointer, flags, problems);
  const shape = validateOperator(ownMember(leaf, 'operator'), pointer, problems);
  const open = ownMember(leaf, 'public');
  if (open !== undefined && typeof open !== 'boolean') {
    problems.error(`${pointer}/public`, `public must be true or false, not ${quote(open)}`);
  }
  const value = ownMember(leaf, 'value');
  if (value === undefined) {
    problems.error(pointer, 'needs "value", what to compare the fact with');
    return;
  }
  const operator = ownMember(leaf, 'operator') as string;
  if (shape !== undefined && fact !== undefined && holdsPattern(shape.fact)) {
    problems.error(
      `${pointer}/operator`,
      `${quote(operator)} would take its pattern from a fact; a pattern must be a constant`,
    );
  }
  const right = validateValue(value, { pointer, operator, shape, flags, problems });
  if (fact === undefined || right === undefined || shape === undefined) return;
  validateNow({ fact, right, operator, pointer, problems });
  warnOfTypes({ fact, right, shape, operator, pointer }, problems);
  warnOfAbsence({ fact, right, operator, place }, problems);
}

function validateOperator(name: unknown, pointer: string, problems: Problems): OperatorShape | undefined {
  if (name === undefined) {
    problems.error(pointer, 'needs "operator"');
    return undefined;
  }
  const at = `${pointer}/operator`;
  if (typeof name !== 'string') {
    problems.error(at, `an operator must be a text, not ${quote(name)}`);
    return undefined;
  }
  const { decorators, operator } = splitOperator(name);
  if (decorators.length > MAX_DECORATORS) {
    problems.error(at, `${quote(name)} has ${decorators.length} decorators, at most ${MAX_DECORATORS} are allowed`);
    return undefined;
  }
  for (const decorator of decorators) {
    if (DECORATOR_NAMES.includes(decorator)) continue;
    problems.error(at, `${quote(decorator)} is not a decorator${didYouMean(decorator, DECORATOR_NAMES)}`);
    return undefined;
  }
  if (!OPERATOR_NAMES.includes(operator)) {
    problems.error(at, `${quote(operator)} is not an operator${didYouMean(operator, OPERATOR_NAMES)}`);
  }
  return shapeOf(name);
}

interface ValueCheck {
  readonly pointer: string;
  readonly operator: string;
  readonly shape: OperatorShape | undefined;
  readonly flags: Names;
  readonly problems: Problems;
}

function validateValue(value: JsonValue, check: ValueCheck): CheckedValue | undefined {
  const { operator, shape, flags, problems } = check;
  const pointer = `${check.pointer}/value`;
  if (isJsonObject(value)) {
    if (!Object.hasOwn(value, 'fact')) {
      problems.error(pointer, 'a value cannot be an object, unless it names a fact to compare with: {"fact": …}');
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (REFERENCE_KEYS.includes(key)) continue;
      if (problems.full) break;
      problems.error(
        `${pointer}${pointerStep(key)}`,
        `${quote(key)} is unknown here: a fact in a value takes "params" and "path"`,
      );
    }
    const fact = validateFact(value, pointer, flags, problems);
    if (shape !== undefined && holdsPattern(shape.value)) {
      problems.error(pointer, `${quote(operator)} needs a constant pattern; it cannot come from a fact`);
    }
    return fact && { fact };
  }
  const fault = faultOfJson(value);
  if (fault !== undefined) {
    problems.error(pointer, `the value ${fault}`);
    return undefined;
  }
  if (shape === undefined) return undefined;
  const problem = problemOf(shape.value, value);
  if (problem === undefined) return { constant: value };
  problems.error(pointer, `${quote(operator)} needs ${describeKind(shape.value)}: ${quote(value)} ${problem}`);
  return undefined;
}

interface NowCheck {
  readonly fact: FactDefinition;
  readonly right: CheckedValue;
  readonly operator: string;
  readonly pointer: string;
  readonly problems: Problems;
}

/** `now` is ordered against a constant or an attribute, and nothing else. */
function validateNow({ fact, right, operator, pointer, problems }: NowCheck): void {
  const other = 'fact' in right ? right.fact : undefined;
  if (fact.name !== 'now' && other?.name !== 'now') return;
  if (!ORDERING.has(operator)) {
    problems.error(
      `${pointer}/operator`,
      `"now" can only be ordered, by ${[...ORDERING].join(', ')}; not by ${quote(operator)}`,
    );
  }
  const compared = fact.name === 'now' ? other : fact;
  if (compared !== undefined && compared.path !== 'required') {
    problems.error(
      `${pointer}/value`,
      `"now" can only be compared with a constant, an attribute or an organizationAttribute, not with ${quote(compared.name)}`,
    );
  }
}
