import type { Readable } from 'node:stream';
import { unavailable } from '../../calls/errors.js';

/** An answer that goes on until its reader goes away. */
export interface OpenStream {
  readonly body: Readable;
  /** Ends the stream, and says that the server stops. */
  drain(): void;
}

/** The streams that are open. A server that stops ends them. */
export class OpenStreams {
  readonly #open = new Set<OpenStream>();
  #draining: boolean = false;

  /** Adds a stream until it ends. Throws UNAVAILABLE while the server stops. */
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
