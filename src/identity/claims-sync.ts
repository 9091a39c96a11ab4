import { LRUCache } from 'lru-cache';
import type { UserService } from '../services/users/users.js';
import type { VerifiedToken } from './verify-jwt.js';

export interface ClaimsSyncOptions {
  readonly users: Pick<UserService, 'writeClaims'>;
  /** Told of claims that could not be written; the request is answered all the same. */
  readonly onError: (error: unknown) => void;
}

interface Synced {
  readonly claims: string;
  readonly issuedAt: number | undefined;
}

const MAX_SYNCED = 100_000;

/**
 * Writes the organization and roles that verified tokens name to their users. What a token does not name stays as it is, and
 * nothing is written of a token of which something was left out. The store knows which token is the newest; a token that says
 * nothing new after those that this process has written is not brought there.
 */
export class ClaimsSync {
  readonly #options: ClaimsSyncOptions;
  readonly #synced = new LRUCache<string, Synced>({ max: MAX_SYNCED });

  constructor(options: ClaimsSyncOptions) {
    this.#options = options;
  }

  /** Writes a token's claims, which the caller does not wait for. */
  readonly note = ({ person, leftOut, issuedAt }: VerifiedToken): void => {
    const { userId, organizationId, roles } = person;
    if (organizationId === '' && roles === undefined) return;
    // The two are one unit, and a part of it would be stored as though it were the whole.
    if (leftOut.organization !== undefined || leftOut.roles !== undefined) return;
    const claims = JSON.stringify([organizationId, roles]);
    const token: Synced = { claims, issuedAt };
    if (!saysMore(token, this.#synced.get(userId))) return;
    this.#synced.set(userId, token);
    const given = { userId, organizationId: organizationId === '' ? undefined : organizationId, roles, issuedAt };
    this.#options.users.writeClaims(given).catch((error: unknown) => {
      if (this.#synced.get(userId) === token) this.#synced.delete(userId);
      this.#options.onError(error);
    });
  };
}

/** Whether a token may change what the last one left in the store: its claims, or how new they are. */
function saysMore({ claims, issuedAt }: Synced, last: Synced | undefined): boolean {
  if (last === undefined) return true;
  if (last.issuedAt === undefined) return issuedAt !== undefined || claims !== last.claims;
  if (issuedAt === undefined || issuedAt < last.issuedAt) return false;
  return issuedAt > last.issuedAt || claims !== last.claims;
}
