import { verdictOf } from '../deciding/access.js';
import type { Decision } from '../deciding/decision.js';
import { decide } from '../deciding/evaluate.js';
import type { RuleRequirement } from '../requirements/requirement.js';
import { requirementsOf } from '../requirements/requirements-of.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import { lineOf, verdictOfLine } from './answering-line.js';
import { explainRows } from './explain-rows.js';
import { type ExplainedFor, type ExplainedRow, LINES, type Line } from './explanation.js';

/**
 * What an organization may be told of why a flag is decided as it is for one of its users: nothing of the platform's rows, of what
 * its rules name and of what stands below the answer. A denial by the platform reads as any flag that is off, as it does to people;
 * one by the organization's own rows is told, since they are its own.
 */
export interface OrganizationExplanation {
  readonly flagKey: string;
  readonly name: string;
  readonly decision: Decision;
  readonly lines: readonly Line[];
  /** The organization's own rows that are for the user. */
  readonly rows: readonly ExplainedRow[];
  /** As people are told of rules. */
  readonly rules: readonly RuleRequirement[];
  /** How far the user has come, 0…1, as people are told. */
  readonly progress: number;
}

/**
 * {@link OrganizationExplanation} of a flag that is there. Law: where no row denies, the decision is that of `evaluate`; where the
 * platform's rows deny, all of it is what it would be of somebody for whom there is no such row, and whom every rule's rollout leaves out.
 */
export function explainForOrganization(compiled: CompiledFlag, about: ExplainedFor): OrganizationExplanation {
  const told = requirementsOf(compiled, { ...about, audience: 'PERSON' });
  const own = compiled.flag.delegated ? explainRows(compiled, about.subject).rows.filter(isOwn) : [];
  const decision = decisionForOrganization(compiled, about, told.decision);
  const answering = lineOf(decision);
  return {
    flagKey: compiled.flag.key,
    name: compiled.flag.name,
    decision,
    lines: LINES.map((line) => ({ line, verdict: verdictOfLine(line, answering), says: '' })),
    rows: own,
    rules: told.rules,
    progress: told.progress,
  };
}

/** The decision as the user's organization is told it: as people are, but for a denial by the organization's own rows. */
export function decisionForOrganization(
  compiled: CompiledFlag,
  { snapshot, subject, now }: ExplainedFor,
  toPeople: Decision,
): Decision {
  const { flag } = compiled;
  if (!flag.delegated || subject.organizationId === '') return toPeople;
  if (verdictOf(compiled, subject, subject.organizationId)?.effect !== 'DENY') return toPeople;
  const whole = decide(snapshot, flag.key, subject, now);
  return whole.reason === 'DENIED' ? whole : toPeople;
}

function isOwn({ row }: ExplainedRow): boolean {
  return row.managedBy !== '';
}
