import type { Caller } from '../../../calls/caller.js';
import type {
  Block,
  BlockReason,
  Group,
  Requirement,
  RuleRequirement,
} from '../../../core/requirements/requirement.js';
import type { RequirementsService, ToldRequirements } from '../../../services/evaluating/requirements.js';
import { Rule_EarnedBy } from '../../gen/latchkey/v1/flag.js';
import {
  Block_Reason,
  type Block as BlockMessage,
  type GetRequirementsRequest,
  type GetRequirementsResponse,
  type ListRequirementsRequest,
  type ListRequirementsResponse,
  Requirement_Group,
  type Requirement as RequirementMessage,
  type RuleRequirement as RuleMessage,
} from '../../gen/latchkey/v1/requirements.js';
import { decisionMessage, usageMessage } from '../../messages/decision-message.js';
import { instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { UnaryMethod } from '../method.js';
import { isFull } from './evaluate.js';

/** `GetRequirements`. */
export function getRequirementsMethod(
  requirements: Pick<RequirementsService, 'get'>,
): UnaryMethod<Caller, GetRequirementsRequest, GetRequirementsResponse> {
  return {
    async handle({ userId, flagKey, consistencyToken, consistency }, call) {
      const input = { userId, flagKey, consistencyToken, full: isFull(consistency) };
      return requirementsMessage(await requirements.get(call, input));
    },
  };
}

/** `ListRequirements`. */
export function listRequirementsMethod(
  requirements: Pick<RequirementsService, 'list'>,
): UnaryMethod<Caller, ListRequirementsRequest, ListRequirementsResponse> {
  return {
    async handle(request, call) {
      const { userId, consistencyToken, consistency } = request;
      const paging = new Paging('ListRequirements', request);
      const input = { userId, consistencyToken, full: isFull(consistency) };
      const { items, next } = await requirements.list(call, input, paging.page);
      return { requirements: items.map(requirementsMessage), nextPageToken: paging.tokenOf(next) };
    },
  };
}

const BLOCK_REASONS: Readonly<Record<BlockReason, Block_Reason>> = {
  DISABLED: Block_Reason.DISABLED,
  SCHEDULE: Block_Reason.SCHEDULE,
  PREREQUISITE: Block_Reason.PREREQUISITE,
  DENIED: Block_Reason.DENIED,
  REVOKED: Block_Reason.REVOKED,
};

const GROUPS: Readonly<Record<Group, Requirement_Group>> = {
  all: Requirement_Group.ALL,
  any: Requirement_Group.ANY,
  not: Requirement_Group.NOT,
};

function requirementsMessage({ requirements, stale }: ToldRequirements): GetRequirementsResponse {
  const { decision, progress, blockedBy, granted, name, rules, tiers } = requirements;
  return {
    decision: decisionMessage({ decision, stale }),
    progress,
    blockedBy: blockedBy.map(blockMessage),
    rules: rules.map(ruleMessage),
    granted,
    name,
    tiers: tiers && { reached: tiers.reached, next: tiers.next },
  };
}

export function blockMessage({ reason, until, ...block }: Block): BlockMessage {
  return { ...block, reason: BLOCK_REASONS[reason], until: instant(until) };
}

export function ruleMessage({ requirement, earnedBy, ...rule }: RuleRequirement): RuleMessage {
  return { ...rule, earnedBy: Rule_EarnedBy[earnedBy], requirement: nodeMessage(requirement) };
}

function nodeMessage({ label, met, progress, metAt, nearest, comparison, group, children }: Requirement) {
  const message: RequirementMessage = {
    label,
    met,
    progress,
    metAt: instant(metAt),
    nearest,
    fact: comparison?.fact ?? '',
    params: comparison?.params,
    path: comparison?.path ?? '',
    operator: comparison?.operator ?? '',
    target: comparison?.target,
    current: comparison?.current,
    remaining: comparison?.remaining,
    group: group === undefined ? Requirement_Group.GROUP_UNSPECIFIED : GROUPS[group],
    children: children.map(nodeMessage),
    countedSince: instant(comparison?.countedSince),
    capped: comparison?.capped ?? false,
    usage: comparison?.usage && usageMessage(comparison.usage),
    breaksAt: instant(comparison?.breaksAt),
  };
  return message;
}
