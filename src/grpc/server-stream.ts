import { type handleServerStreamingCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { invalid, type LatchkeyError, unavailable } from '../services/errors.js';
import { type CallContext, GrpcCallContext } from './call-context.js';
import { MalformedRequest } from './decode-message.js';
import type { Door, EndedCall } from './handler.js';
import type { OpenStreams } from './open-streams.js';
import { failureStatus, isUnexpected } from './status.js';

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

export interface StreamBinding<Caller, Request, Event> {
  readonly path: string;
  readonly method: StreamMethod<Caller, Request, Event>;
  readonly door: Door<Caller>;
  readonly streams: OpenStreams;
  encode(event: Event): Buffer;
}

/** What `handler.ts` is for unary calls, around a server stream: the same steps, until the last event. */
export function serverStream<Caller, Request, Event>(
  binding: StreamBinding<Caller, Request, Event>,
): handleServerStreamingCall<Request | MalformedRequest, Buffer> {
  return (call) => void new StreamRun(binding, call).run();
}

/** One stream on its way; at its end also what the observer gets. */
class StreamRun<Caller, Request, Event> implements EndedCall<Caller>, StreamOut<Event> {
  code: status = status.OK;
  durationMs = 0;
  caller: Caller | undefined;
  error: unknown;
  unexpected = false;

  readonly #binding: StreamBinding<Caller, Request, Event>;
  readonly #call: ServerWritableStream<Request | MalformedRequest, Buffer>;
  readonly #context: GrpcCallContext<Caller>;
  readonly #startedAt = performance.now();
  #feed: StreamFeed | undefined;
  #ended: boolean = false;

  constructor(
    binding: StreamBinding<Caller, Request, Event>,
    call: ServerWritableStream<Request | MalformedRequest, Buffer>,
  ) {
    this.#binding = binding;
    this.#call = call;
    this.#context = new GrpcCallContext(call);
  }

  get path(): string {
    return this.#binding.path;
  }

  get requestId(): string {
    return this.#context.requestId;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  async run(): Promise<void> {
    const { method, door, streams } = this.#binding;
    const call = this.#call;
    call.once('cancelled', () => this.#gone());
    call.on('error', () => this.#gone());
    call.on('drain', () => this.#feed?.writable());
    streams.add(call, () => this.end(unavailable('the server stops; connect again, elsewhere')));
    try {
      const caller = await door.authenticate(call.metadata);
      this.caller = caller;
      this.#context.enter(caller);
      if (this.#ended) return;
      const { request } = call;
      if (request instanceof MalformedRequest) throw invalid(`the request is malformed: ${request.reason}`);
      const feed = await method.begin(request, this.#context, this);
      if (this.#ended) feed.close();
      else this.#feed = feed;
    } catch (error) {
      this.#finish(error);
    }
  }

  write(event: Event): boolean {
    if (this.#ended) return true;
    return this.#call.write(this.#binding.encode(event));
  }

  end(failure: LatchkeyError | undefined): void {
    this.#finish(failure);
  }

  #finish(error: unknown): void {
    if (this.#ended) return;
    if (error === undefined) {
      this.#close(status.OK);
      this.#call.end();
      return;
    }
    const failure = failureStatus(error, this.requestId);
    this.error = error;
    this.unexpected = isUnexpected(error);
    this.#close(failure.code);
    this.#call.emit('error', failure);
  }

  /** The client went away, or its deadline passed. */
  #gone(): void {
    this.#close(this.#context.deadlineHasPassed() ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }

  #close(code: status): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#binding.streams.delete(this.#call);
    this.#context.end();
    this.#feed?.close();
    this.code = code;
    this.durationMs = performance.now() - this.#startedAt;
    this.#binding.door.observer.callEnded(this);
  }
}
