import { REQUEST_ID_HEADER, requestIdOf } from '../../calls/call-headers.js';
import { limited } from '../../calls/errors.js';
import type { Incoming } from './handler.js';
import type { OpenStream, OpenStreams } from './open-streams.js';
import { failureStatus } from './status.js';

/** How many of them may be open at one listener. */
const MAX_OPEN = 1_000;

/** A call that is served without asking who makes it, and answers with a stream. */
export type PublicStream = OpenStream & Incoming;

/** The streams that anybody may open: health's Watch, and reflection. */
export class PublicStreams {
  readonly #streams: OpenStreams;
  readonly #arrived: (call: Incoming) => void;
  #open = 0;

  /** @param arrived counts what comes from the call's address; throws LIMITED for one too many */
  constructor(streams: OpenStreams, arrived: (call: Incoming) => void) {
    this.#streams = streams;
    this.#arrived = arrived;
  }

  /** Counts a stream until it ends; false where it was one too many, and has failed. */
  take(call: PublicStream): boolean {
    if (!this.count(call)) return false;
    if (this.#open >= MAX_OPEN) {
      const words = `${MAX_OPEN} streams of health and reflection are open here, which is the most; close one`;
      fail(call, limited(words));
      return false;
    }
    this.#open++;
    call.once('cancelled', () => this.#open--);
    this.#streams.add(call);
    return true;
  }

  /** Counts a message of a stream as a call from its address; false where it was one too many, and the stream has failed. */
  count(call: PublicStream): boolean {
    try {
      this.#arrived(call);
      return true;
    } catch (error) {
      fail(call, error);
      return false;
    }
  }
}

function fail(call: PublicStream, error: unknown): void {
  call.emit('error', failureStatus(error, requestIdOf(call.metadata.get(REQUEST_ID_HEADER)[0])));
}
