import type { Readable } from 'node:stream';
import type { DoorName } from '../../calls/doors.js';
import { unavailable } from '../../calls/errors.js';

/** An answer that goes on until its reader goes away. */
export interface OpenStream {
  readonly body: Readable;
  /** Ends the stream, and says that the server stops. */
  drain(): void;
}

/** The streams that are open. A server that stops ends them. */
export class OpenStreams {
  readonly #open = new Map<OpenStream, DoorName>();
  #draining: boolean = false;

  /** How many are open by door. */
  get counts(): ReadonlyMap<DoorName, number> {
    const counts = new Map<DoorName, number>();
    for (const door of this.#open.values()) counts.set(door, (counts.get(door) ?? 0) + 1);
    return counts;
  }

  /** Adds a stream of this door until it ends. Throws UNAVAILABLE while the server stops. */
  add<Stream extends OpenStream>(stream: Stream, door: DoorName = 'rest'): Stream {
    if (this.#draining) throw unavailable('the server stops; connect again');
    this.#open.set(stream, door);
    stream.body.once('close', () => this.#open.delete(stream));
    return stream;
  }

  endAll(): void {
    this.#draining = true;
    for (const stream of [...this.#open.keys()]) stream.drain();
  }
}
