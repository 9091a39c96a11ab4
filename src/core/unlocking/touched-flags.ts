import { type Subject, subjectOf } from '../deciding/subject.js';
import type { FactChange } from '../facts/fact-definition.js';
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
 * The keys of the flags to which the difference between two states can matter. Law: for any other flag, the decision, and
 * whether each of its rules holds, are the same for both states at any one instant. They are found from what is stored, and not
 * from what wrote it: by facts with another value, access rows, the ledger, and what rollouts are spread over. With each flag
 * come the flags that require it.
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
    if (was!.organization !== is!.organization) addAll(touched, judgingIndex(snapshot).organizations);
  }
  return withRequiring(snapshot, touched);
}

/** These flags and all that require them, directly or not. */
export function withRequiring(snapshot: Snapshot, flagKeys: Iterable<string>): ReadonlySet<string> {
  const found = new Set(flagKeys);
  // Walking a set includes what is added to it meanwhile.
  for (const key of found) addAll(found, snapshot.dependencies.requiring(key));
  return found;
}

/** The keys of these flags, and of those that read whether they are unlocked. */
export function flagsOfLedger(snapshot: Snapshot, flagIds: Iterable<string>): ReadonlySet<string> {
  const keys = keysOf(snapshot, flagIds);
  return new Set([...keys, ...keys.flatMap((key) => [...snapshot.dependencies.readingUnlockOf(key)])]);
}

/** The ids of the flags whose standings differ between two ledgers. */
export function changedStandings(before: Ledger, after: Ledger): ReadonlySet<string> {
  return before === after ? NONE : changedKeys(before, after);
}

const NONE: ReadonlySet<string> = new Set<string>();

function byActions({ readers }: Snapshot, before: UserState, after: UserState): readonly string[] {
  const totals = changedKeys(before.actions, after.actions);
  const days = changedKeys(before.actionDays, after.actionDays);
  return [...totals.union(days)].flatMap((action) => [...readers.ofAction(action)]);
}

/** Whether two states are the same except for actions, access rows and the ledger. */
function sameProfile(before: StoredStates, after: StoredStates): boolean {
  const [was, is] = [before.user, after.user];
  return (
    before.organization === after.organization &&
    was.organizationId === is.organizationId &&
    was.roles === is.roles &&
    was.joinedAt === is.joinedAt &&
    was.timeZone === is.timeZone &&
    was.dayZone === is.dayZone &&
    was.emailVerified === is.emailVerified &&
    was.attributes === is.attributes &&
    was.stage === is.stage &&
    was.stagesReached === is.stagesReached &&
    was.stageEnteredAt === is.stageEnteredAt
  );
}

const BY_ORGANIZATION: readonly FactChange[] = ['organization', 'roles', 'zone', 'organization events'];

/**
 * The flags that read a fact whose value differs. A user who has left an organization may not have been judged yet by a change of
 * that organization: so then all flags are taken that read anything of an organization.
 */
function byFacts({ slots, readers }: Snapshot, was: Subject, is: Subject): readonly string[] {
  const moved = was.organizationId !== is.organizationId;
  const found: string[] = [];
  for (const { index, bound } of slots.all()) {
    const { changedBy } = bound;
    const [before, after] = [was.values[index] as JsonValue, is.values[index] as JsonValue];
    const same = before === after || sameJson(before, after);
    if (!same || (moved && BY_ORGANIZATION.some((change) => changedBy.has(change))))
      found.push(...readers.ofSlot(index));
  }
  return found;
}

/** The flags whose decision may differ by rows of organizations or roles, or by the user's rows that organizations manage. */
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

/** The ids of the flags for which the user's access rows differ. */
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

/** The keys under which two maps do not have the same object. */
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
