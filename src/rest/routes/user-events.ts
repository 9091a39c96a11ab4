import type { Readable } from 'node:stream';
import type { StreamEnd, StreamEvent, StreamSink, Watching } from '../../services/streaming/event-stream.js';
import { streamJson } from '../json/stream-json.js';
import type { OpenStream } from '../server/open-streams.js';
import { endFrame, eventFrame, heartbeatFrame } from '../server/server-sent-events.js';
import { StreamedText } from '../server/streamed-text.js';

/** A user's stream as server-sent events. */
export class UserEvents implements StreamSink, OpenStream {
  readonly #text = new StreamedText();

  get body(): Readable {
    return this.#text.readable;
  }

  follow(watching: Watching): void {
    this.#text.follow(watching);
  }

  write(event: StreamEvent): boolean {
    const { type, resumeToken } = event;
    if (type === 'heartbeat') return this.#text.write(heartbeatFrame(resumeToken));
    return this.#text.write(eventFrame(type, resumeToken, streamJson(event)));
  }

  end(reason: StreamEnd): void {
    this.#text.end(endFrame({ reason }));
  }

  drain(): void {
    this.end('draining');
  }

  destroy(): void {
    this.#text.destroy();
  }
}
