import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { decodeMessage } from '../../protocol/messages/decode-message.js';
import {
  type BidiMethod,
  EncodedMessage,
  type Handlers,
  type MethodDescription,
  type ServiceDescription,
  type StreamMethod,
  type UnaryMethod,
} from '../../protocol/rpcs/method.js';
import { bidiStream } from './bidi-stream.js';
import { type Door, unary } from './handler.js';
import { OpenStreams } from './open-streams.js';
import { serverStream } from './server-stream.js';

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
    const decode = (request: Buffer) => decodeMessage(method.requestType, request);
    if (method.requestStream) {
      const answering = handler as BidiMethod<Caller, unknown, unknown>;
      implementation[key] = bidiStream({ path, method: answering, door, streams, decode, encode });
      continue;
    }
    if (method.responseStream) {
      const streaming = handler as StreamMethod<Caller, unknown, unknown>;
      implementation[key] = serverStream({ path, method: streaming, door, streams, decode, encode });
      continue;
    }
    const answering = handler as UnaryMethod<Caller, unknown, unknown>;
    const decodeItself = answering.decode?.bind(answering);
    implementation[key] = unary({ path, method: answering, door, decode: decodeItself ?? decode, encode });
  }
  return { definition, implementation };
}

function methodDefinition(path: string, method: MethodDescription): ServiceDefinition[string] {
  const { requestType, responseType, requestStream, responseStream } = method;
  const asItIs = (encoded: Buffer): Buffer => encoded;
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: (message: unknown) => bytes(requestType.encode(message)),
    // The wrappers decode requests themselves, once they know who calls, and have encoded responses already.
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: (buffer: Buffer) => decodeMessage(responseType, buffer),
  };
}

/** The written bytes as a Buffer over the same memory: `Buffer.from(array)` would copy them. */
function bytes(writer: BinaryWriter): Buffer {
  const array = writer.finish();
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
