import { type Call, type Caller, confinedTo, type Person } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { forbidden, notFound } from '../../calls/errors.js';
import { isConfinedAdmin, isOrganizationAdmin } from '../../calls/permissions.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { Flag } from '../../core/flags/flag.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import type { StateSource } from '../../store/state-source.js';
import type { Target } from './target.js';

// Whom and what a caller reaches. People reach themselves, and the flags that are for their screens. A token that is bound to
// an organization reaches that organization and its users, and so do people who administer it. Any other token, and an operator of
// the platform, reaches everybody. What is out of reach is NOT_FOUND, so that nobody is told whether it exists.

/**
 * Whether a caller may be told of a flag. People are told of those only that are for their screens; who administers an
 * organization, of those that are delegated, too.
 */
export function mayKnow(call: Call, flagKey: string, { flags }: Snapshot): boolean {
  return mayKnowFlag(call, flags.get(flagKey)?.flag);
}

/** The same of a flag that is at hand; false of one that does not exist, where not everything may be known. */
export function mayKnowFlag({ caller }: Call, flag: Flag | undefined): boolean {
  if (caller.kind === 'person') return flag?.clientVisible === true;
  // A token that may ask for decisions, or read ledgers, knows of every flag by that.
  const delegatedAlone = isConfinedAdmin(caller, 'Evaluate') && isConfinedAdmin(caller, 'ListUnlocks');
  return !delegatedAlone || flag?.clientVisible === true || flag?.delegated === true;
}

/**
 * The user whose flags a call asks for. Machines and operators name the user, '' being nobody in particular; people get their
 * own, by their verified token. Rejects with NOT_FOUND a person who names somebody else.
 */
export function ownTarget({ caller }: Call, userId: string): Target {
  if (userId !== '') requireName('userId', userId, '/user_id');
  if (caller.kind !== 'person') return { userId, context: {} };
  if (userId !== '' && userId !== caller.userId) throw notFound('no such user');
  return { userId: caller.userId, context: verifiedContext(caller) };
}

/**
 * What a verified token says of a person, which overrides what is stored for this call alone. Organization and roles are one
 * unit: a token that names one of them gives both. Where it names neither, both are as stored.
 */
function verifiedContext({ organizationId, roles }: Person): EvaluationContext {
  if (organizationId === '' && roles === undefined) return {};
  return { ...(organizationId === '' ? {} : { organizationId }), ...(roles === undefined ? {} : { roles }) };
}

/** Whose access rows a caller manages: '' the platform's, else the organization's. */
export function managerOf(caller: Caller, operation: string): string {
  const confined = confinedTo(caller);
  if (caller.kind !== 'person') return confined;
  if (caller.platformAdmin) return '';
  if (isOrganizationAdmin(caller)) return confined;
  throw forbidden(
    `${operation} is for platform administrators, and for an organization’s admins on what the platform has left to it`,
  );
}

/**
 * For whom a caller administers an organization: '' for the platform, else the organization. Rejects with FORBIDDEN who administers
 * none, with NOT_FOUND another organization than their own.
 */
export function administeredFor(call: Call, operation: string, organizationId: string): string {
  requireName('organizationId', organizationId, '/id');
  const manager = managerOf(call.caller, operation);
  requireOwnOrganization(call, organizationId);
  return manager;
}

/**
 * Rejects with NOT_FOUND a flag on which only the platform has rows, where an organization asks: in the same words as one that does
 * not exist, which it must not be told apart from.
 */
export function requireDelegated(manager: string, flag: Flag | undefined, keyOrId: string): void {
  if (manager !== '' && !flag?.delegated) throw notFound(`no flag ${quote(keyOrId)} is delegated to organizations`);
}

/** Rejects with NOT_FOUND an organization out of the caller's reach. */
export function requireOwnOrganization({ caller }: Call, id: string): void {
  const confined = confinedTo(caller);
  if (confined !== '' && id !== confined) throw notFound(`no organization ${quote(id)}`);
}

/**
 * Rejects with FORBIDDEN, where the caller only administers an organization, fields that rules read as facts: who could set those
 * would give flags to the organization's members that the platform has not delegated.
 * @param fields those that the call gives, by name; undefined ones are not given
 */
export function requireDelegatedFields(
  { caller }: Call,
  operation: 'Identify' | 'SetOrganization',
  fields: Readonly<Record<string, unknown>>,
): void {
  if (!isConfinedAdmin(caller, operation)) return;
  const given = Object.keys(fields).filter((name) => fields[name] !== undefined);
  if (given.length === 0) return;
  const allowed = operation === 'Identify' ? 'roles of its members' : 'its roles and strict_roles';
  throw forbidden(`who administers an organization changes ${allowed}, and not ${given.join(', ')}; leave that out`);
}

/** Rejects with NOT_FOUND a user out of the caller's reach. */
export function requireOwnUser({ caller }: Call, user: UserState): void {
  const own =
    caller.kind === 'person'
      ? user.id === caller.userId
      : confinedTo(caller) === '' || user.organizationId === confinedTo(caller);
  if (!own) throw notFound(`no user ${quote(user.id)}`);
}

/**
 * Rejects with NOT_FOUND when a token that is bound to an organization asks for decisions about another organization ('' is
 * none) or its users. People cannot: `ownTarget` gives them decisions about themselves.
 */
export function requireOwnDecision(call: Call, user: UserState, organizationId: string): void {
  if (call.caller.kind === 'person') return;
  if (user.id !== '') requireOwnUser(call, user);
  if (organizationId !== '') requireOwnOrganization(call, organizationId);
}

/** Rejects with NOT_FOUND a user whose stream the caller may not open. '' is the configuration alone, which people may not watch. */
export async function requireOwnStream(call: Call, userId: string, users: StateSource<UserState>): Promise<void> {
  const { caller } = call;
  if (userId === '') {
    if (caller.kind === 'person') throw notFound('people watch themselves');
    if (isConfinedAdmin(caller, 'Watch'))
      throw notFound('who administers an organization watches its members; name one by user_id');
    return;
  }
  requireName('userId', userId, '/user_id');
  if (caller.kind === 'person') {
    if (caller.userId !== userId) throw notFound(`no user ${quote(userId)}`);
    return;
  }
  if (confinedTo(caller) === '') return;
  const held = await users.load([userId], call.deadline === undefined ? {} : { deadline: call.deadline });
  requireOwnUser(call, held.get(userId)!.state);
}
