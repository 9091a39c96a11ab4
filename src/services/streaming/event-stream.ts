import type { Reader } from '../../calls/open-readers.js';
import type { Decision } from '../../core/deciding/decision.js';
import type { Cause } from '../../core/states/ledger.js';
import { encodeResumeToken, type StreamPosition } from './resume-token.js';

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

/** What all streams of a process hold back for readers that do not keep up. */
export interface Backlog {
  /** Events waiting now. */
  waiting: number;
  readonly maxOfStream: number;
  readonly maxOfProcess: number;
}

interface Waiting {
  readonly event: StreamEvent;
  readonly weight: number;
}

/** One open stream: what it has been told, and a bounded backlog for a reader that does not keep up. */
export class EventStream {
  readonly reader: Reader;
  position: StreamPosition;
  /** When something was last sent. */
  sentAt = 0;
  /** The share of the heartbeat's time after which it comes: streams that were opened together do not beat together. */
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

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends news with the token of `position`, which the stream is at from now on. */
  send(news: StreamNews, position: StreamPosition, now: number): void {
    if (this.#ended) return;
    this.position = position;
    this.sentAt = now;
    const event: StreamEvent = { ...news, resumeToken: encodeResumeToken(position) };
    if (!this.#clogged) {
      this.#clogged = !this.#sink.write(event);
      return;
    }
    // Whoever has news waiting knows that the stream is alive.
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

  /** The reader has gone: nobody is told. */
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

/** Roughly what an event holds in memory, in flags. */
function weightOf(news: StreamNews): number {
  if (news.type === 'user') return 1 + news.unlocked.length + news.locked.length;
  return news.type === 'configuration' ? 1 + news.flagKeys.length / 10 : 1;
}
