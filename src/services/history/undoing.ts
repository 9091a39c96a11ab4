import type { Call } from '../../calls/caller.js';
import { changedFields } from '../../core/history/changed-fields.js';
import { ERASED } from '../../core/history/erased.js';
import type { Fault } from '../../core/values/fault.js';
import { isJsonObject, type JsonObject, type JsonValue, quote } from '../../core/values/json.js';
import { shownInstant } from '../../core/values/time/time.js';
import type { AuditEntry } from '../../store/audit-store.js';
import type { Store } from '../../store/store.js';
import type { StoredVersion, VersionedThing } from '../../store/version-store.js';
import type { ActorName } from '../tokens/actor-names.js';
import { toldTo } from './history-reach.js';

/**
 * Why an entry is not undone: what is there is not what it left (CONFLICT), it is for somebody else to undo (FORBIDDEN), or such a thing
 * cannot be undone (INVALID).
 */
export class NotUndoable {
  readonly message: string;
  readonly code: 'CONFLICT' | 'FORBIDDEN' | 'INVALID';

  /** @param message why, and what to do instead; it stands behind "cannot be undone:" */
  constructor(message: string, code: NotUndoable['code'] = 'INVALID') {
    this.message = message;
    this.code = code;
  }
}

export interface Undone {
  /** Of what has a new version by it; 0 where nothing has. */
  readonly newVersion: number;
  readonly warnings: readonly Fault[];
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

/** Who is told why an entry is not undone. */
export interface Undoer {
  /** The organization whose own history they read; '' for the platform. */
  readonly confined: string;
  /** What those are called who changed something since, as far as the undoer may know. */
  readonly actorName: ActorName;
}

/** How an entry is undone, once somebody says so, or why it is not. */
export type UndoPlan = NotUndoable | ((call: Call, comment: string) => Promise<Undone>);

/**
 * Why what cannot be undone is not, and what to do in its place, by action. Operators read it: it names what they do, and not the calls
 * that do it.
 */
const INSTEAD: Readonly<Record<string, string>> = {
  'flag.create': 'a flag is never removed, since its ledger stays: archive it',
  'organization.delete': 'what was stored of it is gone: describe it anew, and identify its users again',
  'organization.role.rename': 'people have the new name by now: rename it back',
  'organization.role.remove':
    'who had the role has another one, or none, by now: restore the roles as they were before, and say who has it',
  'organization.role.moved': 'everybody has been moved: rename the other role, or say who has which',
  'unlock.grant': 'the ledger is only added to: take the flag away again, or let it be earned anew',
  'unlock.revoke': 'the ledger is only added to: give the flag back, or let it be earned anew',
  'unlock.rearm': 'the ledger is only added to: give the flag by hand, or take it away',
  'total.correct': 'more may have been counted since: correct it again by what is wrong now',
  'user.delete': 'what was stored about the person is gone for good',
  'user.claim': 'the organization has identified them: the platform can say who they are anew',
  'token.create': 'whoever has the token may have used it: revoke it',
  'token.revoke': 'a token is revoked for good: make another one',
  'webhook.create': 'it may have been told of things: delete it',
  'webhook.update': 'change it again: the audit does not keep all of its address',
  'webhook.delete': 'its secret is gone: make another webhook',
  'webhook.rotate': 'the former secret is gone: make another one',
  'webhook.ping': 'it was sent',
  'deliveries.replay': 'the messages were sent',
  'dead-letters.replay': 'the events were counted: take one back with an event that reverses it',
  'dead-letters.discard': 'what the events carried is gone: send them anew, with other ids',
  'session.begin': 'whoever signed in may have done something: end the session',
  'session.end': 'a session that has ended is over: sign in again',
  'backfill.start': 'what it gave was earned: cancel it while it runs',
  'backfill.cancel': 'start another one',
  'user_search.set': 'servers say so when they start: set USER_SEARCH_ATTRIBUTES and start them again',
  'time_zone.set': 'servers say so when they start: set TIME_ZONE and start them again',
};

/** That such an entry cannot be undone, and what to do instead; undefined for the kinds that can. */
export function neverUndone({ action, before, after }: AuditEntry): NotUndoable | undefined {
  const instead = INSTEAD[action];
  if (instead !== undefined) return new NotUndoable(instead);
  if (holds([before, after], ERASED)) {
    return new NotUndoable('a person whom it names has been deleted since');
  }
  return undefined;
}

/** Whether a text is a value anywhere in these. */
export function holds(values: readonly JsonValue[], text: string): boolean {
  return values.some((value) => {
    if (typeof value !== 'object' || value === null) return value === text;
    return holds(Object.values(value) as JsonValue[], text);
  });
}

/** Members of an entry's states, as they were recorded. */
export function partOf(state: JsonValue, name: string): JsonObject | undefined {
  const part = isJsonObject(state) ? (state as JsonObject)[name] : undefined;
  return isJsonObject(part) ? (part as JsonObject) : undefined;
}

export function listIn(state: JsonValue, name: string): readonly JsonObject[] {
  const part = isJsonObject(state) ? (state as JsonObject)[name] : undefined;
  return Array.isArray(part) ? (part as readonly JsonObject[]) : [];
}

export function notKept(version: number): NotUndoable {
  return new NotUndoable(`version ${version}, which was there before, is not kept any more; change it by hand`);
}

/** How many later changes a message names. */
const MAX_TOLD = 5;

/** That something has other versions since the entry, by whom, when and in what. */
export async function changedSince(
  { versions }: Pick<Store, 'versions'>,
  thing: VersionedThing,
  { left, undoer, what }: { readonly left: number; readonly undoer: Undoer; readonly what: string },
): Promise<NotUndoable> {
  const { items } = await versions.list(thing, { limit: MAX_TOLD });
  const later = items.filter(({ version }) => version > left);
  const [newest] = later;
  if (newest === undefined) return new NotUndoable(`${what} is not there any more as the entry left it`, 'CONFLICT');
  const since = await versions.get(thing, left);
  const fields = since === undefined ? [] : changedFields(asObject(since), asObject(newest));
  const told = later.map((one) => {
    return `version ${one.version} by ${whoAndWhen(undoer, one)}`;
  });
  const inWhat = fields.length === 0 ? '' : `: ${fields.join(', ')}`;
  return new NotUndoable(`${what} has changed since: ${told.join('; ')}${inWhat}`, 'CONFLICT');
}

type Who = Pick<StoredVersion, 'actor' | 'actorOrganization' | 'at' | 'requestId' | 'comment'>;

/** `user:ada at 2026-11-28T05:27:21.801Z`; a token by its name to whoever may know it. */
function whoAndWhen({ confined, actorName }: Undoer, change: Who): string {
  const { actor, at } = toldTo(confined, change);
  const name = actorName(actor);
  return `${name === '' ? actor : `the token ${quote(name)}`} at ${shownInstant(at)}`;
}

function asObject({ state, kind }: StoredVersion): JsonValue {
  return kind === 'stages' ? { stages: state } : state;
}

/** That access rows are not as the entry left them: by whom they were changed last, and when, where the audit still says so. */
export async function rowsChangedSince(
  { audit }: Pick<Store, 'audit'>,
  entry: AuditEntry,
  { rows, undoer }: { readonly rows: readonly JsonObject[]; readonly undoer: Undoer },
): Promise<NotUndoable> {
  const subject = { kind: 'flag', id: entry.target };
  const { items } = await audit.list(
    { limit: 100 },
    { subject, ...(undoer.confined === '' ? {} : { reach: undoer.confined }) },
  );
  const wanted = new Set(rows.map(keyOf));
  const later = items.find(
    ({ id, after }) =>
      id > entry.id && [...listIn(after, 'put'), ...listIn(after, 'removed')].some((row) => wanted.has(keyOf(row))),
  );
  const told = later === undefined ? '' : `: by ${whoAndWhen(undoer, later)}`;
  return new NotUndoable(`access rows of the flag ${quote(entry.target)} have changed since${told}`, 'CONFLICT');
}

function keyOf({ userId = '', role = '', organizationId = '', managedBy = '' }: JsonObject): string {
  return JSON.stringify([userId, role, organizationId, managedBy]);
}
