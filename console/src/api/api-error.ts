import type { Problem } from '../../../src/protocol/gen/admin-json.js';

/** A call that failed: with the server's problem, or without one where something else answered, or nothing did. */
export class ApiError extends Error {
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;
  readonly problem: Problem | undefined;
  /** When the server says that trying again may help, in milliseconds from now. */
  readonly retryMs: number | undefined;

  constructor(status: number, problem: Problem | undefined, retryMs?: number, cause?: unknown) {
    super(
      problem?.detail ??
        (status === 0 ? 'no answer came' : `something other than Latchkey answered, with the status ${status}`),
      {
        cause,
      },
    );
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
    this.retryMs = retryMs;
  }

  /** A `conflict` is somebody else's change meanwhile; what stands in the way otherwise, which the server says, is `blocked`. */
  get kind(): 'refused' | 'forbidden' | 'absent' | 'conflict' | 'blocked' | 'limited' | 'away' | 'defect' {
    if (this.status === 403) return 'forbidden';
    if (this.status === 404) return 'absent';
    if (this.status === 412) return 'conflict';
    if (this.status === 409) return this.#isOverChanged ? 'conflict' : 'blocked';
    if (this.status === 429) return 'limited';
    // Proxies answer with 502 and 504 for a server that is away.
    if ([0, 502, 503, 504].includes(this.status)) return 'away';
    return this.status >= 500 ? 'defect' : 'refused';
  }

  /** Whether something was there otherwise than the call expected: then the problem says what is there now. */
  get #isOverChanged(): boolean {
    return this.problem?.current !== undefined || this.problem?.current_access !== undefined;
  }
}

export function awayError(cause: unknown): ApiError {
  return new ApiError(0, undefined, undefined, cause);
}

/** Whether a call failed since what it names is not there. */
export function isAbsent(error: unknown): error is ApiError {
  return error instanceof ApiError && error.kind === 'absent';
}

/** What is wrong with a draft, in sentences alone: the one that has them all names each place by a JSON pointer. */
export function faultsSaid(error: Error): string {
  const faults = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  return faults.length === 0 ? error.message : faults.map(({ message }) => message).join('; ');
}
