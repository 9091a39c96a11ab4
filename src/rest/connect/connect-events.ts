import { Code, ConnectError } from '@connectrpc/connect';
import type { LatchkeyError } from '../../calls/errors.js';
import { unavailable } from '../../calls/errors.js';
import { type FlagdEvent, type FlagdEventsOptions, type FlagdFeed, openFlagdEvents } from '../../flagd/events.js';
import type { FlagdCall } from '../../flagd/handlers.js';
import { timeoutPassed } from './connect-error.js';

/**
 * An event stream of flagd's as connect-es takes one: a generator, which is asked for the next event when the reader has taken the one
 * before. What the reader does not take yet waits where the events come from, within the bounds of any stream.
 */
export class ConnectEvents {
  readonly #waiting: FlagdEvent[] = [];
  #feed: FlagdFeed | undefined;
  #failure: LatchkeyError | undefined;
  #wake: () => void = () => undefined;

  /** Whether the stream was opened. */
  get began(): boolean {
    return this.#feed !== undefined;
  }

  /** Tells the reader that the server stops, and ends. */
  drain(): void {
    this.#feed?.drain();
    this.#end(unavailable('the server stops; connect again, elsewhere'));
  }

  async *run(
    options: FlagdEventsOptions,
    call: FlagdCall,
    failed: (error: unknown) => Error,
  ): AsyncGenerator<FlagdEvent, void, undefined> {
    call.signal?.addEventListener('abort', () => this.#wake());
    try {
      this.#feed = await openFlagdEvents(options, call, {
        write: (event) => this.#take(event),
        end: (failure) => this.#end(failure),
      });
      while (call.signal?.aborted !== true) {
        const event = this.#waiting.shift();
        if (event !== undefined) yield event;
        else if (this.#failure !== undefined) throw this.#failure;
        else await this.#more();
      }
      // A stream that ends without a failure has told all that there is.
      if (isTimeout(call.signal?.reason)) throw timeoutPassed();
    } catch (error) {
      throw failed(error);
    } finally {
      this.#feed?.close();
    }
  }

  #take(event: FlagdEvent): boolean {
    this.#waiting.push(event);
    this.#wake();
    return false;
  }

  #end(failure: LatchkeyError): void {
    this.#failure ??= failure;
    this.#wake();
  }

  /** Waits until there is something to tell, or the stream is over. */
  async #more(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#feed!.writable();
    await woken;
  }
}

const isTimeout = (reason: unknown): boolean => reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
