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
      void this.#answer(session, request, bytes.length);
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

  async #answer(session: BidiSession<Request, Response>, request: Request, requestBytes: number): Promise<void> {
    const weight = session.weigh(request);
    let held = requestBytes;
    this.#inFlight++;
    this.#weight += weight;
    this.#bytes += held;
    try {
      const response = await session.answer(request);
      if (!this.ended) {
        const bytes = this.#binding.encode(response);
        held += bytes.length;
        this.#bytes += bytes.length;
        await this.#send(bytes);
      }
    } catch (error) {
      this.finish(error);
    } finally {
      this.#inFlight--;
      this.#weight -= weight;
      this.#bytes -= held;
    }
    this.#endIfDone();
    this.#take();
  }

  /** Resolves when the transport has taken the bytes: not before a client reads that does not keep up. */
  #send(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#call.write(bytes, () => resolve());
    });
  }

  #finishAfterAll(failure: LatchkeyError | undefined): void {
    this.#last ??= { failure };
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#last !== undefined && this.#inFlight === 0) this.end(this.#last.failure);
  }
}
