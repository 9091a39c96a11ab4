import { type Caller, isVisitor, type Person } from '../calls/caller.js';
import { requireName } from '../calls/check-input.js';
import { invalidAt } from '../calls/errors.js';
import type { EvaluationContext } from '../core/deciding/decision.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember, quote } from '../core/values/json.js';
import { parseInstant } from '../core/values/time/time.js';
import { ownTarget } from '../services/access/caller-reach.js';
import type { Target } from '../services/access/target.js';

export interface ContextOptions {
  /** With what the names of those members begin that people may add as attributes; undefined: none. */
  readonly clientAttributes?: string | undefined;
  /** Where visitors are let in people may name the anonymous id that they were known by before they signed in. */
  readonly visitors?: object | undefined;
}

/** The members of a context that name who is asked about, and what overrides what is stored of them; all others are attributes. */
const NAMED: ReadonlySet<string> = new Set(['targetingKey', 'anonymousId', 'organizationId', 'roles', 'joinedAt']);
const NO_OVERRIDES: EvaluationContext = {};

/**
 * Whom an evaluation context of OpenFeature asks about. Throws INVALID for a member that is read and cannot be what it is to be.
 *
 * - What a **machine** sends overrides what is stored, for that call: `targetingKey` is the user, nobody in particular where it is
 *   missing or empty; `organizationId`, `roles` and `joinedAt` (RFC 3339) are the user's; `anonymousId` is by whose id buckets are found, and
 *   so is `targetingKey` where `anonymous` is true: a visitor's, who is no user. Every other member is an attribute.
 * - **People** are asked about themselves, as their verified token says, whatever the context names: applications set `targetingKey` to
 *   what they call their users by. It may only add attributes with the configured prefix, and name an `anonymousId` where visitors are let in.
 * - A **visitor** is nobody, whose buckets are found by `anonymousId`, or else by `targetingKey`.
 */
export function targetOf(caller: Caller, context: JsonObject, options: ContextOptions = {}): Target {
  if (isVisitor(caller)) return visitorsTarget(context, options);
  if (caller.kind === 'person') return peoplesTarget(caller, context, options);
  const targetingKey = idAt(context, 'targetingKey', 'userId');
  const overrides = overridesOf(context);
  if (targetingKey === '' || ownMember(context, 'anonymous') !== true)
    return { userId: targetingKey, context: overrides };
  return { userId: '', context: { anonymousId: targetingKey, ...overrides } };
}

function peoplesTarget(caller: Person, context: JsonObject, options: ContextOptions): Target {
  const own = ownTarget({ caller, requestId: '' }, '');
  const anonymousId = options.visitors === undefined ? '' : idAt(context, 'anonymousId');
  const attributes = attributesOfPeople(context, options);
  if (anonymousId === '' && attributes === undefined) return own;
  return { ...own, context: { ...own.context, ...given(attributes, anonymousId) } };
}

function visitorsTarget(context: JsonObject, options: ContextOptions): Target {
  const anonymousId = idAt(context, 'anonymousId') || idAt(context, 'targetingKey');
  return { userId: '', context: given(attributesOfPeople(context, options), anonymousId) };
}

function given(attributes: JsonObject | undefined, anonymousId: string): EvaluationContext {
  return { ...(attributes !== undefined && { attributes }), ...(anonymousId !== '' && { anonymousId }) };
}

function attributesOfPeople(context: JsonObject, { clientAttributes: prefix }: ContextOptions): JsonObject | undefined {
  if (prefix === undefined) return undefined;
  const attributes = membersOf(context, (name) => name.startsWith(prefix) && !NAMED.has(name));
  return Object.keys(attributes).length === 0 ? undefined : attributes;
}

/** An id in a context; '' where it is missing, or null as of clients that have no value for it. */
function idAt(context: JsonObject, member: string, kind: 'userId' | 'anonymousId' = 'anonymousId'): string {
  const value = ownMember(context, member) ?? '';
  if (value !== '') requireName(kind, value, `/${member}`);
  return value as string;
}

function overridesOf(context: JsonObject): EvaluationContext {
  const organizationId = ownMember(context, 'organizationId');
  const roles = ownMember(context, 'roles');
  const joinedAt = ownMember(context, 'joinedAt');
  const anonymousId = idAt(context, 'anonymousId');
  const attributes = membersOf(context, (name) => !NAMED.has(name));
  const overrides: EvaluationContext = {
    ...(isGiven(organizationId) && { organizationId: organizationOf(organizationId) }),
    ...(isGiven(roles) && { roles: rolesOf(roles) }),
    ...(isGiven(joinedAt) && { joinedAt: instantOf(joinedAt) }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(anonymousId !== '' && { anonymousId }),
  };
  return Object.keys(overrides).length === 0 ? NO_OVERRIDES : overrides;
}

/** Clients that have no value for a member send null. */
function isGiven(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null;
}

function membersOf(context: JsonObject, isOne: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(context).filter(([name]) => isOne(name)));
}

function textOf(value: JsonValue, pointer: string): string {
  if (typeof value === 'string') return value;
  throw invalidAt(pointer, `${pointer.slice(1)} is a text, not ${quote(value)}`);
}

/** Checked here, since elsewhere messages name the members of other doors. */
function organizationOf(value: JsonValue): string {
  const id = textOf(value, '/organizationId');
  if (id !== '') requireName('organizationId', id, '/organizationId');
  return id;
}

function rolesOf(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.map((role: JsonValue, i) => textOf(role, `/roles/${i}`));
  const shown = isJsonObject(value) ? 'an object' : quote(value);
  throw invalidAt('/roles', `roles is a list of texts, not ${shown}`);
}

function instantOf(value: JsonValue): number {
  const instant = typeof value === 'string' ? parseInstant(value) : undefined;
  if (instant !== undefined) return instant;
  throw invalidAt('/joinedAt', `joinedAt ${quote(value)} is no RFC 3339 instant, like 2026-01-31T12:00:00Z`);
}
