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

  get kind(): 'refused' | 'forbidden' | 'absent' | 'conflict' | 'limited' | 'away' | 'defect' {
    if (this.status === 403) return 'forbidden';
    if (this.status === 404) return 'absent';
    if (this.status === 409 || this.status === 412) return 'conflict';
    if (this.status === 429) return 'limited';
    // Proxies answer with 502 and 504 for a server that is away.
    if ([0, 502, 503, 504].includes(this.status)) return 'away';
    return this.status >= 500 ? 'defect' : 'refused';
  }
}

export function awayError(cause: unknown): ApiError {
  return new ApiError(0, undefined, undefined, cause);
}
