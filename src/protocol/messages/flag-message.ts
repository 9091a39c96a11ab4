import type { Flag, Rule } from '../../core/flags/flag.js';
import { type FeatureFlag, FeatureFlag_Type, Rule_Policy, type Rule as RuleMessage } from '../gen/latchkey/v1/flag.js';
import { instant } from './fields.js';

/** A flag as it is sent. */
export function flagMessage(flag: Flag): FeatureFlag {
  return {
    key: flag.key,
    name: flag.name,
    description: flag.description,
    active: flag.active,
    isEnabledGlobally: flag.isEnabledGlobally,
    type: FeatureFlag_Type[flag.type],
    variants: [...flag.variants],
    offVariant: flag.offVariant,
    distribution: [...flag.distribution],
    rules: flag.rules.map(ruleMessage),
    prerequisites: [...flag.prerequisites],
    startsAt: instant(flag.startsAt),
    endsAt: instant(flag.endsAt),
    tags: [...flag.tags],
    owner: flag.owner,
    delegated: flag.delegated,
    clientVisible: flag.clientVisible,
    archived: flag.archived,
    id: flag.id,
    version: flag.version,
    salt: flag.salt,
    createdAt: instant(flag.createdAt),
    updatedAt: instant(flag.updatedAt),
  };
}

function ruleMessage(rule: Rule): RuleMessage {
  return {
    id: rule.id,
    name: rule.name,
    conditions: rule.conditions,
    policy: Rule_Policy[rule.policy],
    rollout: rule.rolloutPer100k,
    bucketBy: rule.bucketBy,
    distribution: [...rule.distribution],
  };
}
