import type { FactType } from '../facts/fact-definition.js';
import { readInstant } from '../values/time.js';
import { DECORATOR_NAMES, OPERATOR_NAMES, splitOperator } from './operators.js';
import { compilePattern } from './regexp.js';
import { parseVersion } from './version.js';

/** What kind of value an operator expects on one side. */
export type ValueKind =
  | 'anything'
  | 'scalar'
  | 'boolean'
  | 'number'
  | 'text'
  | 'pattern'
  | 'version'
  | 'instant'
  | { readonly listOf: ValueKind };

/** The kinds of value that an operator expects as the fact's and as the condition's. */
export interface OperatorShape {
  readonly fact: ValueKind;
  readonly value: ValueKind;
}

const SCALARS: OperatorShape = { fact: 'scalar', value: 'scalar' };
const NUMBERS: OperatorShape = { fact: 'number', value: 'number' };
const TEXTS: OperatorShape = { fact: 'text', value: 'text' };
const VERSIONS: OperatorShape = { fact: 'version', value: 'version' };
const INSTANTS: OperatorShape = { fact: 'instant', value: 'instant' };
const LIST: ValueKind = { listOf: 'scalar' };

const SHAPES: ReadonlyMap<string, OperatorShape> = new Map<string, OperatorShape>([
  ['isSet', { fact: 'anything', value: 'boolean' }],
  ['equal', SCALARS],
  ['notEqual', SCALARS],
  ['in', { fact: 'scalar', value: LIST }],
  ['notIn', { fact: 'scalar', value: LIST }],
  ['contains', { fact: LIST, value: 'scalar' }],
  ['doesNotContain', { fact: LIST, value: 'scalar' }],
  ['lessThan', NUMBERS],
  ['lessThanInclusive', NUMBERS],
  ['greaterThan', NUMBERS],
  ['greaterThanInclusive', NUMBERS],
  ['startsWith', TEXTS],
  ['endsWith', TEXTS],
  ['containsText', TEXTS],
  ['matches', { fact: 'text', value: 'pattern' }],
  ['semverEqual', VERSIONS],
  ['semverGreaterThan', VERSIONS],
  ['semverGreaterThanInclusive', VERSIONS],
  ['semverLessThan', VERSIONS],
  ['semverLessThanInclusive', VERSIONS],
  ['before', INSTANTS],
  ['after', INSTANTS],
]);

/** What an operator with its decorators expects; undefined for an unknown one. */
export function shapeOf(operatorName: string): OperatorShape | undefined {
  const { decorators, operator } = splitOperator(operatorName);
  let shape = OPERATOR_NAMES.includes(operator) ? SHAPES.get(operator) : undefined;
  for (const decorator of decorators.toReversed()) {
    if (shape === undefined || !DECORATOR_NAMES.includes(decorator)) return undefined;
    shape = decorate(shape, decorator);
  }
  return shape;
}

function decorate({ fact, value }: OperatorShape, decorator: string): OperatorShape {
  switch (decorator) {
    case 'someFact':
    case 'everyFact':
      return { fact: { listOf: fact }, value };
    case 'someValue':
    case 'everyValue':
      return { fact, value: { listOf: value } };
    case 'swap':
      return { fact: value, value: fact };
    default:
      return { fact, value };
  }
}

/** What is wrong with a constant that is not of the kind, as the rest of a sentence that names it; undefined if it is. */
export function faultOfConstant(kind: ValueKind, constant: unknown): string | undefined {
  if (typeof kind === 'object') return listProblem(kind, constant);
  switch (kind) {
    case 'anything':
      return undefined;
    case 'boolean':
      return typeof constant === 'boolean' ? undefined : expected(kind);
    case 'scalar':
      return typeof constant === 'object' ? (constant === null ? undefined : expected(kind)) : undefined;
    case 'number':
      return typeof constant === 'number' && Number.isFinite(constant) ? undefined : expected(kind);
    case 'text':
      return typeof constant === 'string' ? undefined : expected(kind);
    case 'version':
      return parseVersion(constant) === undefined ? expected(kind) : undefined;
    case 'instant':
      return typeof constant === 'string' && readInstant(constant) !== undefined ? undefined : expected(kind);
    case 'pattern': {
      if (typeof constant !== 'string') return expected(kind);
      const compiled = compilePattern(constant);
      return typeof compiled === 'function' ? undefined : `cannot be used as a pattern: it ${compiled.fault}`;
    }
  }
}

function listProblem(kind: { readonly listOf: ValueKind }, constant: unknown): string | undefined {
  if (!Array.isArray(constant)) return expected(kind);
  for (const [index, member] of constant.entries()) {
    const fault = faultOfConstant(kind.listOf, member);
    if (fault !== undefined) return `has a member that does not fit, at ${index}: it ${fault}`;
  }
  return undefined;
}

function expected(kind: ValueKind): string {
  return `is not ${describeKind(kind)}`;
}

const DESCRIPTIONS = {
  anything: 'anything',
  boolean: 'true or false',
  scalar: 'a text, number, boolean or null',
  number: 'a number',
  text: 'a text',
  pattern: 'a regular expression in a text',
  version: 'a version such as "1.2.3"',
  instant: 'a date, or a date and time, such as "2030-01-31T09:00:00Z"',
} as const;

export function describeKind(kind: ValueKind): string {
  return typeof kind === 'object' ? `a list, each member ${describeKind(kind.listOf)}` : DESCRIPTIONS[kind];
}

/** Whether a fact of this type can have a value of the kind. */
export function typeFits(type: FactType, kind: ValueKind): boolean {
  if (type === 'json') return true;
  if (typeof kind === 'object') return type === 'list';
  switch (kind) {
    case 'anything':
      return true;
    case 'boolean':
      return type === 'boolean';
    case 'scalar':
      return type !== 'list';
    case 'number':
      return type === 'number';
    case 'instant':
      return type === 'number' || type === 'string';
    default:
      return type === 'string';
  }
}

/** Whether a value of the kind is a regular expression. */
export function holdsPattern(kind: ValueKind): boolean {
  return typeof kind === 'object' ? holdsPattern(kind.listOf) : kind === 'pattern';
}
