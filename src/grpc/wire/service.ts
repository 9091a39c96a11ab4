import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { type BidiMethod, bidiStream } from './bidi-stream.js';
import { type Decoder, decodeMessage } from './decode-message.js';
import { EncodedMessage } from './encoded-message.js';
import { type Door, type UnaryMethod, unary } from './handler.js';
import { OpenStreams } from './open-streams.js';
import { type StreamMethod, serverStream } from './server-stream.js';

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

interface MethodDescription {
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

/** What grpc-js takes to serve a service. */
export interface BoundService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Binds handlers to a service: every RPC gets the wrapper of `handler.ts`, `server-stream.ts` or `bidi-stream.ts`, and a
 * decoder that is strict about UTF-8 and leaves it to the wrapper to answer for a malformed message.
 */
export function bindService<Service extends ServiceDescription, Caller>(
  service: Service,
  handlers: Handlers<Service, Caller>,
  door: Door<Caller>,
  streams = new OpenStreams(),
): BoundService {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const path = `/${service.fullName}/${method.name}`;
    definition[key] = methodDefinition(path, method);
    const handler = handlers[key as keyof Service['methods']] as unknown;
    const encode = (response: unknown) =>
      response instanceof EncodedMessage ? response.bytes : bytes(method.responseType.encode(response));
    if (method.requestStream) {
      const answering = handler as BidiMethod<Caller, unknown, unknown>;
      const decode = (request: Buffer) => decodeMessage(method.requestType, request);
      implementation[key] = bidiStream({ path, method: answering, door, streams, decode, encode });
      continue;
    }
    if (method.responseStream) {
      const streaming = handler as StreamMethod<Caller, unknown, unknown>;
      implementation[key] = serverStream({ path, method: streaming, door, streams, encode });
      continue;
    }
    implementation[key] = unary({ path, method: handler as UnaryMethod<Caller, unknown, unknown>, door, encode });
  }
  return { definition, implementation };
}

function methodDefinition(path: string, method: MethodDescription): ServiceDefinition[string] {
  const { requestType, responseType, requestStream, responseStream } = method;
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: (message: unknown) => bytes(requestType.encode(message)),
    // A stream's wrapper decodes what it takes.
    requestDeserialize: (buffer: Buffer) => (requestStream ? buffer : decodeMessage(requestType, buffer)),
    // The wrapper has encoded it.
    responseSerialize: (encoded: Buffer) => encoded,
    responseDeserialize: (buffer: Buffer) => decodeMessage(responseType, buffer),
  };
}

/** The written bytes as a Buffer over the same memory: `Buffer.from(array)` would copy them. */
function bytes(writer: BinaryWriter): Buffer {
  const array = writer.finish();
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
