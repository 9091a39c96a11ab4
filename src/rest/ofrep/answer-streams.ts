import { LatchkeyError } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import { type AnswerTicket, type AnswerTickets, TICKET_EPOCH_MS } from '../../services/streaming/answer-tickets.js';
import { DueQueue } from '../../services/streaming/due-queue.js';
import { AnswerStream } from './answer-stream.js';
import type { BulkAnswer, BulkAnswers } from './bulk-answers.js';

export interface AnswerStreamsOptions {
  readonly answers: Pick<BulkAnswers, 'answer'>;
  readonly tickets: Pick<AnswerTickets, 'now'>;
}

/** How often an answer is looked at without a sign that it has changed, about. */
const LOOK_AGAIN_MS = MINUTE_MS;
/** How long after an instant that should have changed an answer, and did not, it is looked at again. */
const ONCE_MORE_MS = SECOND_MS;
/** How many answers are waited for at once that have to be read from the store: a slow one holds up no other. */
const READ_AT_ONCE = 32;
/** How many steps looking at an answer is, as pauses count them: the clock is read after each. */
const STEPS = 128;

/** When the client of a stream that opens now is to fetch another ticket: early enough, and not with all others. In epoch milliseconds. */
export function renewalOf({ expiresAt }: Pick<AnswerTicket, 'expiresAt'>, now: number): number {
  return expiresAt - Math.min(TICKET_EPOCH_MS, (expiresAt - now) / 2) * (0.2 + 0.8 * Math.random());
}

/**
 * Tells the open streams when their answers have changed: it looks at an answer when the configuration, the user or the organization
 * was written, when time may change it, and once a minute. It also has clients fetch another ticket before theirs expires.
 */
export class AnswerStreams {
  readonly #options: AnswerStreamsOptions;
  /** Streams whose answers are to be looked at, with pauses, as a change of the configuration is a sign to all of them. */
  readonly #waiting = new Set<AnswerStream>();
  /** Streams whose answers are being read, and whether there was a sign since the reading began. */
  readonly #reading = new Map<AnswerStream, boolean>();
  readonly #due: DueQueue<AnswerStream>;
  #looking: boolean = false;

  constructor(options: AnswerStreamsOptions) {
    this.#options = options;
    this.#due = new DueQueue<AnswerStream>(
      () => options.tickets.now(),
      (stream) => this.#onDue(stream),
    );
  }

  /** A stream for the ticket. `resumes`: it goes on for a client that has had it before, which may have missed something. */
  open(ticket: AnswerTicket, resumes: boolean): AnswerStream {
    const now = () => this.#options.tickets.now();
    const renewAt = renewalOf(ticket, now());
    const stream = new AnswerStream(ticket, { resumes, renewAt, now, onSign: () => this.#ask(stream) });
    stream.body.once('close', () => this.#forget(stream));
    this.#arm(stream, Infinity);
    return stream;
  }

  #forget(stream: AnswerStream): void {
    this.#waiting.delete(stream);
    this.#due.delete(stream);
  }

  #ask(stream: AnswerStream): void {
    // What is being read may be from before the sign.
    if (this.#reading.has(stream)) this.#reading.set(stream, true);
    else this.#waiting.add(stream);
    this.#begin();
  }

  #begin(): void {
    if (this.#looking || this.#waiting.size === 0) return;
    this.#looking = true;
    setImmediate(() => void this.#lookAtAll());
  }

  async #lookAtAll(): Promise<void> {
    const pauses = new EventLoopPauses({});
    for (const stream of this.#waiting) {
      // Looking goes on when one of them has been read.
      if (this.#reading.size >= READ_AT_ONCE) break;
      this.#waiting.delete(stream);
      if (!stream.ended) this.#look(stream);
      if (pauses.due(STEPS)) await pauses.take();
    }
    this.#looking = false;
  }

  #look(stream: AnswerStream): void {
    const { ticket } = stream;
    try {
      const answer = this.#options.answers.answer({ caller: ticket.caller, requestId: '' }, ticket.context);
      if (answer instanceof Promise) this.#wait(stream, answer);
      else this.#found(stream, answer);
    } catch (error) {
      this.#failed(stream, error);
    }
  }

  #wait(stream: AnswerStream, answer: Promise<BulkAnswer>): void {
    this.#reading.set(stream, false);
    answer
      .then(
        (read) => this.#found(stream, read),
        (error: unknown) => this.#failed(stream, error),
      )
      .finally(() => {
        const hasSign = this.#reading.get(stream) === true;
        this.#reading.delete(stream);
        if (hasSign) this.#ask(stream);
        else this.#begin();
      });
  }

  #found(stream: AnswerStream, answer: BulkAnswer): void {
    if (stream.ended) return;
    // An answer from what was known before the store was away is no news.
    if (!answer.stale) stream.found(answer);
    this.#arm(stream, answer.validUntil);
  }

  #failed(stream: AnswerStream, error: unknown): void {
    if (stream.ended) return;
    // Whatever is wrong, the client is told when it asks. While the store is away, that would not help it.
    if (error instanceof LatchkeyError && error.code === 'UNAVAILABLE') this.#arm(stream, Infinity);
    else stream.end('failed');
  }

  #arm(stream: AnswerStream, validUntil: number): void {
    const now = this.#options.tickets.now();
    const again = now + LOOK_AGAIN_MS * (0.7 + 0.3 * Math.random());
    const { ticket, renewAt, againAt } = stream;
    this.#due.set(
      stream,
      Math.min(Math.max(validUntil, now + ONCE_MORE_MS), again, renewAt, againAt, ticket.expiresAt),
    );
  }

  #onDue(stream: AnswerStream): void {
    const now = this.#options.tickets.now();
    if (now >= stream.ticket.expiresAt) {
      stream.end('unauthenticated');
      return;
    }
    if (now >= stream.renewAt) stream.renew();
    this.#ask(stream);
  }
}
