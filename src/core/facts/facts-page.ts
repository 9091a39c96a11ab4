import type { FactChange, FactDefinition, FactParam } from './fact-definition.js';

const CHANGES: Readonly<Record<FactChange, string>> = {
  identify: 'Identify',
  roles: 'the roles of its organization',
  organization: "its organization's attributes",
  zone: 'the default time zones',
  progress: 'UpdateProgress',
  events: 'events',
  'organization events': "its organization's events and unlocks",
  ledger: 'unlocks and grants',
  time: 'time',
  context: 'a request, for its own call',
  segments: 'whatever its segments read',
};

const INTRODUCTION = `# Facts

<!-- Made by "npm run docs:facts" from src/core/facts/fact-table.ts. Change that, not this. -->

What conditions can read about a user: \`{"fact": NAME, "params": {…}, "operator": …, "value": …}\`. In place of a constant a
value may name another fact: \`{"fact": NAME, "params": {…}}\`.

- A fact that *may be absent* is \`undefined\` then, and satisfies only what \`undefined\` would: not \`equal\`, but \`notEqual\`
  and \`notIn\`, and whatever stands under a \`not\`. Writes warn of it.
- *Shown to people* is what a person may see of their own requirements: the fact, its present value and what is asked for.
  Of other facts they see the condition's \`name\` only, unless the condition says \`"public": true\`. Flags that are not
  visible to people read "another feature".
- *Counts* have half-way: reaching 5 of 10 by \`greaterThanInclusive\` is progress of one half.
- *action* left out is any action: everything that the user does counts as one. It is counted only while a rule reads it, and begins with
  the events that are kept then.
- *Windows* (\`windowDays\`, \`period\`) count what happened before the rule was saved, as far back as days are kept: for
  \`EVENT_RETENTION_DAYS\`, and longer where a rule windowed the action already. Writes warn where a window reaches further back,
  and requirements say since when it is counted (\`counted_since\`).
- *Of organizations*: an organization has it, too, counted from what its members do, so that rules with \`earned_by: ORGANIZATION\`
  may read it. Rules of users read what their organization has done by the param \`of: "organization"\`. See
  [organizations earn](organizations-earn.md).
- What time changes needs no event and no request: the server knows the instant, and unlocks then.
`;

const PATH =
  '- `path`, beside `params`: which part to read, of the member that `name` gives or else of all of them: `$.plan`, `$.tags[0]`, ' +
  '`$["plan.tier"]` for a name with other characters than letters, digits, `_` and `-`. One of `name` and `path` is needed.';

/** The documentation page of facts, in Markdown: all of it comes from the table. */
export function factsPage(facts: Iterable<FactDefinition>): string {
  const all = [...facts];
  const overview = all.map(
    ({ name, type, changedBy, mayBeAbsent, disclosed, ofOrganizations }) =>
      `| [\`${name}\`](#${name.toLowerCase()}) | ${type} | ${changesOf(changedBy)} | ${yes(mayBeAbsent)} | ${yes(disclosed)} | ${yes(ofOrganizations)} |`,
  );
  const table = [
    '| fact | type | changed by | may be absent | shown to people | of organizations |',
    '| --- | --- | --- | --- | --- | --- |',
    ...overview,
  ].join('\n');
  return `${[INTRODUCTION, `${table}\n`, ...all.map(section)].join('\n')}`;
}

function section({ name, description, params, path, count }: FactDefinition): string {
  const lines = [
    ...params.map(paramLine),
    ...(path === 'orName' ? [PATH] : []),
    ...(count === undefined ? [] : [`- A count: it grows ${count === 'whole' ? 'in whole steps' : 'by any amount'}.`]),
  ];
  return `## ${name}\n\n${[description, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')}\n`;
}

function paramLine({ name, type, required, allowed, min, max, excludes }: FactParam): string {
  const ranges = {
    string: 'a text',
    integer: `a whole number from ${min} to ${max}`,
    list: `a list of ${min} to ${max} different names`,
  };
  const kind = allowed === undefined ? ranges[type] : allowed.map((value) => `\`${value}\``).join(' or ');
  const beside = excludes === undefined ? '' : `, not beside \`${excludes}\``;
  return `- \`${name}\`${required ? '' : ' (may be left out)'}: ${kind}${beside}.`;
}

function changesOf(changedBy: ReadonlySet<FactChange>): string {
  return [...changedBy].map((change) => CHANGES[change]).join(', ');
}

function yes(holds: boolean): string {
  return holds ? 'yes' : '';
}
