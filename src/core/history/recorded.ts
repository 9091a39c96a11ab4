import type { AccessRow, Flag, Segment, Stage } from '../flags/flag.js';
import type { RoleDefinition } from '../states/organization-state.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../values/json.js';

// What entries of the audit recorded, which are as the release stored them that made them: each function gives it where it has all
// that this release says of such a thing, and undefined where it has not.

type Check = (value: JsonValue | undefined) => boolean;

export function recordedFlag(value: JsonValue | undefined): Flag | undefined {
  return isFlag(value) ? (value as unknown as Flag) : undefined;
}

export function recordedSegment(value: JsonValue | undefined): Segment | undefined {
  return isSegment(value) ? (value as unknown as Segment) : undefined;
}

export function recordedStages(value: JsonValue | undefined): readonly Stage[] | undefined {
  return areStages(value) ? (value as unknown as readonly Stage[]) : undefined;
}

export function recordedRoles(value: JsonValue | undefined): readonly RoleDefinition[] | undefined {
  return areRoles(value) ? (value as unknown as readonly RoleDefinition[]) : undefined;
}

export function recordedRows(value: JsonValue | undefined): readonly AccessRow[] | undefined {
  return areRows(value) ? (value as unknown as readonly AccessRow[]) : undefined;
}

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const flag: Check = (value) => typeof value === 'boolean';
const something: Check = (value) => value !== undefined;
const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const having =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isJsonObject(value) && Object.entries(members).every(([name, check]) => check((value as JsonObject)[name]));

const isDistribution = listOf(having({ variant: text, weight: number }));
const isRule = having({
  ...{ id: text, name: text, conditions: isJsonObject, policy: text, earnedBy: text },
  ...{ rolloutPer100k: number, bucketBy: text, distribution: isDistribution },
});
const isFlag = having({
  ...{ name: text, description: text, owner: text, active: flag, isEnabledGlobally: flag, archived: flag },
  ...{ delegated: flag, clientVisible: flag, startsAt: orNothing(number), endsAt: orNothing(number) },
  ...{ type: text, variants: listOf(having({ key: text, value: something })), offVariant: text },
  ...{ distribution: isDistribution, bucketing: number, tags: listOf(text), rules: listOf(isRule) },
  prerequisites: listOf(having({ flagKey: text, variant: text })),
});
const isSegment = having({ name: text, conditions: isJsonObject });
const areStages = listOf(having({ name: text, selfSettable: flag }));
const areRoles = listOf(having({ name: text, inherits: listOf(text) }));
const areRows = listOf(
  having({ userId: text, role: text, organizationId: text, managedBy: text, effect: text, enabled: flag }),
);
