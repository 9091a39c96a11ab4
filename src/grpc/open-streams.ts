import type { EventEmitter } from 'node:events';

/** A call that answers with a stream. */
export interface OpenStream extends EventEmitter {
  end(): void;
}

/** The streams that are open now, so that a server on its way out can end them: waiting for them would take for ever. */
export class OpenStreams {
  readonly #open = new Set<OpenStream>();
  #ended: boolean = false;

  /** Ends the stream at once when the server is already on its way out. */
  add(stream: OpenStream): void {
    if (this.#ended) {
      stream.end();
      return;
    }
    this.#open.add(stream);
    stream.once('cancelled', () => this.#open.delete(stream));
  }

  endAll(): void {
    this.#ended = true;
    for (const stream of this.#open) stream.end();
    this.#open.clear();
  }
}
