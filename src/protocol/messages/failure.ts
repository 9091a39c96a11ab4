import { asLatchkeyError, type ErrorCode, type LatchkeyError } from '../../calls/errors.js';

/** gRPC's number for each kind of error (`google.rpc.Code`). */
const CODES: Readonly<Record<ErrorCode, number>> = {
  INVALID: 3,
  NOT_FOUND: 5,
  // ABORTED, the advice of gRPC for optimistic writes: read again, then write again.
  CONFLICT: 10,
  UNAUTHENTICATED: 16,
  FORBIDDEN: 7,
  LIMITED: 8,
  UNAVAILABLE: 14,
  INTERNAL: 13,
};

/**
 * The message travels in an HTTP/2 trailer, percent-encoded, and once more in the trailer with the details. Some clients bound
 * all trailers together to 8 KiB.
 */
const MAX_ENCODED_DETAILS = 2_800;
/** The details have the faults as well: the message leaves them room. */
const MAX_ENCODED_WITH_FAULTS = 1_600;

/** What a failed call, or a failed part of one, is answered with. */
export interface Failure {
  /** `google.rpc.Code` */
  readonly code: number;
  /** Bounded and well-formed text. */
  readonly details: string;
}

/** Whether a person has to be told of an error: it is not one that a caller may read. */
export function isUnexpected(error: unknown): boolean {
  return asLatchkeyError(error).code === 'INTERNAL';
}

/**
 * The one mapping of errors to gRPC's codes. A {@link LatchkeyError} is told as it is, its faults after it; of anything else
 * the caller learns the request's id only.
 */
export function failureOf(error: unknown, requestId: string): Failure {
  const told = asLatchkeyError(error);
  const code = CODES[told.code];
  if (told.code === 'INTERNAL') {
    return { code, details: `internal error; the log has it under request id ${requestId}` };
  }
  const limit = told.faults.length > 0 ? MAX_ENCODED_WITH_FAULTS : MAX_ENCODED_DETAILS;
  return { code, details: sendable(describe(told), limit) };
}

function describe({ message, faults }: LatchkeyError): string {
  const untold = faults.filter((fault) => !message.includes(fault.message));
  if (untold.length === 0) return message;
  return `${message}: ${untold.map((fault) => `${fault.pointer}: ${fault.message}`).join('; ')}`;
}

/** Well-formed, since grpc-js would throw on half a surrogate pair, and bounded. */
function sendable(details: string, limit: number): string {
  let text = details.slice(0, limit).toWellFormed();
  while (encodeURI(text).length > limit) {
    text = `${text.slice(0, Math.floor(text.length * 0.95))}…`.toWellFormed();
  }
  return text;
}
