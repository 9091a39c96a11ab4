import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { invalid } from '../../calls/errors.js';
import { MalformedRequest } from '../../protocol/messages/decode-message.js';
import { isUnexpected } from '../../protocol/messages/failure.js';
import type { UnaryMethod } from '../../protocol/rpcs/method.js';
import { GrpcCallContext } from './call-context.js';
import { failureStatus } from './status.js';

/** What is known of a call before it is known who makes it. */
export type Incoming = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getPeer'>;

/** What every call needs that does not depend on its RPC. */
export interface Door<Caller> {
  /** Who calls; throws UNAUTHENTICATED for nobody known. Without a promise where possible, so that the call need not wait. */
  authenticate(call: Incoming): Caller | Promise<Caller>;
  /** The client's address, where proxies pass calls on; else it is the call's own. */
  peerOf?(call: Incoming): string;
  /** Counts a call, or a message of a stream; throws LIMITED for one too many. Absent where there may be any number. */
  limit?(caller: Caller): void;
  readonly observer: CallObserver<Caller>;
}

/** Logs and counts calls. */
export interface CallObserver<Caller> {
  /** Called once for each call, when its handler is reached. Must not throw. */
  callBegan?(): void;
  /** Called once for each call, when its outcome is known. Must not throw. */
  callEnded(call: EndedCall<Caller>): void;
}

export interface EndedCall<Caller> {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly code: status;
  readonly durationMs: number;
  readonly requestId: string;
  /** Who called; undefined when the call ended before that was known. */
  readonly caller: Caller | undefined;
  /** The client's address. */
  readonly peer: string;
  /** What went wrong; undefined on success. */
  readonly error: unknown;
  /** Whether `error` is a defect, which is not told to the client, and at which a person has to look. */
  readonly unexpected: boolean;
}

/** What the wrapper needs to serve one RPC. */
export interface UnaryBinding<Caller, Request, Response> {
  readonly path: string;
  readonly method: UnaryMethod<Caller, Request, Response>;
  readonly door: Door<Caller>;
  /** Decodes a request, which is done once it is known who calls. */
  decode(bytes: Buffer): Request | MalformedRequest;
  /** Encodes an answer, within the call: one that cannot be encoded is logged and told like any other defect. */
  encode(response: Response): Buffer;
}

/**
 * The wrapper around every unary handler: request id, authentication, deadline, decoding, limits, metrics, errors. What the caller
 * may do is for the services to check. It awaits nothing that is no promise, since that would cost a turn of the event loop.
 */
export function unary<Caller, Request, Response>(
  binding: UnaryBinding<Caller, Request, Response>,
): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => new UnaryRun(binding, call, callback).start();
}

/** One call on its way through the wrapper. When it has ended, the observer is given it. */
class UnaryRun<Caller, Request, Response> implements EndedCall<Caller> {
  code: status = status.OK;
  durationMs = 0;
  caller: Caller | undefined;
  error: unknown;
  unexpected = false;

  readonly #binding: UnaryBinding<Caller, Request, Response>;
  readonly #call: ServerUnaryCall<Buffer, Buffer>;
  readonly #callback: sendUnaryData<Buffer>;
  readonly #startedAt = performance.now();
  readonly #context: GrpcCallContext<Caller>;

  constructor(
    binding: UnaryBinding<Caller, Request, Response>,
    call: ServerUnaryCall<Buffer, Buffer>,
    callback: sendUnaryData<Buffer>,
  ) {
    this.#binding = binding;
    this.#call = call;
    this.#callback = callback;
    this.#context = new GrpcCallContext(call);
  }

  get path(): string {
    return this.#binding.path;
  }

  get requestId(): string {
    return this.#context.requestId;
  }

  get peer(): string {
    return this.#binding.door.peerOf?.(this.#call) ?? this.#call.getPeer();
  }

  start(): void {
    this.#binding.door.observer.callBegan?.();
    try {
      const caller = this.#binding.door.authenticate(this.#call);
      if (isPromise(caller)) caller.then(this.#enter, this.#fail);
      else this.#enter(caller);
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #enter = (caller: Caller): void => {
    try {
      this.caller = caller;
      this.#context.enter(caller);
      if (this.#isOver()) {
        this.#giveUp();
        return;
      }
      const request = this.#binding.decode(this.#call.request);
      if (request instanceof MalformedRequest) throw invalid(`the request is malformed: ${request.reason}`);
      this.#binding.door.limit?.(caller);
      const response = this.#binding.method.handle(request, this.#context);
      if (isPromise(response)) response.then(this.#succeed, this.#fail);
      else this.#succeed(response);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #succeed = (response: Response): void => {
    if (this.#isOver()) {
      this.#giveUp();
      return;
    }
    let encoded: Buffer;
    try {
      encoded = this.#binding.encode(response);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#callback(null, encoded);
    this.#end(status.OK);
  };

  readonly #fail = (error: unknown): void => {
    if (this.#isOver()) {
      this.#giveUp();
      return;
    }
    const failure = failureStatus(error, this.requestId);
    this.error = error;
    this.unexpected = isUnexpected(error);
    this.#callback(failure);
    this.#end(failure.code);
  };

  /** Nobody waits for the answer any more: the result of the work, or its failure, is ignored. */
  #giveUp(): void {
    const code = this.#context.endedByDeadline() ? status.DEADLINE_EXCEEDED : status.CANCELLED;
    const details = code === status.CANCELLED ? 'the call was cancelled' : 'the deadline has passed';
    this.#callback({ code, details });
    this.#end(code);
  }

  #isOver(): boolean {
    return this.#call.cancelled || this.#context.deadlineHasPassed();
  }

  #end(code: status): void {
    this.#context.end();
    this.code = code;
    this.durationMs = performance.now() - this.#startedAt;
    this.#binding.door.observer.callEnded(this);
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
