import { type Call, type Caller, confinedTo, type Person } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { forbidden, notFound } from '../../calls/errors.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { Flag } from '../../core/flags/flag.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import type { StateSource } from '../../store/state-source.js';
import type { Target } from './target.js';

// Whom and what a caller reaches. People reach themselves, and the flags that are for their screens. A token that is bound to
// an organization reaches that organization and its users. Any other token, and an operator, reaches everybody. What is out
// of reach is NOT_FOUND, so that nobody is told whether it exists.

/** Whether a caller may be told of a flag: people are told of those only that are for their screens. */
export function mayKnow({ caller }: Call, flagKey: string, { flags }: Snapshot): boolean {
  return caller.kind !== 'person' || flags.get(flagKey)?.flag.clientVisible === true;
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
  if (confined !== '' && caller.roles?.includes('admin')) return confined;
  throw forbidden(`${operation} is for platform administrators, and for an organization’s admins on delegated flags`);
}

/** Rejects with FORBIDDEN a flag on which only the platform has rows, where an organization asks. */
export function requireDelegated(manager: string, flag: Flag | undefined): void {
  if (manager !== '' && !flag?.delegated) throw forbidden('this flag is not delegated to organizations');
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
  const confined = confinedTo(call.caller);
  const foreign = confined !== '' && organizationId !== '' && organizationId !== confined;
  if (foreign) throw notFound(`no organization ${quote(organizationId)}`);
}

/** Rejects with NOT_FOUND a user whose stream the caller may not open. '' is the configuration alone, which people may not watch. */
export async function requireOwnStream(call: Call, userId: string, users: StateSource<UserState>): Promise<void> {
  const { caller } = call;
  if (userId === '') {
    if (caller.kind === 'person') throw notFound('people watch themselves');
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
