import type { Call } from '../../calls/caller.js';
import { type Reader, readerOf } from '../../calls/open-readers.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import { type Backlog, EventQueue } from '../streaming/event-queue.js';
import type { StreamEnd } from '../streaming/event-stream.js';
import { bytesOfLive, type LiveEvent, type LiveNews, type LiveSink } from './live-event.js';
import { encodeLivePosition, type LivePosition } from './live-position.js';

export interface LiveStreamOptions {
  /** Whose stream it is, and as far as which it is told. */
  readonly call: Call;
  /** The organization that the reader is confined to; '' for the platform. */
  readonly scope: string;
  readonly sink: LiveSink;
  readonly backlog: Backlog;
  readonly onEnd: () => void;
}

/** How far before an event is told again what windows and backfills did, to a reader who comes back: both are looked at now and then. */
const TOLD_AGAIN_MS = 5 * SECOND_MS;

/** One open stream of the administration: who reads it, and up to where they have been told. */
export class LiveStream {
  readonly reader: Reader;
  readonly call: Call;
  readonly scope: string;
  /** When something was last sent. */
  sentAt = 0;
  /** Whether it has been told what it missed, and is told what happens. */
  joined: boolean = false;
  /** By which the time between heartbeats is multiplied, so that streams that were opened together do not beat together. */
  readonly patience = 0.7 + 0.3 * Math.random();

  readonly #options: LiveStreamOptions;
  readonly #queue: EventQueue<LiveEvent>;
  #position: LivePosition;
  #ended: boolean = false;

  constructor(position: LivePosition, options: LiveStreamOptions) {
    this.#options = options;
    this.reader = readerOf(options.call);
    this.call = options.call;
    this.scope = options.scope;
    this.#position = position;
    const { sink, backlog } = options;
    this.#queue = new EventQueue({
      ...{ write: (event) => sink.write(event), backlog },
      onOverflow: () => this.end('slow'),
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Moves the stream on without telling anything: what its reader need not be told. */
  advance(position: Partial<LivePosition>): void {
    this.#position = { ...this.#position, ...position };
  }

  /** Sends news, after which the stream has come to this position. */
  send(news: LiveNews, now: number, position: Partial<LivePosition> = {}): void {
    if (this.#ended) return;
    this.advance({ ...position, ...(this.joined && { at: now - TOLD_AGAIN_MS }) });
    this.sentAt = now;
    // A reader for whom events wait needs no heartbeat to know that the stream is alive.
    if (news.type === 'heartbeat' && this.#queue.clogged) return;
    const size = bytesOfLive(news);
    const [told, bytes] = size > this.#options.backlog.maxOfEvent ? [RESET, bytesOfLive(RESET)] : [news, size];
    this.#queue.send({ ...told, resumeToken: encodeLivePosition(this.#position) }, bytes);
  }

  /** The sink takes events again. */
  writable(): void {
    this.#queue.writable();
  }

  end(reason: StreamEnd): void {
    if (this.#ended) return;
    this.close();
    this.#options.sink.end(reason);
  }

  /** Ends the stream without telling the sink: the reader has gone. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.close();
    this.#options.onEnd();
  }
}

const RESET = { type: 'reset' } as const;
