import type { Reader } from '../../calls/open-readers.js';
import type { Decision } from '../../core/deciding/decision.js';
import type { Cause } from '../../core/states/ledger.js';
import { encodeResumeToken, type StreamPosition } from './resume-token.js';

/** A flag that came on or went off for a user. */
export interface FlagFlip {
  readonly flagKey: string;
  /** What made the flag flip; see {@link causeForPeople} for what people are told of it. */
  readonly cause: Cause;
  /** The decision on stored state at the instant at which the flip is sent. */
  readonly decision: Decision;
}

/** An event of a stream. A stream that is opened with its token begins with what came after this event. */
export type StreamEvent = { readonly resumeToken: string } & StreamNews;

export type StreamNews =
  /** These flags were changed, or their windows opened or closed: the reader should ask for their decisions again. */
  | { readonly type: 'configuration'; readonly flagKeys: readonly string[] }
  /** These flags flipped for the user, by a write or by time. */
  | {
      readonly type: 'user';
      readonly userId: string;
      readonly at: number;
      readonly unlocked: readonly FlagFlip[];
      readonly locked: readonly FlagFlip[];
    }
  /** The server cannot tell what the reader missed: the reader should ask for everything again. */
  | { readonly type: 'reset' }
  /** Nothing happened. A stream also sends one when it has told what the reader missed, and begins. */
  | { readonly type: 'heartbeat' };

/**
 * Why the server ended a stream:
 *
 * - `slow`: the reader did not keep up.
 * - `draining`: this server stops; another one will serve.
 * - `unauthenticated`: the token that the stream was opened with was revoked or has expired.
 * - `gone`: the user has left the organization whose token opened the stream.
 * - `failed`: what happens to this user cannot be told; the log has the reason.
 */
export type StreamEnd = 'slow' | 'draining' | 'unauthenticated' | 'gone' | 'failed';

/** A door's end of a stream: where events are written to. */
export interface StreamSink {
  /** Takes an event; false asks for no more until the door calls {@link Watching.writable}. Must not throw. */
  write(event: StreamEvent): boolean;
  /** The stream is over; nothing is written any more. Must not throw. */
  end(reason: StreamEnd): void;
}

/** What a door calls when something happens to a stream's reader. */
export interface Watching {
  /** The sink takes events again. */
  writable(): void;
  /** The reader has gone: the stream is over. */
  close(): void;
}

/**
 * A cause as people are told it: what they did, but not which machine reported it or which person decided it. A change of their
 * access rows is a write about them as any other: a flag that goes off by one would tell a denial.
 */
export function causeForPeople(cause: Cause): Cause {
  if (cause.type === 'event') return { ...cause, source: '' };
  if (cause.type === 'manual') return { type: 'manual', actor: '', reason: '' };
  if (cause.type === 'access') return { type: 'identify' };
  return cause;
}

/** How much all streams of a process hold back for readers that do not keep up; {@link EventStream} counts it. */
export interface Backlog {
  /** The weight of all events that wait; see `weightOf`. */
  waiting: number;
  readonly maxOfStream: number;
  readonly maxOfProcess: number;
}

interface Waiting {
  readonly event: StreamEvent;
  readonly weight: number;
}

/** One open stream: the position up to which its reader has been told, and the events that the reader does not take yet. */
export class EventStream {
  readonly reader: Reader;
  position: StreamPosition;
  /** When something was last sent. */
  sentAt = 0;
  /** By which the time between heartbeats is multiplied, so that streams that were opened together do not beat together. */
  readonly patience = 0.7 + 0.3 * Math.random();

  readonly #sink: StreamSink;
  readonly #backlog: Backlog;
  readonly #onEnd: () => void;
  #queue: Waiting[] = [];
  #weight = 0;
  #clogged: boolean = false;
  #ended: boolean = false;

  constructor(
    reader: Reader,
    position: StreamPosition,
    { sink, backlog, onEnd }: { sink: StreamSink; backlog: Backlog; onEnd: () => void },
  ) {
    this.reader = reader;
    this.position = position;
    this.#sink = sink;
    this.#backlog = backlog;
    this.#onEnd = onEnd;
  }

  get ofUser(): boolean {
    return this.position.userId !== '';
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends news, after which the stream is at `position`: the event's token stands for that. */
  send(news: StreamNews, position: StreamPosition, now: number): void {
    if (this.#ended) return;
    this.position = position;
    this.sentAt = now;
    const event: StreamEvent = { ...news, resumeToken: encodeResumeToken(position) };
    if (!this.#clogged) {
      this.#clogged = !this.#sink.write(event);
      return;
    }
    // A reader for whom events wait needs no heartbeat to know that the stream is alive.
    if (news.type === 'heartbeat') return;
    const weight = weightOf(news);
    this.#queue.push({ event, weight });
    this.#weight += weight;
    this.#backlog.waiting += weight;
    const { waiting, maxOfStream, maxOfProcess } = this.#backlog;
    if (this.#weight > maxOfStream || waiting > maxOfProcess) this.end('slow');
  }

  /** The sink takes events again. */
  writable(): void {
    this.#clogged = false;
    let sent = 0;
    while (sent < this.#queue.length && !this.#clogged) {
      const { event, weight } = this.#queue[sent++]!;
      this.#release(weight);
      this.#clogged = !this.#sink.write(event);
    }
    this.#queue.splice(0, sent);
  }

  end(reason: StreamEnd): void {
    if (this.#ended) return;
    this.close();
    this.#sink.end(reason);
  }

  /** Ends the stream without telling the sink: the reader has gone. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release(this.#weight);
    this.#queue = [];
    this.#onEnd();
  }

  #release(weight: number): void {
    this.#weight -= weight;
    this.#backlog.waiting -= weight;
  }
}

/** About how much memory an event takes: the number of decisions that it carries, and a little more. */
function weightOf(news: StreamNews): number {
  if (news.type === 'user') return 1 + news.unlocked.length + news.locked.length;
  return news.type === 'configuration' ? 1 + news.flagKeys.length / 10 : 1;
}
