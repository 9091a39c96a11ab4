import type { PresentVersion } from '../../calls/writes/stale-version.js';
import type { Flag, Rule, Segment, StageList } from '../../core/flags/flag.js';
import { describeFlag } from '../../core/sentences/flag-words.js';
import { describeRule } from '../../core/sentences/rule-words.js';
import type { Names } from '../../core/sentences/speaking.js';
import { letsInByRows } from '../../core/snapshot/flag-state.js';
import type { CompiledFlag } from '../../core/snapshot/snapshot.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import type { VersionConflict } from '../gen/latchkey/v1/conflict.js';
import {
  type FeatureFlag,
  FeatureFlag_Type,
  Rule_EarnedBy,
  Rule_OnReversal,
  Rule_Policy,
  type Rule as RuleMessage,
} from '../gen/latchkey/v1/flag.js';
import type { ListStagesResponse } from '../gen/latchkey/v1/onboarding.js';
import type { Organization, RoleDefinition as RoleMessage } from '../gen/latchkey/v1/organization.js';
import type { Segment as SegmentMessage } from '../gen/latchkey/v1/segment.js';
import { instant } from './fields.js';

/**
 * A flag as a message. In the sentences segments and other flags are called by these names. A flag without its salt is one whose
 * policy the caller is not told: nor are they told of it in words. Compiled it is known to have rows that let somebody in by their role.
 */
export function flagMessage(flag: Flag, names: Names, compiled?: CompiledFlag): FeatureFlag {
  const byRows = compiled?.flag.id === flag.id && letsInByRows(compiled);
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
    rules: flag.rules.map((rule) => ruleMessage(rule, names)),
    prerequisites: [...flag.prerequisites],
    startsAt: instant(flag.startsAt),
    endsAt: instant(flag.endsAt),
    tags: [...flag.tags],
    owner: flag.owner,
    delegated: flag.delegated,
    clientVisible: flag.clientVisible,
    archived: flag.archived,
    bucketing: flag.bucketing,
    id: flag.id,
    version: flag.version,
    salt: flag.salt,
    createdAt: instant(flag.createdAt),
    updatedAt: instant(flag.updatedAt),
    sentence: flag.salt === '' ? '' : describeFlag(byRows ? { ...flag, hasRows: true } : flag, names).text,
  };
}

function ruleMessage(rule: Rule, names: Names): RuleMessage {
  return {
    id: rule.id,
    name: rule.name,
    conditions: rule.conditions,
    policy: Rule_Policy[rule.policy],
    earnedBy: Rule_EarnedBy[rule.earnedBy],
    rollout: rule.rolloutPer100k,
    bucketBy: rule.bucketBy,
    distribution: [...rule.distribution],
    onReversal: rule.onReversal && Rule_OnReversal[rule.onReversal],
    sentence: describeRule(rule, names).text,
  };
}

/** A segment as a message. */
export function segmentMessage({ createdAt, updatedAt, ...segment }: Segment): SegmentMessage {
  return { ...segment, createdAt: instant(createdAt), updatedAt: instant(updatedAt) };
}

/** The list of stages as a message. */
export function stagesMessage({ stages, version }: StageList): ListStagesResponse {
  return { stages: [...stages], version };
}

/** An organization as a message. */
export function organizationMessage(organization: OrganizationState): Organization {
  const { id, attributes, timeZone, strictRoles, roles, version } = organization;
  return { id, attributes, timeZone, strictRoles, roles: roles.map(roleMessage), version };
}

/** A role as a message. */
export function roleMessage({ name, inherits, movingTo = '' }: RoleDefinition): RoleMessage {
  return { name, inherits: [...inherits], movingTo };
}

/** What is stored in place of the version that a write expected, as a message; undefined where there is nothing. */
export function presentMessage(present: PresentVersion): VersionConflict['present'] {
  if (present.value === undefined) return undefined;
  switch (present.kind) {
    case 'flag':
      return { $case: 'flag', value: flagMessage(present.value, present.names) };
    case 'segment':
      return { $case: 'segment', value: segmentMessage(present.value) };
    case 'list':
      return { $case: 'stages', value: stagesMessage(present.value) };
    case 'organization':
      return { $case: 'organization', value: organizationMessage(present.value) };
  }
}
