import type { Token } from '../../../../../src/protocol/gen/admin-json.js';

/** For how long a session may stay unused, as the server has it. */
const IDLE_MS = 12 * 60 * 60_000;

/** When a session is over if it is not used again, in epoch milliseconds. */
export function endOf({
  created_at,
  last_used_at,
  expires_at,
}: Pick<Token, 'created_at' | 'last_used_at' | 'expires_at'>): number {
  const used = Date.parse(last_used_at ?? created_at ?? '');
  const expires = expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
  return Math.min(Number.isNaN(used) ? Number.POSITIVE_INFINITY : used + IDLE_MS, expires);
}
