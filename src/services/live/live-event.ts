import type { Cause } from '../../core/states/ledger.js';
import type { BackfillProgress } from '../backfills/backfills.js';
import type { ToldAuditEntry } from '../history/audit.js';
import type { StreamEnd } from '../streaming/event-stream.js';

/** An event of a stream of the administration. A stream that is opened with its token begins with what came after it. */
export type LiveEvent = { readonly resumeToken: string } & LiveNews;

export type LiveNews =
  /** This of the configuration changed. */
  | ({ readonly type: 'configuration' } & TouchedConfiguration)
  /** How a backfill stands now. */
  | { readonly type: 'backfill'; readonly backfill: BackfillProgress }
  /** Somebody changed something. */
  | { readonly type: 'audit'; readonly entry: ToldAuditEntry }
  /** A flag came on for a user by a write, and `leftOut` more since the last one that was told. */
  | ({ readonly type: 'unlock'; readonly leftOut: number } & Unlocked)
  | ({ readonly type: 'counters' } & Counters)
  /** The server cannot tell what the reader missed: the reader should fetch everything again. */
  | { readonly type: 'reset' }
  /** Nothing happened. A stream also sends one when it has told what the reader missed, and begins. */
  | { readonly type: 'heartbeat' };

/** Keys and names, of what is gone too. */
export interface TouchedConfiguration {
  readonly flagKeys: readonly string[];
  readonly segmentKeys: readonly string[];
  readonly actions: readonly string[];
  readonly stages: boolean;
}

export interface Unlocked {
  readonly userId: string;
  readonly flagKey: string;
  readonly cause: Cause;
  /** Epoch milliseconds, by the database's clock. */
  readonly at: number;
}

/** How much goes on in the whole deployment. */
export interface Counters {
  /** Epoch milliseconds, by the database's clock. */
  readonly at: number;
  readonly unlocksPerMinute: number;
  /** How long the event has waited that waits longest, in milliseconds; 0 where none waits. */
  readonly inboxLagMs: number;
  /** To {@link PENDING_COUNTED}, which stands for as many or more. */
  readonly pendingEvents: number;
  readonly openStreams: number;
}

export const PENDING_COUNTED = 10_000;

/** A door's end of a stream: where events are written to. */
export interface LiveSink {
  /** Takes an event; false asks for no more until the door calls `Watching.writable`. Must not throw. */
  write(event: LiveEvent): boolean;
  /** The stream is over; nothing is written any more. Must not throw. */
  end(reason: StreamEnd): void;
}

const BYTES_PER_EVENT = 600;
const BYTES_PER_KEY = 40;

/** About how many bytes an event takes, once it is encoded. */
export function bytesOfLive(news: LiveNews): number {
  if (news.type === 'audit') return BYTES_PER_EVENT + news.entry.sentence.length + news.entry.target.length;
  if (news.type !== 'configuration') return BYTES_PER_EVENT;
  const { flagKeys, segmentKeys, actions } = news;
  return BYTES_PER_EVENT + BYTES_PER_KEY * (flagKeys.length + segmentKeys.length + actions.length);
}
