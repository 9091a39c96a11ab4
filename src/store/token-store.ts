import type { Page, PageRequest } from './page.js';

export const SCOPES = ['evaluate', 'track', 'identify', 'manage', 'admin', 'test'] as const;
export type Scope = (typeof SCOPES)[number];

/** A machine token as stored: the secret itself is shown once and only its hash is kept. */
export interface MachineToken {
  /** `tok_…` */
  readonly id: string;
  readonly name: string;
  /** Lower-case hex SHA-256 of the secret. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** '' when it is bound to none. */
  readonly organizationId: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly lastUsedAt?: number;
}

export interface TokenReader {
  byHash(hash: string): Promise<MachineToken | undefined>;
  /** Newest first, revoked ones too. */
  list(page: PageRequest): Promise<Page<MachineToken>>;
  /** All, in no order. */
  all(): Promise<readonly MachineToken[]>;
  /** Notes the last use, in no transaction: nothing else hangs on it. */
  touch(id: string, at: number): Promise<void>;
}

/** Tokens are made and revoked in the transaction that also notes in the audit who did so. */
export interface TokenWriter {
  /** Inserts. */
  add(token: MachineToken): Promise<void>;
  /** Sets `revokedAt` where it is not set; gives the token as it now is, undefined when there is none. */
  revoke(id: string, at: number): Promise<MachineToken | undefined>;
}
