import type { EventEmitter } from 'node:events';

/** A call that answers with a stream. */
export interface OpenStream extends EventEmitter {
  end(): void;
}

/** The streams that are open now, so that a server on its way out can end them: waiting for them would take for ever. */
export class OpenStreams {
  readonly #open = new Map<OpenStream, () => void>();
  #ended: boolean = false;

  /** Ends the stream at once when the server is already on its way out; `end` in place of its own. */
  add(stream: OpenStream, end: () => void = () => stream.end()): void {
    if (this.#ended) {
      end();
      return;
    }
    this.#open.set(stream, end);
    stream.once('cancelled', () => this.#open.delete(stream));
  }

  /** The stream has ended by itself. */
  delete(stream: OpenStream): void {
    this.#open.delete(stream);
  }

  endAll(): void {
    this.#ended = true;
    const ends = [...this.#open.values()];
    this.#open.clear();
    for (const end of ends) end();
  }
}
