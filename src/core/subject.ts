import type { BucketSource } from './bucketing.js';
import type { EvaluationContext } from './decision.js';
import { buildRecord, type FactRecord } from './facts/fact-record.js';
import type { JsonObject } from './json.js';
import type { Ledger } from './ledger.js';
import type { OrganizationState } from './organization-state.js';
import { roleLevels, rolesOf } from './role-hierarchy.js';
import type { CompiledFlag, Snapshot } from './snapshot.js';
import type { UserState } from './user-state.js';

/** A user as one evaluation sees them: stored state with the call's overrides, roles resolved, facts read. */
export interface Subject extends BucketSource {
  readonly user: UserState;
  /** The present organization's state; undefined when in none. */
  readonly organization: OrganizationState | undefined;
  /** Roles by distance; see `roleLevels`. */
  readonly roleLevels: readonly (readonly string[])[];
  /** Facts by slot. Its `now` is not to be used: take `withNow`. */
  readonly record: FactRecord;
}

interface Remembered {
  readonly organization: OrganizationState | undefined;
  readonly subject: Subject;
}

/** Per snapshot, the subject of a state without overrides: states and snapshots never change, so neither does it. */
const remembered = new WeakMap<Snapshot, WeakMap<UserState, Remembered>>();

/**
 * The subject of an evaluation. `organization` is the state of the organization that the answer is about: the
 * context's when it names organization or roles, else the user's own; undefined when that is none.
 */
export function subjectOf(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  context: EvaluationContext | undefined,
): Subject {
  if (context !== undefined && overrides(context)) return makeSubject(snapshot, user, organization, context);
  let subjects = remembered.get(snapshot);
  if (subjects === undefined) {
    subjects = new WeakMap();
    remembered.set(snapshot, subjects);
  }
  const known = subjects.get(user);
  if (known !== undefined && known.organization === organization) return known.subject;
  const subject = makeSubject(snapshot, user, organization, {});
  subjects.set(user, { organization, subject });
  return subject;
}

/** The organization that an answer is about: organization and roles are one unit and come from the same place. */
export function organizationIdOf(user: UserState, context: EvaluationContext | undefined): string {
  if (context === undefined) return user.organizationId;
  if (context.organizationId === undefined && context.roles === undefined) return user.organizationId;
  return context.organizationId ?? '';
}

function overrides(context: EvaluationContext): boolean {
  return (
    context.organizationId !== undefined ||
    context.roles !== undefined ||
    context.joinedAt !== undefined ||
    context.attributes !== undefined
  );
}

function makeSubject(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  context: EvaluationContext,
): Subject {
  const organizationId = organizationIdOf(user, context);
  const fromContext = context.organizationId !== undefined || context.roles !== undefined;
  const roles = fromContext ? (context.roles ?? []) : user.roles;
  const levels = roleLevels(roles, rolesOf(organization));
  const attributes = mergeAttributes(user.attributes, context.attributes);
  const record = buildRecord(
    snapshot.slots,
    {
      user,
      organization,
      organizationId,
      roles,
      inheritedRoles: levels.flat(),
      attributes,
      joinedAt: context.joinedAt ?? user.joinedAt,
      stages: snapshot.stageNames,
      isUnlocked: (flagKey) => isUnlocked(snapshot.flags.get(flagKey), user.ledger),
    },
    0,
  );
  return { user, organization, organizationId, userId: user.id, attributes, roleLevels: levels, record };
}

function mergeAttributes(stored: JsonObject, given: JsonObject | undefined): JsonObject {
  return given === undefined ? stored : { ...stored, ...given };
}

/** Whether the ledger holds an unlock or a grant of the flag that still counts. */
export function isUnlocked(compiled: CompiledFlag | undefined, ledger: Ledger): boolean {
  const standings = compiled && ledger.get(compiled.flag.id);
  if (standings === undefined) return false;
  for (const { rule } of compiled!.rules) {
    const standing = standings.get(rule.id);
    if (standing?.state === 'GRANTED') return true;
    if (standing?.state === 'UNLOCKED' && rule.policy === 'LATCHING' && standing.ruleVersion >= rule.ledgerFloor) {
      return true;
    }
  }
  return hasKeptUnlock(compiled!, ledger);
}

/** Whether the ledger holds a grant of the flag as a whole, or a kept unlock of a rule since removed. */
export function hasKeptUnlock(compiled: CompiledFlag, ledger: Ledger): boolean {
  const standings = ledger.get(compiled.flag.id);
  if (standings === undefined) return false;
  for (const [ruleId, standing] of standings) {
    if (standing.state !== 'REVOKED' && !compiled.ruleIds.has(ruleId)) return true;
  }
  return false;
}
