import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader';

/** A client's question; `messageRequest` names the one field that is set. */
export interface ReflectionRequest {
  readonly host?: string;
  readonly messageRequest?: string;
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly fileContainingExtension?: { readonly containingType?: string; readonly extensionNumber?: number };
  readonly allExtensionNumbersOfType?: string;
  readonly listServices?: string;
}

/** The answer: `validHost`, `originalRequest`, and one of the other fields. */
export interface ReflectionResponse {
  readonly validHost: string;
  readonly originalRequest: ReflectionRequest;
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Uint8Array[] };
  readonly allExtensionNumbersResponse?: { readonly baseTypeName: string; readonly extensionNumber: readonly number[] };
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly errorResponse?: { readonly errorCode: number; readonly errorMessage: string };
}

type Namespace = Parameters<typeof fromJSON>[0];

const string = (id: number) => ({ type: 'string', id });
const int32 = (id: number) => ({ type: 'int32', id });
const list = (type: string, id: number) => ({ rule: 'repeated', type, id });

const MESSAGES = {
  ServerReflectionRequest: {
    oneofs: {
      messageRequest: {
        oneof: [
          'fileByFilename',
          'fileContainingSymbol',
          'fileContainingExtension',
          'allExtensionNumbersOfType',
          'listServices',
        ],
      },
    },
    fields: {
      host: string(1),
      fileByFilename: string(3),
      fileContainingSymbol: string(4),
      fileContainingExtension: { type: 'ExtensionRequest', id: 5 },
      allExtensionNumbersOfType: string(6),
      listServices: string(7),
    },
  },
  ExtensionRequest: { fields: { containingType: string(1), extensionNumber: int32(2) } },
  ServerReflectionResponse: {
    oneofs: {
      messageResponse: {
        oneof: ['fileDescriptorResponse', 'allExtensionNumbersResponse', 'listServicesResponse', 'errorResponse'],
      },
    },
    fields: {
      validHost: string(1),
      originalRequest: { type: 'ServerReflectionRequest', id: 2 },
      fileDescriptorResponse: { type: 'FileDescriptorResponse', id: 4 },
      allExtensionNumbersResponse: { type: 'ExtensionNumberResponse', id: 5 },
      listServicesResponse: { type: 'ListServiceResponse', id: 6 },
      errorResponse: { type: 'ErrorResponse', id: 7 },
    },
  },
  FileDescriptorResponse: { fields: { fileDescriptorProto: list('bytes', 1) } },
  ExtensionNumberResponse: { fields: { baseTypeName: string(1), extensionNumber: list('int32', 2) } },
  ListServiceResponse: { fields: { service: list('ServiceResponse', 1) } },
  ServiceResponse: { fields: { name: string(1) } },
  ErrorResponse: { fields: { errorCode: int32(1), errorMessage: string(2) } },
};

/** The service `grpc.reflection.VERSION.ServerReflection`; its versions differ in nothing but the name. */
export function reflectionService(version: 'v1' | 'v1alpha'): ServiceDefinition {
  const ServerReflection = {
    methods: {
      ServerReflectionInfo: {
        requestType: 'ServerReflectionRequest',
        requestStream: true,
        responseType: 'ServerReflectionResponse',
        responseStream: true,
        comment: '',
      },
    },
  };
  const root = ['grpc', 'reflection', version].reduceRight<Namespace>(
    (members, name) => ({ nested: { [name]: members } }),
    { nested: { ...MESSAGES, ServerReflection } },
  );
  return fromJSON(root, { oneofs: true })[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
}
