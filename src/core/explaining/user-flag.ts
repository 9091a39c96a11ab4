import type { Decision } from '../deciding/decision.js';
import type { Subject } from '../deciding/subject.js';
import { countsAsKept, countsAsUnlocked } from '../deciding/unlocks.js';
import type { Audience, Block } from '../requirements/requirement.js';
import { requirementsOf } from '../requirements/requirements-of.js';
import { BY_KEY } from '../sentences/speaking.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import type { Standing } from '../states/ledger.js';
import { DAY_MS } from '../values/time/time.js';
import { lineOf } from './answering-line.js';
import { decisionForOrganization } from './explain-for-organization.js';
import type { ExplainedFor, LineName } from './explanation.js';
import { namesIn } from './line-words.js';
import { type MissingLeaf, missingOf, nearestRule } from './missing-leaf.js';

export const USER_FLAG_STATES = ['ON', 'NEAR', 'OFF', 'BLOCKED'] as const;

/**
 * `ON`: the flag is on. `BLOCKED`: off, whatever its rules say. `NEAR`: off, and at least half of a rule is met, or time alone turns it
 * on within seven days. `OFF`: any other.
 */
export type UserFlagState = (typeof USER_FLAG_STATES)[number];

/** How one flag stands for one user. */
export interface UserFlag {
  readonly flagKey: string;
  readonly name: string;
  readonly state: UserFlagState;
  readonly decision: Decision;
  /** The line of the order of evaluation that answers. */
  readonly line: LineName;
  /** Of the rule that answers; '' where none does, or where it may not be told. */
  readonly ruleName: string;
  /** 0…1. */
  readonly progress: number;
  readonly blockedBy: readonly Block[];
  /** Absent where the flag is on, or no rule can be met. */
  readonly nearest?: MissingLeaf;
  /** The last standing of the flag in the ledger; absent without one, or where it may not be told. */
  readonly lastFlip?: LedgerFlip;
}

export interface LedgerFlip {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Unlocked or granted; false: revoked. */
  readonly unlocked: boolean;
  /** '' for the flag as a whole. */
  readonly ruleId: string;
}

/** Whom a list is about, and for whom it is: `PERSON` stands for an organization. */
export interface UserFlagAsked extends ExplainedFor {
  readonly audience: Audience;
  /** The user's organization as an earner. */
  readonly earner: Subject | undefined;
}

const NEAR_PROGRESS = 0.5;
const NEAR_MS = 7 * DAY_MS;

/** How a flag that is not archived stands for a user. Law: decision and line are those of its explanation. */
export function userFlagFor(compiled: CompiledFlag, asked: UserFlagAsked): UserFlag {
  const { flag } = compiled;
  // Nothing is missing of a flag that is on.
  const told = requirementsOf(compiled, { ...asked, briefWhereOn: true });
  const toPlatform = asked.audience === 'OPERATOR';
  const decision = toPlatform ? told.decision : decisionForOrganization(compiled, asked, told.decision);
  const { progress, blockedBy, rules } = told;
  const answering = toPlatform ? compiled.rules.find(({ rule }) => rule.id === decision.ruleId) : undefined;
  const nearest = decision.enabled ? undefined : missingOf(rules, toPlatform ? namesIn(asked.snapshot) : BY_KEY);
  const lastFlip = toPlatform ? lastFlipOf(compiled, asked) : undefined;
  const soonest = nearestRule(rules)?.requirement.metAt ?? Infinity;
  const isNear = progress >= NEAR_PROGRESS || soonest <= asked.now + NEAR_MS;
  const isBlocked = blockedBy.length > 0 || decision.reason === 'DENIED';
  return {
    flagKey: flag.key,
    name: flag.name,
    state: decision.enabled ? 'ON' : isBlocked ? 'BLOCKED' : isNear ? 'NEAR' : 'OFF',
    decision,
    line: lineOf(decision),
    ruleName: answering?.rule.name ?? '',
    progress,
    blockedBy,
    ...(nearest === undefined ? {} : { nearest }),
    ...(lastFlip === undefined ? {} : { lastFlip }),
  };
}

function lastFlipOf(compiled: CompiledFlag, { subject, earner }: UserFlagAsked): LedgerFlip | undefined {
  const ofOrganization = compiled.organizations === undefined ? undefined : earner;
  let last: LedgerFlip | undefined;
  for (const one of [subject, ofOrganization]) {
    for (const [ruleId, standing] of one?.user.ledger.get(compiled.flag.id) ?? []) {
      const { state, earnedAt: at } = standing;
      if (state !== 'REVOKED' && !counts(compiled, ruleId, standing)) continue;
      if (last === undefined || at > last.at) last = { at, unlocked: state !== 'REVOKED', ruleId };
    }
  }
  return last;
}

function counts(compiled: CompiledFlag, ruleId: string, standing: Standing): boolean {
  const entry = compiled.rules.find(({ rule }) => rule.id === ruleId);
  return entry === undefined ? countsAsKept(compiled, ruleId, standing) : countsAsUnlocked(entry, standing);
}
