import { type ServerDuplexStream, type ServerWritableStream, status } from '@grpc/grpc-js';
import type { LatchkeyError } from '../../calls/errors.js';
import { unavailable } from '../../calls/errors.js';
import { isUnexpected } from '../../protocol/messages/failure.js';
import { GrpcCallContext } from './call-context.js';
import type { Door, EndedCall } from './handler.js';
import type { OpenStreams } from './open-streams.js';
import { failureStatus } from './status.js';

/** What every call that answers with a stream needs. */
export interface StreamingDoor<Caller> {
  readonly path: string;
  readonly door: Door<Caller>;
  readonly streams: OpenStreams;
}

type AnyStream = ServerWritableStream<unknown, Buffer> | ServerDuplexStream<unknown, Buffer>;

/**
 * A call that answers with a stream, from its beginning to its end, which it has once: by itself, by its client, by a failure
 * or when the server stops. When it has ended, the observer is given it.
 */
export abstract class StreamingCall<Caller> implements EndedCall<Caller> {
  code: status = status.OK;
  durationMs = 0;
  caller: Caller | undefined;
  error: unknown;
  unexpected = false;

  protected readonly context: GrpcCallContext<Caller>;
  readonly #binding: StreamingDoor<Caller>;
  readonly #call: AnyStream;
  readonly #startedAt = performance.now();
  #ended: boolean = false;

  constructor(binding: StreamingDoor<Caller>, call: AnyStream) {
    this.#binding = binding;
    this.#call = call;
    this.context = new GrpcCallContext(call);
  }

  get path(): string {
    return this.#binding.path;
  }

  get requestId(): string {
    return this.context.requestId;
  }

  get peer(): string {
    return this.#binding.door.peerOf?.(this.#call) ?? this.#call.getPeer();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the call with a failure or, where it is undefined, with OK. Only the first end counts. */
  end(failure: LatchkeyError | undefined): void {
    this.finish(failure);
  }

  /** Counts the call, or a further message of it; throws LIMITED for one too many. */
  protected limit(): void {
    this.#binding.door.limit?.(this.context.caller);
  }

  /** Called when the call has ended: lets go of what it held. */
  protected abstract released(): void;

  /** Called when the server stops. */
  protected drain(): void {
    this.end(unavailable('the server stops; connect again, elsewhere'));
  }

  /** Authenticates the caller, then begins. What `begin` throws ends the call. */
  protected async serve(begin: () => Promise<void>): Promise<void> {
    const { door, streams } = this.#binding;
    door.observer.callBegan?.();
    const call = this.#call;
    call.once('cancelled', () => this.#gone());
    call.on('error', () => this.#gone());
    streams.add(call, () => this.drain());
    try {
      const caller = await door.authenticate(call);
      this.caller = caller;
      this.context.enter(caller);
      if (!this.#ended) await begin();
    } catch (error) {
      this.finish(error);
    }
  }

  protected finish(error: unknown): void {
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
    this.#close(this.context.endedByDeadline() ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }

  #close(code: status): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#binding.streams.delete(this.#call);
    this.context.end();
    this.released();
    this.code = code;
    this.durationMs = performance.now() - this.#startedAt;
    this.#binding.door.observer.callEnded(this);
  }
}
