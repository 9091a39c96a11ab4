import { LRUCache } from 'lru-cache';
import type { Call, Person } from '../../calls/caller.js';
import type { UserService } from '../../services/users/users.js';

export interface ClaimsSyncOptions {
  readonly users: Pick<UserService, 'identify'>;
  /** Told of what could not be written; the request goes on. */
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
 * Writes what verified tokens say of organization and roles to their users, where it differs from the last time. What a
 * token does not say stays as it is, and a token issued before the last one that was written says nothing new.
 */
export class ClaimsSync {
  readonly #options: ClaimsSyncOptions;
  readonly #synced = new LRUCache<string, Synced>({ max: MAX_SYNCED });

  constructor(options: ClaimsSyncOptions) {
    this.#options = options;
  }

  /** Returns at once; the write goes on behind. `issuedAt` is epoch milliseconds. */
  readonly note = (person: Person, issuedAt: number): void => {
    const { userId, organizationId, roles } = person;
    if (organizationId === '' && roles === undefined) return;
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
