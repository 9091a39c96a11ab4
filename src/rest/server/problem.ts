import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { REQUEST_ID_HEADER } from '../../calls/call-headers.js';
import { asLatchkeyError, type ErrorCode } from '../../calls/errors.js';
import type { Fault } from '../../core/values/fault.js';
import { withoutMisleading } from '../../core/values/json.js';
import { withoutCredentials } from '../../core/values/secrets.js';

const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** The answer to a failed request: problem details as RFC 9457 defines them, with members of our own. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemBody;
  /** Whether the error is a defect, which is not told to the client, and at which a person has to look. */
  readonly unexpected: boolean;
}

export interface ProblemBody {
  readonly type: 'about:blank';
  /** The status in words. */
  readonly title: string;
  readonly status: number;
  /** Quotes the offending value and says what to do. */
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  /** The faults of the input, with INVALID always: a pointer that is empty is to the whole of the request. */
  readonly errors?: readonly Fault[];
  readonly [member: string]: unknown;
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  INVALID: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};

const HEADERS: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  UNAUTHENTICATED: { 'www-authenticate': 'Bearer realm="latchkey"' },
};

/** Maps errors to HTTP, which nothing else does. Of a defect the caller is told the request id only. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof HttpError) {
    const { status, code, message, headers, members } = error;
    return { status, headers, body: bodyOf({ status, code, detail: message, requestId }, members), unexpected: false };
  }
  const ofFastify = fastifyProblem(error);
  if (ofFastify !== undefined) return problemOf(ofFastify, requestId);
  const { code, message, faults, retryMs } = asLatchkeyError(error);
  const status = STATUS[code];
  const unexpected = code === 'INTERNAL';
  const detail = unexpected ? `an unexpected failure; the log has it under request id ${requestId}` : message;
  const members = unexpected || faults.length === 0 ? {} : { errors: faults };
  return {
    status,
    headers: { ...HEADERS[code], ...(retryMs !== undefined && { 'retry-after': String(Math.ceil(retryMs / 1_000)) }) },
    body: bodyOf({ status, code, detail, requestId }, members),
    unexpected,
  };
}

/** The answer to what was refused before there was a request, in text. */
export function problemText(error: HttpError): { readonly text: string; readonly headers: Record<string, string> } {
  const { body, headers } = problemOf(error, randomUUID());
  const always = { 'cache-control': 'no-store', 'content-type': PROBLEM_MEDIA_TYPE };
  return {
    text: withoutMisleading(JSON.stringify(body)),
    headers: { ...always, ...headers, [REQUEST_ID_HEADER]: body.request_id },
  };
}

/** An error as it is told: fastify's own words may quote the whole address, with secrets in its query. */
export function toldOf(error: unknown, request: FastifyRequest): unknown {
  return tooLarge(error, request) ?? fastifyProblem(error) ?? error;
}

/** Answers with the error's problem, and keeps for the observer what is told of it. */
export function answerWithProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = toldOf(error, request);
  request.failure = failure;
  const { status, headers, body } = problemOf(failure, request.id);
  // The problem is sent as text, so that no schema of the route's answers changes it.
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...headers })
    .type(PROBLEM_MEDIA_TYPE)
    .send(withoutMisleading(JSON.stringify(body)));
}

/** The error for a body that is larger than the route takes, with how large that is. */
function tooLarge(error: unknown, { routeOptions }: FastifyRequest): HttpError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') return undefined;
  const words = `the body is larger than the ${routeOptions.bodyLimit} bytes that this server takes; split it`;
  return new HttpError(413, 'LIMITED', words);
}

function bodyOf(
  problem: { status: number; code: ErrorCode; detail: string; requestId: string },
  members: Readonly<Record<string, unknown>>,
): ProblemBody {
  const { status, code, detail, requestId } = problem;
  const title = STATUS_CODES[status] ?? 'Error';
  const message = detail.toWellFormed();
  // What is wrong with a request has a place, be it the request as a whole.
  const errors = code === 'INVALID' ? { errors: [{ pointer: '', message }] } : {};
  return { type: 'about:blank', title, status, detail: message, code, request_id: requestId, ...errors, ...members };
}

/** The error for what fastify refuses before any handler runs. */
function fastifyProblem(error: unknown): HttpError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as Error & { readonly code?: unknown; readonly statusCode?: unknown };
  if (typeof code !== 'string' || !code.startsWith('FST_ERR_')) return undefined;
  if (typeof statusCode !== 'number' || statusCode >= 500 || statusCode < 400) return undefined;
  return new HttpError(statusCode, CODE_OF_STATUS[statusCode] ?? 'INVALID', WORDS[code] ?? error.message);
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = { 404: 'NOT_FOUND', 413: 'LIMITED', 429: 'LIMITED' };

const WORDS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty and should be JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as its Content-Length says',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'the body must be JSON; send "Content-Type: application/json"',
  FST_ERR_BAD_URL: 'the path is not well-formed; percent-encode it as UTF-8',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the path is longer than any key or id; shorten it',
};

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
    super(withoutCredentials(message));
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.headers = extra.headers ?? {};
    this.members = extra.members ?? {};
  }
}
