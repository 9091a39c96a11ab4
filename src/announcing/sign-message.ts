import { createHmac } from 'node:crypto';
import type { WebhookSecret } from '../store/webhook-store.js';

export const SECRET_PREFIX = 'whsec_';

/**
 * The headers of a signed message, as Standard Webhooks 1.0 has them: HMAC-SHA256 over `id.timestamp.body`, one signature
 * for each secret that is valid at `now` (epoch milliseconds), newest first.
 */
export function signMessage(
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: number },
  secrets: readonly WebhookSecret[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const valid = secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  const signatures = valid.map(({ secret }) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
