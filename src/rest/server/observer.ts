import type { Caller } from '../../calls/caller.js';

/** Logs and counts requests. */
export interface RequestObserver {
  /** Once per request, when its outcome is known. Must not throw. */
  callEnded(request: EndedRequest): void;
}

export interface EndedRequest {
  /** The route's pattern, such as `/api/feature-flags/:id`; '' for none, so that counts by route stay few. */
  readonly route: string;
  readonly method: string;
  /** The HTTP status; 499 when the client went away before the answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  /** Undefined when the request ended before it was known who called, and on public routes. */
  readonly caller: Caller | undefined;
  /** The client's address. */
  readonly peer: string;
  /** What went wrong; undefined on success. */
  readonly error: unknown;
  /** Whether `error` is a defect: it was not sent, and a person has to look at it. */
  readonly unexpected: boolean;
}

/** What stands for a status where the client did not wait for one. */
export const CLIENT_WENT_AWAY = 499;
