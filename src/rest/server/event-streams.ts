import { PassThrough, type Readable } from 'node:stream';
import { SECOND_MS } from '../../core/values/time.js';
import type { StreamEnd, StreamEvent, StreamSink, Watching } from '../../services/streaming/event-stream.js';
import { streamJson } from '../json/stream-json.js';

/** What a client waits before it connects again, in milliseconds; with some spread, so that not all come at once. */
const RETRY_MS = 2 * SECOND_MS;
/** A reader that does not take the end of its stream is cut off after this long. */
const LAST_WORDS_MS = 5 * SECOND_MS;

/** The server-sent-event streams that are open now, so that a server on its way out can end them. */
export class EventStreams {
  readonly #open = new Set<ServerSentEvents>();
  #draining: boolean = false;

  get draining(): boolean {
    return this.#draining;
  }

  /** A new stream; it is kept until it has ended. */
  make(): ServerSentEvents {
    const stream = new ServerSentEvents();
    this.#open.add(stream);
    stream.body.once('close', () => this.#open.delete(stream));
    return stream;
  }

  endAll(): void {
    this.#draining = true;
    for (const stream of this.#open) stream.end('draining');
  }
}

/** One stream in the form of the HTML standard's server-sent events. */
export class ServerSentEvents implements StreamSink {
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
