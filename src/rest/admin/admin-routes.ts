import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { atTheAdministration } from '../../calls/permissions.js';
import type { JsonValue } from '../../core/values/json.js';
import { type HttpCall, httpCalls } from '../../protocol/http/http-calls.js';
import type { HttpRequest } from '../../protocol/http/read-request.js';
import type { ServiceSet } from '../../services/service-set.js';
import { callerOf, callOf } from '../server/call.js';
import { etagOf, matches } from '../server/etag.js';
import type { OpenStreams } from '../server/open-streams.js';
import { problemOf } from '../server/problem.js';
import { queryOf, templateOf, variablesOf } from './admin-path.js';
import { asHttpError, preconditionOf, tagOf } from './precondition.js';
import { StreamBody } from './stream-body.js';
import { FOR_BROWSERS, JSON_LINES, SERVER_SENT_EVENTS } from './stream-form.js';

export interface AdminRoutesOptions {
  readonly services: ServiceSet;
  readonly open: OpenStreams;
}

/**
 * The routes of the administration, which the annotations of the protocol's RPCs describe, served by the handlers that serve
 * gRPC. Requests are checked by the protocol, and not by schemas of fastify.
 */
export function adminRoutes(app: FastifyInstance, { services, open }: AdminRoutesOptions): void {
  for (const call of httpCalls(services)) {
    const { route } = call;
    app.route({
      method: route.verb,
      url: templateOf(route, (name) => `:${name}`),
      // A HEAD request would open a stream and never read it.
      exposeHeadRoute: call.answer !== undefined,
      schema: { hide: true },
      preParsing: (request, _reply, payload, done) => {
        try {
          request.caller = atTheAdministration(callerOf(request), route.rpc.name);
          done(null, payload);
        } catch (error) {
          done(error as Error);
        }
      },
      handler: async (request, reply) => {
        reply.header('cache-control', 'no-store');
        return call.answer === undefined ? stream(call, request, reply, open) : answer(call, request, reply);
      },
    });
  }
}

async function answer({ route, answer: respond }: HttpCall, request: FastifyRequest, reply: FastifyReply) {
  const { precondition, ...input } = inputOf(route, request);
  try {
    const { json, version } = await respond!({ ...input, precondition }, callOf(request, reply));
    if (version === undefined) return TAGGED.has(route.rpc.name) ? tagged(json, request, reply) : json;
    const tag = tagOf(version);
    reply.header('etag', tag);
    const unchanged = route.verb === 'GET' && matches(request.headers['if-none-match'], tag);
    return unchanged ? reply.code(304).send() : json;
  } catch (error) {
    throw asHttpError(error, precondition);
  }
}

/** The calls whose answers seldom change and are large: they have a tag of their content. */
const TAGGED: ReadonlySet<string> = new Set(['GetVocabulary']);

function tagged(json: unknown, request: FastifyRequest, reply: FastifyReply) {
  const tag = etagOf(JSON.stringify(json));
  reply.header('etag', tag);
  return matches(request.headers['if-none-match'], tag) ? reply.code(304).send() : json;
}

async function stream({ route, begin }: HttpCall, request: FastifyRequest, reply: FastifyReply, open: OpenStreams) {
  const forBrowsers = FOR_BROWSERS.has(route.rpc.name);
  const form = forBrowsers ? SERVER_SENT_EVENTS : JSON_LINES;
  const input = inputOf(route, request);
  const events = open.add(
    new StreamBody(form, (error) => {
      request.failure = error;
      return problemOf(error, request.id).body;
    }),
    'admin',
  );
  const call = callOf(request, reply);
  call.signal.addEventListener('abort', () => events.body.destroy());
  try {
    events.follow(await begin!(forBrowsers ? resumed(input, request) : input, call, events));
    await events.begun;
  } catch (error) {
    events.fail(error);
    throw error;
  }
  // Tells proxies not to hold events back until the answer is complete.
  return reply.type(form.mediaType).header('x-accel-buffering', 'no').send(events.body);
}

/** The input with the id that a browser comes back with, which is newer than the token in the address that it was given. */
function resumed(input: HttpRequest, { headers }: FastifyRequest): HttpRequest {
  const id = headers['last-event-id'];
  if (typeof id !== 'string' || id === '') return input;
  return { ...input, query: new Map([...input.query, ['resume_token', [id]]]) };
}

function inputOf(route: HttpCall['route'], request: FastifyRequest): HttpRequest {
  const url = request.raw.url ?? '';
  return {
    path: variablesOf(route, url),
    query: queryOf(url),
    body: request.body as JsonValue | undefined,
    precondition: route.verb === 'GET' ? undefined : preconditionOf(request),
  };
}
