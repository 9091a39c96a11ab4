import type { Scope } from '../store/token-store.js';

/** Who is calling, as the doors have established it. */
export type Caller = Machine | Person | Operator;

/** A backend service, a producer, an operator's script: a machine token. */
export interface Machine {
  readonly kind: 'machine';
  readonly tokenId: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Not '': it names this organization's users only. */
  readonly organizationId: string;
}

/** A browser or a phone: a verified JWT. */
export interface Person {
  readonly kind: 'person';
  readonly userId: string;
  /** '' when the token names none. */
  readonly organizationId: string;
  /** undefined when the token carries no roles claim. */
  readonly roles: readonly string[] | undefined;
  /** The configured platform claim held the configured value: administers the platform. Roles never confer this. */
  readonly platformAdmin: boolean;
  /** When the token ends (epoch milliseconds): what it opened ends with it. */
  readonly expiresAt?: number;
}

/**
 * A person who administers the platform, at the administration: there they are nobody's own user but see and change what a
 * machine token of the platform does, under their own name.
 */
export interface Operator {
  readonly kind: 'operator';
  readonly userId: string;
  /** When their token ends (epoch milliseconds). */
  readonly expiresAt?: number;
}

/** In place of a token's id: the server itself, as when it starts. */
export const SYSTEM_ID = 'system';

/** How the audit names a caller. */
export function actorOf(caller: Caller): string {
  if (caller.kind === 'machine' && caller.tokenId === SYSTEM_ID) return SYSTEM_ID;
  return caller.kind === 'machine' ? `token:${caller.tokenId}` : `user:${caller.userId}`;
}

/** What a use case knows of the call it serves. */
export interface Call {
  readonly caller: Caller;
  readonly requestId: string;
  /** Epoch milliseconds; absent: the caller waits for as long as it takes. */
  readonly deadline?: number;
  /** Aborted when the caller has gone. */
  readonly signal?: AbortSignal;
}

/** The organization a caller is confined to; '' for none: the platform's own machines and administrators. */
export function confinedTo(caller: Caller): string {
  if (caller.kind === 'operator') return '';
  if (caller.kind === 'machine') return caller.organizationId;
  return caller.platformAdmin ? '' : caller.organizationId;
}
