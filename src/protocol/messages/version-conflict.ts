import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { PresentVersion, StaleVersion } from '../../calls/stale-version.js';
import { VersionConflict } from '../gen/latchkey/v1/conflict.js';
import { flagMessage, organizationMessage, segmentMessage, stagesMessage } from './configuration-messages.js';

/** Some clients bound all trailers together to 8 KiB, this one being in base64. */
const MAX_DETAIL_BYTES = 4_000;
const TYPE_URL = 'type.googleapis.com/latchkey.v1.VersionConflict';

/** The trailer of a status with details, see `google.rpc.Status`. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

/** A `google.rpc.Status` whose one detail says what is there now; as a whole where it fits, else its version alone. */
export function versionConflictStatus(code: number, message: string, { expected, present }: StaleVersion): Buffer {
  const versions = { expectedVersion: expected, presentVersion: present.value?.version ?? 0 };
  const whole = VersionConflict.encode({ ...versions, present: presentMessage(present) }).finish();
  const fits = whole.length <= MAX_DETAIL_BYTES;
  const detail = fits ? whole : VersionConflict.encode({ ...versions, present: undefined }).finish();
  // google.rpc.Status: int32 code = 1, string message = 2, google.protobuf.Any details = 3 (type_url = 1, value = 2).
  const writer = new BinaryWriter().uint32(8).int32(code).uint32(18).string(message);
  return Buffer.from(writer.uint32(26).fork().uint32(10).string(TYPE_URL).uint32(18).bytes(detail).join().finish());
}

/** What is there now, as it is sent; undefined where there is nothing. */
export function presentMessage(present: PresentVersion): VersionConflict['present'] {
  if (present.value === undefined) return undefined;
  switch (present.kind) {
    case 'flag':
      return { $case: 'flag', value: flagMessage(present.value) };
    case 'segment':
      return { $case: 'segment', value: segmentMessage(present.value) };
    case 'list':
      return { $case: 'stages', value: stagesMessage(present.value) };
    case 'organization':
      return { $case: 'organization', value: organizationMessage(present.value) };
  }
}
