const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** How long before its end somebody is warned (WCAG 2.2.1 asks for 20 s). */
const WARN_MS = 2 * MINUTE_MS;
/** The server notes once a minute that a session is used: it may end that much earlier than its last use says. */
const NOTED_MS = MINUTE_MS;
/** What an answer may have been on its way, and what the server's instants are rounded by. */
const SURE_MS = 5 * SECOND_MS;

/** How long a session lasts, by this browser's clock, which may go otherwise than the server's. */
export interface SessionTimes {
  /** For how long it may lie unused, in milliseconds. */
  readonly idleMs: number;
  /** When it is over whatever it is used for, in epoch milliseconds. */
  readonly endsAt: number;
}

/** What is to be done about the end of a session at an instant. */
export interface SessionClock {
  /** From when on it may be over, in epoch milliseconds; infinite while that is not known. */
  readonly end: number;
  /** Whether it ends then whatever it is used for. */
  readonly last: boolean;
  /** Whether the end is so near that the instant is looked at every second. */
  readonly near: boolean;
  readonly warns: boolean;
  /** Whether it is over by all that this browser knows. Not sooner may the server be asked by itself: to ask is to use it, and prolongs it. */
  readonly over: boolean;
}

/** @param usedAt when this browser used the session last, in epoch milliseconds, like `now` */
export function sessionClock(times: SessionTimes | undefined, usedAt: number, now: number): SessionClock {
  const idleEnd = times === undefined ? Number.POSITIVE_INFINITY : usedAt + times.idleMs;
  const endsAt = times?.endsAt ?? Number.POSITIVE_INFINITY;
  const end = Math.min(idleEnd - NOTED_MS, endsAt);
  const over = Math.min(idleEnd + SURE_MS, endsAt) <= now;
  return {
    ...{ end, last: end === times?.endsAt, over },
    near: end - now < WARN_MS + MINUTE_MS,
    warns: end - now <= WARN_MS && !over,
  };
}
