import type { Flag, Segment, StageList } from '../../core/flags/flag.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/values/json.js';
import { isSecret, REDACTED } from '../../core/values/secrets.js';
import { type AuditSubject, REACH } from '../../store/audit-store.js';
import type { Transaction } from '../../store/store.js';
import type { VersionedThing } from '../../store/version-store.js';
import { actorOf, type Call, confinedTo } from '../caller.js';
import { checkComment } from '../check-input.js';

export interface AuditedChange {
  readonly action: string;
  readonly target: string;
  /**
   * Anything that JSON can hold, or undefined for nothing. Secrets in it are redacted here. Users and organizations in it are named by
   * members `userId` and `organizationId`: by these the entry is found, and what it says of a person is erased with them.
   */
  readonly before: unknown;
  readonly after: unknown;
  readonly comment: string;
  /** What it is about besides. */
  readonly subjects?: readonly AuditSubject[];
  /** The organization whose own history this is, which its admins may read whole; '' for none. */
  readonly reach?: string;
  /** The version that the change made, where what it changed has versions. */
  readonly version?: MadeVersion | undefined;
}

/** A version of something, with all that a version keeps of it. */
export type MadeVersion =
  | { readonly kind: 'flag'; readonly flag: Flag }
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'stages'; readonly list: StageList }
  | { readonly kind: 'roles'; readonly organization: OrganizationState };

/**
 * Records who changed what, in the transaction that changes it, and the version that it made. Rejects with INVALID a comment that is
 * too long.
 */
export async function recordAudit(
  tx: Pick<Transaction, 'audit' | 'versions'>,
  call: Call,
  at: number,
  change: AuditedChange,
): Promise<void> {
  const { action, target, comment, version } = change;
  checkComment(comment);
  const { requestId } = call;
  const [before, after] = [asJson(change.before), asJson(change.after)];
  const made = { at, actor: actorOf(call.caller), actorOrganization: confinedTo(call.caller), requestId, comment };
  await Promise.all([
    tx.audit.append({ ...made, action, target, before, after, subjects: subjectsOf(change, [before, after]) }),
    version === undefined ? undefined : tx.versions.append({ ...made, ...versionOf(version) }),
  ]);
}

function asJson(value: unknown): JsonValue {
  return value === undefined ? null : redact(JSON.parse(JSON.stringify(value)) as JsonValue);
}

function versionOf(made: MadeVersion): VersionedThing & { readonly version: number; readonly state: JsonValue } {
  switch (made.kind) {
    case 'flag': {
      // Marks are no part of a version: they say how far the server is with the flag.
      const { hasRows, unsettledSince, ...state } = made.flag;
      return { kind: 'flag', id: state.id, version: state.version, state: state as unknown as JsonValue };
    }
    case 'segment': {
      const { id, version } = made.segment;
      return { kind: 'segment', id, version, state: made.segment as unknown as JsonValue };
    }
    case 'stages': {
      const { stages, version } = made.list;
      return { kind: 'stages', id: 'stages', version, state: stages as unknown as JsonValue };
    }
    case 'roles': {
      const { id, version, strictRoles } = made.organization;
      // A role that is there only until its members have been moved is no part of what the organization wants.
      const roles = made.organization.roles.filter(({ movingTo }) => movingTo === undefined);
      return { kind: 'roles', id, version, state: { roles, strictRoles } as unknown as JsonValue };
    }
  }
}

/** The kinds of what actions are about, by the word that an action begins with; for any other it is that word. */
const KINDS: Readonly<Record<string, string>> = {
  access: 'flag',
  unlock: 'flag',
  actions: 'action',
  total: 'action',
  deliveries: 'webhook',
  role: 'organization',
  roles: 'organization',
};

/** The kind of what an action is about. */
export function subjectKindOf(action: string): string {
  const [word = ''] = action.split('.', 1);
  return KINDS[word] ?? word;
}

/** What a change is about: its target, and the users and organizations that it names. */
function subjectsOf(
  { action, target, subjects = [], reach = '' }: AuditedChange,
  states: readonly JsonValue[],
): readonly AuditSubject[] {
  const found = new Map<string, AuditSubject>();
  const add = (subject: AuditSubject): void => {
    if (subject.id !== '') found.set(JSON.stringify([subject.kind, subject.id]), subject);
  };
  add({ kind: subjectKindOf(action), id: target });
  for (const subject of subjects) add(subject);
  for (const state of states) nameSubjects(state, add);
  if (reach !== '') add({ kind: REACH, id: reach });
  return [...found.values()];
}

/** By which members a state names somebody. */
const NAMING: ReadonlyMap<string, string> = new Map([
  ['userId', 'user'],
  ['organizationId', 'organization'],
  ['managedBy', 'organization'],
]);

function nameSubjects(state: JsonValue, add: (subject: AuditSubject) => void): void {
  if (typeof state !== 'object' || state === null) return;
  for (const [name, member] of Object.entries(state) as [string, JsonValue][]) {
    const kind = isJsonObject(state) ? NAMING.get(name) : undefined;
    if (kind !== undefined && typeof member === 'string') add({ kind, id: member });
    else nameSubjects(member, add);
  }
}

/** The value with every secret member replaced, at any depth. */
export function redact(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => redact(item));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(entries.map(([key, member]) => [key, isSecret(key) ? REDACTED : redact(member)]));
}
