import type { Delivery, DeliveryAttempt } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { parsedJson } from '../../../draft/values/json.js';
import { settingsWords } from '../../../words/settings-words.js';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** How many are sent again by one call, so that it can be told how far that is. */
const AT_ONCE = 100;

/** What came of an attempt, in words: the server's own where it failed. */
export function answerOf({ status, error, duration }: DeliveryAttempt): string {
  const { answers } = settingsWords.webhooks;
  const seconds = Number.parseFloat(duration ?? '');
  const took = Number.isFinite(seconds) ? answers.took(seconds) : '';
  if (error !== '') return `${error}${took}`;
  return `${status === 0 ? answers.none : answers.status(status)}${took}`;
}

/** What a delivery is about: the flag or the person that its event names; '' where it names none. */
export function subjectOf({ body }: Pick<Delivery, 'body'>): string {
  const event = parsedJson(body);
  return typeof event === 'object' && event !== null && 'subject' in event && typeof event.subject === 'string'
    ? event.subject
    : '';
}

/** What is sent, to be read by people; as it is where it is no JSON. */
export function prettyBody(body: string): string {
  const event = parsedJson(body);
  return event === undefined ? body : JSON.stringify(event, undefined, 2);
}

/**
 * The deliveries of a webhook that were given up and were made at `sinceMs` or later, newest first. The server lists them in that
 * order, so that older ones are not asked for.
 */
export async function failedSince(webhook: string, sinceMs: number, signal: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = [];
  let page_token = '';
  do {
    const { deliveries, next_page_token } = await call('GET /api/admin/webhooks/{webhook_id}/deliveries', {
      path: { webhook_id: webhook },
      query: { state: 'failed', page_size: 200, page_token },
      signal,
    });
    const wanted = deliveries.filter(({ created_at }) => Date.parse(created_at ?? '') >= sinceMs);
    ids.push(...wanted.map(({ id }) => id));
    page_token = wanted.length < deliveries.length ? '' : next_page_token;
  } while (page_token !== '');
  return ids;
}

export interface Replay {
  readonly webhook: string;
  readonly ids: readonly string[];
  readonly comment: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Has deliveries sent again, the oldest first, some at once; gives how many will be. Those that are pending are passed over. */
export async function replay({ webhook, ids, comment, signal, onProgress }: Replay): Promise<number> {
  const inOrder = ids.toReversed();
  let sent = 0;
  onProgress(0, ids.length);
  for (let at = 0; at < inOrder.length && !signal.aborted; at += AT_ONCE) {
    const { replayed } = await call('POST /api/admin/webhooks/{webhook_id}/deliveries/replay', {
      path: { webhook_id: webhook },
      body: { ids: inOrder.slice(at, at + AT_ONCE), comment },
    });
    sent += replayed;
    onProgress(Math.min(at + AT_ONCE, inOrder.length), inOrder.length);
  }
  return sent;
}
