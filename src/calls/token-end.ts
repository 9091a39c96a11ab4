import { DAY_MS, HOUR_MS } from '../core/values/time/time.js';
import type { MachineToken } from '../store/token-store.js';

/** For how long a session may go unused. */
export const SESSION_IDLE_MS = 12 * HOUR_MS;
/** How long a session lasts at most, whatever it is used for. */
export const SESSION_MS = 7 * DAY_MS;

/** From when on a token, or a session, is refused, in epoch milliseconds; Infinity: until it is revoked. */
export function endOf({ expiresAt = Infinity, session, createdAt, lastUsedAt = createdAt }: MachineToken): number {
  return session === undefined ? expiresAt : Math.min(expiresAt, lastUsedAt + SESSION_IDLE_MS);
}
