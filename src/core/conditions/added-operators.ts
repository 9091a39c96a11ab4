import { instantOf } from '../values/time/time.js';
import { compilePattern } from './regexp.js';
import { compareVersions, parseVersion, type Version } from './version.js';

/** Compares a fact's value with a condition's value. It never throws: values that cannot be compared give false. */
export type Comparison = (factValue: unknown, value: unknown) => boolean;

/** An operator that the library does not have. */
export interface AddedOperator {
  readonly compare: Comparison;
  /** Makes the comparison for one value of the condition, where preparing it once saves work. */
  readonly prepare?: (value: unknown) => (factValue: unknown) => boolean;
}

const NEVER = (): boolean => false;

function text(test: (fact: string, value: string) => boolean): AddedOperator {
  return { compare: (fact, value) => typeof fact === 'string' && typeof value === 'string' && test(fact, value) };
}

function preparing(prepare: (value: unknown) => (factValue: unknown) => boolean): AddedOperator {
  return { compare: (fact, value) => prepare(value)(fact), prepare };
}

function versions(test: (order: number) => boolean): AddedOperator {
  return preparing((value) => {
    const wanted = parseVersion(value);
    if (wanted === undefined) return NEVER;
    return (fact) => {
      const version: Version | undefined = parseVersion(fact);
      return version !== undefined && test(compareVersions(version, wanted));
    };
  });
}

function instants(test: (fact: number, value: number) => boolean): AddedOperator {
  return preparing((value) => {
    const wanted = instantOf(value);
    if (wanted === undefined) return NEVER;
    return (fact) => {
      const instant = instantOf(fact);
      return instant !== undefined && test(instant, wanted);
    };
  });
}

function matches(pattern: unknown): (factValue: unknown) => boolean {
  const matcher = typeof pattern === 'string' ? compilePattern(pattern) : undefined;
  if (typeof matcher !== 'function') return NEVER;
  return (fact) => typeof fact === 'string' && matcher(fact);
}

/** The operators that are added to the library's, by name. */
export const ADDED_OPERATORS: ReadonlyMap<string, AddedOperator> = new Map([
  [
    'isSet',
    { compare: (fact, value) => typeof value === 'boolean' && (fact !== undefined && fact !== null) === value },
  ],
  ['startsWith', text((fact, value) => fact.startsWith(value))],
  ['endsWith', text((fact, value) => fact.endsWith(value))],
  ['containsText', text((fact, value) => fact.includes(value))],
  ['matches', preparing(matches)],
  ['semverEqual', versions((order) => order === 0)],
  ['semverGreaterThan', versions((order) => order > 0)],
  ['semverGreaterThanInclusive', versions((order) => order >= 0)],
  ['semverLessThan', versions((order) => order < 0)],
  ['semverLessThanInclusive', versions((order) => order <= 0)],
  ['before', instants((fact, value) => fact < value)],
  ['after', instants((fact, value) => fact > value)],
]);
