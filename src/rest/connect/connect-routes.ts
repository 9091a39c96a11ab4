import { Readable } from 'node:stream';
import type { DescMethod } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerResponse } from '@connectrpc/connect/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { actorOf } from '../../calls/caller.js';
import { invalid, limited } from '../../calls/errors.js';
import type { CallRate } from '../../calls/limits/call-rate.js';
import { overridesIn, tokenOf } from '../../flagd/credentials.js';
import {
  answerFlagd,
  FLAGD_SERVICES,
  FLAGD_V1_FORMER_NAME,
  type FlagdCall,
  type ResolveRequest,
} from '../../flagd/handlers.js';
import { readSelector, SELECTOR_HEADER } from '../../flagd/selector.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { OVERRIDES_HEADER } from '../../identity/call-overrides.js';
import type { OpenFeatureResolver } from '../../openfeature/resolver.js';
import type { ServiceSet } from '../../services/service-set.js';
import { callerOf } from '../server/call.js';
import type { OpenStreams } from '../server/open-streams.js';
import { HttpError } from '../server/problem.js';
import {
  answerWithConnectError,
  type ConnectFailure,
  connectError,
  sendConnectFailure,
  withoutInput,
} from './connect-error.js';
import { ConnectEvents } from './connect-events.js';

export interface ConnectRoutesOptions {
  readonly services: Pick<ServiceSet, 'streams' | 'keeper'>;
  readonly resolver: OpenFeatureResolver;
  readonly authenticator: Authenticator;
  readonly rate: CallRate;
  /** The open streams, which are ended when the door drains. */
  readonly open: OpenStreams;
  /** The largest message that is taken, in bytes. */
  readonly maxBodyBytes: number;
}

/** What a call of connect-es is made of here. */
interface Carried {
  readonly request: FastifyRequest;
  readonly events: ConnectEvents | undefined;
  /** Whether the message was decoded, so that what fails from then on is no fault of it. */
  decoded: boolean;
}

const CARRIED = createContextKey<Carried | undefined>(undefined);
const MEDIA_TYPES = ['application/json', 'application/proto', 'application/connect+json', 'application/connect+proto'];
const UNSUPPORTED = 415;
const NO_MEDIA_TYPE = `the body is of no media type of this route; send one of ${MEDIA_TYPES.join(', ')}, the last two to streams alone`;

/**
 * Serves flagd's services in the Connect protocol, as JSON and as protobuf, over HTTP/1.1: `POST /flagd.evaluation.v2.Service/ResolveBoolean`
 * and the others. Callers are known by the tokens of this door. Nothing of a body is read before that.
 */
export function connectRoutes(app: FastifyInstance, options: ConnectRoutesOptions): void {
  app.removeAllContentTypeParsers();
  // The body is read by the handler, once it knows who calls.
  app.addContentTypeParser(MEDIA_TYPES, (_request, _payload, done) => done(null));
  app.setErrorHandler((error, request, reply) => {
    const { code } = error as { readonly code?: unknown };
    const told =
      code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? new HttpError(UNSUPPORTED, 'INVALID', NO_MEDIA_TYPE) : error;
    return answerWithConnectError(told, request, reply);
  });
  const router = createConnectRouter({
    ...{ grpc: false, grpcWeb: false, readMaxBytes: options.maxBodyBytes },
    // As flagd does: some clients take an answer without a `value` for a failure, be it only one that protobuf's JSON may leave out.
    jsonOptions: { ignoreUnknownFields: true, alwaysEmitImplicit: true },
    requestGate: (context) => enter(options, context),
    interceptors: [malformedStreams],
  });
  for (const service of FLAGD_SERVICES) for (const method of service.methods) serve(router, method, options);
  for (const handler of router.handlers) {
    const isStream = handler.method.methodKind === 'server_streaming';
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const events = isStream ? new ConnectEvents() : undefined;
      const carried: Carried = { request, events, decoded: false };
      const response = await handler({
        httpVersion: request.raw.httpVersion,
        url: new URL(request.url, 'http://latchkey.invalid').href,
        method: request.method,
        header: headersOf(request),
        // Ending it early must not end the connection, on which the answer is still to be sent.
        body: request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
        signal: gone.signal,
        contextValues: createContextValues().set(CARRIED, carried),
      });
      if (response.status >= BAD_REQUEST && request.failure === null) return refuse(reply, response, carried);
      begin(reply, response);
      const body = Readable.from(response.body ?? [], { objectMode: false });
      if (events !== undefined) follow(options.open, { events, body, reply });
      return reply.send(body);
    };
    for (const path of pathsOf(handler)) app.post(path, { schema: { hide: true } }, answer);
  }
}

/** Where a method is asked for: version 1 by the name that it had in flagd at first, too, by which the provider for PHP still asks. */
function pathsOf({ requestPath, service, method }: UniversalHandler): readonly string[] {
  return service === FLAGD_SERVICES[0] ? [requestPath, `/${FLAGD_V1_FORMER_NAME}/${method.name}`] : [requestPath];
}

/** Finds the caller and counts the call, before any of its body is read. */
async function enter({ authenticator, rate }: ConnectRoutesOptions, context: HandlerContext): Promise<void> {
  const { request } = context.values.get(CARRIED)!;
  await told(request, async () => {
    const { token: inSelector, ...selected } = selectorOf(request);
    const token = tokenOf(request.headers.authorization, inSelector);
    request.caller = await authenticator.ofAnybody(token, { getPeer: () => request.ip });
    rate.take(actorOf(request.caller));
    const carried = [request.headers[OVERRIDES_HEADER] ?? []].flat();
    const overrides = overridesIn(carried, selected.overrides);
    request.caller = authenticator.overrides.carriedBy(request.caller, overrides);
  });
}

function serve(router: ConnectRouter, method: DescMethod, { resolver, services }: ConnectRoutesOptions): void {
  if (method.methodKind !== 'unary') {
    const stream = (_request: unknown, context: HandlerContext) => {
      const { request, events } = context.values.get(CARRIED)!;
      return events!.run(services, flagdCall(request, context), (error) => failureOf(request, error));
    };
    router.rpc(method, stream as never);
    return;
  }
  const unary = (asked: ResolveRequest, context: HandlerContext) => {
    const carried = context.values.get(CARRIED)!;
    carried.decoded = true;
    const { request } = carried;
    return told(request, async () => answerFlagd(resolver, method, asked, flagdCall(request, context)));
  };
  router.rpc(method, unary as never);
}

function flagdCall(request: FastifyRequest, context: HandlerContext): FlagdCall {
  const timeoutMs = context.timeoutMs();
  return {
    caller: callerOf(request),
    requestId: request.id,
    signal: context.signal,
    ...(timeoutMs !== undefined && { deadline: Date.now() + timeoutMs }),
    tag: selectorOf(request).tag,
  };
}

function selectorOf({ headers }: FastifyRequest) {
  const header = headers[SELECTOR_HEADER];
  return readSelector(Array.isArray(header) ? header[0] : header);
}

/** Does it, and makes of its failure one that is logged, and that Connect can tell. */
async function told<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(request, error);
  }
}

function failureOf(request: FastifyRequest, error: unknown): Error {
  request.failure = error;
  return connectError(error, request.id);
}

function begin(reply: FastifyReply, answer: UniversalServerResponse): void {
  reply.code(answer.status).header('cache-control', 'no-store');
  for (const [name, value] of answer.header ?? []) reply.header(name, value);
}

const BAD_REQUEST = 400;
const TOO_MANY = 429;
const INTERNAL = 500;

/**
 * Sends what connect-es refused by itself, and keeps why for the observer. Bytes that are no message it takes for a failure of its own,
 * and says so: here they are told as what they are.
 */
async function refuse(
  reply: FastifyReply,
  answer: UniversalServerResponse,
  { decoded }: Carried,
): Promise<FastifyReply> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body ?? []) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { code = '', message: words = '' } = JSON.parse(text || '{}') as Partial<ConnectFailure>;
  const message = withoutInput(words);
  if (answer.status === INTERNAL && !decoded) {
    const failure = failureOf(reply.request, malformed(message));
    const told = { code: 'invalid_argument', message: (failure as ConnectError).rawMessage };
    return sendConnectFailure(reply, BAD_REQUEST, told);
  }
  const { status } = answer;
  // It says nothing of a media type of streams that comes to a call of one answer, and the other way round.
  if (status === UNSUPPORTED && text === '') {
    reply.request.failure = new HttpError(status, 'INVALID', NO_MEDIA_TYPE);
    return sendConnectFailure(reply, status, { code: 'invalid_argument', message: NO_MEDIA_TYPE });
  }
  // Once the message was decoded, what nobody has told is a defect.
  const isDefect = status === INTERNAL;
  reply.request.failure = isDefect ? new Error(message) : new HttpError(status, codeOf(status), message);
  if (text !== '') return sendConnectFailure(reply, status, { code, message });
  begin(reply, answer);
  return reply.send(text);
}

const codeOf = (status: number) => (status === TOO_MANY ? 'LIMITED' : 'INVALID');

const malformed = (reason: string): Error => invalid(`the request is malformed: ${reason}`);

/** The same of the message that opens a stream. What connect-es refuses of a stream by itself is kept for the observer, too. */
const malformedStreams: Interceptor = (next) => async (call) => {
  if (!call.stream) return next(call);
  const carried = call.contextValues.get(CARRIED)!;
  try {
    return await next({ ...call, message: decodedOnly(call.message, carried) });
  } catch (error) {
    const { request } = carried;
    // Such as that there is no message, or another one.
    if (request.failure === null && error instanceof ConnectError)
      request.failure = new HttpError(BAD_REQUEST, 'INVALID', error.rawMessage);
    throw error;
  }
};

async function* decodedOnly<T>(messages: AsyncIterable<T>, { request }: Carried): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    throw failureOf(
      request,
      error.code === Code.ResourceExhausted ? limited(error.rawMessage) : malformed(withoutInput(error.rawMessage)),
    );
  }
}

/** Has a stream count as open until it ends, and end when the door drains. */
function follow(
  open: OpenStreams,
  { events, body, reply }: { events: ConnectEvents; body: Readable; reply: FastifyReply },
): void {
  if (!events.began) return;
  reply.header('x-accel-buffering', 'no');
  open.add({ body, drain: () => events.drain() }, 'connect');
}

function headersOf({ headers }: FastifyRequest): Headers {
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) if (one !== undefined) copied.append(name, one);
  }
  return copied;
}
