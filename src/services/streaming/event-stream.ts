import type { Reader } from '../../calls/reader.js';
import { encodeResumeToken, type StreamPosition } from './resume-token.js';
import type { StreamEnd, StreamEvent, StreamNews, StreamSink } from './stream-event.js';

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
