import type { Caller } from '../../calls/caller.js';

/** Logs and counts requests. */
export interface RequestObserver {
  /** Called once for each request, when its outcome is known. Must not throw. */
  callEnded(request: EndedRequest): void;
}

export interface EndedRequest {
  /** The route's pattern, such as `/api/feature-flags/:id`, so that there are few of them; '' for no route. */
  readonly route: string;
  readonly method: string;
  /** The HTTP status; 499 when the client went away before the answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  /** Who called; undefined when the request ended before that was known, and on public routes. */
  readonly caller: Caller | undefined;
  /** The client's address. */
  readonly peer: string;
  /** What went wrong; undefined on success. */
  readonly error: unknown;
  /** Whether `error` is a defect, which is not told to the client, and at which a person has to look. */
  readonly unexpected: boolean;
}

/** The status of a request whose client went away before the answer. */
export const CLIENT_WENT_AWAY = 499;
