import { PassThrough, type Readable } from 'node:stream';
import { SECOND_MS } from '../../core/values/time.js';
import type { StreamEnd, StreamEvent, StreamSink, Watching } from '../../services/streaming/event-stream.js';
import { streamJson } from '../json/stream-json.js';
import type { OpenStream } from './open-streams.js';

/** What a client waits before it connects again, in milliseconds; with some spread, so that not all come at once. */
const RETRY_MS = 2 * SECOND_MS;
/** A reader that does not take the end of its stream is cut off after this long. */
const LAST_WORDS_MS = 5 * SECOND_MS;

/** One stream in the form of the HTML standard's server-sent events. */
export class ServerSentEvents implements StreamSink, OpenStream {
  readonly #body = new PassThrough();
  #watching: Watching | undefined;
  #ended: boolean = false;

  constructor() {
    this.#body.on('drain', () => this.#watching?.writable());
    this.#body.once('close', () => this.#watching?.close());
    this.#body.on('error', () => undefined);
  }

  get body(): Readable {
    return this.#body;
  }

  /** The feed of this stream, which may have ended meanwhile. */
  follow(watching: Watching): void {
    if (this.#body.destroyed || this.#ended) watching.close();
    else this.#watching = watching;
  }

  write(event: StreamEvent): boolean {
    if (this.#ended || this.#body.destroyed) return true;
    return this.#body.write(frameOf(event));
  }

  end(reason: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watching?.close();
    this.#body.end(`event: end\ndata: ${JSON.stringify({ reason })}\nretry: ${retryMs()}\n\n`);
    setTimeout(() => this.#body.destroy(), LAST_WORDS_MS).unref();
  }

  drain(): void {
    this.end('draining');
  }

  destroy(): void {
    this.#body.destroy();
  }
}

/** A heartbeat is a comment with an id: the client remembers it and tells nobody. */
function frameOf(event: StreamEvent): string {
  const id = `id: ${event.resumeToken}\n`;
  if (event.type === 'heartbeat') return `: heartbeat\nretry: ${retryMs()}\n${id}\n`;
  return `event: ${event.type}\n${id}data: ${JSON.stringify(streamJson(event))}\n\n`;
}

function retryMs(): number {
  return RETRY_MS + Math.floor(Math.random() * RETRY_MS);
}
