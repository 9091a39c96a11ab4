import type { PresentVersion } from '../../calls/stale-version.js';
import type { Flag, Rule, Segment, StageList } from '../../core/flags/flag.js';
import { describeRule } from '../../core/sentences/rule-words.js';
import type { Names } from '../../core/sentences/speaking.js';
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

/** A flag as a message; with names, each rule has its sentence. */
export function flagMessage(flag: Flag, names?: Names): FeatureFlag {
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
  };
}

function ruleMessage(rule: Rule, names: Names | undefined): RuleMessage {
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
    sentence: names === undefined ? '' : describeRule(rule, names).text,
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
      return { $case: 'flag', value: flagMessage(present.value) };
    case 'segment':
      return { $case: 'segment', value: segmentMessage(present.value) };
    case 'list':
      return { $case: 'stages', value: stagesMessage(present.value) };
    case 'organization':
      return { $case: 'organization', value: organizationMessage(present.value) };
  }
}
