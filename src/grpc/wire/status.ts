import { Metadata, status } from '@grpc/grpc-js';
import { asLatchkeyError, type ErrorCode, type LatchkeyError } from '../../calls/errors.js';
import { StaleVersion } from '../../calls/stale-version.js';
import { STATUS_DETAILS_KEY, versionConflictStatus } from './version-conflict.js';

/** The metadata that carries a call's id, both ways. */
export const REQUEST_ID_KEY = 'x-request-id';

/** What a failed call is answered with. */
export interface FailureStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

const CODES: Readonly<Record<ErrorCode, status>> = {
  INVALID: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  // The advice of gRPC for optimistic writes: read again, then write again.
  CONFLICT: status.ABORTED,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  FORBIDDEN: status.PERMISSION_DENIED,
  LIMITED: status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

/** Details travel in an HTTP/2 trailer, percent-encoded, and some clients bound all trailers together to 8 KiB. */
const MAX_ENCODED_DETAILS = 6000;

/** Whether a person has to be told of an error: it is not one that a caller may read. */
export function isUnexpected(error: unknown): boolean {
  return asLatchkeyError(error).code === 'INTERNAL';
}

/**
 * The one mapping of errors to gRPC. A {@link LatchkeyError} is told as it is, its faults after it; of anything else the
 * caller learns the request's id only.
 */
export function failureStatus(error: unknown, requestId: string): FailureStatus {
  const metadata = new Metadata();
  metadata.set(REQUEST_ID_KEY, requestId);
  const told = asLatchkeyError(error);
  if (told.code === 'INTERNAL') {
    return { code: status.INTERNAL, details: `internal error; the log has it under request id ${requestId}`, metadata };
  }
  const code = CODES[told.code];
  const details = sendable(describe(told));
  if (told instanceof StaleVersion) metadata.set(STATUS_DETAILS_KEY, versionConflictStatus(code, details, told));
  return { code, details, metadata };
}

function describe({ message, faults }: LatchkeyError): string {
  const untold = faults.filter((fault) => !message.includes(fault.message));
  if (untold.length === 0) return message;
  return `${message}: ${untold.map((fault) => `${fault.pointer}: ${fault.message}`).join('; ')}`;
}

/** Well-formed, since grpc-js would throw on half a surrogate pair, and bounded. */
function sendable(details: string): string {
  let text = details.slice(0, MAX_ENCODED_DETAILS).toWellFormed();
  while (encodeURI(text).length > MAX_ENCODED_DETAILS) {
    text = `${text.slice(0, Math.floor(text.length * 0.8))}…`.toWellFormed();
  }
  return text;
}
