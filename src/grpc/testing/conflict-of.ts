import type { ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { VersionConflict } from '../../../test/gen/latchkey/v1/conflict.js';

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

/** The VersionConflict among the details of the status that a call was refused with. */
export function conflictOf(error: ServiceError): VersionConflict {
  const [trailer] = error.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(trailer)) throw new Error('the status has no details');
  const { code, message, details } = Get.responseDeserialize(trailer);
  if (code !== error.code || message !== error.details) throw new Error('the details are of another status');
  const [detail] = details;
  if (detail?.typeUrl !== 'type.googleapis.com/latchkey.v1.VersionConflict') throw new Error('another detail');
  return VersionConflict.decode(detail.value);
}
