import type { FastifyInstance } from 'fastify';
import type { Evaluator } from '../../services/evaluating/evaluation.js';
import { type UserFlag, userFlags } from '../../services/evaluating/user-flags.js';
import { rfc3339 } from '../json/flag-json.js';
import { problems } from '../schemas/problem-schema.js';
import {
  UserFlagsHeadersSchema,
  type UserFlagsJson,
  type UserFlagsQuery,
  UserFlagsQuerySchema,
  UserFlagsSchema,
} from '../schemas/user-flags-schema.js';
import { callOf, ownUserId } from '../server/call.js';
import { etagOf, matches } from '../server/etag.js';

/**
 * `GET /api/feature-flags/`: the flags that are on for the calling user. Its ETag is a hash of the answer, since time alone
 * can change the answer, too.
 */
export function listUserFlags(app: FastifyInstance, evaluation: Evaluator): void {
  app.get<{ Querystring: UserFlagsQuery }>(
    '/api/feature-flags/',
    {
      schema: {
        summary: 'The flags that are on for the calling user',
        tags: ['flags'],
        querystring: UserFlagsQuerySchema,
        headers: UserFlagsHeadersSchema,
        response: {
          200: UserFlagsSchema,
          304: { description: 'Nothing changed.', type: 'null' },
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const call = callOf(request, reply);
      const { query, headers } = request;
      const flags = await userFlags(evaluation, call, {
        userId: ownUserId(call, query.user_id),
        all: query.all === 'true',
        consistencyToken: query.consistency_token ?? String(headers['consistency-token'] ?? ''),
        full: false,
      });
      const content = reply.serialize(userFlagsJson(flags)) as string;
      const etag = etagOf(content);
      reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (matches(headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(content);
    },
  );
}

function userFlagsJson(flags: readonly UserFlag[]): UserFlagsJson {
  const shown = flags.map(({ flagKey, name, enabled, variant, value, reason, validUntil }) => ({
    key: flagKey,
    name,
    enabled,
    variant,
    value,
    reason,
    ...(validUntil === undefined ? {} : { valid_until: rfc3339(validUntil) }),
  }));
  return flags.some(({ stale }) => stale) ? { flags: shown, stale: true } : { flags: shown };
}
