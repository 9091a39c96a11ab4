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
import { actorOf, type Caller } from '../calls/caller.js';
import { notFound } from '../calls/errors.js';
import type { AddressRate } from '../calls/limits/address-rate.js';
import { CallRate } from '../calls/limits/call-rate.js';
import { TrustedProxies } from '../calls/limits/trusted-proxies.js';
import { quote } from '../core/values/json.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time/time.js';
import type { Authenticator } from '../identity/authenticator.js';
import { namedInPath, pathAndQuery } from './admin/admin-path.js';
import { adminRoutes } from './admin/admin-routes.js';
import { answerUnroutedCall } from './connect/connect-error.js';
import { connectRoutes } from './connect/connect-routes.js';
import { consolePages } from './console/console-pages.js';
import { BulkAnswers } from './ofrep/bulk-answers.js';
import { answerUnrouted, ofrepRoutes } from './ofrep/ofrep-routes.js';
import { ofrepStream } from './ofrep/ofrep-stream.js';
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
import { belowBasePath, OUTSIDE } from './server/base-path.js';
import { boundedServer, boundUrls } from './server/bounds.js';
import { answerHeaders, pageHeaders } from './server/browser-headers.js';
import { takeJson } from './server/json-body.js';
import { doorOfRequest, observe, observeUnrouted } from './server/observe.js';
import type { OpenStreams } from './server/open-streams.js';
import { refuseOtherMethods } from './server/other-methods.js';
import { answerWithProblem } from './server/problem.js';
import { DEFAULT_MAX_BODY_BYTES, type RestDoorOptions } from './server/rest-options.js';
import { type SchemaViolation, schemaFault } from './server/validation-fault.js';
import { addVary } from './server/vary.js';
import { SessionCallers } from './session/session-callers.js';
import { sessionRoutes } from './session/session-routes.js';

export interface RestAppOptions extends Omit<RestDoorOptions, 'address'> {
  readonly draining: () => boolean;
  /** The open streams, which are ended when the door drains. */
  readonly open: OpenStreams;
}

/** The longest key or id in a path: 191 characters of four bytes each, percent-encoded. */
const MAX_PARAMETER_LENGTH = 191 * 4 * 3;

/** The HTTP application: all routes, and what all of them need. It does not listen yet. */
export async function restApp(options: RestAppOptions): Promise<FastifyInstance> {
  const app = fastify(serverOptions(options));
  app.decorateRequest('caller', null);
  app.decorateRequest('failure', null);
  app.setErrorHandler(answerFailed);
  const { basePath = '', consoleFolder } = options;
  app.setNotFoundHandler((request) => {
    throw noRoute(request, basePath);
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
  boundUrls(app);
  // What CORS answers itself is counted before it, and all else after it, so that pages can read that it was too much.
  if (options.addresses !== undefined) limitAddresses(app, options.addresses, ({ method }) => method === 'OPTIONS');
  await protect(app, options);
  if (options.addresses !== undefined) limitAddresses(app, options.addresses, ({ method }) => method !== 'OPTIONS');
  // Without this the body of a request that no route takes would be read and parsed, whoever sends it.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) done(noRoute(request, basePath));
    else done();
  });
  await describeApi(app, basePath);
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
    docsPage(pages, { document, basePath });
    done();
  });
  if (consoleFolder !== undefined) {
    await app.register((pages, _, done) => {
      pageHeaders(pages);
      consolePages(pages, { folder: consoleFolder, basePath });
      done();
    });
  }
  const rate = new CallRate(options.requestsPerMinute ?? 0);
  stream(app, { ...options, streams: options.services.streams, rate });
  await app.register((routes, _, done) => {
    ofrep(routes, options, rate);
    done();
  });
  await app.register((routes, _, done) => {
    sessionRoutes(routes, { ...options, requests: rate });
    done();
  });
  await app.register((api, _, done) => {
    authenticated(api, options, rate);
    done();
  });
  await app.register((routes, _, done) => {
    const { maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
    connectRoutes(routes, { ...options, rate, maxBodyBytes });
    done();
  });
  refuseTheOthers();
  return app;
}

/** Counts each such request by the address that it comes from, before anything is asked of it. */
function limitAddresses(
  app: FastifyInstance,
  addresses: AddressRate,
  counts: (request: FastifyRequest) => boolean,
): void {
  app.addHook('onRequest', (request, _reply, done) => {
    // Probes come from the balancer's address, and must tell how the server is, whatever else comes from there.
    if (counts(request) && doorOfRequest(request) !== 'operations') addresses.take({ getPeer: () => request.ip });
    done();
  });
}

/** Answers in the form of the protocol whose path it is. */
function answerFailed(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return (
    answerUnrouted(error, request, reply) ??
    answerUnroutedCall(error, request, reply) ??
    answerWithProblem(error, request, reply)
  );
}

function noRoute({ method, url, originalUrl }: FastifyRequest, basePath: string): Error {
  const path = originalUrl.split('?', 1)[0];
  if (url === OUTSIDE) return notFound(`no route ${method} ${quote(path)}: everything here is below ${basePath}/`);
  return notFound(`no route ${method} ${quote(path)}; ${basePath}/openapi.json lists them`);
}

function serverOptions({
  tls,
  timeouts,
  trustedProxies = [],
  observer,
  maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
  basePath = '',
}: RestAppOptions): FastifyServerOptions {
  const proxies = new TrustedProxies(trustedProxies);
  const options = {
    logger: false,
    bodyLimit: maxBodyBytes,
    return503OnClosing: false,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers[REQUEST_ID_HEADER]),
    requestIdHeader: false,
    trustProxy: (address: string) => proxies.has(address),
    rewriteUrl: ({ url = '' }: IncomingMessage) => namedInPath(belowBasePath(pathAndQuery(url), basePath)),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      answerFailed(error, request, reply.header(REQUEST_ID_HEADER, request.id));
      observeUnrouted(observer, request, { status: reply.statusCode });
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
    ...boundedServer({ timeouts, tls, observer }),
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

/** The routes of OFREP, which have errors of their own form. */
function ofrep(
  app: FastifyInstance,
  { authenticator, resolver, services, open, basePath = '' }: RestAppOptions,
  rate: CallRate,
): void {
  const { answerTickets: tickets, streams } = services;
  const answers = new BulkAnswers({ resolver, tickets, basePath });
  const looks = new BulkAnswers({ resolver: resolver.by(services.uncountedEvaluation), tickets, basePath });
  ofrepStream(app, { resolver, answers: looks, tickets, streams, open, rate });
  void app.register((routes, _, done) => {
    ofrepRoutes(routes, { resolver, answers, authenticator, rate });
    done();
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
    streamTicket(routes, { streams: services.streams, basePath: options.basePath });
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
