import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { Connections, type ConnectionsOptions } from '../../calls/limits/connections.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import { headersOfAnswers } from './browser-headers.js';
import type { RequestObserver } from './observe.js';
import { HttpError, problemText } from './problem.js';

/** How long clients may take, in milliseconds. */
export interface HttpTimeouts {
  /**
   * To send a request's line and headers, from when the connection was made or the request before was answered. By TLS, the handshake
   * may take as long before that.
   */
  readonly headersMs: number;
  /** To send a whole request. */
  readonly requestMs: number;
  /** To take a further part of an answer. */
  readonly stalledMs: number;
  /** To send another request on the same connection. */
  readonly idleMs: number;
  /** How often it is looked who has taken too long to send. */
  readonly checkEveryMs: number;
}

const DEFAULT_TIMEOUTS: HttpTimeouts = {
  headersMs: 10 * SECOND_MS,
  requestMs: 30 * SECOND_MS,
  stalledMs: 30 * SECOND_MS,
  // Longer than the minute for which balancers usually keep connections, so that none sends into one that closes.
  idleMs: 72 * SECOND_MS,
  checkEveryMs: 2 * SECOND_MS,
};

/** The longest path with its query: room for every parameter there is, at its longest. */
const MAX_URL_LENGTH = 16 * 1024;
/** The request line and the headers together, in bytes: room for that path, a JWT and what proxies and tracing add. */
const MAX_HEAD_BYTES = 32 * 1024;
const MAX_HEADERS = 200;

interface BoundsOptions {
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  readonly observer: RequestObserver;
  readonly connections?: ConnectionsOptions | undefined;
}

/** What an application that speaks HTTP takes of its clients; {@link boundConnections} adds what holds for connections. */
export function boundedServer({ timeouts, tls, observer }: BoundsOptions): FastifyServerOptions {
  const { headersMs, requestMs, idleMs, checkEveryMs } = { ...DEFAULT_TIMEOUTS, ...timeouts };
  const server = {
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: headersMs,
    connectionsCheckingInterval: checkEveryMs,
  };
  const options = {
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) =>
      refuseBroken(error, socket, { observer, secure: tls !== undefined }),
    ...(tls === undefined
      ? { http: server }
      : { https: { ...server, cert: tls.certificate, key: tls.key, handshakeTimeout: headersMs } }),
  };
  return options as FastifyServerOptions;
}

/** Refuses a request whose path with its query is longer than any that means something. */
export function boundUrls(app: FastifyInstance): void {
  app.addHook('onRequest', ({ originalUrl }, _reply, done) => {
    if (originalUrl.length <= MAX_URL_LENGTH) done();
    else
      done(
        new HttpError(
          414,
          'LIMITED',
          `the path and the query have more than ${MAX_URL_LENGTH} characters; shorten them`,
        ),
      );
  });
}

/**
 * Counts and bounds the connections of an application, and closes those that do not take their answers. Of `localhost` that has
 * several addresses this holds for the first.
 */
export function boundConnections(
  app: FastifyInstance,
  { observer, connections, timeouts }: Pick<BoundsOptions, 'observer' | 'connections' | 'timeouts'>,
): Connections {
  const server = app.server as Server;
  server.maxHeadersCount = MAX_HEADERS;
  const open = new Connections({ ...connections, onRefused: () => observer.refused?.('connections') });
  server.on('connection', (socket: Socket) => void open.take(socket));
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    underWay.set(socket, (underWay.get(socket) ?? 0) + 1);
    response.once('close', () => underWay.set(socket, underWay.get(socket)! - 1));
  });
  // Nothing was read or taken for a while. While a request is worked on, or a stream has nothing to tell, that is as it should be.
  server.setTimeout(timeouts?.stalledMs ?? DEFAULT_TIMEOUTS.stalledMs, (socket: Socket) => {
    const stalled = socket.writableLength > 0;
    if (isAnswering(socket) && !stalled) return;
    if (stalled) observer.refused?.('stalled');
    socket.destroy();
  });
  return open;
}

/** How many requests of a connection are not answered yet. */
const underWay = new WeakMap<Socket, number>();

function isAnswering(socket: Socket): boolean {
  return (underWay.get(socket) ?? 0) > 0;
}

const REFUSALS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, `the request line and the headers have more than ${MAX_HEAD_BYTES} bytes; send less`],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the extensions of a chunk are too long; leave them out'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive; send it at once'],
};

const NO_HTTP = [400, 'this is no request that HTTP/1.1 defines'] as const;

/** Answers what the parser refused before there was a request, and closes the connection. */
function refuseBroken(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { observer, secure }: { readonly observer: RequestObserver; readonly secure: boolean },
): void {
  // Who has gone away is told nothing, and who was answered this already not again.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  // Who has not finished the handshake can be told nothing.
  if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') {
    observer.refused?.('slow');
    socket.destroy();
    return;
  }
  const [status, detail] = REFUSALS[error.code ?? ''] ?? NO_HTTP;
  observer.refused?.(status === 408 ? 'slow' : 'malformed');
  // An answer that has begun, to this request or one before it on the connection, cannot be taken back.
  if (isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const { text, headers } = problemText(new HttpError(status, status === 400 ? 'INVALID' : 'LIMITED', detail));
  const all = {
    ...headersOfAnswers(secure),
    ...headers,
    connection: 'close',
    'content-length': Buffer.byteLength(text),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
  // A client that goes on sending is not listened to.
  setTimeout(() => socket.destroy(), SECOND_MS).unref();
}
