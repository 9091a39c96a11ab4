import type { ErrorCode } from '../../calls/errors.js';

/** A failure that only HTTP has: of the method, the media type, the size, a precondition. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the problem. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    extra: { readonly headers?: Record<string, string>; readonly members?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.headers = extra.headers ?? {};
    this.members = extra.members ?? {};
  }
}
