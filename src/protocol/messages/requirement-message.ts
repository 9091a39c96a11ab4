import type { Block, BlockReason, Group, Requirement, RuleRequirement } from '../../core/requirements/requirement.js';
import { Rule_EarnedBy } from '../gen/latchkey/v1/flag.js';
import {
  Block_Reason,
  type Block as BlockMessage,
  Requirement_Group,
  type Requirement as RequirementMessage,
  type RuleRequirement as RuleMessage,
} from '../gen/latchkey/v1/requirements.js';
import { usageMessage } from './decision-message.js';
import { instant } from './fields.js';

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

/** Something that keeps a flag off, as a message. */
export function blockMessage({ reason, until, ...block }: Block): BlockMessage {
  return { ...block, reason: BLOCK_REASONS[reason], until: instant(until) };
}

/** A rule as it stands for a user, as a message. */
export function ruleMessage({ requirement, earnedBy, ...rule }: RuleRequirement): RuleMessage {
  return { ...rule, earnedBy: Rule_EarnedBy[earnedBy], requirement: nodeMessage(requirement) };
}

/** A node of a rule's conditions as a message. */
export function nodeMessage({ label, met, progress, metAt, nearest, comparison, group, children }: Requirement) {
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
