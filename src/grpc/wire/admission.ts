import {
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { REQUEST_ID_HEADER, requestIdOf } from '../../calls/call-headers.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import { isUnexpected } from '../../protocol/messages/failure.js';
import { endedByDeadline } from './call-context.js';
import type { Door, EndedCall, Incoming } from './handler.js';
import { failureStatus } from './status.js';

/** For how long it is not asked again who calls, when the message comes later than what says so. */
const KNOWN_MS = SECOND_MS;

interface Admitted {
  readonly caller: unknown;
  readonly atMs: number;
}

/**
 * Asks who calls before anything of the message is read: until then HTTP/2 keeps the client back after 64 KiB. grpc-js calls handlers of
 * one message only when it has come whole, which would have the server keep megabytes of anybody's.
 */
export class Admission {
  readonly #doors = new Map<string, Door<unknown>>();
  readonly #admitted = new WeakMap<Metadata, Admitted>();

  /** Guards the RPCs of these paths by the door. Gives the door for their wrappers, which know the caller from here. */
  guard<Caller>(paths: Iterable<string>, door: Door<Caller>): Door<Caller> {
    for (const path of paths) this.#doors.set(path, door as Door<unknown>);
    return {
      ...door,
      authenticate: (call) => {
        const admitted = this.#admitted.get(call.metadata);
        const isKnown = admitted !== undefined && performance.now() - admitted.atMs < KNOWN_MS;
        return isKnown ? (admitted.caller as Caller) : door.authenticate(call);
      },
    };
  }

  /** Has its share in every call, and wraps nothing but the beginning: each of grpc-js's own wrappers costs microseconds. */
  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const door = this.#doors.get(path);
    // The type of what is to be given is narrower than that of what is taken, and grpc-js asks for no more of it.
    const own = call as ServerInterceptingCall;
    if (door === undefined) return own;
    const start = call.start;
    call.start = (listener) => {
      let asking: Asking | undefined;
      start.call(call, {
        onReceiveMetadata: (metadata) => {
          asking = new Asking({ path, door, call, metadata });
          asking.ask((caller) => {
            this.#admitted.set(metadata, { caller, atMs: performance.now() });
            listener.onReceiveMetadata(metadata);
          });
        },
        onReceiveMessage: (message) => listener.onReceiveMessage(message),
        onReceiveHalfClose: () => listener.onReceiveHalfClose(),
        onCancel: () => {
          asking?.gone();
          listener.onCancel();
        },
      });
    };
    return own;
  };
}

interface Asked {
  readonly path: string;
  readonly door: Door<unknown>;
  readonly call: ServerInterceptingCallInterface;
  readonly metadata: Metadata;
}

/** A call of which it is asked who makes it. Where it ends with that, the observer is given it. */
class Asking implements EndedCall<unknown> {
  code: status = status.OK;
  durationMs = 0;
  error: unknown;
  unexpected = false;
  readonly caller = undefined;
  readonly #asked: Asked;
  readonly #startedAtMs = performance.now();
  #over: boolean = false;
  #requestId: string | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  get path(): string {
    return this.#asked.path;
  }

  get requestId(): string {
    this.#requestId ??= requestIdOf(this.#asked.metadata.get(REQUEST_ID_HEADER)[0]);
    return this.#requestId;
  }

  get peer(): string {
    return this.#asked.door.peerOf?.(this.#incoming()) ?? this.#asked.call.getPeer();
  }

  /** Hands on who calls, without a turn of the event loop where that is known at once, or refuses the call. */
  ask(admit: (caller: unknown) => void): void {
    const enter = (caller: unknown): void => {
      if (this.#over) return;
      this.#over = true;
      admit(caller);
    };
    try {
      const caller = this.#asked.door.authenticate(this.#incoming());
      if (caller instanceof Promise) caller.then(enter, (error: unknown) => this.#refuse(error));
      else enter(caller);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** The client went away, or its deadline passed. */
  gone(): void {
    if (this.#over) return;
    this.#end(endedByDeadline(Number(this.#asked.call.getDeadline())) ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }

  #refuse(error: unknown): void {
    if (this.#over) return;
    const failure = failureStatus(error, this.requestId);
    this.error = error;
    this.unexpected = isUnexpected(error);
    this.#end(failure.code);
    this.#asked.call.sendStatus(failure);
  }

  #end(code: status): void {
    this.#over = true;
    this.code = code;
    this.durationMs = performance.now() - this.#startedAtMs;
    const { observer } = this.#asked.door;
    observer.callBegan?.();
    observer.callEnded(this);
  }

  #incoming(): Incoming {
    const { metadata, call } = this.#asked;
    return { metadata, getPeer: () => call.getPeer() };
  }
}
