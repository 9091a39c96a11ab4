import { asLatchkeyError } from '../../calls/errors.js';
import { StaleRows } from '../../calls/writes/stale-rows.js';
import { StaleVersion } from '../../calls/writes/stale-version.js';
import type { Fault } from '../../core/values/fault.js';
import type { Any } from '../gen/google/protobuf/any.js';
import { BadRequest, BadRequest_FieldViolation, ErrorInfo, RetryInfo } from '../gen/google/rpc/error_details.js';
import { Status } from '../gen/google/rpc/status.js';
import { AccessConflict, VersionConflict } from '../gen/latchkey/v1/conflict.js';
import { accessConflict } from './access-row.js';
import { presentMessage } from './configuration-messages.js';
import type { Failure } from './failure.js';
import { duration } from './fields.js';

/** The trailer of a status with details, see `google.rpc.Status`. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

/** The domain of `ErrorInfo.reason`. */
const DOMAIN = 'latchkey';
/** The most that message, percent-encoded, and details, in base64, may have: some clients take 8 KiB of trailers together. */
const MAX_TRAILERS = 7_400;
/** The largest flag, or other thing, that is sent whole in a conflict. */
const MAX_CONFLICT_BYTES = 4_000;
/** The bytes of an `Any` and the fields around it, without its value. */
const OVERHEAD = 80;

/**
 * The `google.rpc.Status` of a failed call, encoded. It says for programs what failed (`ErrorInfo`), where the input has faults
 * (`BadRequest`, by the same JSON pointers as REST), when to try again (`RetryInfo`), and what is stored in place of the
 * version that a write expected (`VersionConflict`). What has no room is left out; of faults those are the last, and
 * `ErrorInfo.metadata` has their number.
 */
export function statusDetails(error: unknown, { code, details: message }: Failure, requestId: string): Buffer {
  const { code: reason, faults, retryMs } = asLatchkeyError(error);
  const room = new Room(message, requestId);
  const conflict = conflictDetails(error, room);
  const told = reason === 'INTERNAL' ? [] : room.asManyAsFit(faults.map(violationOf));
  const omitted = reason === 'INTERNAL' ? 0 : faults.length - told.length;
  const metadata = { request_id: requestId, ...(omitted > 0 && { omitted_violations: String(omitted) }) };
  const details = [
    detail('google.rpc.ErrorInfo', ErrorInfo.encode({ reason, domain: DOMAIN, metadata }).finish()),
    ...(told.length > 0
      ? [detail('google.rpc.BadRequest', BadRequest.encode({ fieldViolations: told }).finish())]
      : []),
    ...(retryMs === undefined
      ? []
      : [detail('google.rpc.RetryInfo', RetryInfo.encode({ retryDelay: duration(retryMs) }).finish())]),
    ...conflict,
  ];
  return Buffer.from(Status.encode({ code, message, details }).finish());
}

/** The room that is left for details, in bytes. */
class Room {
  #left: number;

  constructor(message: string, requestId: string) {
    const encoded = Math.floor(((MAX_TRAILERS - encodeURI(message).length) * 3) / 4);
    // The details repeat the message, and always have room for ErrorInfo and RetryInfo.
    this.#left = encoded - Buffer.byteLength(message) - Buffer.byteLength(requestId) - 3 * OVERHEAD;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  asManyAsFit(violations: readonly BadRequest_FieldViolation[]): BadRequest_FieldViolation[] {
    const end = violations.findIndex((violation) => {
      // Each violation has a tag, and a length of up to three bytes.
      return !this.take(BadRequest_FieldViolation.encode(violation).finish().length + 4);
    });
    return violations.slice(0, end < 0 ? undefined : end);
  }
}

function violationOf({ pointer, message }: Fault): BadRequest_FieldViolation {
  return { field: pointer.toWellFormed(), description: message.toWellFormed(), reason: '' };
}

function conflictDetails(error: unknown, room: Room): readonly Any[] {
  if (error instanceof StaleVersion) return [conflictDetail(error, room)];
  if (!(error instanceof StaleRows)) return [];
  const whole = AccessConflict.encode(accessConflict(error)).finish();
  const fits = whole.length <= MAX_CONFLICT_BYTES && room.take(whole.length + OVERHEAD);
  return [detail('latchkey.v1.AccessConflict', fits ? whole : new Uint8Array())];
}

/** What is stored now: whole where it fits, else its version alone. */
function conflictDetail({ expected, present }: StaleVersion, room: Room): Any {
  const versions = { expectedVersion: expected, presentVersion: present.value?.version ?? 0 };
  const whole = VersionConflict.encode({ ...versions, present: presentMessage(present) }).finish();
  const fits = whole.length <= MAX_CONFLICT_BYTES && room.take(whole.length + OVERHEAD);
  const value = fits ? whole : VersionConflict.encode({ ...versions, present: undefined }).finish();
  return detail('latchkey.v1.VersionConflict', value);
}

function detail(type: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value) };
}
