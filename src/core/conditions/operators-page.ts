import type { OperatorRow, ValueKind } from './operator-table.js';
import { comparisonOf, DECORATOR_NAMES } from './operators.js';
import { describeKind } from './value-kind.js';

const INTRODUCTION = `# Operators

<!-- Made by "npm run docs:operators" from src/core/conditions/operator-table.ts. Change that, not this. -->

How a condition compares a [fact](facts.md) with its value: \`{"fact": …, "operator": NAME, "value": …}\`. A value is a constant, or
another fact: \`{"fact": …}\`. A value that an operator cannot compare makes the condition false, and true under a \`not\`; no
operator fails. What a constant must be is checked when the condition is written; a comparison that comes out the same for
everybody is warned of then.

- **Nothing is converted, but for order.** \`equal\`, \`in\`, \`contains\` and their opposites hold for the same value of the same
  type alone: the number 18 is not the text \`"18"\`. The four that order numbers also read a text that is a number as a whole.
- **Versions** are texts such as \`1.2.3\`, as semver.org defines them, and what phones and servers report: one to eight parts (\`17\`,
  \`17.1\`, \`10.0.19045.1\`), \`v\` before it, zeros before a part (\`22.04\`), a build in parentheses (\`17.1 (21B74)\`); parts
  that are missing are 0. A pre-release (\`17.1-beta.2\`) comes before its release, and builds do not count. A whole number is
  a version, too; 17.1 as a number is none, since 17.10 would be the same.
- **Instants** are dates and times as RFC 3339 has them, or with a blank for the \`T\`, without seconds, with an offset as
  \`+0100\` or \`+01\`; what has no offset is UTC. A day alone is its midnight in UTC. A number is milliseconds since 1970.
`;

const COLUMNS: readonly { readonly title: string; readonly samples: readonly unknown[] }[] = [
  { title: 'number', samples: [0, 3, 17, 1_000_000_000_000_000] },
  { title: 'text', samples: ['', 'pro', '3', '17', '17.2', '2025-06-01', '2031-01-01'] },
  { title: 'true, false', samples: [true, false] },
  { title: 'list', samples: [[], ['pro', 3], [true, null]] },
  { title: 'object', samples: [{}, { a: 1 }] },
  { title: 'null', samples: [null] },
  { title: 'absent', samples: [undefined] },
];

/** Whether an operator can compare facts of a type at all, found by trying it. */
type Cell = 'yes' | 'never holds' | 'always holds';

/** The documentation page of operators, in Markdown: all of it comes from the table and from the operators themselves. */
export function operatorsPage(rows: readonly OperatorRow[]): string {
  const table = [
    `| operator | ${COLUMNS.map(({ title }) => title).join(' | ')} |`,
    `| --- |${' --- |'.repeat(COLUMNS.length)}`,
    ...rows.map((row) => `| [\`${row.name}\`](#${row.name.toLowerCase()}) | ${cellsOf(row).join(' | ')} |`),
  ].join('\n');
  const types = `## By type\n\nWhat comes of a fact of each type, whatever the constant (of isSet, true): *yes*, it is compared.\n\n${table}\n`;
  return [INTRODUCTION, types, ...rows.map(section), decorators()].join('\n');
}

function cellsOf(row: OperatorRow): readonly Cell[] {
  const constants = constantsOf(row.value);
  return COLUMNS.map(({ samples }) => {
    const results = new Set(samples.flatMap((fact) => constants.map((value) => holds(row.name, fact, value))));
    if (results.size === 2) return 'yes';
    return results.has(true) ? 'always holds' : 'never holds';
  });
}

/** Constants for an operator, such that for each type that it can compare one of them holds for a sample. */
function constantsOf(kind: ValueKind): readonly unknown[] {
  if (typeof kind === 'object') return constantsOf(kind.listOf).map((constant) => [constant]);
  switch (kind) {
    case 'scalar':
      return ['pro', 'other', 3, true, null];
    case 'boolean':
      return [true];
    case 'number':
      return [2, 3, 17];
    case 'version':
      return ['3.0', '17.1'];
    case 'instant':
      return ['2030-01-31T09:00:00Z'];
    default:
      return ['pro', 'x'];
  }
}

function section({ name, meaning, fact, value, examples }: OperatorRow): string {
  const shown = examples.map(([left, right]) => {
    const outcome = holds(name, left, right) ? 'holds' : 'does not hold';
    return `- ${left === undefined ? 'an absent fact' : code(left)} against ${code(right)} ${outcome}`;
  });
  const absent = fact === 'anything' ? '' : ` ${absentIn(name, value)}`;
  const needs = `The fact is to be ${describeKind(fact)}; the value, ${describeKind(value)}.${absent}`;
  return `## ${name}\n\n${meaning}\n\n${needs}\n\n${shown.join('\n')}\n`;
}

function absentIn(name: string, value: ValueKind): string {
  const all = constantsOf(value).every((constant) => holds(name, undefined, constant));
  return all ? 'It holds for an absent fact.' : 'It does not hold for an absent fact.';
}

function decorators(): string {
  const lines = DECORATOR_NAMES.map((name) => `- \`${name}\`: ${DECORATORS[name] ?? ''}`);
  return `## Decorators\n\nWhat may stand before an operator, as in \`someFact:startsWith\`; up to six, the outermost first.\n\n${lines.join('\n')}\n`;
}

const DECORATORS: Readonly<Partial<Record<string, string>>> = {
  someFact: 'the fact is a list, and the operator holds for some member of it.',
  everyFact: 'the fact is a list, and the operator holds for every member of it; also for an empty list.',
  someValue: 'the value is a list, and the operator holds with some member of it.',
  everyValue: 'the value is a list, and the operator holds with every member of it.',
  swap: 'the fact and the value change sides: `swap:contains` asks whether a list in the value has the fact.',
  not: 'the operator does not hold; so also for an absent fact, mostly.',
};

function holds(name: string, fact: unknown, value: unknown): boolean {
  return comparisonOf(name)?.(fact, value) ?? false;
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
