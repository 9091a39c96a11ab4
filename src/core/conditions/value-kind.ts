import type { FactType } from '../facts/fact-definition.js';
import { readInstant } from '../values/time/time.js';
import { OPERATORS, type OperatorShape, type ValueKind } from './operator-table.js';
import { DECORATOR_NAMES, splitOperator } from './operators.js';
import { compilePattern } from './regexp.js';
import { parseVersion } from './version.js';

const SHAPES: ReadonlyMap<string, OperatorShape> = new Map(OPERATORS.map((row) => [row.name, row]));

/** What an operator with its decorators expects; undefined for an unknown one. */
export function shapeOf(operatorName: string): OperatorShape | undefined {
  const { decorators, operator } = splitOperator(operatorName);
  let shape = SHAPES.get(operator);
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
