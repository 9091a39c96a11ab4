import type { Decision } from '../../core/deciding/decision.js';
import type { Cause } from '../../core/states/ledger.js';

/** A flag that came on or went off for a user. */
export interface FlagFlip {
  readonly flagKey: string;
  /** What brought it about. People are told what they did, not which machine or person reported or decided it. */
  readonly cause: Cause;
  /** On stored state, as of when this is sent. */
  readonly decision: Decision;
}

/** What a stream carries. Resumed by its token, a stream goes on after that event. */
export type StreamEvent = { readonly resumeToken: string } & StreamNews;

export type StreamNews =
  /** These flags changed, or their windows opened or closed: decide them again. */
  | { readonly type: 'configuration'; readonly flagKeys: readonly string[] }
  /** Flags flipped for the user, by a write or by time. */
  | {
      readonly type: 'user';
      readonly userId: string;
      readonly at: number;
      readonly unlocked: readonly FlagFlip[];
      readonly locked: readonly FlagFlip[];
    }
  /** What happened since the token is no longer known: fetch everything again. */
  | { readonly type: 'reset' }
  /** Nothing happened; the first event of a stream is one, too. */
  | { readonly type: 'heartbeat' };

/**
 * Why the server ended a stream. `slow`: the reader did not keep up; `draining`: the server stops, another one will serve;
 * `unauthenticated`: what it was opened with has ended; `gone`: the user is none of the caller's any more.
 */
export type StreamEnd = 'slow' | 'draining' | 'unauthenticated' | 'gone';

/** Where a door writes a stream to. */
export interface StreamSink {
  /** Takes an event; false: take no more of them here until {@link Watching.writable} is called. Must not throw. */
  write(event: StreamEvent): boolean;
  /** The stream is over; nothing is written any more. Must not throw. */
  end(reason: StreamEnd): void;
}

/** An open stream, from the door's side. */
export interface Watching {
  /** The sink takes events again. */
  writable(): void;
  /** The reader has gone. */
  close(): void;
}

/** What people may know of a cause. */
export function causeForPeople(cause: Cause): Cause {
  if (cause.type === 'event') return { ...cause, source: '' };
  if (cause.type === 'manual') return { type: 'manual', actor: '', reason: '' };
  return cause;
}
