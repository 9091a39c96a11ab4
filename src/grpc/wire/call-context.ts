import type { ServerUnaryCall } from '@grpc/grpc-js';
import { REQUEST_ID_HEADER, requestIdOf } from '../../calls/call-headers.js';
import type { CallContext } from '../../protocol/rpcs/method.js';

type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'cancelled' | 'getDeadline'> & {
  once(event: 'cancelled', listener: () => void): unknown;
  removeListener(event: 'cancelled', listener: () => void): unknown;
};

/**
 * Node counts a timer from where its loop's turn began, so that grpc-js ends a call early by as long as the turn was in which it came:
 * what ends so near its deadline was ended by it.
 */
const EARLY_MS = 20;

/** Whether it is its deadline, in epoch milliseconds, that has ended a call which is over. */
export function endedByDeadline(deadline: number): boolean {
  return deadline <= Date.now() + EARLY_MS;
}

/** The context of a call over grpc-js. The request id and the signal are made when first used: most calls need neither. */
export class GrpcCallContext<Caller> implements CallContext<Caller> {
  readonly deadline?: number;
  readonly #call: AnyCall;
  #caller: Caller | undefined;
  #requestId: string | undefined;
  #abort: AbortController | undefined;

  constructor(call: AnyCall) {
    this.#call = call;
    const deadline = Number(call.getDeadline());
    if (deadline !== Number.POSITIVE_INFINITY) this.deadline = deadline;
  }

  /** Who calls. It is set by {@link enter}, before any handler gets the context. */
  get caller(): Caller {
    return this.#caller as Caller;
  }

  get requestId(): string {
    this.#requestId ??= requestIdOf(this.#call.metadata.get(REQUEST_ID_HEADER)[0]);
    return this.#requestId;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#call.cancelled) this.#onCancelled();
      else this.#call.once('cancelled', this.#onCancelled);
    }
    return this.#abort.signal;
  }

  enter(caller: Caller): void {
    this.#caller = caller;
  }

  deadlineHasPassed(): boolean {
    return this.deadline !== undefined && this.deadline <= Date.now();
  }

  /** Of a call that is over without an answer: whether its deadline ended it, or its client. */
  endedByDeadline(): boolean {
    return this.deadline !== undefined && endedByDeadline(this.deadline);
  }

  /** The call has its answer. After this `cancelled` means nothing: grpc-js says it of calls that ended well, too. */
  end(): void {
    if (this.#abort !== undefined) this.#call.removeListener('cancelled', this.#onCancelled);
  }

  readonly #onCancelled = (): void => {
    const reason = this.endedByDeadline() ? 'the deadline has passed' : 'the call was cancelled';
    this.#abort?.abort(new Error(reason));
  };
}
