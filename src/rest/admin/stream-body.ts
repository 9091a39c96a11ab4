import { PassThrough, type Readable } from 'node:stream';
import { asLatchkeyError, type LatchkeyError, unavailable } from '../../calls/errors.js';
import type { JsonObject } from '../../core/values/json.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { StreamFeed, StreamOut } from '../../protocol/rpcs/method.js';
import type { OpenStream } from '../server/open-streams.js';
import type { ProblemBody } from '../server/problem.js';
import type { StreamForm } from './stream-form.js';

/** How long a reader may take to read the end of its stream, before the connection is closed. */
const LAST_WORDS_MS = 5 * SECOND_MS;

/**
 * An answer that goes on, of events that are JSON objects. A failure before the first one is answered by the route, which awaits
 * {@link begun}. A later failure is told as the form says.
 */
export class StreamBody implements StreamOut<JsonObject>, OpenStream {
  readonly #body = new PassThrough();
  readonly #form: StreamForm;
  readonly #problemOf: (error: unknown) => ProblemBody;
  readonly #begun = Promise.withResolvers<void>();
  #feed: StreamFeed | undefined;
  #ended: boolean = false;
  #wrote: boolean = false;

  constructor(form: StreamForm, problemOf: (error: unknown) => ProblemBody) {
    this.#form = form;
    this.#problemOf = problemOf;
    this.#body.on('drain', () => this.#feed?.writable());
    this.#body.once('close', () => {
      this.#release();
      this.#begun.reject(new Error('the reader has gone'));
    });
    this.#body.on('error', () => undefined);
    // Where nobody awaits the beginning, a failure is told by the stream.
    this.#begun.promise.catch(() => undefined);
  }

  get body(): Readable {
    return this.#body;
  }

  /** Resolves at the first event, or at the end; rejects with a failure before either. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Sets what feeds the stream, which may have ended already. */
  follow(feed: StreamFeed): void {
    if (this.#ended || this.#body.destroyed) feed.close();
    else this.#feed = feed;
  }

  write(event: JsonObject): boolean {
    if (this.#ended || this.#body.destroyed) return true;
    this.#wrote = true;
    this.#begun.resolve();
    return this.#body.write(this.#form.event(event));
  }

  end(failure: LatchkeyError | undefined): void {
    if (this.#ended) return;
    this.#release();
    if (failure === undefined) {
      this.#begun.resolve();
      this.#body.end();
    } else if (this.#wrote) {
      this.#body.end(this.#form.failure(this.#problemOf(failure)));
    } else {
      this.#begun.reject(failure);
      this.#body.destroy();
    }
    setTimeout(() => this.#body.destroy(), LAST_WORDS_MS).unref();
  }

  drain(): void {
    this.end(unavailable('the server stops; connect again, elsewhere'));
  }

  fail(error: unknown): void {
    this.end(asLatchkeyError(error));
  }

  #release(): void {
    this.#ended = true;
    this.#feed?.close();
    this.#feed = undefined;
  }
}
