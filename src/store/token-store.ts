import type { Page, PageRequest } from './page.js';

export const SCOPES = ['evaluate', 'track', 'identify', 'manage', 'admin', 'test'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * A machine token as it is stored, or the session of somebody who has signed in with one: with its secret's hash, since the secret
 * itself is shown once and not kept.
 */
export interface MachineToken {
  /** `tok_…`, of a session `ses_…` */
  readonly id: string;
  readonly name: string;
  /** Lower-case hex SHA-256 of the secret. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** The organization that it is bound to; '' for none. */
  readonly organizationId: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly lastUsedAt?: number;
  /** Of a session: what it was exchanged for. It is good for no more than that, and no longer. */
  readonly session?: SessionOrigin;
}

export interface SessionOrigin {
  /** The token that it was exchanged for; '' for a JWT. */
  readonly parentId: string;
  /** Whose JWT it was exchanged for; '' for a token. */
  readonly userId: string;
}

export interface TokenReader {
  /**
   * Another one whenever tokens are made, revoked or dropped, and never one that was before, also in a database that went back
   * and on from there. What tokens say of their use does not count.
   */
  version(): Promise<string>;
  byHash(hash: string): Promise<MachineToken | undefined>;
  /** Newest first, revoked ones too: tokens or, in their place, sessions. */
  list(page: PageRequest, of?: 'tokens' | 'sessions'): Promise<Page<MachineToken>>;
  /** All, sessions too, in no order. */
  all(): Promise<readonly MachineToken[]>;
  /** Records the last use, in no transaction, since nothing depends on it. */
  touch(id: string, at: number): Promise<void>;
  /** Drops tokens that were revoked or that expired before this instant. Gives how many. */
  purge(before: number): Promise<number>;
  /** Drops sessions that were revoked or expired before this instant, or were last used before another. Gives how many. */
  purgeSessions(before: number, usedBefore: number): Promise<number>;
}

/** Makes and revokes tokens, in the transaction that also writes the audit. */
export interface TokenWriter {
  /** Inserts. */
  add(token: MachineToken): Promise<void>;
  /**
   * Sets `revokedAt` where it is not set, of the token's sessions, too; gives the token as it is then, undefined when there is none of
   * that id.
   */
  revoke(id: string, at: number): Promise<MachineToken | undefined>;
  /** Revokes the tokens that are bound to an organization; gives how many were not revoked before. */
  revokeOf(organizationId: string, at: number): Promise<number>;
  /** The sessions that are not revoked and were exchanged for the same, the one used longest ago first. */
  sessionsOf(origin: SessionOrigin): Promise<readonly MachineToken[]>;
  /** Drops the sessions of a person's JWTs. */
  forgetSessionsOf(userId: string): Promise<void>;
}
