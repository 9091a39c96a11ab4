import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { RequirementsService } from '../../services/evaluating/requirements.js';
import { problems } from '../json/problem-schema.js';
import {
  AllRequirementsSchema,
  FlagRequirementsSchema,
  RequirementSchema,
  requirementsJson,
} from '../json/requirements-json.js';
import { callerOf, callOf, ownUserId, UserIdParameter } from '../server/call.js';
import { etagOf, matches, ReadHeadersSchema } from '../server/etag.js';

const RequirementsQuerySchema = Type.Object({
  user_id: UserIdParameter,
  consistency_token: Type.Optional(
    Type.String({ description: "A write's token: the answer is no older. Also as the header Consistency-Token." }),
  ),
});
type RequirementsQuery = Static<typeof RequirementsQuerySchema>;

const RequirementsParamsSchema = Type.Object({ key: Type.String({ description: "The flag's key." }) });

interface Query {
  Querystring: RequirementsQuery;
}

const NOT_MODIFIED = { description: 'Nothing changed.', type: 'null' };

/** `GET /api/feature-flags/:key/requirements` and `GET /api/requirements/`: what the calling user still lacks. */
export function requirementRoutes(app: FastifyInstance, requirements: Pick<RequirementsService, 'get' | 'list'>): void {
  app.addSchema(RequirementSchema);
  app.addSchema(FlagRequirementsSchema);
  const schema = { tags: ['flags'], querystring: RequirementsQuerySchema, headers: ReadHeadersSchema };
  const others = { 304: NOT_MODIFIED, ...problems(400, 401, 403, 404, 429, 503) };

  app.get<Query & { Params: { key: string } }>(
    '/api/feature-flags/:key/requirements',
    {
      schema: {
        ...schema,
        summary: 'What a flag asks of the calling user, and how far they have come',
        params: RequirementsParamsSchema,
        response: { 200: { $ref: 'FlagRequirements#' }, ...others },
      },
    },
    async (request, reply) => {
      const told = await requirements.get(callOf(request, reply), { ...inputOf(request), flagKey: request.params.key });
      return send(request, reply, requirementsJson(told));
    },
  );

  app.get<Query>(
    '/api/requirements/',
    {
      schema: {
        ...schema,
        summary: 'What every flag asks of the calling user that asks anything',
        response: { 200: AllRequirementsSchema, ...others },
      },
    },
    async (request, reply) => {
      const { items } = await requirements.list(callOf(request, reply), inputOf(request), { limit: Infinity });
      return send(request, reply, { requirements: items.map(requirementsJson) });
    },
  );
}

function inputOf(request: FastifyRequest<Query>) {
  const { query, headers } = request;
  return {
    userId: ownUserId({ caller: callerOf(request) }, query.user_id),
    consistencyToken: query.consistency_token ?? String(headers['consistency-token'] ?? ''),
    full: false,
  };
}

/** Sends an answer with a hash of it as its ETag, since time alone can change the answer, too. */
function send(request: FastifyRequest, reply: FastifyReply, answer: object): FastifyReply {
  const content = reply.serialize(answer) as string;
  const etag = etagOf(content);
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(content);
}
