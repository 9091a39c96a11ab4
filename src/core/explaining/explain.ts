import type { Decision, EvaluationContext } from '../deciding/decision.js';
import { decide, inWindow, notFound, off, on, onWithUsage, windowChange } from '../deciding/evaluate.js';
import { earnerOf, type Subject, subjectOf } from '../deciding/subject.js';
import { MAX_PREREQUISITE_DEPTH } from '../flags/flag.js';
import { everyRule, showingFor } from '../requirements/requirements-of.js';
import type { Showing } from '../requirements/show-requirement.js';
import { describeDecision } from '../sentences/decision-words.js';
import { describeRule } from '../sentences/rule-words.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import { verdictOfLine } from './answering-line.js';
import { decisionSentence } from './decision-sentence.js';
import { explainRows } from './explain-rows.js';
import { bucketIn, choiceOf, keptStandings, outcomeOf, recordOf, standingsOf } from './explain-rules.js';
import {
  type ExplainedFor,
  type ExplainedPrerequisite,
  type ExplainedRule,
  type Explanation,
  LINES,
  type LineName,
} from './explanation.js';
import {
  existsWords,
  keptWords,
  namesIn,
  prerequisiteWords,
  rowsWords,
  rulesWords,
  switchWords,
} from './line-words.js';
import { missingOf } from './missing-leaf.js';

/**
 * Explains the decision on one flag for one user: the order of evaluation, line by line, with what stands below the answer too. Pure,
 * synchronous and total. Law: its decision is that of `evaluate`, and the line that answers is the one by which it was made.
 *
 * @param organization the state of the organization that the answer is about; see `organizationIdOf`
 * @param context what is asked for in place of what is stored, for this answer alone
 * @param now epoch milliseconds
 * @param known since when windows can be trusted; left out, it is not told
 */
export function explain({ snapshot, flagKey, user, organization, context, now, known }: ExplainInput): Explanation {
  return explainFor({ snapshot, subject: subjectOf(snapshot, user, organization, context), now, known }, flagKey);
}

export interface ExplainInput extends Pick<ExplainedFor, 'snapshot' | 'now' | 'known'> {
  readonly flagKey: string;
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly context?: EvaluationContext | undefined;
}

/** {@link explain} for a subject that was made before. */
export function explainFor(about: ExplainedFor, flagKey: string): Explanation {
  const showing = showingFor({ ...about, audience: 'OPERATOR' });
  return explainFlag({ ...about, showing, decided: new Map(), explained: new Set(), depth: 0 }, flagKey);
}

/** One explanation with those of the flags that it requires. */
interface Explaining extends ExplainedFor {
  /** All of them share the room for nodes of requirements. */
  readonly showing: Showing;
  readonly decided: Map<string, Decision>;
  /** The flags that are explained, or are being explained, somewhere in the whole. */
  readonly explained: Set<string>;
  readonly depth: number;
}

/** How many flags are explained together. Those beyond are told by their decisions. */
const MOST_EXPLAINED = 50;

function explainFlag(explaining: Explaining, flagKey: string): Explanation {
  const { snapshot, subject, now } = explaining;
  explaining.explained.add(flagKey);
  const compiled = snapshot.flags.get(flagKey);
  if (compiled === undefined) return explainUnknown(flagKey, subject.userId);
  const { flag } = compiled;
  const ladder = new Ladder();
  if (flag.archived) ladder.answer('EXISTS', notFound(flagKey));
  if (!flag.active) ladder.answer('SWITCHED_ON', off(compiled, 'DISABLED', Infinity));
  ladder.narrow(windowChange(flag, now));
  if (!inWindow(flag, now)) ladder.answer('SWITCHED_ON', off(compiled, 'DISABLED', ladder.until));

  const prerequisites = explainPrerequisites(explaining, compiled, ladder);

  const { rows, platform, organization } = explainRows(compiled, subject);
  if (platform?.effect === 'DENY' || organization?.effect === 'DENY') {
    ladder.answer('ROWS', off(compiled, 'DENIED', ladder.until));
  }
  const allowing = organization ?? platform;
  if (allowing !== undefined) ladder.answer('ROWS', on(compiled, undefined, subject, allowing.level, ladder.until));
  if (flag.isEnabledGlobally) ladder.answer('EVERYONE', on(compiled, undefined, subject, 'GLOBAL', ladder.until));

  const earner = compiled.organizations === undefined ? undefined : earnerOf(snapshot, subject);
  const rules = explainRules(explaining, compiled, { earner, ladder });

  const kept = [
    ...keptStandings(compiled, subject, 'USER'),
    ...(earner === undefined ? [] : keptStandings(compiled.organizations!, earner, 'ORGANIZATION')),
  ];
  if (kept.some(({ counts }) => counts)) {
    ladder.answer('KEPT', on(compiled, undefined, subject, 'UNLOCKED', ladder.until));
  }
  ladder.answer('OTHERWISE', off(compiled, 'DEFAULT', ladder.until));

  const { line: answering, decision } = ladder.answered!;
  const requirements = rules.map(({ requirement }) => requirement);
  const says: Readonly<Record<LineName, string>> = {
    EXISTS: existsWords(flag),
    SWITCHED_ON: switchWords(flag, now),
    PREREQUISITES: prerequisiteWords(prerequisites),
    ROWS: rowsWords(rows, { platform, organization }),
    EVERYONE: flag.isEnabledGlobally ? 'yes' : 'no',
    RULES: rulesWords(rules, missingOf(requirements, namesIn(snapshot))),
    KEPT: keptWords(kept),
    OTHERWISE: 'off',
  };
  const byRule = compiled.rules.find(({ rule }) => rule.id === decision.ruleId);
  return {
    flagKey,
    name: flag.name,
    decision,
    sentence: decisionSentence({ explaining, flag, decision, prerequisites, rows, rules, kept }),
    lines: LINES.map((line) => ({ line, verdict: verdictOfLine(line, answering), says: says[line] })),
    ...(flag.startsAt === undefined ? {} : { startsAt: flag.startsAt }),
    ...(flag.endsAt === undefined ? {} : { endsAt: flag.endsAt }),
    prerequisites,
    rows,
    rules,
    kept,
    ...(decision.enabled ? { choice: choiceOf(compiled, byRule, subject) } : {}),
  };
}

/** The lines as they are gone down: the first that answers gives the decision, which time may change as all before it may. */
class Ladder {
  until: number = Infinity;
  answered: { readonly line: LineName; readonly decision: Decision } | undefined;

  get open(): boolean {
    return this.answered === undefined;
  }

  /** Notes when time may change what was found; nothing that stands below the answer counts. */
  narrow(until: number): void {
    if (this.open) this.until = Math.min(this.until, until);
  }

  answer(line: LineName, decision: Decision): void {
    this.answered ??= { line, decision };
  }
}

function explainPrerequisites(
  explaining: Explaining,
  compiled: CompiledFlag,
  ladder: Ladder,
): readonly ExplainedPrerequisite[] {
  const { prerequisites } = compiled.flag;
  const depth = explaining.depth + 1;
  // As in `decide`: it ends a stored configuration that is damaged and has a circle.
  if (prerequisites.length > 0 && depth > MAX_PREREQUISITE_DEPTH) {
    ladder.answer('PREREQUISITES', off(compiled, 'PREREQUISITE_FAILED', ladder.until));
    return [];
  }
  return prerequisites.map(({ flagKey, variant }) => {
    const reached = ladder.open;
    const { decision, explanation } = prerequisite({ ...explaining, depth }, flagKey);
    ladder.narrow(decision.validUntil ?? Infinity);
    const met = decision.enabled && (variant === '' || variant === decision.variant);
    if (!met) ladder.answer('PREREQUISITES', off(compiled, 'PREREQUISITE_FAILED', ladder.until));
    return { flagKey, variant, met, reached, decision, ...(explanation && { explanation }) };
  });
}

/** The decision on a required flag, with its own explanation where there is none of it yet, and room. */
function prerequisite(
  explaining: Explaining,
  flagKey: string,
): { readonly decision: Decision; readonly explanation?: Explanation } {
  const { snapshot, subject, now, decided, explained, showing, depth } = explaining;
  const known = decided.get(flagKey);
  if (known !== undefined) return { decision: known };
  if (explained.has(flagKey) || explained.size >= MOST_EXPLAINED || showing.nodes.left <= 0) {
    const walk = { depth, decided, hidesDenials: false, withoutUsage: true };
    const decision = decide(snapshot, flagKey, subject, now, walk);
    decided.set(flagKey, decision);
    return { decision };
  }
  const explanation = explainFlag(explaining, flagKey);
  decided.set(flagKey, explanation.decision);
  return { decision: explanation.decision, explanation };
}

function explainRules(
  explaining: Explaining,
  compiled: CompiledFlag,
  { earner, ladder }: { readonly earner: Subject | undefined; readonly ladder: Ladder },
): readonly ExplainedRule[] {
  const { snapshot, subject, now, showing, depth } = explaining;
  const requirements = everyRule(compiled, { subject, earner }, showing);
  return compiled.rules.map((entry, i) => {
    const judged = { compiled, entry, subject, earner };
    const outcome = outcomeOf(judged, now);
    const reached = ladder.open;
    if (outcome === 'UNLOCKED') ladder.answer('RULES', on(compiled, entry, subject, 'UNLOCKED', ladder.until));
    if (outcome === 'HOLDS' || outcome === 'UNMET') {
      const record = recordOf(judged, now);
      if (entry.readsTime) ladder.narrow(entry.conditions.nextChange(record));
      if (outcome === 'HOLDS') {
        // As in `decide`: of a flag that is required it is not told what is left of it.
        const withUsage = entry.usage !== undefined && depth === 0;
        const decision = withUsage
          ? onWithUsage(compiled, entry, subject, ladder.until, record)
          : on(compiled, entry, subject, entry.unconditional ? 'ROLLOUT' : 'RULE', ladder.until);
        ladder.answer('RULES', decision);
      }
    }
    return {
      verdict: !reached ? 'NOT_REACHED' : ladder.open ? 'PASSES' : 'ANSWERS',
      outcome,
      policy: entry.rule.policy,
      sentence: describeRule(entry.rule, namesIn(snapshot)),
      requirement: requirements[i]!,
      bucket: bucketIn(judged),
      choice: choiceOf(compiled, entry, subject),
      ...standingsOf(judged),
    };
  });
}

/** The explanation of a flag that there is not, or that may not be told of. */
export function explainUnknown(flagKey: string, who: string): Explanation {
  const says = (line: LineName): string => (line === 'EXISTS' ? existsWords(undefined) : '');
  return {
    flagKey,
    name: '',
    decision: notFound(flagKey),
    sentence: describeDecision({ decision: notFound(flagKey), who }),
    lines: LINES.map((line) => ({ line, verdict: verdictOfLine(line, 'EXISTS'), says: says(line) })),
    prerequisites: [],
    rows: [],
    rules: [],
    kept: [],
  };
}
