import type { EarnerSources, FactSources } from '../facts/fact-definition.js';
import type { FactRecord } from '../facts/fact-record.js';
import type { BucketSource } from '../flags/bucketing.js';
import { indexRows, type RowIndex } from '../snapshot/index-rows.js';
import type { CompiledFlag, FactReading, Snapshot } from '../snapshot/snapshot.js';
import { dayClockOf } from '../states/day-zone.js';
import { HeldUser } from '../states/held-user.js';
import type { OrganizationState } from '../states/organization-state.js';
import { inRow, roleLevels, rolesOf } from '../states/role-hierarchy.js';
import { type UserState, unknownEarner } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import type { EvaluationContext } from './decision.js';
import { isUnlocked } from './unlocks.js';

/** A user as one evaluation sees them: stored state with the call's overrides, roles resolved, facts read. */
export interface Subject extends BucketSource {
  readonly user: UserState;
  /** The state of the organization that the user is in, for this evaluation; undefined when in none. */
  readonly organization: OrganizationState | undefined;
  /** The user's roles by distance; see `roleLevels` in `role-hierarchy.ts`. */
  readonly roleLevels: readonly (readonly string[])[];
  /** The access rows of the user. */
  readonly userRows: RowIndex;
  /** The access rows of the organization and of roles within it. */
  readonly organizationRows: RowIndex;
  /** The user's facts, as in a {@link FactRecord}: a subject may be remembered for long, so `withNow` gives the instant. */
  readonly values: FactRecord['values'];
}

const NO_ROWS: OrganizationState['access'] = [];

/**
 * The subject that a held state gave, without overrides. It is kept with the state, which is never changed but replaced, and right
 * for as long as facts are read alike. It has little of its own, since there is one for very many users; and what every decision
 * reads comes first, so that it is in one line of the processor's caches.
 */
class RememberedSubject implements Subject {
  readonly values: FactRecord['values'];
  readonly userRows: RowIndex;
  readonly organizationRows: RowIndex;
  readonly reading: FactReading;
  readonly given: OrganizationState | undefined;
  readonly user: UserState;
  readonly roleLevels: Subject['roleLevels'];

  constructor(made: Subject, reading: FactReading, given: OrganizationState | undefined) {
    this.values = made.values;
    this.userRows = made.userRows;
    this.organizationRows = made.organizationRows;
    this.reading = reading;
    this.given = given;
    this.user = made.user;
    this.roleLevels = made.roleLevels;
  }

  get userId(): string {
    return this.user.id;
  }

  /** What is remembered is without overrides. */
  get anonymousId(): undefined {
    return undefined;
  }

  get organizationId(): string {
    return this.user.organizationId;
  }

  get organization(): OrganizationState | undefined {
    return organizationOf(this.user.organizationId, this.given);
  }

  get attributes(): JsonObject {
    return this.user.attributes;
  }
}

/** A state of another organization is not used, even if it was given: its rows, roles and attributes are not the user's. */
function organizationOf(organizationId: string, given: OrganizationState | undefined): OrganizationState | undefined {
  return given?.id === organizationId ? given : undefined;
}

function remembered(user: UserState, reading: FactReading): RememberedSubject | undefined {
  const known = HeldUser.madeOf(user) as RememberedSubject | undefined;
  return known?.reading === reading ? known : undefined;
}

/**
 * The subject of an evaluation. `organization` is the state of the organization that {@link organizationIdOf} names;
 * undefined when it names none.
 */
export function subjectOf(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  context?: EvaluationContext,
): Subject {
  const { reading } = snapshot;
  const known = remembered(user, reading);
  if (context !== undefined && overrides(context)) {
    return known === undefined
      ? makeSubject(snapshot, user, organization, context)
      : overriddenSubject(snapshot, known, organization, context);
  }
  if (known !== undefined && known.given === organization) return known;
  const made = makeSubject(snapshot, user, organization, {});
  HeldUser.keep(user, new RememberedSubject(made, reading, organization));
  return remembered(user, reading) ?? made;
}

/** The subject with a call's overrides: of the facts that are known, only those are read anew that these can change. */
function overriddenSubject(
  snapshot: Snapshot,
  known: RememberedSubject,
  given: OrganizationState | undefined,
  context: EvaluationContext,
): Subject {
  const { sources, ...subject } = withoutFacts(snapshot, known.user, given, context);
  const values = [...known.values];
  const { organizationId, roles, joinedAt } = context;
  const attributesAlone =
    organizationId === undefined && roles === undefined && joinedAt === undefined && known.given === given;
  const changed = snapshot.slots.changedBy(attributesAlone ? 'context' : 'identify');
  for (const slot of changed) values[slot.index] = slot.read(sources);
  return { ...subject, values };
}

/** {@link subjectOf} without overrides and without remembering: for one of very many users, who is looked at once. */
export function passingSubject(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
): Subject {
  return makeSubject(snapshot, user, organization, {});
}

/** A {@link passingSubject} that remembers the last subject alone: for work that goes through users one after the other. */
export function subjectInPassing(): typeof passingSubject {
  let last: { readonly snapshot: Snapshot; readonly subject: Subject } | undefined;
  return (snapshot, user, organization) => {
    if (last?.snapshot === snapshot && last.subject.user === user) return last.subject;
    const subject = passingSubject(snapshot, user, organization);
    last = { snapshot, subject };
    return subject;
  };
}

/** Gives the subject of a user for judging them by a flag. */
export type SubjectFor = (
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  compiled: CompiledFlag,
) => Subject;

/**
 * Subjects in which only those facts are read that the given flag reads: for a user whose actions and ledger change from look to
 * look, while each look is at few flags. A subject holds until the next one is asked for.
 */
export function subjectsByFlag(): SubjectFor {
  let held: HeldSubject | undefined;
  return (snapshot, user, organization, { slotsRead }) => {
    if (held === undefined || !isOf(held, snapshot, user, organization)) held = hold(snapshot, user, organization);
    held.sources.user = user;
    for (const index of slotsRead) held.values[index] = snapshot.slots.at(index).read(held.sources);
    return { ...held.subject, user };
  };
}

interface HeldSubject {
  readonly snapshot: Snapshot;
  readonly given: OrganizationState | undefined;
  readonly subject: Subject;
  readonly sources: Omit<FactSources, 'user'> & { user: UserState };
  readonly values: unknown[];
}

/** Whether it differs from the subject of that user in facts alone, which are read anew anyhow. */
function isOf(
  { snapshot, given, subject }: HeldSubject,
  now: Snapshot,
  user: UserState,
  organization: unknown,
): boolean {
  const held = subject.user;
  return (
    snapshot === now &&
    given === organization &&
    held.id === user.id &&
    held.organizationId === user.organizationId &&
    held.roles === user.roles &&
    held.attributes === user.attributes &&
    held.joinedAt === user.joinedAt &&
    held.timeZone === user.timeZone &&
    held.dayZone === user.dayZone &&
    held.access === user.access
  );
}

function hold(snapshot: Snapshot, user: UserState, organization: OrganizationState | undefined): HeldSubject {
  const { sources, ...subject } = withoutFacts(snapshot, user, organization, {});
  const values: unknown[] = [];
  return { snapshot, given: organization, subject: { ...subject, values }, sources, values };
}

/** The organization that an evaluation is about: the context's where it names organization or roles, else the user's own. */
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
    context.attributes !== undefined ||
    context.anonymousId !== undefined
  );
}

function makeSubject(
  snapshot: Snapshot,
  user: UserState,
  given: OrganizationState | undefined,
  context: EvaluationContext,
): Subject {
  const { sources, ...subject } = withoutFacts(snapshot, user, given, context);
  return { ...subject, values: snapshot.slots.read(sources) };
}

/** The time zone of a user: their own, else their organization's, else the deployment's. */
export function timeZoneOf(
  snapshot: Pick<Snapshot, 'timeZone'>,
  user: Pick<UserState, 'timeZone'>,
  organization: Pick<OrganizationState, 'timeZone'> | undefined,
): string {
  return user.timeZone ?? organization?.timeZone ?? snapshot.timeZone;
}

/** A subject before its facts are read, with what they are read from. */
function withoutFacts(
  snapshot: Snapshot,
  user: UserState,
  given: OrganizationState | undefined,
  context: EvaluationContext,
): Omit<Subject, 'values'> & Pick<HeldSubject, 'sources'> {
  const organizationId = organizationIdOf(user, context);
  const organization = organizationOf(organizationId, given);
  const fromContext = context.organizationId !== undefined || context.roles !== undefined;
  const roles = fromContext ? (context.roles ?? []) : user.roles;
  const levels = roleLevels(roles, rolesOf(organization));
  const attributes = mergeAttributes(user.attributes, context.attributes);
  const timeZone = timeZoneOf(snapshot, user, organization);
  const sources: HeldSubject['sources'] = {
    user,
    organization,
    earner: organization && earnerSources(snapshot, organization),
    organizationId,
    roles,
    inheritedRoles: inRow(levels),
    attributes,
    joinedAt: context.joinedAt ?? user.joinedAt,
    timeZone,
    dayClock: dayClockOf(user.dayZone, timeZone),
    stages: snapshot.stageNames,
    isUnlocked: (flagKey) => isUnlocked(snapshot.flags.get(flagKey), sources.user.ledger),
  };
  return {
    user,
    organization,
    organizationId,
    userId: user.id,
    anonymousId: context.anonymousId,
    attributes,
    roleLevels: levels,
    userRows: indexRows(user.access),
    organizationRows: indexRows(organization?.access ?? NO_ROWS),
    sources,
  };
}

/** What a user's facts read of the user's organization as an earner. */
function earnerSources(
  { organizationEarners, timeZone }: Snapshot,
  organization: OrganizationState,
): EarnerSources | undefined {
  const { earner } = organization;
  if (organizationEarners === undefined || earner === undefined) return undefined;
  const { flags } = organizationEarners.judging;
  return {
    user: earner,
    dayClock: dayClockOf(earner.dayZone, organization.timeZone ?? timeZone),
    isUnlocked: (flagKey) => isUnlocked(flags.get(flagKey), earner.ledger),
  };
}

/** Those facts of an organization's members that are the organization's, each at its slot's index. */
export function organizationFacts(snapshot: Snapshot, organization: OrganizationState): readonly unknown[] {
  const { sources } = withoutFacts(snapshot, unknownEarner(organization.id), organization, {});
  const values: unknown[] = [];
  for (const slot of snapshot.slots.changedBy('organization events')) values[slot.index] = slot.read(sources);
  return values;
}

/**
 * A user's organization as the subject by which rules are decided that it earns; undefined for a user in none. Of an organization of
 * which nothing was counted it is one that has done nothing.
 */
export function earnerOf({ organizationEarners }: Snapshot, { organization }: Subject): Subject | undefined {
  if (organizationEarners === undefined || organization === undefined) return undefined;
  const { earner = unknownEarner(organization.id) } = organization;
  return subjectOf(organizationEarners.judging, earner, organization);
}

function mergeAttributes(stored: JsonObject, given: JsonObject | undefined): JsonObject {
  return given === undefined ? stored : { ...stored, ...given };
}
