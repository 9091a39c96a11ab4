import { PassThrough, type Readable } from 'node:stream';
import { asLatchkeyError, type LatchkeyError, unavailable } from '../../calls/errors.js';
import type { JsonObject } from '../../core/values/json.js';
import { SECOND_MS } from '../../core/values/time.js';
import type { StreamFeed, StreamOut } from '../../protocol/rpcs/method.js';
import type { OpenStream } from '../server/open-streams.js';
import type { ProblemBody } from '../server/problem.js';

/** A reader that does not take the end of its stream is cut off after this long. */
const LAST_WORDS_MS = 5 * SECOND_MS;

/**
 * A stream of JSON objects, one on each line. A failure before the first one is for the caller to answer, see
 * {@link begun}; a later one is told as the last line, `{"error": PROBLEM}`.
 */
export class JsonLines implements StreamOut<JsonObject>, OpenStream {
  readonly #body = new PassThrough();
  readonly #problemOf: (error: unknown) => ProblemBody;
  readonly #begun = Promise.withResolvers<void>();
  #feed: StreamFeed | undefined;
  #ended: boolean = false;
  #wrote: boolean = false;

  constructor(problemOf: (error: unknown) => ProblemBody) {
    this.#problemOf = problemOf;
    this.#body.on('drain', () => this.#feed?.writable());
    this.#body.once('close', () => {
      this.#release();
      this.#begun.reject(new Error('the reader has gone'));
    });
    this.#body.on('error', () => undefined);
    // Whoever does not wait for the beginning learns of the failure by the stream.
    this.#begun.promise.catch(() => undefined);
  }

  get body(): Readable {
    return this.#body;
  }

  /** Resolves with the first line, or the end; rejects with what failed before either. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** What feeds this stream, which may have ended meanwhile. */
  follow(feed: StreamFeed): void {
    if (this.#ended || this.#body.destroyed) feed.close();
    else this.#feed = feed;
  }

  write(event: JsonObject): boolean {
    if (this.#ended || this.#body.destroyed) return true;
    this.#wrote = true;
    this.#begun.resolve();
    return this.#body.write(`${JSON.stringify(event)}\n`);
  }

  end(failure: LatchkeyError | undefined): void {
    if (this.#ended) return;
    this.#release();
    if (failure === undefined) {
      this.#begun.resolve();
      this.#body.end();
    } else if (this.#wrote) {
      this.#body.end(`${JSON.stringify({ error: this.#problemOf(failure) })}\n`);
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
