import type { Decision, REASONS } from '../deciding/decision.js';
import { LINES, type LineName, type LineVerdict } from './explanation.js';

/** The line that gives answers of each reason; for UNLOCKED where a rule has it. */
const LINE_OF: Readonly<Record<(typeof REASONS)[number], LineName>> = {
  FLAG_NOT_FOUND: 'EXISTS',
  DISABLED: 'SWITCHED_ON',
  PREREQUISITE_FAILED: 'PREREQUISITES',
  DENIED: 'ROWS',
  USER: 'ROWS',
  ROLE: 'ROWS',
  ORGANIZATION: 'ROWS',
  GLOBAL: 'EVERYONE',
  UNLOCKED: 'RULES',
  RULE: 'RULES',
  ROLLOUT: 'RULES',
  DEFAULT: 'OTHERWISE',
};

/** The line by which a decision was made, which is one of an evaluation: no call decides what is explained. */
export function lineOf({ reason, ruleId }: Decision): LineName {
  return reason === 'UNLOCKED' && ruleId === '' ? 'KEPT' : LINE_OF[reason as keyof typeof LINE_OF];
}

/** What becomes of a line where `answering` gives the answer. */
export function verdictOfLine(line: LineName, answering: LineName): LineVerdict {
  if (line === answering) return 'ANSWERS';
  return LINES.indexOf(line) < LINES.indexOf(answering) ? 'PASSES' : 'NOT_REACHED';
}
