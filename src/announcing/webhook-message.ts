import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { JsonObject } from '../core/values/json.js';
import type { WebhookSecret } from '../store/webhook-store.js';

export interface CloudEventInput {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly data: JsonObject;
}

/** The body of a message: a CloudEvents 1.0 event in its structured JSON form (`application/cloudevents+json`). */
export function cloudEvent({ id, type, source, subject, at, data }: CloudEventInput): string {
  const time = new Date(at).toISOString();
  return JSON.stringify({
    ...{ specversion: '1.0', id, source, type, subject, time },
    ...{ datacontenttype: 'application/json', data },
  });
}

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

/** A new event's id: the id of its message as well, however often and to whichever endpoint the message is sent. */
export function newEventId(): string {
  return `evt_${randomUUID().replaceAll('-', '')}`;
}

/** A new delivery's id. Ids made later are greater, except within one millisecond. */
export function newDeliveryId(now: number): string {
  return `dlv_${now.toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`;
}
