import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { LatchkeyError } from '../../calls/errors.js';
import type { Decoder } from '../messages/decode-message.js';

/** What a handler may know of the call that it answers; as it stands it is the services' `Call`. */
export interface CallContext<Caller> {
  readonly caller: Caller;
  /** The caller's `x-request-id`, or one made up. */
  readonly requestId: string;
  /** Aborted when the client goes away or the deadline passes; the work of the call has to stop then. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds; undefined without one. */
  readonly deadline?: number;
}

/** One RPC: what is done around it is the business of the door that serves it. */
export interface UnaryMethod<Caller, Request, Response> {
  /** Checks the shape and does the work; what it throws, the door maps. It may answer at once. */
  handle(request: Request, context: CallContext<Caller>): Response | Promise<Response>;
}

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

/** An RPC that answers each of a stream of requests. */
export interface BidiMethod<Caller, Request, Response> {
  /** Opens the stream, whose one end the server may bring about by `end`; what it throws ends the call. */
  open(context: CallContext<Caller>, end: (failure: LatchkeyError) => void): BidiSession<Request, Response>;
}

export interface BidiSession<Request, Response> {
  /** How much of what one stream may have in flight a request takes up. */
  weigh(request: Request): number;
  /** What is wrong with a request belongs into its response; what this rejects with ends the call. */
  answer(request: Request): Promise<Response>;
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

/** What the generated code says of a message type. */
export interface MessageCodec<T> extends Decoder<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
}

/** What the generated code says of a service: `FeatureServiceDefinition`, `AdminServiceDefinition`. */
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

/** One handler for each RPC of a service; one with a long answer may encode it by itself, piece by piece. */
export type Handlers<Service extends ServiceDescription, Caller> = {
  readonly [M in keyof Service['methods']]: Handler<Service['methods'][M], Caller>;
};

type Handler<Method extends MethodDescription, Caller> = Method['requestStream'] extends true
  ? BidiMethod<Caller, MessageOf<Method['requestType']>, MessageOf<Method['responseType']> | EncodedMessage>
  : Method['responseStream'] extends true
    ? StreamMethod<Caller, MessageOf<Method['requestType']>, MessageOf<Method['responseType']>>
    : UnaryMethod<Caller, MessageOf<Method['requestType']>, MessageOf<Method['responseType']> | EncodedMessage>;
