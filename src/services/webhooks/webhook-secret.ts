import { randomBytes } from 'node:crypto';
import { SECRET_PREFIX } from '../../announcing/sign-message.js';
import { invalid } from '../../calls/errors.js';
import { DAY_MS } from '../../core/values/time.js';
import type { WebhookSecret } from '../../store/webhook-store.js';

const SECRET_BYTES = 32;
/** For how long the secret before goes on signing beside a new one, unless the caller says otherwise. */
export const OVERLAP_MS = DAY_MS;
const MAX_OVERLAP_MS = 7 * DAY_MS;

/** A new signing secret, in the form of Standard Webhooks. */
export function newWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The secrets after a rotation: the new one, and the one that was newest until now for `overlapMs` more (0…7 days). Any
 * older one ends now: two sign at most.
 */
export function rotated(
  secrets: readonly WebhookSecret[],
  secret: string,
  { now, overlapMs }: { readonly now: number; readonly overlapMs: number },
): readonly WebhookSecret[] {
  if (!(overlapMs >= 0 && overlapMs <= MAX_OVERLAP_MS)) {
    throw invalid(`the old secret stays valid for 0 to ${MAX_OVERLAP_MS / 1000} seconds, not ${overlapMs / 1000}`);
  }
  const [last] = secrets;
  if (last === undefined || overlapMs === 0) return [{ secret }];
  return [{ secret }, { secret: last.secret, expiresAt: now + overlapMs }];
}
