import type { Block, Requirement, RuleRequirement } from '../../core/requirements/requirement.js';
import type { ToldRequirements } from '../../services/evaluating/requirements.js';
import type { RequirementJson } from '../schemas/requirements-schema.js';
import { rfc3339 } from './flag-json.js';

/** Requirements as JSON, without what is absent, empty or does not apply. */
export function requirementsJson({ requirements, stale }: ToldRequirements) {
  const { decision, name, progress, blockedBy, granted, rules } = requirements;
  const { flagKey, enabled, variant, value, reason, ruleId, validUntil } = decision;
  return {
    key: flagKey,
    name,
    decision: {
      enabled,
      variant,
      value,
      reason,
      ...(ruleId === '' ? {} : { rule_id: ruleId }),
      ...(validUntil === undefined ? {} : { valid_until: rfc3339(validUntil) }),
    },
    progress,
    blocked_by: blockedBy.map(blockJson),
    granted,
    rules: rules.map(ruleJson),
    ...(stale ? { stale } : {}),
  };
}

function blockJson({ reason, flagKey, label, ruleId, until }: Block) {
  return {
    reason,
    ...(flagKey === '' ? {} : { flag_key: flagKey }),
    ...(label === '' ? {} : { label }),
    ...(ruleId === '' ? {} : { rule_id: ruleId }),
    ...(until === undefined ? {} : { until: rfc3339(until) }),
  };
}

function ruleJson({ ruleId, name, met, unlocked, rolloutExcluded, revoked, requirement }: RuleRequirement) {
  return {
    rule_id: ruleId,
    ...(name === '' ? {} : { name }),
    met,
    unlocked,
    ...(rolloutExcluded ? { rollout_excluded: true } : {}),
    ...(revoked ? { revoked } : {}),
    requirement: nodeJson(requirement),
  };
}

function nodeJson({ label, met, progress, metAt, nearest, comparison, group, children }: Requirement): RequirementJson {
  return {
    label,
    met,
    progress,
    ...(metAt === undefined ? {} : { met_at: rfc3339(metAt) }),
    ...(nearest ? { nearest } : {}),
    ...(comparison === undefined ? {} : comparisonJson(comparison)),
    ...(group === undefined ? {} : { group, children: children.map(nodeJson) }),
  };
}

function comparisonJson({ fact, params, path, operator, ...values }: NonNullable<Requirement['comparison']>) {
  return {
    fact,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(path === '' ? {} : { path }),
    operator,
    ...values,
  };
}
