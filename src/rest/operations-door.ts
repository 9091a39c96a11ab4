import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import './server/call.js';
import { REQUEST_ID_HEADER, requestIdOf } from '../calls/call-headers.js';
import { notFound } from '../calls/errors.js';
import { quote } from '../core/values/json.js';
import { ProblemSchema } from './json/problem-schema.js';
import type { RestDoor } from './rest-door.js';
import { operations } from './routes/operations.js';
import { boundConnections, boundedServer, boundUrls } from './server/bounds.js';
import { answerHeaders } from './server/browser-headers.js';
import { close, listen, renewTls } from './server/listen.js';
import { observe, observeUnrouted } from './server/observe.js';
import { answerWithProblem } from './server/problem.js';
import type { RestDoorOptions } from './server/rest-options.js';

export type OperationsDoorOptions = Pick<
  RestDoorOptions,
  'address' | 'tls' | 'authenticator' | 'ready' | 'metrics' | 'observer'
>;

const PATHS = '/healthz, /readyz and /metrics';

/**
 * Serves health and metrics, and nothing else, on an address of their own: for processes without REST, and where the machines
 * that watch shall not come to the address that users do. Rejects, naming the address, when that cannot be done.
 */
export async function openOperationsDoor(options: OperationsDoorOptions): Promise<RestDoor> {
  const { address, tls, observer, ready, metrics, authenticator } = options;
  let draining = false;
  const app = fastify({
    logger: false,
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers[REQUEST_ID_HEADER]),
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      answerWithProblem(error, request, reply);
      observeUnrouted(observer, request, { status: reply.statusCode, door: 'operations' });
    },
    ...boundedServer({ tls, observer }),
  } as FastifyServerOptions);
  app.decorateRequest('caller', null);
  app.decorateRequest('failure', null);
  app.setErrorHandler(answerWithProblem);
  app.setNotFoundHandler(({ method, url }) => {
    throw noRoute(method, url);
  });
  observe(app, observer, 'operations');
  boundUrls(app);
  answerHeaders(app, { secure: tls !== undefined });
  // Before the body of such a request would be read and parsed.
  app.addHook('onRequest', ({ is404, method, url }, _reply, done) => {
    done(is404 ? noRoute(method, url) : undefined);
  });
  app.addSchema(ProblemSchema);
  operations(app, { ready, metrics, authenticator, draining: () => draining });
  const connections = boundConnections(app, { observer });
  const bound = await listen(app, address, 'OPS_ADDR');
  let drained: Promise<void> | undefined;
  return {
    address: bound,
    get openConnections() {
      return connections.size;
    },
    openStreams: new Map(),
    leave: () => {
      draining = true;
    },
    renewTls: (tls) => renewTls(app, tls),
    drain: (limitMs) => {
      draining = true;
      drained ??= close(app, limitMs);
      return drained;
    },
  };
}

function noRoute(method: string, url: string): Error {
  return notFound(`no route ${method} ${quote(url.split('?', 1)[0])}: this address serves ${PATHS} alone`);
}
