import type { JsonObject } from '../../core/values/json.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { ProblemBody } from '../server/problem.js';

/** How the events of a stream are written. */
export interface StreamForm {
  readonly mediaType: string;
  event(event: JsonObject): string;
  /** The end of a stream that fails after its beginning. */
  failure(problem: ProblemBody): string;
}

/** JSON objects, one on each line. A failure is the last line, `{"error": PROBLEM}`. */
export const JSON_LINES: StreamForm = {
  mediaType: 'application/jsonl',
  event: (event) => `${JSON.stringify(event)}\n`,
  failure: (error) => `${JSON.stringify({ error })}\n`,
};

/** The RPCs whose streams browsers read by `EventSource`, which takes server-sent events and comes back with the last one's id. */
export const FOR_BROWSERS: ReadonlySet<string> = new Set(['WatchAdmin']);

/** How long a client waits before it connects again; it is varied, so that clients do not all come at once. */
const RETRY_MS = 2 * SECOND_MS;

/**
 * Server-sent events, which the HTML standard defines: of a message with a resume token and what happened, the name of that, its members
 * as JSON, and the token as id. A heartbeat is a comment with an id, which the client remembers without telling the page. A failure is
 * an event `end` with its problem.
 */
export const SERVER_SENT_EVENTS: StreamForm = {
  mediaType: 'text/event-stream; charset=utf-8',
  event: ({ resume_token: token, ...happened }: JsonObject) => {
    const id = `id: ${String(token)}\n`;
    const [[name, data] = ['message', {}]] = Object.entries(happened);
    if (name === 'heartbeat') return `: heartbeat\nretry: ${retryMs()}\n${id}\n`;
    return `event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`;
  },
  failure: (problem) => `event: end\ndata: ${JSON.stringify(problem)}\nretry: ${retryMs()}\n\n`,
};

function retryMs(): number {
  return RETRY_MS + Math.floor(Math.random() * RETRY_MS);
}
