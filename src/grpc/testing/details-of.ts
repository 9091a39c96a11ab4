import type { ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { BadRequest, ErrorInfo, RetryInfo } from '../../../test/gen/google/rpc/error_details.js';
import { AccessConflict, VersionConflict } from '../../../test/gen/latchkey/v1/conflict.js';

interface Status {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}

/** `google.rpc.Status` as its documentation has it, so that what is read here is what any client would read. */
const { Get } = fromJSON({
  nested: {
    Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
    Status: {
      fields: {
        code: { type: 'int32', id: 1 },
        message: { type: 'string', id: 2 },
        details: { rule: 'repeated', type: 'Any', id: 3 },
      },
    },
    Details: { methods: { Get: { requestType: 'Status', responseType: 'Status', comment: '' } } },
  },
}).Details as unknown as { readonly Get: { responseDeserialize(bytes: Buffer): Status } };

const TYPES = {
  'google.rpc.BadRequest': BadRequest,
  'google.rpc.ErrorInfo': ErrorInfo,
  'google.rpc.RetryInfo': RetryInfo,
  'latchkey.v1.AccessConflict': AccessConflict,
  'latchkey.v1.VersionConflict': VersionConflict,
} as const;

/** The details of the status that a call was refused with, by the name of their type. */
export interface Details {
  readonly 'google.rpc.BadRequest'?: BadRequest;
  readonly 'google.rpc.ErrorInfo'?: ErrorInfo;
  readonly 'google.rpc.RetryInfo'?: RetryInfo;
  readonly 'latchkey.v1.AccessConflict'?: AccessConflict;
  readonly 'latchkey.v1.VersionConflict'?: VersionConflict;
}

/** All details of a refusal. Throws where they are of another status than the call's, of an unknown type, or twice of one. */
export function detailsOf(error: Pick<ServiceError, 'code' | 'details' | 'metadata'>): Details {
  const [trailer] = error.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(trailer)) throw new Error('the status has no details');
  const { code, message, details } = Get.responseDeserialize(trailer);
  if (code !== error.code || message !== error.details) throw new Error('the details are of another status');
  const found: Record<string, unknown> = {};
  for (const { typeUrl, value } of details) {
    const name = typeUrl.replace(/^type\.googleapis\.com\//, '');
    const type = TYPES[name as keyof typeof TYPES] as { decode(bytes: Uint8Array): unknown } | undefined;
    if (type === undefined || name in found) throw new Error(`a detail of another type: ${typeUrl}`);
    found[name] = type.decode(value);
  }
  return found;
}

/** The VersionConflict among them. */
export function conflictOf(error: ServiceError): VersionConflict {
  const conflict = detailsOf(error)['latchkey.v1.VersionConflict'];
  if (conflict === undefined) throw new Error('the details have no VersionConflict');
  return conflict;
}
