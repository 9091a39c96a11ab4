import type { Reader } from '../../calls/open-readers.js';
import type { Decision } from '../../core/deciding/decision.js';
import type { Cause } from '../../core/states/ledger.js';
import { bytesOf } from '../evaluating/answer-room.js';
import { type Backlog, EventQueue } from './event-queue.js';
import { encodeResumeToken, type StreamPosition } from './resume-token.js';

/** A flag that came on or went off for a user. */
export interface FlagFlip {
  readonly flagKey: string;
  /** What made the flag flip; of some of it people are not told. */
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

interface EventStreamOptions {
  readonly sink: StreamSink;
  readonly backlog: Backlog;
  readonly onEnd: () => void;
  readonly tellsWrites?: boolean;
  /** After how many milliseconds there is a heartbeat, where that is sooner than for all streams. */
  readonly mostQuietMs?: number | undefined;
  readonly organizationId?: string | undefined;
}

/** One open stream: the position up to which its reader has been told, and the events that the reader does not take yet. */
export class EventStream {
  readonly reader: Reader;
  /** Whether it is told of writes, and of time that passed, that flipped nothing: what it is asked for may depend on them. */
  readonly tellsWrites: boolean;
  /** The organization that its caller named by itself, wherever the user is stored; '' for none. */
  readonly organizationId: string;
  position: StreamPosition;
  /** When something was last sent. */
  sentAt = 0;
  /** By which the time between heartbeats is multiplied, so that streams that were opened together do not beat together. */
  readonly #patience = 0.7 + 0.3 * Math.random();

  readonly #mostQuietMs: number;
  readonly #sink: StreamSink;
  readonly #backlog: Backlog;
  readonly #onEnd: () => void;
  readonly #queue: EventQueue<StreamEvent>;
  #ended: boolean = false;

  constructor(
    reader: Reader,
    position: StreamPosition,
    { sink, backlog, onEnd, tellsWrites = false, organizationId = '', mostQuietMs = Infinity }: EventStreamOptions,
  ) {
    this.reader = reader;
    this.tellsWrites = tellsWrites;
    this.organizationId = organizationId;
    this.position = position;
    this.#mostQuietMs = mostQuietMs;
    this.#sink = sink;
    this.#backlog = backlog;
    this.#onEnd = onEnd;
    const write = (event: StreamEvent): boolean => this.#sink.write(event);
    this.#queue = new EventQueue({ write, backlog, onOverflow: () => this.end('slow') });
  }

  get ofUser(): boolean {
    return this.position.userId !== '';
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether nothing was sent for so long that a heartbeat is due. */
  isQuiet(now: number, heartbeatMs: number): boolean {
    return now - this.sentAt >= Math.min(heartbeatMs, this.#mostQuietMs) * this.#patience;
  }

  /** Sends news, after which the stream is at `position`: the event's token stands for that. */
  send(news: StreamNews, position: StreamPosition, now: number): void {
    if (this.#ended) return;
    this.position = position;
    this.sentAt = now;
    // A reader for whom events wait needs no heartbeat to know that the stream is alive.
    if (news.type === 'heartbeat' && this.#queue.clogged) return;
    const size = bytesOfNews(news);
    const [told, bytes] = size > this.#backlog.maxOfEvent ? [RESET, bytesOfNews(RESET)] : [news, size];
    this.#queue.send({ ...told, resumeToken: encodeResumeToken(position) }, bytes);
  }

  /** The sink takes events again. */
  writable(): void {
    this.#queue.writable();
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
    this.#queue.close();
    this.#onEnd();
  }
}

const RESET = { type: 'reset' } as const;

/** What an event takes without its content, and what a flip takes without its value: keys, a cause, an instant. */
const BYTES_PER_EVENT = 200;
const BYTES_PER_FLIP = 400;
const BYTES_PER_KEY = 40;

/** About how many bytes an event takes, once it is encoded. */
function bytesOfNews(news: StreamNews): number {
  if (news.type === 'configuration') return BYTES_PER_EVENT + BYTES_PER_KEY * news.flagKeys.length;
  if (news.type !== 'user') return BYTES_PER_EVENT;
  let bytes = BYTES_PER_EVENT;
  for (const flips of [news.unlocked, news.locked]) {
    for (const { decision } of flips) bytes += BYTES_PER_FLIP + bytesOf(decision.value);
  }
  return bytes;
}
