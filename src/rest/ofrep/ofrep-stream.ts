import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { actorOf } from '../../calls/caller.js';
import type { CallRate } from '../../calls/limits/call-rate.js';
import type { OpenFeatureResolver } from '../../openfeature/resolver.js';
import type { AnswerTickets } from '../../services/streaming/answer-tickets.js';
import type { StreamService } from '../../services/streaming/streams.js';
import { problems } from '../json/problem-schema.js';
import type { OpenStreams } from '../server/open-streams.js';
import { EVENT_STREAM_HEADERS } from '../server/server-sent-events.js';
import { AnswerStreams } from './answer-streams.js';
import { type BulkAnswers, STREAM_PATH } from './bulk-answers.js';

export interface OfrepStreamOptions {
  readonly resolver: Pick<OpenFeatureResolver, 'targetOf'>;
  /** Makes the answers that are looked at, which nobody asked for. */
  readonly answers: Pick<BulkAnswers, 'answer'>;
  readonly tickets: AnswerTickets;
  readonly streams: Pick<StreamService, 'watchAnswers'>;
  readonly open: OpenStreams;
  readonly rate: CallRate;
}

const QuerySchema = Type.Object({
  ticket: Type.Optional(Type.String({ description: 'As the answer for all flags has it in `eventStreams`.' })),
});

/** `GET /ofrep/v1/stream`: tells that the answer for all flags has changed, as server-sent events. */
export function ofrepStream(app: FastifyInstance, options: OfrepStreamOptions): void {
  const { resolver, answers, tickets, streams, open, rate } = options;
  const answerStreams = new AnswerStreams({ answers, tickets });
  app.get<{ Querystring: Static<typeof QuerySchema> }>(
    STREAM_PATH,
    {
      // A HEAD request would open a stream and never read it.
      exposeHeadRoute: false,
      schema: {
        summary: 'That the answer for all flags has changed, as it happens',
        description:
          'Server-sent events, each a `message` with `{"type":"refetchEvaluation","etag":…,"lastModified":…}`: fetch all flags again.',
        tags: ['ofrep'],
        security: [],
        querystring: QuerySchema,
        response: {
          200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          204: {
            description: 'The ticket has expired, or its token is no longer good: fetch all flags.',
            type: 'null',
          },
          ...problems(400, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const ticket = await tickets.find(request.query.ticket ?? '');
      // By 204 a server tells EventSource not to connect again.
      if (ticket === undefined) return reply.code(204).header('cache-control', 'no-store').send();
      const call = { caller: ticket.caller, requestId: request.id };
      rate.take(actorOf(ticket.caller));
      const stream = answerStreams.open(ticket, request.headers['last-event-id'] !== undefined);
      try {
        open.add(stream, 'ofrep');
        stream.follow(await streams.watchAnswers(call, resolver.targetOf(call, ticket.context), stream));
      } catch (error) {
        stream.destroy();
        throw error;
      }
      return reply.headers(EVENT_STREAM_HEADERS).send(stream.body);
    },
  );
}
