import { PassThrough, type Readable } from 'node:stream';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { StreamFeed } from '../../protocol/rpcs/method.js';

/** How long a reader may take to read the end of its stream, before the connection is closed. */
const LAST_WORDS_MS = 5 * SECOND_MS;

/** The text of an answer that goes on, on its way from what feeds it to its reader. Whichever of them goes first, the other is let go. */
export class StreamedText {
  readonly #body = new PassThrough();
  #feed: StreamFeed | undefined;
  #ended: boolean = false;

  /** @param onDrain what is done when the reader takes text again; left out: what feeds the stream is told */
  constructor(onDrain?: () => void) {
    this.#body.on('drain', onDrain ?? (() => this.askForMore()));
    this.#body.once('close', () => this.#release());
    this.#body.on('error', () => undefined);
  }

  get readable(): Readable {
    return this.#body;
  }

  get ended(): boolean {
    return this.#ended || this.#body.destroyed;
  }

  /** Whether the reader has to read before it takes more. */
  get full(): boolean {
    return this.#body.writableNeedDrain;
  }

  /** Sets what feeds the stream, which may have ended already. */
  follow(feed: StreamFeed): void {
    if (this.ended) feed.close();
    else this.#feed = feed;
  }

  askForMore(): void {
    this.#feed?.writable();
  }

  /** False asks for no more for now. After the end nothing is written. */
  write(text: string): boolean {
    return this.ended || this.#body.write(text);
  }

  end(lastWords?: string): void {
    if (this.ended) return;
    this.#release();
    this.#body.end(lastWords);
    setTimeout(() => this.#body.destroy(), LAST_WORDS_MS).unref();
  }

  destroy(): void {
    this.#release();
    this.#body.destroy();
  }

  #release(): void {
    this.#ended = true;
    this.#feed?.close();
    this.#feed = undefined;
  }
}
