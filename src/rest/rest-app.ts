import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import './server/call.js';
import type { IncomingMessage } from 'node:http';
import { REQUEST_ID_HEADER, requestIdOf } from '../calls/call-headers.js';
import { actorOf } from '../calls/caller.js';
import { notFound } from '../calls/errors.js';
import { quote } from '../core/values/json.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time.js';
import { namedInPath } from './admin/admin-path.js';
import { adminRoutes } from './admin/admin-routes.js';
import { docsPage } from './docs-page.js';
import { describeApi, openApiDocument } from './openapi.js';
import { changeFlag } from './routes/change-flag.js';
import { listUserFlags } from './routes/list-user-flags.js';
import { operations } from './routes/operations.js';
import { requirementRoutes } from './routes/requirements.js';
import { stream, streamTicket } from './routes/stream.js';
import { trackEvents } from './routes/track-events.js';
import { userProgress } from './routes/user-progress.js';
import type { Authenticator } from './server/authenticate.js';
import { HttpError } from './server/http-error.js';
import { takeJson } from './server/json-body.js';
import { observe, observeUnrouted } from './server/observe.js';
import type { OpenStreams } from './server/open-streams.js';
import { refuseOtherMethods } from './server/other-methods.js';
import { answerWithProblem } from './server/problem.js';
import { DEFAULT_MAX_BODY_BYTES, type RestDoorOptions } from './server/rest-options.js';
import { type SchemaViolation, schemaFault } from './server/validation-fault.js';

export interface RestAppOptions extends Omit<RestDoorOptions, 'address' | 'jwt'> {
  readonly authenticator: Authenticator;
  readonly draining: () => boolean;
  /** The streams that are open; whoever drains ends them. */
  readonly open: OpenStreams;
}

/** Keys and ids in a path: the longest is 191 characters, of which each may be four bytes, percent-encoded. */
const MAX_PARAMETER_LENGTH = 191 * 4 * 3;
/** A client that takes longer than this to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 30 * SECOND_MS;

/** The HTTP application: every route, and what stands around all of them. It does not listen yet. */
export async function restApp(options: RestAppOptions): Promise<FastifyInstance> {
  const app = fastify(serverOptions(options));
  app.decorateRequest('caller', null);
  app.decorateRequest('failure', null);
  app.setErrorHandler(answerWithProblem);
  app.setNotFoundHandler(({ method, url }) => {
    throw notFound(`no route ${method} ${quote(url.split('?', 1)[0])}; /openapi.json lists them`);
  });
  observe(app, options.observer);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    done();
  });
  // While draining, whoever keeps a connection is told to take another one.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (options.draining()) reply.header('connection', 'close');
    done();
  });
  await protect(app, options);
  await describeApi(app);
  const refuseTheOthers = refuseOtherMethods(app);
  app.removeAllContentTypeParsers();
  takeJson(app, ['application/json']);

  let described: object | undefined;
  const document = (): object => {
    described ??= openApiDocument(app);
    return described;
  };
  operations(app, { ...options, document });
  await docsPage(app, document);
  stream(app, { ...options, streams: options.services.streams });
  await app.register((api, _, done) => {
    authenticated(api, options);
    done();
  });
  refuseTheOthers();
  return app;
}

function serverOptions({ tls, observer, maxBodyBytes = DEFAULT_MAX_BODY_BYTES }: RestAppOptions): FastifyServerOptions {
  const options = {
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers[REQUEST_ID_HEADER]),
    requestIdHeader: false,
    rewriteUrl: ({ url = '' }: IncomingMessage) => namedInPath(url),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      answerWithProblem(error, request, reply.header(REQUEST_ID_HEADER, request.id));
      observeUnrouted(observer, request, reply.statusCode);
    },
    // Nothing is coerced, dropped or filled in: a wrong type or an unknown member is refused.
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

/** Headers for browsers: what they may do with answers, and which origins' pages may ask. */
async function protect(app: FastifyInstance, { tls, corsOrigins = [] }: RestAppOptions): Promise<void> {
  const open = corsOrigins.length > 0;
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: open ? 'cross-origin' : 'same-origin' },
    strictTransportSecurity: tls !== undefined,
  });
  if (!open) return;
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      ...['Authorization', 'Content-Type', 'If-Match', 'If-None-Match'],
      ...['Consistency-Token', 'Last-Event-ID', 'X-Request-Id'],
    ],
    exposedHeaders: ['ETag', 'Retry-After', 'X-Request-Id'],
    maxAge: (10 * MINUTE_MS) / SECOND_MS,
  });
}

/** Routes that need a caller: authentication comes before the body is read, then the caller's limit. */
function authenticated(api: FastifyInstance, options: RestAppOptions): void {
  const { authenticator, services, requestsPerMinute = 0 } = options;
  api.addHook('onRequest', (request, reply, done) => {
    addVary(reply, 'Authorization');
    try {
      const caller = authenticator.caller(request.headers.authorization);
      if (!(caller instanceof Promise)) {
        request.caller = caller;
        done();
        return;
      }
      caller.then((known) => {
        request.caller = known;
        done();
      }, done);
    } catch (error) {
      done(error as Error);
    }
  });
  if (requestsPerMinute > 0) {
    void api.register(rateLimit, {
      max: requestsPerMinute,
      timeWindow: MINUTE_MS,
      cache: 50_000,
      keyGenerator: ({ caller }: FastifyRequest) => (caller === null ? '' : actorOf(caller)),
      errorResponseBuilder: (_request, { max, ttl }) =>
        new HttpError(429, 'LIMITED', `at most ${max} requests a minute; try again in ${Math.ceil(ttl / SECOND_MS)} s`),
    });
  }
  // A scope of their own: it is filled only after the limit above is in place.
  void api.register((routes, _, done) => {
    listUserFlags(routes, services.evaluation);
    changeFlag(routes, services.flags);
    requirementRoutes(routes, services.requirements);
    userProgress(routes, services.progress);
    streamTicket(routes, services);
    adminRoutes(routes, options);
    done();
  });
  void api.register((routes, _, done) => {
    trackEvents(routes, services.events);
    done();
  });
}

/** Caches keep one caller's answers from another; CORS may have said `Origin` before. */
function addVary(
  reply: { getHeader(name: string): unknown; header(name: string, value: string): unknown },
  name: string,
) {
  const before = reply.getHeader('vary');
  reply.header('vary', typeof before === 'string' && before !== '' ? `${before}, ${name}` : name);
}
