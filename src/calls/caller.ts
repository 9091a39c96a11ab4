import type { Scope } from '../store/token-store.js';

/** Who is calling, as the doors have established it. */
export type Caller = Machine | Person | Operator;

/** A backend service, a producer, an operator's script: a machine token. */
export interface Machine {
  readonly kind: 'machine';
  readonly tokenId: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The organization whose users it may name, and no others; '' for a token of the whole platform. */
  readonly organizationId: string;
  /** The session by which somebody calls who has signed in with the token. */
  readonly sessionId?: string;
  /** What this call has decided for itself, as a test does; see {@link Overrides}. */
  readonly overrides?: Overrides;
}

/** By key of a flag, the variant that a call has it decided as, whatever would be decided. It holds for that call alone. */
export type Overrides = ReadonlyMap<string, string>;

/** What a call has decided for itself; undefined for nothing, as nearly always. */
export function overridesOf(caller: Caller): Overrides | undefined {
  return caller.kind === 'machine' ? caller.overrides : undefined;
}

/** The same call by a caller who overrides nothing. */
export function withoutOverrides<T extends Call>(call: T): T {
  if (overridesOf(call.caller) === undefined) return call;
  const { overrides: _, ...caller } = call.caller as Machine;
  return { ...call, caller };
}

/** How many roles a user has at most. A person's token may name more, of which decisions read those that can matter. */
export const MAX_ROLES = 50;

/** A browser or a phone: a verified JWT, or a visitor's. */
export interface Person {
  readonly kind: 'person';
  readonly userId: string;
  /** The organization that the token names; '' when it names none. */
  readonly organizationId: string;
  /** The roles that the token names, which may be more than {@link MAX_ROLES}; undefined when it has no such claim. */
  readonly roles: readonly string[] | undefined;
  /** Whether the token's platform claim held the configured value, which makes them administer the platform. Roles never do. */
  readonly platformAdmin: boolean;
  /** When the token expires, in epoch milliseconds. A stream that was opened with it ends then, too. */
  readonly expiresAt?: number;
  /**
   * The network of a *visitor*, who has not signed in and sends no credentials: nobody, without a user id. Visitors are people, so that
   * they are told no more than these, and may ask for decisions in OpenFeature's terms, and nothing else; see `authorize`.
   */
  readonly visitorFrom?: string;
}

/** Whether it is somebody who has not signed in. */
export function isVisitor(caller: Caller): caller is Person & { readonly visitorFrom: string } {
  return caller.kind === 'person' && caller.visitorFrom !== undefined;
}

/**
 * A person at the administration, where they are nobody's own user: who administers the platform sees and changes what a machine
 * token of the platform does, who administers an organization what is that organization's, under their own name.
 */
export interface Operator {
  readonly kind: 'operator';
  readonly userId: string;
  /** The organization that they administer, and nothing beyond it; '' for the platform. */
  readonly organizationId: string;
  /** The session by which they call, having signed in; it ends with the JWT that they signed in with. */
  readonly sessionId?: string;
  /** When their token ends (epoch milliseconds). */
  readonly expiresAt?: number;
}

/** The token id under which the server itself acts, as when it starts. */
export const SYSTEM_ID = 'system';

/** How the audit names a caller. */
export function actorOf(caller: Caller): string {
  if (caller.kind === 'machine' && caller.tokenId === SYSTEM_ID) return SYSTEM_ID;
  if (isVisitor(caller)) return `visitor:${caller.visitorFrom}`;
  return caller.kind === 'machine' ? `token:${caller.tokenId}` : `user:${caller.userId}`;
}

/** What a use case knows of the call it serves. */
export interface Call {
  readonly caller: Caller;
  readonly requestId: string;
  /** Until when the caller waits, in epoch milliseconds; absent: for as long as it takes. */
  readonly deadline?: number;
  /** Aborted when the caller has gone. */
  readonly signal?: AbortSignal;
}

/** The organization a caller is confined to; '' for none: the platform's own machines and administrators. */
export function confinedTo(caller: Caller): string {
  if (caller.kind !== 'person') return caller.organizationId;
  return caller.platformAdmin ? '' : caller.organizationId;
}
