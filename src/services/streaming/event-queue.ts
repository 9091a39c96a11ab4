/** How much streams hold back for readers that do not keep up, in bytes, about; {@link EventQueue} counts it. */
export interface Backlog {
  /** All that waits in this process: in queues, and what doors have not sent yet of what they were given. */
  waiting: number;
  /** A larger event is not sent: in its place the reader is told to ask for everything again. */
  readonly maxOfEvent: number;
  readonly maxOfStream: number;
  readonly maxOfProcess: number;
}

const KIB = 1024;

/** What the streams of one kind may hold back. */
export const newBacklog = (): Backlog => ({
  ...{ waiting: 0, maxOfEvent: 512 * KIB, maxOfStream: 1024 * KIB, maxOfProcess: 128 * 1024 * KIB },
});

interface Waiting<Event> {
  readonly event: Event;
  readonly bytes: number;
}

export interface EventQueueOptions<Event> {
  /** Takes an event; false asks for no more until {@link EventQueue.writable}. */
  readonly write: (event: Event) => boolean;
  readonly backlog: Backlog;
  /** More waits than may wait: the stream should end. */
  readonly onOverflow: () => void;
}

/** The events of one stream that its reader does not take yet, in order, as far as there is room for them. */
export class EventQueue<Event> {
  readonly #options: EventQueueOptions<Event>;
  #queue: Waiting<Event>[] = [];
  /** Of the event that was taken last, while no more is asked for. */
  #bytesInSink = 0;
  #bytes = 0;
  #clogged: boolean = false;
  #closed: boolean = false;

  constructor(options: EventQueueOptions<Event>) {
    this.#options = options;
  }

  /** Whether the reader takes nothing now: what is sent waits. */
  get clogged(): boolean {
    return this.#clogged;
  }

  /** Sends an event that takes about this many bytes. */
  send(event: Event, bytes: number): void {
    if (!this.#clogged) {
      this.#write({ event, bytes });
      this.#hold(this.#bytesInSink);
      return;
    }
    this.#queue.push({ event, bytes });
    this.#hold(bytes);
  }

  /** The reader takes events again. */
  writable(): void {
    this.#clogged = false;
    this.#hold(-this.#bytesInSink);
    this.#bytesInSink = 0;
    let sent = 0;
    while (sent < this.#queue.length && !this.#clogged) {
      const waiting = this.#queue[sent++]!;
      this.#write(waiting);
      this.#hold(this.#bytesInSink - waiting.bytes);
    }
    this.#queue.splice(0, sent);
  }

  /** The stream is over: what waits is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.backlog.waiting -= this.#bytes;
    this.#queue = [];
  }

  #write({ event, bytes }: Waiting<Event>): void {
    this.#clogged = !this.#options.write(event);
    this.#bytesInSink = this.#clogged ? bytes : 0;
  }

  /** Counts what is held back more, or less; says so where that is too much. */
  #hold(bytes: number): void {
    if (this.#closed) return;
    const { backlog, onOverflow } = this.#options;
    this.#bytes += bytes;
    backlog.waiting += bytes;
    if (bytes > 0 && (this.#bytes > backlog.maxOfStream || backlog.waiting > backlog.maxOfProcess)) onOverflow();
  }
}
