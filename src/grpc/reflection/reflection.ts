import type { DescFile, FileRegistry } from '@bufbuild/protobuf';
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { PublicStreams } from '../wire/public-streams.js';
import { fileOfSymbol, withImports } from './find-file.js';
import { type ReflectionRequest, type ReflectionResponse, reflectionService } from './reflection-schema.js';

type Answer = Omit<ReflectionResponse, 'validHost' | 'originalRequest'>;

/** Serves grpc.reflection.v1 and v1alpha for a schema. `served` says, by full name, which of its services the server has. */
export function addReflection(options: {
  readonly server: Server;
  readonly streams: PublicStreams;
  readonly registry: FileRegistry;
  readonly served: (service: string) => boolean;
}): void {
  const info = (call: ServerDuplexStream<ReflectionRequest, ReflectionResponse>): void => {
    // A client that goes away in the middle is not reported.
    call.on('error', () => undefined);
    if (!options.streams.take(call)) return;
    call.on('data', (request: ReflectionRequest) => {
      if (!options.streams.count(call)) return;
      const written = call.write({
        validHost: request.host ?? '',
        originalRequest: request,
        ...answer(options.registry, request, options.served),
      });
      if (!written) {
        call.pause();
        call.once('drain', () => call.resume());
      }
    });
    call.on('end', () => call.end());
  };
  for (const version of ['v1', 'v1alpha'] as const) {
    options.server.addService(reflectionService(version), { ServerReflectionInfo: info });
  }
}

function answer(registry: FileRegistry, request: ReflectionRequest, served: (service: string) => boolean): Answer {
  switch (request.messageRequest) {
    case 'listServices': {
      const services = [...registry].filter(({ kind, typeName }) => kind === 'service' && served(typeName));
      const names = services.map(({ typeName }) => typeName).toSorted((a, b) => (a < b ? -1 : 1));
      return { listServicesResponse: { service: names.map((name) => ({ name })) } };
    }
    case 'fileByFilename':
      return file(registry.getFile(request.fileByFilename ?? ''), `the file ${request.fileByFilename}`);
    case 'fileContainingSymbol': {
      const symbol = request.fileContainingSymbol ?? '';
      return file(fileOfSymbol(registry, symbol), `the symbol ${symbol}`);
    }
    case 'fileContainingExtension': {
      const { containingType = '', extensionNumber = 0 } = request.fileContainingExtension ?? {};
      const extended = registry.getMessage(containingType);
      const extension = extended && registry.getExtensionFor(extended, extensionNumber);
      return file(extension?.file, `an extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      const baseTypeName = request.allExtensionNumbersOfType ?? '';
      if (registry.getMessage(baseTypeName) === undefined) return notFound(`the message ${baseTypeName}`);
      return { allExtensionNumbersResponse: { baseTypeName, extensionNumber: extensionsOf(registry, baseTypeName) } };
    }
    default:
      return { errorResponse: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'the request asks for nothing' } };
  }
}

function extensionsOf(registry: FileRegistry, message: string): readonly number[] {
  const numbers = [...registry].flatMap((type) =>
    type.kind === 'extension' && type.extendee.typeName === message ? [type.number] : [],
  );
  return numbers.toSorted((a, b) => a - b);
}

function file(found: DescFile | undefined, what: string): Answer {
  return found === undefined ? notFound(what) : { fileDescriptorResponse: { fileDescriptorProto: withImports(found) } };
}

function notFound(what: string): Answer {
  return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: `${what} is not known here` } };
}
