import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { invalid } from '../../calls/errors.js';
import { MalformedRequest } from '../../protocol/messages/decode-message.js';
import type { StreamFeed, StreamMethod, StreamOut } from '../../protocol/rpcs/method.js';
import { StreamingCall, type StreamingDoor } from './streaming-call.js';

export interface StreamBinding<Caller, Request, Event> extends StreamingDoor<Caller> {
  readonly method: StreamMethod<Caller, Request, Event>;
  decode(bytes: Buffer): Request | MalformedRequest;
  encode(event: Event): Buffer;
}

/** The wrapper around a handler of a server stream, as `handler.ts` has it for unary calls. */
export function serverStream<Caller, Request, Event>(
  binding: StreamBinding<Caller, Request, Event>,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => void new StreamRun(binding, call).run();
}

class StreamRun<Caller, Request, Event> extends StreamingCall<Caller> implements StreamOut<Event> {
  readonly #binding: StreamBinding<Caller, Request, Event>;
  readonly #call: ServerWritableStream<Buffer, Buffer>;
  #feed: StreamFeed | undefined;

  constructor(binding: StreamBinding<Caller, Request, Event>, call: ServerWritableStream<Buffer, Buffer>) {
    super(binding, call);
    this.#binding = binding;
    this.#call = call;
  }

  run(): Promise<void> {
    this.#call.on('drain', () => this.#feed?.writable());
    return this.serve(async () => {
      const request = this.#binding.decode(this.#call.request);
      if (request instanceof MalformedRequest) throw invalid(`the request is malformed: ${request.reason}`);
      this.limit();
      const feed = await this.#binding.method.begin(request, this.context, this);
      if (this.ended) feed.close();
      else this.#feed = feed;
    });
  }

  write(event: Event): boolean {
    if (this.ended) return true;
    return this.#call.write(this.#binding.encode(event));
  }

  protected override drain(): void {
    this.#feed?.drain?.();
    super.drain();
  }

  protected released(): void {
    this.#feed?.close();
  }
}
