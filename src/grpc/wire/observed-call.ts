import { status } from '@grpc/grpc-js';
import { actorOf, type Caller } from '../../calls/caller.js';
import type { EndedCall } from './handler.js';

/** An ended call as all doors report it. What takes time to find out is found out when it is asked for. */
export class ObservedCall {
  readonly #call: EndedCall<unknown>;
  readonly #caller: Caller | undefined;

  /** @param caller who called; undefined where the call ended before that was known */
  constructor(call: EndedCall<unknown>, caller: Caller | undefined) {
    this.#call = call;
    this.#caller = caller;
  }

  /** `/package.Service/Method` */
  get operation(): string {
    return this.#call.path;
  }

  /** The status's name, such as `OK` or `NOT_FOUND`. */
  get code(): string {
    return status[this.#call.code];
  }

  get durationMs(): number {
    return this.#call.durationMs;
  }

  get requestId(): string {
    return this.#call.requestId;
  }

  /** Who called, as the audit names callers; '' when the caller was not authenticated. */
  get actor(): string {
    return this.#caller === undefined ? '' : actorOf(this.#caller);
  }

  /** The client's address. */
  get peer(): string {
    return this.#call.peer;
  }

  /** What went wrong; undefined on success. */
  get error(): unknown {
    return this.#call.error;
  }

  /** Whether `error` is a defect, which a person has to look at. */
  get unexpected(): boolean {
    return this.#call.unexpected;
  }

  get unauthenticated(): boolean {
    return this.#call.code === status.UNAUTHENTICATED;
  }
}
