import type { Readable } from 'node:stream';
import { asLatchkeyError, type LatchkeyError, unavailable } from '../../calls/errors.js';
import type { JsonObject } from '../../core/values/json.js';
import type { StreamFeed, StreamOut } from '../../protocol/rpcs/method.js';
import type { OpenStream } from '../server/open-streams.js';
import type { ProblemBody } from '../server/problem.js';
import { StreamedText } from '../server/streamed-text.js';
import type { StreamForm } from './stream-form.js';

/**
 * An answer that goes on, of events that are JSON objects. A failure before the first one is answered by the route, which awaits
 * {@link begun}. A later failure is told as the form says.
 */
export class StreamBody implements StreamOut<JsonObject>, OpenStream {
  readonly #text = new StreamedText();
  readonly #form: StreamForm;
  readonly #problemOf: (error: unknown) => ProblemBody;
  readonly #begun = Promise.withResolvers<void>();
  #wrote: boolean = false;

  constructor(form: StreamForm, problemOf: (error: unknown) => ProblemBody) {
    this.#form = form;
    this.#problemOf = problemOf;
    this.body.once('close', () => this.#begun.reject(new Error('the reader has gone')));
    // Where nobody awaits the beginning, a failure is told by the stream.
    this.#begun.promise.catch(() => undefined);
  }

  get body(): Readable {
    return this.#text.readable;
  }

  /** Resolves at the first event, or at the end; rejects with a failure before either. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  follow(feed: StreamFeed): void {
    this.#text.follow(feed);
  }

  write(event: JsonObject): boolean {
    if (this.#text.ended) return true;
    this.#wrote = true;
    this.#begun.resolve();
    return this.#text.write(this.#form.event(event));
  }

  end(failure: LatchkeyError | undefined): void {
    if (this.#text.ended) return;
    if (failure === undefined) {
      this.#begun.resolve();
      this.#text.end();
    } else if (this.#wrote) {
      this.#text.end(this.#form.failure(this.#problemOf(failure)));
    } else {
      this.#begun.reject(failure);
      this.#text.destroy();
    }
  }

  drain(): void {
    this.end(unavailable('the server stops; connect again, elsewhere'));
  }

  fail(error: unknown): void {
    this.end(asLatchkeyError(error));
  }
}
