import type { Readable } from 'node:stream';
import { unavailable } from '../../calls/errors.js';

/** An answer that goes on for as long as its reader stays. */
export interface OpenStream {
  readonly body: Readable;
  /** Ends it with its last words: the server is on its way out. */
  drain(): void;
}

/** The streams that are open now, so that a server on its way out can end them. */
export class OpenStreams {
  readonly #open = new Set<OpenStream>();
  #draining: boolean = false;

  /** Keeps the stream until it has ended. Rejects with UNAVAILABLE while the server is on its way out. */
  add<Stream extends OpenStream>(stream: Stream): Stream {
    if (this.#draining) throw unavailable('the server stops; connect again');
    this.#open.add(stream);
    stream.body.once('close', () => this.#open.delete(stream));
    return stream;
  }

  endAll(): void {
    this.#draining = true;
    for (const stream of this.#open) stream.drain();
  }
}
