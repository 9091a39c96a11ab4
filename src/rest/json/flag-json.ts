import { invalid } from '../../calls/errors.js';
import type { FlippedFlag } from '../../core/deciding/decision.js';
import type { AccessRow, Flag, Rule } from '../../core/flags/flag.js';
import type { FlagInput } from '../../core/flags/parse-flag.js';
import type { RuleInput } from '../../core/flags/parse-rules.js';
import { type JsonObject, type JsonValue, quote } from '../../core/values/json.js';
import { parseInstant } from '../../core/values/time/time.js';
import type { AccessInput } from '../../services/access/access-rows.js';
import type { AccessRowJson, FlagJson, FlagPatch } from './flag-schema.js';

/** A flag as JSON. */
export function flagJson(flag: Flag): FlagJson {
  return {
    id: flag.id,
    key: flag.key,
    name: flag.name,
    description: flag.description,
    active: flag.active,
    is_enabled_globally: flag.isEnabledGlobally,
    type: flag.type,
    variants: [...flag.variants],
    off_variant: flag.offVariant,
    distribution: [...flag.distribution],
    rules: flag.rules.map(ruleJson),
    prerequisites: flag.prerequisites.map(({ flagKey, variant }) => ({ flag_key: flagKey, variant })),
    ...(flag.startsAt === undefined ? {} : { starts_at: rfc3339(flag.startsAt) }),
    ...(flag.endsAt === undefined ? {} : { ends_at: rfc3339(flag.endsAt) }),
    tags: [...flag.tags],
    owner: flag.owner,
    delegated: flag.delegated,
    client_visible: flag.clientVisible,
    archived: flag.archived,
    bucketing: flag.bucketing,
    version: flag.version,
    salt: flag.salt,
    created_at: rfc3339(flag.createdAt),
    updated_at: rfc3339(flag.updatedAt),
  };
}

function ruleJson(rule: Rule) {
  const { id, name, conditions, policy, onReversal, earnedBy, rolloutPer100k, bucketBy, distribution } = rule;
  const kept = onReversal === undefined ? {} : { on_reversal: onReversal };
  const spread = { rollout: rolloutPer100k, bucket_by: bucketBy, distribution: [...distribution] };
  return { id, name, conditions, policy, ...kept, earned_by: earnedBy, ...spread };
}

export function accessRowJson({ userId, role, organizationId, effect, enabled, managedBy }: AccessRow): AccessRowJson {
  return { user_id: userId, role, organization_id: organizationId, effect, enabled, managed_by: managedBy };
}

export function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The input that a checked body gives of a flag; undefined for what it leaves out. */
export function flagInputOf(body: FlagPatch): FlagInput {
  return {
    name: body.name,
    description: body.description,
    active: body.active,
    isEnabledGlobally: body.is_enabled_globally,
    type: body.type,
    variants: body.variants?.map(({ key, value }) => ({ key, value: value as JsonValue })),
    offVariant: body.off_variant,
    distribution: body.distribution,
    rules: body.rules?.map(ruleInputOf),
    prerequisites: body.prerequisites?.map(({ flag_key, variant }) => ({ flagKey: flag_key, variant })),
    startsAt: instantIn('starts_at', body.starts_at),
    endsAt: instantIn('ends_at', body.ends_at),
    tags: body.tags,
    owner: body.owner,
    delegated: body.delegated,
    clientVisible: body.client_visible,
    archived: body.archived,
    bucketing: body.bucketing,
  };
}

function ruleInputOf(rule: NonNullable<FlagPatch['rules']>[number]): RuleInput {
  const { id, name, conditions, policy, on_reversal, earned_by, rollout, bucket_by, distribution } = rule;
  return {
    id,
    name,
    conditions: conditions as JsonObject | undefined,
    policy,
    onReversal: on_reversal,
    earnedBy: earned_by,
    rolloutPer100k: rollout,
    bucketBy: bucket_by,
    distribution,
  };
}

export function accessInputsOf(rows: FlagPatch['access'] = []): AccessInput[] {
  return rows.map(({ user_id, role, organization_id, effect, enabled }) => ({
    userId: user_id,
    role,
    organizationId: organization_id,
    effect,
    enabled,
  }));
}

function instantIn(field: string, value: string | null | undefined): number | null | undefined {
  if (value === null || value === undefined) return value;
  const instant = parseInstant(value);
  if (instant === undefined) {
    const message = `${field} ${quote(value)} is no RFC 3339 instant, like 2026-01-31T12:00:00Z`;
    throw invalid(message, [{ pointer: `/${field}`, message }]);
  }
  return instant;
}

export function flippedFlagJson({ userId, flagKey }: FlippedFlag) {
  return { user_id: userId, flag_key: flagKey };
}
