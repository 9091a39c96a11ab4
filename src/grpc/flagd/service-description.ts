import { create, type DescMessage, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { MalformedRequest } from '../../protocol/messages/decode-message.js';
import type { MessageCodec, MethodDescription, ServiceDescription } from '../../protocol/rpcs/method.js';

/** A service of protobuf-es in the form in which services are bound to gRPC here. */
export function serviceDescription(service: DescService): ServiceDescription {
  const methods = service.methods.map((method): [string, MethodDescription] => {
    const { name, localName, input, output, methodKind } = method;
    const responseStream = methodKind === 'server_streaming' || methodKind === 'bidi_streaming';
    const requestStream = methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
    const codecs = { requestType: codecOf(input), responseType: codecOf(output) };
    return [localName, { name, ...codecs, requestStream, responseStream }];
  });
  return { fullName: service.typeName, methods: Object.fromEntries(methods) };
}

/** Decodes messages of that kind, which have these members, or gives what is wrong with one. */
export function decodeOf<Members>(schema: DescMessage): (bytes: Uint8Array) => Members | MalformedRequest {
  return (bytes) => {
    try {
      return fromBinary(schema, bytes, { readUnknownFields: false }) as unknown as Members;
    } catch (error) {
      return new MalformedRequest(error instanceof Error ? error.message : String(error));
    }
  };
}

function codecOf(schema: DescMessage): MessageCodec<unknown> {
  return {
    encode: (message) => new BinaryWriter().raw(toBinary(schema, create(schema, message as never))),
    // A message that has something in it is decoded by `decodeOf`; of the others all that there may be is left out.
    decode: (reader) => {
      while (reader.pos < reader.len) {
        const [field, wireType] = reader.tag();
        reader.skip(wireType, field);
      }
      return create(schema);
    },
  };
}
