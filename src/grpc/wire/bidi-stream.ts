import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { asLatchkeyError, invalid, type LatchkeyError, unavailable } from '../../calls/errors.js';
import { MalformedRequest } from '../../protocol/messages/decode-message.js';
import type { BidiMethod, BidiSession } from '../../protocol/rpcs/method.js';
import { StreamingCall, type StreamingDoor } from './streaming-call.js';

export interface BidiBinding<Caller, Request, Response> extends StreamingDoor<Caller> {
  readonly method: BidiMethod<Caller, Request, Response>;
  decode(bytes: Buffer): Request | MalformedRequest;
  encode(response: Response): Buffer;
}

/**
 * How much one stream may have under way, from when a request is taken until its response is sent: this many requests. No
 * further one is taken while those weigh more than MAX_WEIGHT, or they and their responses have more than MAX_BYTES.
 */
const MAX_REQUESTS = 16;
const MAX_WEIGHT = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** What a request that was taken, and its response, count towards the bounds. */
interface Taken {
  readonly weight: number;
  bytes: number;
}

/**
 * The wrapper around a handler of a bidirectional stream, as `handler.ts` has it for unary calls. Requests are decoded only
 * while few are under way; a few more wait as bytes, and the client keeps the others back.
 */
export function bidiStream<Caller, Request, Response>(
  binding: BidiBinding<Caller, Request, Response>,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => void new BidiRun(binding, call).run();
}

class BidiRun<Caller, Request, Response> extends StreamingCall<Caller> {
  readonly #binding: BidiBinding<Caller, Request, Response>;
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  #session: BidiSession<Request, Response> | undefined;
  #inFlight = 0;
  #weight = 0;
  #bytes = 0;
  /** Set once no more requests are taken: what the call ends with when all that were taken are answered. */
  #last: { readonly failure: LatchkeyError | undefined } | undefined;

  constructor(binding: BidiBinding<Caller, Request, Response>, call: ServerDuplexStream<Buffer, Buffer>) {
    super(binding, call);
    this.#binding = binding;
    this.#call = call;
  }

  run(): Promise<void> {
    const call = this.#call;
    return this.serve(async () => {
      this.limit();
      this.#session = this.#binding.method.open(this.context, (failure) => this.end(failure));
      call.on('end', () => this.#finishAfterAll(undefined));
      call.on('readable', () => this.#take());
    });
  }

  protected released(): void {
    this.#session?.close();
  }

  protected override drain(): void {
    this.#finishAfterAll(
      unavailable('the server stops; connect again, elsewhere, and ask again what was not answered'),
    );
  }

  #take(): void {
    const session = this.#session;
    if (session === undefined) return;
    while (!this.ended && this.#last === undefined && this.#hasRoom()) {
      const bytes = this.#call.read() as Buffer | null;
      if (bytes === null) return;
      const request = this.#binding.decode(bytes);
      if (request instanceof MalformedRequest) {
        this.end(invalid(`the request is malformed: ${request.reason}`));
        return;
      }
      if (!this.#admitted()) return;
      this.#answer(session, request, bytes.length);
    }
  }

  /** Whether the caller may send a further message now. Where not, the stream ends once all that were taken are answered. */
  #admitted(): boolean {
    try {
      this.limit();
      return true;
    } catch (error) {
      this.#finishAfterAll(asLatchkeyError(error));
      return false;
    }
  }

  #hasRoom(): boolean {
    return this.#inFlight < MAX_REQUESTS && this.#weight < MAX_WEIGHT && this.#bytes < MAX_BYTES;
  }

  /** Answers a request, at once where its session does: only what waits for something needs promises. */
  #answer(session: BidiSession<Request, Response>, request: Request, requestBytes: number): void {
    const taken: Taken = { weight: session.weigh(request), bytes: requestBytes };
    this.#inFlight++;
    this.#weight += taken.weight;
    this.#bytes += taken.bytes;
    try {
      const response = session.answer(request);
      if (response instanceof Promise) {
        response.then(
          (later) => this.#send(taken, later),
          (error: unknown) => this.#failed(taken, error),
        );
      } else this.#send(taken, response);
    } catch (error) {
      this.#failed(taken, error);
    }
  }

  /** The request is done with when the transport has taken the bytes: not before a client reads that does not keep up. */
  #send(taken: Taken, response: Response): void {
    if (this.ended) {
      this.#done(taken);
      return;
    }
    try {
      const bytes = this.#binding.encode(response);
      taken.bytes += bytes.length;
      this.#bytes += bytes.length;
      this.#call.write(bytes, () => this.#done(taken));
    } catch (error) {
      this.#failed(taken, error);
    }
  }

  #failed(taken: Taken, error: unknown): void {
    this.finish(error);
    this.#done(taken);
  }

  #done({ weight, bytes }: Taken): void {
    this.#inFlight--;
    this.#weight -= weight;
    this.#bytes -= bytes;
    this.#endIfDone();
    this.#take();
  }

  #finishAfterAll(failure: LatchkeyError | undefined): void {
    this.#last ??= { failure };
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#last !== undefined && this.#inFlight === 0) this.end(this.#last.failure);
  }
}
