import type { ExplainedUser, Explanation, Requirement } from '../../../../src/protocol/gen/admin-json.js';
import { words } from '../../words/ladder-words.js';
import { localTime } from '../time/instant.js';
import { rowText } from './row-text.js';
import { bucketText } from './rule-lines.js';
import { operatorText, valueText } from './value-words.js';

/** An explanation as plain text, for a ticket or a chat. `flag` is the key that was asked for. */
export function explanationText(flag: string, explanation: Explanation, user: ExplainedUser | undefined): string {
  const { decision, lines, sentence } = explanation;
  const { ladder } = words;
  const answer = decision?.enabled === true ? ladder.on : ladder.off;
  const head = sentence === '' ? `${answer}: ${user?.user_id ?? ''}` : sentence;
  const foot = [
    decision?.valid_until === undefined ? '' : ladder.text.validUntil(localTime(new Date(decision.valid_until))),
    decision === undefined || decision.flag_version === 0 ? '' : ladder.text.version(decision.flag_version),
    user?.at === undefined ? '' : ladder.text.asOf(localTime(new Date(user.at))),
    user?.what_if === true ? ladder.text.whatIf : '',
  ];
  return [
    `${flag}: ${head}`,
    ...lines.flatMap((line, i) => [lineText(line, i + 1), ...detailText(line.line, explanation)]),
    ...foot.filter((text) => text !== ''),
  ].join('\n');
}

function lineText({ line, verdict, says }: Explanation['lines'][number], at: number): string {
  const { ladder } = words;
  const mark = verdict === 'ANSWERS' ? ladder.text.answers : ' ';
  const note = verdict === 'NOT_REACHED' ? ` (${ladder.notReached})` : '';
  return `${mark} ${at} ${ladder.lines[line].padEnd(14)}${says}${note}`;
}

function detailText(line: Explanation['lines'][number]['line'], { prerequisites, rows, rules }: Explanation): string[] {
  const { ladder } = words;
  if (line === 'PREREQUISITES')
    return prerequisites.map(({ flag_key, met }) =>
      indent(`${flag_key} ${met ? ladder.prerequisite.met : ladder.prerequisite.unmet}`),
    );
  if (line === 'ROWS')
    return rows.flatMap(({ row, standing }) =>
      row === undefined
        ? []
        : [
            indent(
              `${row.effect === 'DENY' ? ladder.row.deny : ladder.row.allow} ${rowText(row)} (${ladder.row.standings[standing]})`,
            ),
          ],
    );
  if (line !== 'RULES') return [];
  return rules.flatMap((rule, i) => {
    const name = rule.requirement?.name ?? '';
    const conditions = rule.requirement?.requirement;
    return [
      indent(`${name === '' ? ladder.rule.number(i + 1) : name}: ${ladder.rule.outcomes[rule.outcome]}`),
      ...(rule.bucket === undefined || rule.bucket.rollout >= 100_000 ? [] : [indent(bucketText(rule.bucket), 2)]),
      ...(conditions === undefined ? [] : treeText(conditions, 2)),
    ];
  });
}

function treeText(node: Requirement, depth: number): string[] {
  const { tree } = words.ladder;
  const group = { GROUP_UNSPECIFIED: '', ALL: tree.all, ANY: tree.any, NOT: tree.not }[node.group];
  const told = [node.label, group].filter((text) => text !== '').join(' · ');
  const line = told === '' ? [] : [indent(`${told}: ${standingText(node)}`, depth)];
  return [...line, ...node.children.flatMap((child) => treeText(child, depth + 1))];
}

function standingText(node: Requirement): string {
  const { tree } = words.ladder;
  const met = node.met ? tree.met : tree.unmet;
  if (node.fact === '') return met;
  if (node.remaining !== undefined) return `${tree.of(valueText(node.current ?? 0), valueText(node.target))}, ${met}`;
  return `${tree.needs(operatorText(node.operator), valueText(node.target))}, ${tree.now(valueText(node.current))}, ${met}`;
}

function indent(text: string, depth = 1): string {
  return `${' '.repeat(4 + depth * 2)}${text}`;
}
