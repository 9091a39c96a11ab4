import { Code, ConnectError } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asLatchkeyError, LatchkeyError } from '../../calls/errors.js';
import { withoutMisleading } from '../../core/values/json.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import { FLAGD_SERVICES, FLAGD_V1_FORMER_NAME } from '../../flagd/handlers.js';
import { failureOf } from '../../protocol/messages/failure.js';
import { HttpError, problemOf, toldOf } from '../server/problem.js';

const GATEWAY_TIMEOUT = 504;

/** The error for a call whose own timeout has passed. */
export const timeoutPassed = (): HttpError =>
  new HttpError(GATEWAY_TIMEOUT, 'UNAVAILABLE', 'the timeout that the call set has passed');

/** An error as Connect tells it: its codes are gRPC's. Where waiting helps, `Retry-After` says how long, in seconds; where it is not known who calls, `WWW-Authenticate` what to send. */
export function connectError(error: unknown, requestId: string): ConnectError {
  if (error instanceof HttpError && error.status === GATEWAY_TIMEOUT)
    return new ConnectError(error.message, Code.DeadlineExceeded);
  const { code, details } = failureOf(error, requestId);
  const told = asLatchkeyError(error);
  const wait = told.retryMs === undefined ? {} : { 'retry-after': String(Math.ceil(told.retryMs / SECOND_MS)) };
  const how = told.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="latchkey"' } : {};
  return new ConnectError(details, code as Code, { ...wait, ...how });
}

const PREFIXES = [...FLAGD_SERVICES.map(({ typeName }) => typeName), FLAGD_V1_FORMER_NAME].map((name) => `/${name}/`);
const [NOT_FOUND, METHOD_NOT_ALLOWED] = [404, 405];
/** The media types of streams, whose failures are told within an answer of status 200. */
const STREAMED = /^application\/connect\+(?:json|proto)(?=\s*(?:;|$))/i;
const END_OF_STREAM = 2;

/**
 * Answers in Connect's form what connect-es has not seen, as it was refused before, and keeps the error for the observer. What HTTP
 * itself refuses (a path, a method, a media type) keeps HTTP's status; a call of a stream is otherwise told in the end of one.
 */
export function answerWithConnectError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = toldOf(error, request);
  request.failure = failure;
  const { status, headers } = problemOf(failure, request.id);
  const told = toldByConnect(failure, status, request.id);
  reply.headers({ 'cache-control': 'no-store', ...headers });
  const [streamed] = STREAMED.exec(request.headers['content-type'] ?? '') ?? [];
  if (streamed === undefined || !(failure instanceof LatchkeyError)) return sendConnectFailure(reply, status, told);
  const end = Buffer.from(textOf({ error: told }));
  const head = Buffer.alloc(5);
  head.writeUInt8(END_OF_STREAM, 0);
  head.writeUInt32BE(end.length, 1);
  return reply
    .code(200)
    .type(streamed)
    .send(Buffer.concat([head, end]));
}

/** The same where no route takes the request, but its path is among those of flagd's services; undefined for other paths. */
export function answerUnroutedCall(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  if (!PREFIXES.some((prefix) => request.url.startsWith(prefix))) return undefined;
  const isUnknown = error instanceof LatchkeyError && error.code === 'NOT_FOUND';
  return answerWithConnectError(
    isUnknown ? new HttpError(NOT_FOUND, error.code, error.message) : error,
    request,
    reply,
  );
}

/** A failure as Connect's JSON has it. */
export interface ConnectFailure {
  readonly code: string;
  readonly message: string;
}

export function sendConnectFailure(reply: FastifyReply, status: number, failure: ConnectFailure): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'content-type': 'application/json' })
    .send(Buffer.from(textOf(failure)));
}

/** connect-es's words for a message that it cannot decode, without what it quotes of that, which is not cut and may be a secret. */
export function withoutInput(words: string): string {
  return words.replace(/Unexpected token .*$/su, 'it is not well-formed').replace(/".*"/su, 'a text');
}

function toldByConnect(failure: unknown, status: number, requestId: string): ConnectFailure {
  if (!(failure instanceof HttpError)) {
    const { code, rawMessage } = connectError(failure, requestId);
    return { code: codeToString(code), message: rawMessage };
  }
  const { code } = connectError(new LatchkeyError(failure.code, ''), requestId);
  // Who asks for an RPC that there is not asks in vain, whatever they ask it about.
  const isUnserved = status === NOT_FOUND || status === METHOD_NOT_ALLOWED;
  return { code: codeToString(isUnserved ? Code.Unimplemented : code), message: failure.message };
}

function textOf(told: object): string {
  return withoutMisleading(JSON.stringify(told));
}
