import { LRUCache } from 'lru-cache';
import type { Call } from '../../calls/caller.js';
import type { UserService } from '../../services/users/users.js';
import type { VerifiedToken } from './verify-jwt.js';

export interface ClaimsSyncOptions {
  readonly users: Pick<UserService, 'identify'>;
  /** Told of claims that could not be written; the request is answered all the same. */
  readonly onError: (error: unknown) => void;
}

interface Synced {
  readonly claims: string;
  readonly issuedAt: number;
}

const MAX_SYNCED = 100_000;
const SYNC: Call = {
  caller: { kind: 'machine', tokenId: 'jwt-sync', scopes: new Set(['identify']), organizationId: '' },
  requestId: 'jwt-sync',
};

/**
 * Writes the organization and roles that verified tokens name to their users, when they differ from the last time. What a token
 * does not name stays as it is, and nothing is written of a token of which something was left out. A token that was issued before the last one whose claims were written is ignored.
 */
export class ClaimsSync {
  readonly #options: ClaimsSyncOptions;
  readonly #synced = new LRUCache<string, Synced>({ max: MAX_SYNCED });

  constructor(options: ClaimsSyncOptions) {
    this.#options = options;
  }

  /** Writes a token's claims, which the caller does not wait for. */
  readonly note = ({ person, leftOut, issuedAt = 0 }: VerifiedToken): void => {
    const { userId, organizationId, roles } = person;
    if (organizationId === '' && roles === undefined) return;
    // The two are one unit, and a part of it would be stored as though it were the whole.
    if (leftOut.organization !== undefined || leftOut.roles !== undefined) return;
    const claims = JSON.stringify([organizationId, roles]);
    const last = this.#synced.get(userId);
    if (last !== undefined && (last.claims === claims || issuedAt < last.issuedAt)) return;
    this.#synced.set(userId, { claims, issuedAt });
    const given = { userId, roles, ...(organizationId === '' ? {} : { organizationId }) };
    this.#options.users.identify(SYNC, given).catch((error: unknown) => {
      if (this.#synced.get(userId)?.claims === claims) this.#synced.delete(userId);
      this.#options.onError(error);
    });
  };
}
