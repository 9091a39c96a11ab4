import type { Fault } from '../core/values/fault.js';
import { onOneLine } from '../core/values/json.js';
import { withoutCredentials } from '../core/values/secrets.js';
import { StoreUnavailable } from '../store/store.js';

/** The kinds of failure a caller can be told of; each door maps them once (to a gRPC status, to an HTTP status). */
export type ErrorCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'LIMITED'
  | 'UNAVAILABLE'
  | 'INTERNAL';

interface LatchkeyErrorOptions {
  readonly cause?: unknown;
  readonly faults?: readonly Fault[];
  readonly retryMs?: number | undefined;
}

/** How soon whoever was told UNAVAILABLE, or that there is no room now, may ask again. */
const RETRY_MS = 1_000;

/**
 * A failure that a caller may read. The message quotes the offending value and says what to do, and what looks like a credential in it is
 * replaced, whoever wrote it; `cause` is for the log and never sent.
 */
export class LatchkeyError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  /** After how many milliseconds the same call may succeed; undefined where waiting alone does not help. */
  readonly retryMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: LatchkeyErrorOptions = {}) {
    super(tellable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LatchkeyError';
    this.code = code;
    this.faults = (options.faults ?? []).map(({ pointer, message: words }) => ({
      pointer: withoutCredentials(pointer),
      message: tellable(words),
    }));
    this.retryMs = options.retryMs;
  }
}

/** A message as it is told and logged. Places in what was sent are named in it by its own members, which may have any name. */
function tellable(message: string): string {
  return withoutCredentials(onOneLine(message));
}

export const invalid = (message: string, faults: readonly Fault[] = []): LatchkeyError =>
  new LatchkeyError('INVALID', message, { faults });
/** INVALID for one place in the input, by JSON pointer. */
export const invalidAt = (pointer: string, message: string): LatchkeyError => invalid(message, [{ pointer, message }]);
/** The INVALID for an input that cannot be stored. Its message is the first fault's; pointers are within the input. */
export function notStorable(what: string, faults: readonly Fault[]): LatchkeyError {
  const [first] = faults;
  const place = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return invalid(`${what} cannot be stored: ${place}${first?.message ?? ''}${more}`, faults);
}
export const notFound = (message: string): LatchkeyError => new LatchkeyError('NOT_FOUND', message);
export const conflict = (message: string): LatchkeyError => new LatchkeyError('CONFLICT', message);
export const unauthenticated = (message: string): LatchkeyError => new LatchkeyError('UNAUTHENTICATED', message);
export const forbidden = (message: string): LatchkeyError => new LatchkeyError('FORBIDDEN', message);
/** More than this server takes, now or ever: the message says what to do about it. */
export const limited = (message: string): LatchkeyError => new LatchkeyError('LIMITED', message);
/** More than this server takes just now. */
export const busy = (message: string): LatchkeyError => new LatchkeyError('LIMITED', message, { retryMs: RETRY_MS });
/** More calls than this caller may make, who may go on after `retryMs`. */
export const tooMany = (message: string, retryMs: number): LatchkeyError =>
  new LatchkeyError('LIMITED', message, { retryMs: Math.max(1, Math.ceil(retryMs)) });
export const unavailable = (message: string, cause?: unknown): LatchkeyError =>
  new LatchkeyError('UNAVAILABLE', message, { cause, retryMs: RETRY_MS });

/** Any error as one that a caller may read. An unexpected one becomes INTERNAL, with itself as the cause for the log. */
export function asLatchkeyError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  if (error instanceof StoreUnavailable) return unavailable('the store does not answer now; try again', error);
  return new LatchkeyError('INTERNAL', 'an unexpected failure; the log has it under this request id', { cause: error });
}
