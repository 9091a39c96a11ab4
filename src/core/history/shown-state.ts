import type { Flag, Rule, Segment, Stage } from '../flags/flag.js';
import type { OrganizationState } from '../states/organization-state.js';
import { type JsonObject, type JsonValue, quote } from '../values/json.js';
import { shownInstant } from '../values/time/time.js';

// States of versions as `/api/admin` gives them, without what a change sets by itself: ids of versions and times. Pointers of differences
// lead into these.

export function shownFlag(flag: Flag): JsonObject {
  const { startsAt, endsAt } = flag;
  return {
    key: flag.key,
    name: flag.name,
    description: flag.description,
    active: flag.active,
    is_enabled_globally: flag.isEnabledGlobally,
    type: flag.type,
    variants: flag.variants.map(({ key, value }) => ({ key, value })),
    off_variant: flag.offVariant,
    distribution: flag.distribution.map((share) => ({ ...share })),
    rules: flag.rules.map(shownRule),
    prerequisites: flag.prerequisites.map(({ flagKey, variant }) => ({ flag_key: flagKey, variant })),
    ...(startsAt === undefined ? {} : { starts_at: instant(startsAt) }),
    ...(endsAt === undefined ? {} : { ends_at: instant(endsAt) }),
    tags: flag.tags,
    owner: flag.owner,
    delegated: flag.delegated,
    client_visible: flag.clientVisible,
    archived: flag.archived,
    id: flag.id,
    salt: flag.salt,
    bucketing: flag.bucketing,
  };
}

function shownRule({ id, name, conditions, policy, onReversal, earnedBy, ...rule }: Rule): JsonObject {
  return {
    ...{ id, name, conditions, policy, rollout: rule.rolloutPer100k, bucket_by: rule.bucketBy },
    distribution: rule.distribution.map((share) => ({ ...share })),
    ...(onReversal === undefined ? {} : { on_reversal: onReversal }),
    earned_by: earnedBy,
  };
}

function instant(epochMs: number): string {
  return shownInstant(epochMs).replace('.000Z', 'Z');
}

export function shownSegment({ id, key, name, conditions }: Segment): JsonObject {
  return { key, name, conditions, id };
}

export function shownStages(stages: readonly Stage[]): JsonObject {
  return { stages: stages.map(({ name, selfSettable }) => ({ name, self_settable: selfSettable })) };
}

function shownRoles({ roles, strictRoles }: Pick<OrganizationState, 'roles' | 'strictRoles'>): JsonObject {
  return { roles: roles.map(({ name, inherits }) => ({ name, inherits })), strict_roles: strictRoles };
}

/** The state of a version of one of the kinds. */
export function shownState(kind: string, state: unknown): JsonValue {
  switch (kind) {
    case 'flag':
      return shownFlag(state as Flag);
    case 'segment':
      return shownSegment(state as Segment);
    case 'stages':
      return shownStages(state as readonly Stage[]);
    case 'roles':
      return shownRoles(state as OrganizationState);
    default:
      throw new Error(`no version is of the kind ${quote(kind)}`);
  }
}
