import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { actorOf } from '../../calls/caller.js';
import type { CallRate } from '../../calls/limits/call-rate.js';
import type { Authenticator } from '../../identity/authenticator.js';
import type { StreamService } from '../../services/streaming/streams.js';
import { rfc3339 } from '../json/flag-json.js';
import { problems } from '../json/problem-schema.js';
import { callOf, ownUserId, UserIdParameter } from '../server/call.js';
import type { OpenStreams } from '../server/open-streams.js';
import { EVENT_STREAM_HEADERS } from '../server/server-sent-events.js';
import { UserEvents } from './user-events.js';

const StreamQuerySchema = Type.Object({
  user_id: UserIdParameter,
  ticket: Type.Optional(
    Type.String({
      description: 'In place of a token, for clients that send no headers: from POST /api/stream/ticket.',
    }),
  ),
  last_event_id: Type.Optional(
    Type.String({ description: 'The id of the last event of an earlier stream: this one goes on after it.' }),
  ),
});
type StreamQuery = Static<typeof StreamQuerySchema>;

const StreamHeadersSchema = Type.Object({ 'last-event-id': Type.Optional(Type.String()) });

const TicketQuerySchema = Type.Object({ user_id: UserIdParameter });
type TicketQuery = Static<typeof TicketQuerySchema>;

const TicketSchema = Type.Object(
  {
    url: Type.String({ description: 'The stream, relative to this server; good until `expires_at`.' }),
    expires_at: Type.String({ format: 'date-time', description: 'The stream has to be opened before.' }),
  },
  { description: 'Opens one stream of one user and nothing else.' },
);

export interface StreamRouteOptions {
  readonly streams: Pick<StreamService, 'watch' | 'watchByTicket' | 'readTicket' | 'ticket'>;
  readonly open: OpenStreams;
  readonly authenticator: Authenticator;
  readonly rate: CallRate;
}

const PATH = '/api/stream';
type StreamRequest = FastifyRequest<{ Querystring: StreamQuery }>;

/** `GET /api/stream`: what changes of the configuration and of the calling user, as server-sent events. */
export function stream(app: FastifyInstance, { streams, open, authenticator, rate }: StreamRouteOptions): void {
  app.get<{ Querystring: StreamQuery }>(
    PATH,
    {
      // A HEAD request would open a stream and never read it.
      exposeHeadRoute: false,
      schema: {
        summary: 'What changes of the configuration and of the calling user, as it happens',
        description:
          'Server-sent events. `user`: flags that came on or went off, with cause and decision. `configuration`: flags that ' +
          'changed; ask for them again. `reset`: what happened since is not known; fetch everything. `end`: the server ends ' +
          'the stream, and says why. Each has an id to go on from.',
        tags: ['streams'],
        querystring: StreamQuerySchema,
        headers: StreamHeadersSchema,
        response: {
          200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          204: {
            description: 'The ticket has expired, or its token is no longer good: get another one.',
            type: 'null',
          },
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
      onRequest: async (request) => {
        const { ticket } = request.query;
        if (request.headers.authorization !== undefined || ticket === undefined) {
          request.caller = await authenticator.caller(request);
          rate.take(actorOf(request.caller));
          return;
        }
        // A request with a ticket needs no token. Whoever made the ticket, it counts as one of its user.
        const opened = streams.readTicket(ticket);
        if (opened !== undefined) rate.take(`user:${opened.userId}`);
      },
    },
    async (request, reply) => {
      const events = open.add(new UserEvents());
      try {
        const watching = await watch(request, reply, events);
        if (watching === undefined) {
          events.destroy();
          // By 204 a server tells EventSource not to connect again.
          return reply.code(204).header('cache-control', 'no-store').send();
        }
        events.follow(watching);
      } catch (error) {
        events.destroy();
        throw error;
      }
      return reply.headers(EVENT_STREAM_HEADERS).send(events.body);
    },
  );

  function watch(request: StreamRequest, reply: FastifyReply, sink: UserEvents) {
    const { ticket, user_id, last_event_id } = request.query;
    const resumeToken = String(request.headers['last-event-id'] ?? last_event_id ?? '');
    if (request.caller === null) return streams.watchByTicket(ticket ?? '', { resumeToken, sink });
    const call = callOf(request, reply);
    // A machine that names no user watches the configuration alone.
    const userId = call.caller.kind === 'machine' && user_id === undefined ? '' : ownUserId(call, user_id);
    return streams.watch(call, { userId, resumeToken, sink });
  }
}

/** `POST /api/stream/ticket`: makes a ticket for `EventSource`, which cannot send headers. */
export function streamTicket(
  app: FastifyInstance,
  { streams, basePath = '' }: Pick<StreamRouteOptions, 'streams'> & { readonly basePath?: string | undefined },
): void {
  app.post<{ Querystring: TicketQuery }>(
    `${PATH}/ticket`,
    {
      schema: {
        summary: "An address that opens the calling user's stream without a token, for a minute",
        tags: ['streams'],
        querystring: TicketQuerySchema,
        response: { 200: TicketSchema, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const call = callOf(request, reply);
      const { ticket, expiresAt } = await streams.ticket(call, ownUserId(call, request.query.user_id));
      reply.header('cache-control', 'no-store');
      return { url: `${basePath}${PATH}?ticket=${ticket}`, expires_at: rfc3339(expiresAt) };
    },
  );
}
