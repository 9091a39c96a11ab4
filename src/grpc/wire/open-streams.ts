import type { EventEmitter } from 'node:events';

/** A call that answers with a stream. */
export interface OpenStream extends EventEmitter {
  end(): void;
}

/** The streams that are open. A server that stops ends them, since they would not end by themselves. */
export class OpenStreams {
  readonly #open = new Map<OpenStream, () => void>();
  #ended: boolean = false;

  get size(): number {
    return this.#open.size;
  }

  /** Adds a stream, which is ended at once when the server stops already. `end` says how, in place of the stream's own end. */
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
