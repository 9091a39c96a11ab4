import { buildRecord, type FactRecord } from '../facts/fact-record.js';
import type { BucketSource } from '../flags/bucketing.js';
import { indexRows, type RowIndex } from '../snapshot/index-rows.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { OrganizationState } from '../states/organization-state.js';
import { roleLevels, rolesOf } from '../states/role-hierarchy.js';
import type { UserState } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import type { EvaluationContext } from './decision.js';
import { isUnlocked } from './unlocks.js';

/** A user as one evaluation sees them: stored state with the call's overrides, roles resolved, facts read. */
export interface Subject extends BucketSource {
  readonly user: UserState;
  /** The present organization's state; undefined when in none. */
  readonly organization: OrganizationState | undefined;
  /** Roles by distance; see `roleLevels`. */
  readonly roleLevels: readonly (readonly string[])[];
  /** The user's own rows, and those of the present organization and of roles within it. */
  readonly userRows: RowIndex;
  readonly organizationRows: RowIndex;
  /** Facts by slot. Its `now` is not to be used: take `withNow`. */
  readonly record: FactRecord;
}

const NO_ROWS: OrganizationState['access'] = [];

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
  context?: EvaluationContext,
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

/** {@link subjectOf} without overrides for a state that is looked at once, as among very many: it is not remembered. */
export function passingSubject(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
): Subject {
  return makeSubject(snapshot, user, organization, {});
}

/** A {@link passingSubject} that remembers the last one it made: for work that looks at one user after the other. */
export function subjectInPassing(): typeof passingSubject {
  let last: { readonly snapshot: Snapshot; readonly subject: Subject } | undefined;
  return (snapshot, user, organization) => {
    if (last?.snapshot === snapshot && last.subject.user === user) return last.subject;
    const subject = passingSubject(snapshot, user, organization);
    last = { snapshot, subject };
    return subject;
  };
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
  given: OrganizationState | undefined,
  context: EvaluationContext,
): Subject {
  const organizationId = organizationIdOf(user, context);
  // Another organization's rows, roles and attributes never reach an answer, whatever the caller had at hand.
  const organization = given?.id === organizationId ? given : undefined;
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
  return {
    user,
    organization,
    organizationId,
    userId: user.id,
    attributes,
    roleLevels: levels,
    userRows: indexRows(user.access),
    organizationRows: indexRows(organization?.access ?? NO_ROWS),
    record,
  };
}

function mergeAttributes(stored: JsonObject, given: JsonObject | undefined): JsonObject {
  return given === undefined ? stored : { ...stored, ...given };
}
