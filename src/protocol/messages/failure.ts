import { asLatchkeyError, type ErrorCode, type LatchkeyError } from '../../calls/errors.js';

/** The `google.rpc.Code` of each kind of error. */
const CODES: Readonly<Record<ErrorCode, number>> = {
  INVALID: 3,
  NOT_FOUND: 5,
  // ABORTED, by which gRPC advises the caller to read again and then to write again.
  CONFLICT: 10,
  UNAUTHENTICATED: 16,
  FORBIDDEN: 7,
  LIMITED: 8,
  UNAVAILABLE: 14,
  INTERNAL: 13,
};

/**
 * The longest message, percent-encoded. It is sent in an HTTP/2 trailer, and again in the trailer with the details, and some
 * clients take no more than 8 KiB of trailers together.
 */
const MAX_ENCODED_DETAILS = 2_800;
/** The longest message of a failure with faults, which leaves room for the faults in the details. */
const MAX_ENCODED_WITH_FAULTS = 1_600;

/** What a caller is told of a failed call, or of a part of a call that failed. */
export interface Failure {
  /** `google.rpc.Code` */
  readonly code: number;
  /** A well-formed text of bounded length. */
  readonly details: string;
}

/** Whether an error is a defect, at which a person has to look, rather than one that a caller may read. */
export function isUnexpected(error: unknown): boolean {
  return asLatchkeyError(error).code === 'INTERNAL';
}

/**
 * Maps errors to gRPC's codes, which nothing else does. The caller is told a {@link LatchkeyError} as it is, with its faults;
 * of any other error it is told the request id only.
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

/** The text made well-formed and cut to the limit: grpc-js throws for half of a surrogate pair. */
function sendable(details: string, limit: number): string {
  let text = details.slice(0, limit).toWellFormed();
  while (encodeURI(text).length > limit) {
    text = `${text.slice(0, Math.floor(text.length * 0.95))}…`.toWellFormed();
  }
  return text;
}
