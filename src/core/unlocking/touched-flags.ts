import { type Subject, subjectOf } from '../deciding/subject.js';
import { bucketKey } from '../flags/bucketing.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Ledger } from '../states/ledger.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserAccess, UserState } from '../states/user-state.js';
import { type JsonValue, sameJson } from '../values/json.js';
import { judgingIndex } from './judging-index.js';

/** What is stored about a user, and about the organization that they are in. */
export interface StoredStates {
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
}

/**
 * Keys of the flags to which it can matter what changed from one to the other: of every other flag, both the decision and
 * whether a rule of it holds are the same for both at any one instant. It is found from what is stored alone, whatever wrote
 * it: by facts that have another value, by rows, by the ledger, by what a rollout is spread over; and with each flag come
 * those that require it.
 */
export function touchedFlags(snapshot: Snapshot, before: StoredStates, after: StoredStates): ReadonlySet<string> {
  const touched = new Set<string>();
  addAll(touched, byActions(snapshot, before.user, after.user));
  addAll(touched, flagsOfLedger(snapshot, changedKeys(before.user.ledger, after.user.ledger)));
  addAll(touched, keysOf(snapshot, changedRows(before.user.access, after.user.access)));
  if (!sameProfile(before, after)) {
    const [was, is] = [before, after].map(({ user, organization }) => subjectOf(snapshot, user, organization));
    addAll(touched, byFacts(snapshot, was!, is!));
    addAll(touched, byOrganizationAndRoles(snapshot, was!, is!));
    addAll(touched, byBuckets(snapshot, was!, is!));
  }
  return withRequiring(snapshot, touched);
}

/** These flags and all that require them, however far. */
export function withRequiring(snapshot: Snapshot, flagKeys: Iterable<string>): ReadonlySet<string> {
  const found = new Set(flagKeys);
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const key of found) addAll(found, snapshot.dependencies.requiring(key));
  return found;
}

/** The flags of which something else stands in the ledger, and those that read whether these are unlocked. */
export function flagsOfLedger(snapshot: Snapshot, flagIds: Iterable<string>): ReadonlySet<string> {
  const keys = keysOf(snapshot, flagIds);
  return new Set([...keys, ...keys.flatMap((key) => [...snapshot.dependencies.readingUnlockOf(key)])]);
}

/** Ids of the flags of which something else stands. */
export function changedStandings(before: Ledger, after: Ledger): ReadonlySet<string> {
  return before === after ? NONE : changedKeys(before, after);
}

const NONE: ReadonlySet<string> = new Set<string>();

function byActions({ readers }: Snapshot, before: UserState, after: UserState): readonly string[] {
  const totals = changedKeys(before.actions, after.actions);
  const days = changedKeys(before.actionDays, after.actionDays);
  return [...totals.union(days)].flatMap((action) => [...readers.ofAction(action)]);
}

/** Whether nothing else of both differs than actions, rows and the ledger. */
function sameProfile(before: StoredStates, after: StoredStates): boolean {
  const [was, is] = [before.user, after.user];
  return (
    before.organization === after.organization &&
    was.organizationId === is.organizationId &&
    was.roles === is.roles &&
    was.joinedAt === is.joinedAt &&
    was.emailVerified === is.emailVerified &&
    was.attributes === is.attributes &&
    was.stage === is.stage &&
    was.stagesReached === is.stagesReached &&
    was.stageEnteredAt === is.stageEnteredAt
  );
}

/**
 * The flags that read a fact which has another value. Whoever comes from another organization may not have been judged by
 * what that one says of itself by now: all that reads what an organization says may matter.
 */
function byFacts({ slots, readers }: Snapshot, was: Subject, is: Subject): readonly string[] {
  const moved = was.organizationId !== is.organizationId;
  const found: string[] = [];
  for (const { index, bound } of slots.all()) {
    const { changedBy } = bound;
    const [before, after] = [was.record.values[index] as JsonValue, is.record.values[index] as JsonValue];
    const same = before === after || sameJson(before, after);
    if (!same || (moved && (changedBy.has('organization') || changedBy.has('roles'))))
      found.push(...readers.ofSlot(index));
  }
  return found;
}

/** The flags that rows of an organization or of roles may decide otherwise, the user's own that an organization manages included. */
function byOrganizationAndRoles(snapshot: Snapshot, was: Subject, is: Subject): readonly string[] {
  const sameOrganization = was.organizationId === is.organizationId && was.organization === is.organization;
  if (sameOrganization && sameJson(was.roleLevels, is.roleLevels)) return [];
  const ids = [was, is].flatMap(({ organizationRows, userRows }) => [...organizationRows.keys(), ...userRows.keys()]);
  return [...keysOf(snapshot, ids), ...judgingIndex(snapshot).withRoleRows];
}

function byBuckets(snapshot: Snapshot, was: Subject, is: Subject): readonly string[] {
  return [...judgingIndex(snapshot).spreadOver].flatMap(([bucketBy, keys]) =>
    bucketKey(bucketBy, was) === bucketKey(bucketBy, is) ? [] : [...keys],
  );
}

/** Ids of the flags on which the user's own rows differ. */
function changedRows(before: readonly UserAccess[], after: readonly UserAccess[]): readonly string[] {
  if (before === after) return [];
  const [was, is] = [before, after].map((rows) => new Map(rows.map((row) => [JSON.stringify(row), row.flagId])));
  const gone = [...was!].filter(([row]) => !is!.has(row));
  const come = [...is!].filter(([row]) => !was!.has(row));
  return [...gone, ...come].map(([, flagId]) => flagId);
}

function keysOf({ flagsById }: Snapshot, flagIds: Iterable<string>): readonly string[] {
  return Array.from(flagIds, (id) => flagsById.get(id)?.flag.key).filter((key) => key !== undefined);
}

/** Keys under which the two do not hold the very same. */
function changedKeys(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  if (before === after) return NONE;
  const changed = new Set<string>();
  for (const [key, value] of after) if (before.get(key) !== value) changed.add(key);
  for (const key of before.keys()) if (!after.has(key)) changed.add(key);
  return changed;
}

function addAll(to: Set<string>, keys: Iterable<string>): void {
  for (const key of keys) to.add(key);
}
