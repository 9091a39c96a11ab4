import type { Verdict } from '../deciding/access.js';
import type { Flag } from '../flags/flag.js';
import type { Names } from '../sentences/speaking.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { quote } from '../values/json.js';
import { shownInstant } from '../values/time/time.js';
import type { ExplainedPrerequisite, ExplainedRow, ExplainedRule, KeptStanding, RuleOutcome } from './explanation.js';
import type { MissingLeaf } from './missing-leaf.js';

// What each line of the order of evaluation found, in a few words: for the console, for a terminal, and to be copied into a ticket.

/** Calls segments and flags by the names that they have in a configuration. */
export function namesIn({ segments, flags }: Pick<Snapshot, 'segments' | 'flags'>): Names {
  return { segment: (key) => segments.get(key)?.name, flag: (key) => flags.get(key)?.flag.name };
}

export function existsWords(flag: Flag | undefined): string {
  if (flag === undefined) return 'there is no such flag';
  return flag.archived ? 'the flag is archived' : 'yes';
}

export function switchWords({ active, startsAt, endsAt }: Flag, now: number): string {
  if (!active) return 'switched off';
  if (startsAt !== undefined && now < startsAt) return `its window opens at ${shownInstant(startsAt)}`;
  if (endsAt !== undefined && now >= endsAt) return `its window closed at ${shownInstant(endsAt)}`;
  if (endsAt !== undefined) return `yes, until ${shownInstant(endsAt)}`;
  return startsAt === undefined ? 'yes, no window' : `yes, since ${shownInstant(startsAt)}`;
}

export function prerequisiteWords(prerequisites: readonly ExplainedPrerequisite[]): string {
  if (prerequisites.length === 0) return 'none';
  const unmet = prerequisites.filter(({ met }) => !met);
  if (unmet.length === 0) return prerequisites.length === 1 ? 'it is on' : `all ${prerequisites.length} are on`;
  return unmet
    .map(({ flagKey, variant, decision }) =>
      decision.enabled
        ? `${quote(flagKey)} is on, but not with the variant ${quote(variant)}`
        : `${quote(flagKey)} is off`,
    )
    .join('; ');
}

export function rowsWords(
  rows: readonly ExplainedRow[],
  { platform, organization }: { readonly platform: Verdict | undefined; readonly organization: Verdict | undefined },
): string {
  const deciding = rows.filter(({ standing }) => standing === 'DECIDES');
  const said = [
    ...verdictWords(
      platform,
      'the platform',
      deciding.filter(({ row }) => row.managedBy === ''),
    ),
    ...verdictWords(
      organization,
      'the organization',
      deciding.filter(({ row }) => row.managedBy !== ''),
    ),
  ];
  if (said.length > 0) return said.join('; ');
  return rows.length === 0 ? 'none for this user' : 'none that counts';
}

function verdictWords(verdict: Verdict | undefined, manager: string, rows: readonly ExplainedRow[]): readonly string[] {
  if (verdict === undefined) return [];
  const targets = rows.map(targetWords).join(' and ');
  return [`${manager} ${verdict.effect === 'DENY' ? 'denies' : 'allows'} it${targets === '' ? '' : ` to ${targets}`}`];
}

function targetWords({ row, level, through }: ExplainedRow): string {
  const own = through[0];
  const inherited = through.length > 1 ? `, which ${own} inherits` : '';
  switch (level) {
    case 'USER':
      return `the user ${quote(row.userId)}`;
    case 'ROLE_IN_ORGANIZATION':
      return `the role ${quote(row.role)} in ${quote(row.organizationId)}${inherited}`;
    case 'ROLE':
      return `the role ${quote(row.role)}${inherited}`;
    case 'ORGANIZATION':
      return `the organization ${quote(row.organizationId)}`;
  }
}

const OUTCOMES: Readonly<Record<RuleOutcome, string>> = {
  REVOKED: 'revoked',
  UNLOCKED: 'unlocked',
  NO_ORGANIZATION: 'for organizations, and the user is in none',
  OUTSIDE_ROLLOUT: 'the rollout leaves the user out',
  HOLDS: 'holds',
  UNMET: 'not met',
};

/** @param missing what is missing of the nearest rule, where none is met */
export function rulesWords(rules: readonly ExplainedRule[], missing: MissingLeaf | undefined): string {
  if (rules.length === 0) return 'none';
  const answering = rules.find(({ outcome }) => outcome === 'UNLOCKED' || outcome === 'HOLDS');
  if (answering !== undefined)
    return `${ruleWords(answering, rules.indexOf(answering))} ${OUTCOMES[answering.outcome]}`;
  return rules
    .map((rule, i) => {
      const nearest = missing?.ruleId === rule.requirement.ruleId ? ` (${missing.sentence.text})` : '';
      return `${ruleWords(rule, i)}: ${OUTCOMES[rule.outcome]}${nearest}`;
    })
    .join('; ');
}

/** A rule by its name, or by its place, as everywhere: nobody chose its id. */
function ruleWords({ requirement: { name } }: ExplainedRule, index: number): string {
  return `rule ${name === '' ? index + 1 : quote(name)}`;
}

export function keptWords(kept: readonly KeptStanding[]): string {
  const counting = kept.find(({ counts }) => counts);
  if (counting === undefined) return kept.length === 0 ? 'nothing' : 'nothing that counts';
  const whose = counting.of === 'USER' ? 'the user' : 'the organization';
  if (counting.ruleId === '') return `granted to ${whose} by hand`;
  return `${whose} keeps what was ${counting.state === 'GRANTED' ? 'granted' : 'unlocked'} by a rule since removed`;
}
