import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { invalid, type LatchkeyError } from '../../calls/errors.js';
import type { CallContext } from './call-context.js';
import { MalformedRequest } from './decode-message.js';
import { StreamingCall, type StreamingDoor } from './streaming-call.js';

/** An RPC that answers with a stream. */
export interface StreamMethod<Caller, Request, Event> {
  /** Begins the stream; what it throws ends the call. What it gives is told of the reader until the call has ended. */
  begin(request: Request, context: CallContext<Caller>, out: StreamOut<Event>): Promise<StreamFeed>;
}

/** Where a handler writes. After the call has ended, nothing happens any more. */
export interface StreamOut<Event> {
  /** False: take no more until {@link StreamFeed.writable}. */
  write(event: Event): boolean;
  /** Ends the call with this failure; undefined: with OK. */
  end(failure: LatchkeyError | undefined): void;
}

export interface StreamFeed {
  writable(): void;
  /** The call has ended, by whomever. */
  close(): void;
}

export interface StreamBinding<Caller, Request, Event> extends StreamingDoor<Caller> {
  readonly method: StreamMethod<Caller, Request, Event>;
  encode(event: Event): Buffer;
}

/** What `handler.ts` is for unary calls, around a server stream: the same steps, until the last event. */
export function serverStream<Caller, Request, Event>(
  binding: StreamBinding<Caller, Request, Event>,
): handleServerStreamingCall<Request | MalformedRequest, Buffer> {
  return (call) => void new StreamRun(binding, call).run();
}

class StreamRun<Caller, Request, Event> extends StreamingCall<Caller> implements StreamOut<Event> {
  readonly #binding: StreamBinding<Caller, Request, Event>;
  readonly #call: ServerWritableStream<Request | MalformedRequest, Buffer>;
  #feed: StreamFeed | undefined;

  constructor(
    binding: StreamBinding<Caller, Request, Event>,
    call: ServerWritableStream<Request | MalformedRequest, Buffer>,
  ) {
    super(binding, call);
    this.#binding = binding;
    this.#call = call;
  }

  run(): Promise<void> {
    this.#call.on('drain', () => this.#feed?.writable());
    return this.serve(async () => {
      const { request } = this.#call;
      if (request instanceof MalformedRequest) throw invalid(`the request is malformed: ${request.reason}`);
      const feed = await this.#binding.method.begin(request, this.context, this);
      if (this.ended) feed.close();
      else this.#feed = feed;
    });
  }

  write(event: Event): boolean {
    if (this.ended) return true;
    return this.#call.write(this.#binding.encode(event));
  }

  protected released(): void {
    this.#feed?.close();
  }
}
