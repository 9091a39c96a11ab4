import { SECOND_MS } from '../../core/values/time/time.js';

/** Server-sent events are of the HTML standard. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Of an answer that is a stream. The last tells proxies not to hold events back until the answer is complete. */
export const EVENT_STREAM_HEADERS = {
  'content-type': EVENT_STREAM,
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

const RETRY_MS = 2 * SECOND_MS;

/** An event, with the id that its client comes back with. */
export function eventFrame(name: string, id: string, data: unknown): string {
  return `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A heartbeat is a comment with an id, which the client remembers without telling the page. */
export function heartbeatFrame(id: string): string {
  return `: heartbeat\n${retryLine()}id: ${id}\n\n`;
}

/** The last event, which says why there are no more. */
export function endFrame(why: unknown): string {
  return `event: end\ndata: ${JSON.stringify(why)}\n${retryLine()}\n`;
}

/** How long a client waits before it connects again: it is varied, up to twice the least, so that clients do not all come at once. */
export function retryLine(leastMs: number = RETRY_MS): string {
  return `retry: ${leastMs + Math.floor(Math.random() * leastMs)}\n`;
}
