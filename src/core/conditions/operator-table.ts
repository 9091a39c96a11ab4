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

/** One row of the table of operators. */
export interface OperatorRow extends OperatorShape {
  readonly name: string;
  /** When the operator holds, in one sentence. */
  readonly meaning: string;
  /** Examples: pairs of a fact's value, undefined where the fact is absent, and a condition's value. */
  readonly examples: readonly (readonly [fact: unknown, value: unknown])[];
}

const SCALARS: OperatorShape = { fact: 'scalar', value: 'scalar' };
const NUMBERS: OperatorShape = { fact: 'number', value: 'number' };
const TEXTS: OperatorShape = { fact: 'text', value: 'text' };
const VERSIONS: OperatorShape = { fact: 'version', value: 'version' };
const INSTANTS: OperatorShape = { fact: 'instant', value: 'instant' };
const LIST: ValueKind = { listOf: 'scalar' };

function row(
  name: string,
  shape: OperatorShape,
  meaning: string,
  ...examples: readonly (readonly [unknown, unknown])[]
): OperatorRow {
  return { name, ...shape, meaning, examples };
}

/** All operators, those of json-rules-engine first. */
export const OPERATORS: readonly OperatorRow[] = [
  row('equal', SCALARS, 'The two are the same, of the same type.', ['pro', 'pro'], [18, '18'], [undefined, null]),
  row('notEqual', SCALARS, 'The two are not the same.', ['pro', 'free'], [18, '18'], [undefined, 'pro']),
  row('in', { fact: 'scalar', value: LIST }, 'The fact is one of the list.', ['de', ['de', 'at']], [2557, ['2557']]),
  row(
    'notIn',
    { fact: 'scalar', value: LIST },
    'The fact is none of the list.',
    ['fr', ['de', 'at']],
    [undefined, ['de', 'at']],
  ),
  row(
    'contains',
    { fact: LIST, value: 'scalar' },
    'The fact is a list that has the value as a member; for a part of a text there is `containsText`.',
    [['beta', 'vip'], 'vip'],
    ['anna@acme.com', '@acme.com'],
  ),
  row(
    'doesNotContain',
    { fact: LIST, value: 'scalar' },
    'The fact is a list that does not have the value as a member.',
    [['beta'], 'vip'],
    [undefined, 'vip'],
  ),
  row('lessThan', NUMBERS, 'The fact is a number below the value.', [9, 10], ['9', 10], ['9 apples', 10]),
  row('lessThanInclusive', NUMBERS, 'The fact is a number below the value, or the value.', [10, 10], [undefined, 10]),
  row('greaterThan', NUMBERS, 'The fact is a number above the value.', [11, 10], ['11', 10], [undefined, 10]),
  row('greaterThanInclusive', NUMBERS, 'The fact is a number above the value, or the value.', [10, 10], [null, -1]),
  row(
    'isSet',
    { fact: 'anything', value: 'boolean' },
    'With `true`, the fact is there and not null; with `false`, it is absent or null.',
    ['', true],
    [null, true],
    [undefined, false],
  ),
  row('startsWith', TEXTS, 'The fact is a text that begins with the value, in the same case.', ['prospect', 'pro']),
  row('endsWith', TEXTS, 'The fact is a text that ends with the value.', ['anna@acme.com', '@acme.com']),
  row('containsText', TEXTS, 'The fact is a text with the value anywhere in it.', ['a pro b', 'pro'], [2557, '25']),
  row(
    'matches',
    { fact: 'text', value: 'pattern' },
    'The fact is a text in which the regular expression (RE2, 256 characters at most) is found; of 4,096 characters at most.',
    ['anna@acme.com', '@acme\\.(com|org)$'],
  ),
  row('semverEqual', VERSIONS, 'The fact is the same version.', ['v17.1', '17.1.0'], ['17.1.0-beta', '17.1.0']),
  row('semverGreaterThan', VERSIONS, 'The fact is a later version.', ['10.0.22000.1', '10.0.19045'], ['1.x', '1.0.0']),
  row('semverGreaterThanInclusive', VERSIONS, 'The fact is a later version, or the same.', ['17', '17.0.0']),
  row('semverLessThan', VERSIONS, 'The fact is an earlier version.', ['17.1', '18.0'], [17, '18.0'], [17.1, '18.0']),
  row('semverLessThanInclusive', VERSIONS, 'The fact is an earlier version, or the same.', ['22.04', '22.4']),
  row(
    'before',
    INSTANTS,
    'The fact is an earlier instant.',
    ['2025-06-01', '2026-01-01T00:00:00Z'],
    ['2025-06-01T10:00:00+0100', '2025-06-01T09:30:00Z'],
    ['1.6.2025', '2026-01-01'],
  ),
  row('after', INSTANTS, 'The fact is a later instant.', [1_798_761_600_000, '2026-12-31'], [undefined, '2026-01-01']),
];
