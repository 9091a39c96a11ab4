import { isJsonObject, type JsonValue, quote, withoutMisleading } from '../values/json.js';
import { changedFields } from './changed-fields.js';
import { ERASED } from './erased.js';

/** What a sentence about an entry of the audit is made of. */
export interface ToldEntry {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** What was done by whom, in one line: `user:olga changed the flag "beta": rules`. */
export function entrySentence(entry: ToldEntry): string {
  const told = TOLD[entry.action] ?? (({ action, target }: ToldEntry) => `did ${action} on ${quote(target)}`);
  return withoutMisleading(`${entry.actor} ${told(entry)}`);
}

const TOLD: Readonly<Record<string, (entry: ToldEntry) => string>> = {
  'flag.create': (entry) => `created the flag ${quote(entry.target)}${alsoRows(entry)}`,
  'flag.set': (entry) => {
    const changed = changedFields(member(entry.before, 'flag'), member(entry.after, 'flag'));
    return `changed the flag ${quote(entry.target)}${list(changed)}${alsoRows(entry)}`;
  },
  'access.set': (entry) => rows(entry),
  'segment.set': setOf('segment'),
  'segment.delete': (entry) => `deleted the segment ${quote(entry.target)}`,
  'stages.set': ({ after }) => {
    const names = listOf(member(after, 'stages')).map((stage) => text(member(stage, 'name')));
    return names.length === 0 ? 'removed all stages: any name is one now' : `set the stages${list(names)}`;
  },
  'actions.declare': ({ after }) =>
    `declared actions${list(listOf(after).map((action) => text(member(action, 'name'))))}`,
  'action.delete': (entry) => `took back the declaration of the action ${quote(entry.target)}`,
  'organization.set': setOf('organization'),
  'organization.delete': (entry) => `deleted the organization ${quote(entry.target)}`,
  'organization.roles.set': (entry) =>
    `set the roles of the organization ${quote(entry.target)}${list(namesIn(entry.after))}`,
  'organization.role.rename': (entry) =>
    `renamed a role of the organization ${quote(entry.target)}${list(newNames(entry))}`,
  'organization.role.remove': (entry) =>
    `removed a role of the organization ${quote(entry.target)}${list(goneNames(entry))}`,
  'organization.role.moved': (entry) =>
    `moved all who had a role of the organization ${quote(entry.target)}${list(goneNames(entry))}`,
  'unlock.grant': (entry) => `granted the flag ${quote(entry.target)} to ${somebody(entry.after)}`,
  'unlock.revoke': (entry) => `took the flag ${quote(entry.target)} from ${somebody(entry.after)}`,
  'unlock.rearm': (entry) => `let ${somebody(entry.after)} earn the flag ${quote(entry.target)} anew`,
  'total.correct': (entry) => `corrected the total of ${quote(entry.target)} of ${somebody(entry.after)}`,
  'user.delete': () => 'deleted a user',
  'user.claim': (entry) =>
    `took the user ${quote(entry.target)} into the organization ${quote(text(member(entry.after, 'organizationId')))}`,
  'token.create': (entry) => `made the token ${named(entry)}`,
  'token.revoke': (entry) => `revoked the token ${named(entry)}`,
  'session.begin': () => 'signed in',
  'session.end': () => 'signed out',
  'webhook.create': (entry) => `made the webhook ${quote(entry.target)}`,
  'webhook.update': (entry) =>
    `changed the webhook ${quote(entry.target)}${list(changedFields(entry.before, entry.after))}`,
  'webhook.delete': (entry) => `deleted the webhook ${quote(entry.target)}`,
  'webhook.rotate': (entry) => `made a new secret for the webhook ${quote(entry.target)}`,
  'webhook.ping': (entry) => `sent a ping to the webhook ${quote(entry.target)}`,
  'deliveries.replay': (entry) => `sent messages to the webhook ${quote(entry.target)} again`,
  'dead-letters.replay': ({ after }) => `had ${text(member(after, 'replayed'))} dead letters counted again`,
  'dead-letters.discard': ({ after }) => `gave ${text(member(after, 'discarded'))} dead letters up for good`,
  'backfill.start': (entry) => `started a backfill of the flag ${quote(entry.target)}`,
  'backfill.cancel': (entry) => `cancelled the backfill ${quote(entry.target)}`,
  'user_search.set': ({ after }) => `set by which attributes people are found${list(listOf(after).map(text))}`,
  'time_zone.set': ({ after }) => `set the time zone ${quote(text(after))} for users who have none of their own`,
};

/** The roles of an organization's state. */
function namesIn(state: JsonValue): readonly string[] {
  return listOf(member(state, 'roles')).map((role) => text(member(role, 'name')));
}

function newNames({ before, after }: Pick<ToldEntry, 'before' | 'after'>): readonly string[] {
  const known = new Set(namesIn(before));
  const names = namesIn(after).filter((name) => !known.has(name));
  const gone = goneNames({ before, after });
  return gone.length === 1 && names.length === 1 ? [`${gone[0]} is ${names[0]} now`] : names;
}

/** The roles that are gone, or that are there only until their members have been moved. */
function goneNames({ before, after }: Pick<ToldEntry, 'before' | 'after'>): readonly string[] {
  const left = new Set(stayingNames(after));
  return namesIn(before).filter((name) => !left.has(name));
}

function stayingNames(state: JsonValue): readonly string[] {
  const staying = listOf(member(state, 'roles')).filter((role) => text(member(role, 'movingTo')) === '');
  return staying.map((role) => text(member(role, 'name')));
}

function setOf(kind: string): (entry: ToldEntry) => string {
  return ({ target, before, after }) => {
    if (before === null) return `created the ${kind} ${quote(target)}`;
    return `changed the ${kind} ${quote(target)}${list(changedFields(before, after))}`;
  };
}

function alsoRows({ after }: ToldEntry): string {
  const [put, removed] = [listOf(member(after, 'put')), listOf(member(after, 'removed'))];
  const count = put.length + removed.length;
  if (count === 0) return '';
  return count === 1 ? ', and one access row' : `, and ${count} access rows`;
}

function rows({ target, after }: ToldEntry): string {
  const [put, removed] = [listOf(member(after, 'put')), listOf(member(after, 'removed'))];
  const flag = `the flag ${quote(target)}`;
  const [only] = [...put, ...removed];
  if (only === undefined) return `said where users of ${flag} are expected`;
  if (put.length + removed.length > 1) {
    const counts = [
      ...(put.length > 0 ? [`put ${put.length}`] : []),
      ...(removed.length > 0 ? [`removed ${removed.length}`] : []),
    ];
    return `${counts.join(' and ')} access rows of ${flag}`;
  }
  if (removed.length > 0) return `removed the access row of ${rowHolder(only)} from ${flag}`;
  // What the row of somebody who was erased said is about them, and was erased with them.
  if (member(only, 'userId') === ERASED) return `set the access row of ${rowHolder(only)} in ${flag}`;
  const verb = member(only, 'effect') === 'DENY' ? 'denied' : 'allowed';
  const inactive = member(only, 'enabled') === false ? ', by an inactive row' : '';
  return `${verb} ${flag} to ${rowHolder(only)}${inactive}`;
}

/** For whom a stored access row is: `the role "pilot" within the organization "acme"`. */
export function rowHolder(row: JsonValue): string {
  const [user, role, organization] = [
    text(member(row, 'userId')),
    text(member(row, 'role')),
    text(member(row, 'organizationId')),
  ];
  if (user !== '') return userNamed(user);
  if (role === '') return `the organization ${quote(organization)}`;
  return `the role ${quote(role)}${organization === '' ? '' : ` within the organization ${quote(organization)}`}`;
}

function somebody(state: JsonValue): string {
  const user = text(member(state, 'userId'));
  return user === '' ? `the organization ${quote(text(member(state, 'organizationId')))}` : userNamed(user);
}

function userNamed(userId: string): string {
  return userId === ERASED ? 'somebody who has been deleted' : `the user ${quote(userId)}`;
}

/** What has a name of its own beside its id. */
function named({ target, after }: ToldEntry): string {
  const name = text(member(after, 'name'));
  return name === '' ? quote(target) : quote(name);
}

const MAX_LISTED = 8;

function list(names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return `: ${names.slice(0, MAX_LISTED).join(', ')}${more}`;
}

function member(value: JsonValue, name: string): JsonValue {
  return isJsonObject(value) && Object.hasOwn(value, name) ? (value[name] as JsonValue) : null;
}

function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function text(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
