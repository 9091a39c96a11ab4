import { status } from '@grpc/grpc-js';
import { actorOf, type Machine } from '../../calls/caller.js';
import type { EndedCall } from './handler.js';

/** An ended call in the words that all doors share. What costs anything to tell is told when asked for. */
export class ObservedCall {
  readonly #call: EndedCall<Machine>;

  constructor(call: EndedCall<Machine>) {
    this.#call = call;
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

  /** Who called, as the audit names callers; '' when it was not established. */
  get actor(): string {
    const { caller } = this.#call;
    return caller === undefined ? '' : actorOf(caller);
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
