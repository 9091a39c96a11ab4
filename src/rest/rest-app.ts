import cors from '@fastify/cors';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import './server/call.js';
import type { IncomingMessage } from 'node:http';
import { REQUEST_ID_HEADER, requestIdOf } from '../calls/call-headers.js';
import { CallRate } from '../calls/call-rate.js';
import { actorOf, type Caller } from '../calls/caller.js';
import { notFound } from '../calls/errors.js';
import { quote } from '../core/values/json.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time.js';
import { namedInPath, pathAndQuery } from './admin/admin-path.js';
import { adminRoutes } from './admin/admin-routes.js';
import { describeApi, openApiDocument } from './openapi/api-document.js';
import { docsPage } from './openapi/docs-page.js';
import { changeFlag } from './routes/change-flag.js';
import { listUserFlags } from './routes/list-user-flags.js';
import { operations } from './routes/operations.js';
import { requirementRoutes } from './routes/requirements.js';
import { stream, streamTicket } from './routes/stream.js';
import { trackEvents } from './routes/track-events.js';
import { userProgress } from './routes/user-progress.js';
import { boundAskedHeaders } from './server/asked-headers.js';
import type { Authenticator } from './server/authenticate.js';
import { answerHeaders, pageHeaders } from './server/browser-headers.js';
import { takeJson } from './server/json-body.js';
import { observe, observeUnrouted } from './server/observe.js';
import type { OpenStreams } from './server/open-streams.js';
import { refuseOtherMethods } from './server/other-methods.js';
import { answerWithProblem } from './server/problem.js';
import { DEFAULT_MAX_BODY_BYTES, type RestDoorOptions } from './server/rest-options.js';
import { type SchemaViolation, schemaFault } from './server/validation-fault.js';
import { SessionCallers } from './session/session-callers.js';
import { sessionRoutes } from './session/session-routes.js';

export interface RestAppOptions extends Omit<RestDoorOptions, 'address' | 'jwt'> {
  readonly authenticator: Authenticator;
  readonly draining: () => boolean;
  /** The open streams, which are ended when the door drains. */
  readonly open: OpenStreams;
}

/** The longest key or id in a path: 191 characters of four bytes each, percent-encoded. */
const MAX_PARAMETER_LENGTH = 191 * 4 * 3;
/** How long a client may take to send its request, before the connection is closed. */
const REQUEST_TIMEOUT_MS = 30 * SECOND_MS;

/** The HTTP application: all routes, and what all of them need. It does not listen yet. */
export async function restApp(options: RestAppOptions): Promise<FastifyInstance> {
  const app = fastify(serverOptions(options));
  app.decorateRequest('caller', null);
  app.decorateRequest('failure', null);
  app.setErrorHandler(answerWithProblem);
  app.setNotFoundHandler(({ method, url }) => {
    throw noRoute(method, url);
  });
  observe(app, options.observer);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    done();
  });
  // While the door drains, clients are told to close their connections and open others.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (options.draining()) reply.header('connection', 'close');
    done();
  });
  await protect(app, options);
  // Without this the body of a request that no route takes would be read and parsed, whoever sends it.
  app.addHook('onRequest', ({ is404, method, url }, _reply, done) => {
    if (is404) done(noRoute(method, url));
    else done();
  });
  await describeApi(app);
  const refuseTheOthers = refuseOtherMethods(app);
  app.removeAllContentTypeParsers();
  takeJson(app, ['application/json']);

  let described: object | undefined;
  const document = (): object => {
    described ??= openApiDocument(app);
    return described;
  };
  // Anybody may ask for the document, so it is put into text once.
  let text: string | undefined;
  operations(app, options);
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8');
    text ??= JSON.stringify(document());
    return text;
  });
  await app.register((pages, _, done) => {
    pageHeaders(pages);
    docsPage(pages, document);
    done();
  });
  const rate = new CallRate(options.requestsPerMinute ?? 0);
  stream(app, { ...options, streams: options.services.streams, rate });
  await app.register((routes, _, done) => {
    sessionRoutes(routes, { ...options, requests: rate });
    done();
  });
  await app.register((api, _, done) => {
    authenticated(api, options, rate);
    done();
  });
  refuseTheOthers();
  return app;
}

function noRoute(method: string, url: string): Error {
  return notFound(`no route ${method} ${quote(url.split('?', 1)[0])}; /openapi.json lists them`);
}

function serverOptions({
  tls,
  trustedProxies = [],
  observer,
  maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
}: RestAppOptions): FastifyServerOptions {
  const options = {
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers[REQUEST_ID_HEADER]),
    requestIdHeader: false,
    trustProxy: [...trustedProxies],
    rewriteUrl: ({ url = '' }: IncomingMessage) => namedInPath(pathAndQuery(url)),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      answerWithProblem(error, request, reply.header(REQUEST_ID_HEADER, request.id));
      observeUnrouted(observer, request, reply.statusCode);
    },
    // Values are not coerced, and members not dropped or filled in: a wrong type or an unknown member is refused.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        verbose: true,
        allowUnionTypes: true,
      },
    },
    schemaErrorFormatter: (violations: readonly unknown[], part: string) =>
      schemaFault(violations as readonly SchemaViolation[], part),
    ...(tls === undefined ? {} : { https: { cert: tls.certificate, key: tls.key } }),
  };
  return options as FastifyServerOptions;
}

/** Adds headers for browsers: what they may do with answers, and pages of which origins may call. */
async function protect(app: FastifyInstance, { tls, corsOrigins = [] }: RestAppOptions): Promise<void> {
  answerHeaders(app, { secure: tls !== undefined });
  if (corsOrigins.length === 0) return;
  boundAskedHeaders(app);
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    // Which headers pages may send is left out: those that they ask for, as those that trace send some of their own.
    exposedHeaders: ['ETag', 'Retry-After', 'X-Request-Id'],
    maxAge: (10 * MINUTE_MS) / SECOND_MS,
  });
}

/** Registers the routes that need a caller: it is authenticated, and its limit checked, before the body is read. */
function authenticated(api: FastifyInstance, options: RestAppOptions, rate: CallRate): void {
  const { authenticator, services } = options;
  const enter = (request: FastifyRequest, caller: Caller): void => {
    request.caller = caller;
    rate.take(actorOf(caller));
  };
  // The administration takes sessions, too.
  const callers = new SessionCallers(options);
  void api.register((routes, _, done) => {
    routes.addHook('onRequest', (request, reply, next) => {
      addVary(reply, 'Authorization, Cookie');
      callers
        .caller(request)
        .then((known) => enter(request, known))
        .then(() => next(), next);
    });
    adminRoutes(routes, options);
    done();
  });
  void api.register((routes, _, done) => {
    byToken(routes, authenticator, enter);
    listUserFlags(routes, services.evaluation);
    changeFlag(routes, services.flags);
    requirementRoutes(routes, services.requirements);
    userProgress(routes, services.progress);
    streamTicket(routes, services);
    done();
  });
  void api.register((routes, _, done) => {
    byToken(routes, authenticator, enter);
    trackEvents(routes, services.events);
    done();
  });
}

/** Has these routes authenticate by the `Authorization` header alone. */
function byToken(
  api: FastifyInstance,
  authenticator: Authenticator,
  enter: (request: FastifyRequest, caller: Caller) => void,
): void {
  api.addHook('onRequest', (request, reply, done) => {
    addVary(reply, 'Authorization');
    try {
      const caller = authenticator.caller(request);
      if (!(caller instanceof Promise)) {
        enter(request, caller);
        done();
        return;
      }
      caller.then((known) => enter(request, known)).then(() => done(), done);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Adds a name to `Vary`, so that caches give nobody another caller's answers. CORS may have set it to `Origin`. */
function addVary(
  reply: { getHeader(name: string): unknown; header(name: string, value: string): unknown },
  name: string,
) {
  const before = reply.getHeader('vary');
  reply.header('vary', typeof before === 'string' && before !== '' ? `${before}, ${name}` : name);
}
