import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';
import { matches } from '../server/etag.js';
import { type ConsoleFiles, readConsoleFiles } from './console-files.js';

/**
 * What the console may load and do: its own files and this server's answers, nothing from elsewhere; no script or style that stands in
 * the page, and no text that becomes markup or script (Trusted Types without any policy).
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join(';');

const HEADERS = {
  'content-security-policy': POLICY,
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Files whose name has a hash of their content. */
const HASHED = 'assets/';
const YEAR_S = 365 * 24 * 60 * 60;

export interface ConsoleOptions {
  /** The folder that the console was built into. */
  readonly folder: string;
  /** What all paths of this server begin with: '' or like `/flags`. */
  readonly basePath: string;
}

/**
 * Serves the console below `/console/`: its files, and at every other path its one page, which knows by its address what to show. `/`
 * leads browsers there. Public: what is shown comes from the API, which asks who calls.
 */
export function consolePages(app: FastifyInstance, { folder, basePath }: ConsoleOptions): void {
  const files = readConsoleFiles(folder, basePath);
  const schema = { hide: true };
  app.get('/', { schema }, (request, reply) => {
    reply.header('vary', 'Accept');
    if (!wantsPage(request))
      throw notFound(`this address is for browsers; ${basePath}/openapi.json lists what there is`);
    return reply.header('cache-control', 'no-cache').redirect(`${basePath}/console/`, 302);
  });
  if (files === undefined) {
    const missing = () => {
      throw notFound('the console was not built; run npm run console:build and start the server again');
    };
    app.get('/console', { schema }, missing);
    return;
  }
  // Files are sent by the route below alone.
  void app.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    index: false,
    dotfiles: 'ignore',
  });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS);
    done();
  });
  app.get('/console', { schema }, (request, reply) => sendPage(files, request, reply));
  app.get<{ Params: { '*': string } }>('/console/*', { schema }, (request, reply) => {
    const name = request.params['*'];
    if (files.names.has(name)) {
      const forGood = name.startsWith(HASHED) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache';
      return reply.header('cache-control', forGood).sendFile(name);
    }
    if (name.startsWith(HASHED) || !wantsPage(request)) throw notFound(`the console has no file ${quote(name)}`);
    return sendPage(files, request, reply);
  });
}

/** Whether a request is for something to look at: browsers say so when they open an address. */
function wantsPage({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('text/html');
}

function sendPage({ page, pageTag }: ConsoleFiles, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ 'cache-control': 'no-cache', etag: pageTag });
  if (matches(request.headers['if-none-match'], pageTag)) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(page);
}
