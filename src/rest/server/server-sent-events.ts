import { PassThrough, type Readable } from 'node:stream';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { StreamEnd, StreamEvent, StreamSink, Watching } from '../../services/streaming/event-stream.js';
import { streamJson } from '../json/stream-json.js';
import type { OpenStream } from './open-streams.js';

/** Of an answer that is a stream. The last tells proxies not to hold events back until the answer is complete. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

/** How long a client waits before it connects again; it is varied, so that clients do not all come at once. */
const RETRY_MS = 2 * SECOND_MS;
/** How long a reader may take to read the end of its stream, before the connection is closed. */
const LAST_WORDS_MS = 5 * SECOND_MS;

/** A stream as server-sent events, which the HTML standard defines. */
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

  /** Sets what feeds the stream, which may have ended already. */
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

/** The text of an event. A heartbeat is a comment with an id, which the client remembers without telling the page. */
function frameOf(event: StreamEvent): string {
  const id = `id: ${event.resumeToken}\n`;
  if (event.type === 'heartbeat') return `: heartbeat\nretry: ${retryMs()}\n${id}\n`;
  return `event: ${event.type}\n${id}data: ${JSON.stringify(streamJson(event))}\n\n`;
}

function retryMs(): number {
  return RETRY_MS + Math.floor(Math.random() * RETRY_MS);
}
