import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { OpenStreams } from '../wire/open-streams.js';
import { DescriptorIndex } from './descriptor-index.js';
import { type ReflectionRequest, type ReflectionResponse, reflectionService } from './reflection-schema.js';

type Answer = Omit<ReflectionResponse, 'validHost' | 'originalRequest'>;

/**
 * Serves grpc.reflection.v1 and v1alpha: the schema of `descriptorSetBase64`, an encoded FileDescriptorSet. `served` says,
 * by full name, which of its services the server has.
 */
export function addReflection(options: {
  readonly server: Server;
  readonly streams: OpenStreams;
  readonly descriptorSetBase64: string;
  readonly served: (service: string) => boolean;
}): void {
  const index = new DescriptorIndex(Buffer.from(options.descriptorSetBase64, 'base64'));
  const info = (call: ServerDuplexStream<ReflectionRequest, ReflectionResponse>): void => {
    options.streams.add(call);
    call.on('data', (request: ReflectionRequest) => {
      const written = call.write({
        validHost: request.host ?? '',
        originalRequest: request,
        ...answer(index, request, options.served),
      });
      if (!written) {
        call.pause();
        call.once('drain', () => call.resume());
      }
    });
    call.on('end', () => call.end());
    // A client that goes away in the middle is no fault of the server's.
    call.on('error', () => undefined);
  };
  for (const version of ['v1', 'v1alpha'] as const) {
    options.server.addService(reflectionService(version), { ServerReflectionInfo: info });
  }
}

function answer(index: DescriptorIndex, request: ReflectionRequest, served: (service: string) => boolean): Answer {
  switch (request.messageRequest) {
    case 'listServices':
      return { listServicesResponse: { service: index.services.filter(served).map((name) => ({ name })) } };
    case 'fileByFilename':
      return files(index.byName(request.fileByFilename ?? ''), `the file ${request.fileByFilename}`);
    case 'fileContainingSymbol':
      return files(index.bySymbol(request.fileContainingSymbol ?? ''), `the symbol ${request.fileContainingSymbol}`);
    case 'allExtensionNumbersOfType': {
      const baseTypeName = request.allExtensionNumbersOfType ?? '';
      if (!index.has(baseTypeName)) return notFound(`the type ${baseTypeName}`);
      return { allExtensionNumbersResponse: { baseTypeName, extensionNumber: [] } };
    }
    case 'fileContainingExtension':
      return notFound(`an extension of ${request.fileContainingExtension?.containingType}`);
    default:
      return { errorResponse: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'the request asks for nothing' } };
  }
}

function files(fileDescriptorProto: readonly Uint8Array[] | undefined, what: string): Answer {
  return fileDescriptorProto === undefined ? notFound(what) : { fileDescriptorResponse: { fileDescriptorProto } };
}

function notFound(what: string): Answer {
  return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: `${what} is not known here` } };
}
