import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { LatchkeyError } from '../../calls/errors.js';
import type { Decoder, MalformedRequest } from '../messages/decode-message.js';

/** What a handler may know of the call that it answers. It has everything that the services' `Call` has. */
export interface CallContext<Caller> {
  readonly caller: Caller;
  /** The caller's `x-request-id`, or one that the server made. */
  readonly requestId: string;
  /** Aborted when the client goes away or the deadline passes: the work of the call should stop then. */
  readonly signal: AbortSignal;
  /** When the client ceases to wait, in epoch milliseconds; absent without a deadline. */
  readonly deadline?: number;
}

/** An RPC that answers once. The door that serves it does what every call needs. */
export interface UnaryMethod<Caller, Request, Response> {
  /** Decodes a request, where the method has a quicker way than the generated code. */
  decode?(bytes: Buffer): Request | MalformedRequest;
  /** Answers a request, with or without a promise. The door tells the caller of what it throws. */
  handle(request: Request, context: CallContext<Caller>): Response | Promise<Response>;
}

/** An RPC that answers with a stream. */
export interface StreamMethod<Caller, Request, Event> {
  /** Begins the stream; what it throws ends the call. What it gives is called when something happens to the reader. */
  begin(request: Request, context: CallContext<Caller>, out: StreamOut<Event>): Promise<StreamFeed>;
}

/** Where a handler writes the events of a stream. After the call has ended, writing has no effect. */
export interface StreamOut<Event> {
  /** Sends an event; false asks for no more until {@link StreamFeed.writable} is called. */
  write(event: Event): boolean;
  /** Ends the call with a failure or, where it is undefined, with OK. */
  end(failure: LatchkeyError | undefined): void;
}

export interface StreamFeed {
  writable(): void;
  /** The server stops: the last thing that may be written. The door ends the call then. */
  drain?(): void;
  /** The call has ended, by whomever. */
  close(): void;
}

/** An RPC that answers each request of a stream. */
export interface BidiMethod<Caller, Request, Response> {
  /** Opens the stream; what it throws ends the call. The server may end the call later by `end`. */
  open(context: CallContext<Caller>, end: (failure: LatchkeyError) => void): BidiSession<Request, Response>;
}

export interface BidiSession<Request, Response> {
  /** How much a request counts towards what one stream may have under way. */
  weigh(request: Request): number;
  /**
   * Answers a request, with or without a promise; what is wrong with it is told in the response. What this throws or rejects with
   * ends the call.
   */
  answer(request: Request): Response | Promise<Response>;
  /** The call has ended, by whomever. */
  close(): void;
}

/** An answer that its handler has encoded already. */
export class EncodedMessage {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** The generated code of a message type. */
export interface MessageCodec<T> extends Decoder<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
}

/** The generated code of a service, such as `FeatureServiceDefinition`. */
export interface ServiceDescription {
  /** `latchkey.v1.FeatureService` */
  readonly fullName: string;
  readonly methods: { readonly [key: string]: MethodDescription };
}

export interface MethodDescription {
  readonly name: string;
  readonly requestType: MessageCodec<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<unknown>;
  readonly responseStream: boolean;
}

type MessageOf<Codec> = Codec extends Decoder<infer T> ? T : never;

/** One handler for each RPC of a service. A handler with a long answer may encode it itself, in pieces. */
export type Handlers<Service extends ServiceDescription, Caller> = {
  readonly [M in keyof Service['methods']]: Handler<Service['methods'][M], Caller>;
};

type Handler<Method extends MethodDescription, Caller> = Method['requestStream'] extends true
  ? BidiMethod<Caller, MessageOf<Method['requestType']>, MessageOf<Method['responseType']> | EncodedMessage>
  : Method['responseStream'] extends true
    ? StreamMethod<Caller, MessageOf<Method['requestType']>, MessageOf<Method['responseType']>>
    : UnaryMethod<Caller, MessageOf<Method['requestType']>, MessageOf<Method['responseType']> | EncodedMessage>;
