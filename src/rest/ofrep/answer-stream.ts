import type { Readable } from 'node:stream';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { AnswerTicket } from '../../services/streaming/answer-tickets.js';
import type { StreamEnd, StreamEvent, StreamSink, Watching } from '../../services/streaming/event-stream.js';
import type { OpenStream } from '../server/open-streams.js';
import { eventFrame, retryLine } from '../server/server-sent-events.js';
import { StreamedText } from '../server/streamed-text.js';
import type { BulkAnswer } from './bulk-answers.js';

export interface AnswerStreamOptions {
  readonly resumes: boolean;
  /** When the client is told to fetch another ticket, in epoch milliseconds. */
  readonly renewAt: number;
  /** The tickets' clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Something happened that may have changed the answer. */
  readonly onSign: () => void;
}

/** The least that a client waits before it connects again. */
const RETRY_MS = SECOND_MS;
/** For so long after a client was told to fetch it may be given an answer of in between, which no look has seen. */
const FETCHING_MS = 5 * SECOND_MS;
const HEARTBEAT = ': heartbeat\n\n';

/** One stream of OFREP: it says that the answer has changed, and that it should be fetched again, and nothing else. */
export class AnswerStream implements StreamSink, OpenStream {
  readonly ticket: AnswerTicket;
  readonly #text = new StreamedText(() => this.#writable());
  readonly #options: AnswerStreamOptions;
  #renewAt: number;
  /** Of the answer that the client has or was told to fetch; undefined where that is not known. */
  #mark: string | undefined;
  /** When the client was last told of what is new to it. */
  #toldAt = -Infinity;
  /** When the client is told to fetch once more, as it may have fetched an answer of in between. */
  #againAt = Infinity;
  #hasSign: boolean = false;
  #begun: boolean = false;
  /** The newest event that the reader does not take yet: all say the same. */
  #waiting: string | undefined;

  constructor(ticket: AnswerTicket, options: AnswerStreamOptions) {
    this.ticket = ticket;
    this.#mark = options.resumes ? undefined : ticket.mark;
    this.#renewAt = options.renewAt;
    this.#options = options;
    // The id has a client that connects again say that it does.
    this.#text.write(`: answers\n${retryLine(RETRY_MS)}id: ${ticket.mark}\n\n`);
  }

  get body(): Readable {
    return this.#text.readable;
  }

  get ended(): boolean {
    return this.#text.ended;
  }

  /** When the client is to be told to fetch another ticket; Infinity once it was. */
  get renewAt(): number {
    return this.#renewAt;
  }

  /** When the answer is to be looked at for {@link found} to tell once more; Infinity: it need not. */
  get againAt(): number {
    return this.#againAt;
  }

  /** Sets what the stream hears of changes by. */
  follow(watching: Watching): void {
    this.#text.follow(watching);
  }

  /** Something happened. The first heartbeat, too, is a sign: the stream hears of all changes from then on. */
  write(event: StreamEvent): boolean {
    if (this.ended) return true;
    const isHeartbeat = event.type === 'heartbeat';
    const isFirst = !this.#begun;
    this.#begun = true;
    this.#hasSign ||= !isHeartbeat;
    if (!isHeartbeat || isFirst) this.#options.onSign();
    return isHeartbeat ? this.#text.write(HEARTBEAT) : true;
  }

  /**
   * The answer as it is now: the client is told to fetch it if it has another one. Soon after it was told to fetch, it may be given an answer
   * that was changed back before a look: so what is written then has it told once more, though the answer be the same.
   */
  found({ mark, etag }: Pick<BulkAnswer, 'mark' | 'etag'>): void {
    const now = this.#options.now();
    const [isNew, hasSign] = [mark !== this.#mark, this.#hasSign];
    this.#hasSign = false;
    this.#mark = mark;
    if (isNew) this.#toldAt = now;
    else if (hasSign && now - this.#toldAt < FETCHING_MS) this.#againAt = Math.min(this.#againAt, now + SECOND_MS);
    if (!isNew && now < this.#againAt) return;
    this.#againAt = Infinity;
    this.#tell(etag);
  }

  /** Has the client fetch another ticket, whatever became of the answer. */
  renew(): void {
    this.#renewAt = Infinity;
    this.#toldAt = this.#options.now();
    this.#tell();
  }

  end(reason: StreamEnd): void {
    if (this.ended) return;
    // Whatever changes while this server stops, the client learns from the server that it asks now.
    if (reason === 'draining') this.#tell();
    this.#text.end(`${this.#waiting ?? ''}${retryLine(RETRY_MS)}\n`);
    this.#waiting = undefined;
  }

  drain(): void {
    this.end('draining');
  }

  destroy(): void {
    this.#text.destroy();
  }

  /** @param etag of the answer that is news; left out where the client is to fetch for another reason, be the answer the same or not */
  #tell(etag?: string): void {
    if (this.ended) return;
    const lastModified = Math.floor(this.#options.now() / SECOND_MS);
    const data = { type: 'refetchEvaluation', ...(etag !== undefined && { etag }), lastModified };
    const event = eventFrame('message', this.#mark ?? this.ticket.mark, data);
    if (this.#text.full) this.#waiting = event;
    else this.#text.write(event);
  }

  #writable(): void {
    const event = this.#waiting;
    this.#waiting = undefined;
    // What was waiting may fill the body at once: then this is called again.
    if (event === undefined || this.#text.write(event)) this.#text.askForMore();
  }
}
