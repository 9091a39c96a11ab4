import type { JsonObject } from '../../core/values/json.js';
import type { ProblemBody } from '../server/problem.js';
import { EVENT_STREAM, endFrame, eventFrame, heartbeatFrame } from '../server/server-sent-events.js';

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

/**
 * Server-sent events: of a message with a resume token and what happened, the name of that, its members as JSON, and the token as id. A
 * failure is an event `end` with its problem.
 */
export const SERVER_SENT_EVENTS: StreamForm = {
  mediaType: EVENT_STREAM,
  event: ({ resume_token: token, ...happened }: JsonObject) => {
    const [[name, data] = ['message', {}]] = Object.entries(happened);
    return name === 'heartbeat' ? heartbeatFrame(String(token)) : eventFrame(name, String(token), data);
  },
  failure: endFrame,
};
