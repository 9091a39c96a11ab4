import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { overridesOf } from '../../calls/caller.js';
import { TOLD_REASONS } from '../../core/deciding/decision.js';
import type { Evaluator } from '../../services/evaluating/evaluation.js';
import { userFlags } from '../../services/evaluating/user-flags.js';
import { problems } from '../json/problem-schema.js';
import { UsageSchema } from '../json/usage-json.js';
import { ALL_FLAGS, FLAGS_ON, type UserFlagsJson } from '../json/user-flags-json.js';
import { callOf, ownUserId, UserIdParameter } from '../server/call.js';
import { matches, ReadHeadersSchema } from '../server/etag.js';

const UserFlagsQuerySchema = Type.Object({
  all: Type.Optional(
    Type.Enum(['true', 'false'], { description: 'true: everything visible, not only what is enabled.' }),
  ),
  user_id: UserIdParameter,
  consistency_token: Type.Optional(
    Type.String({ description: "A write's token: the answer is no older. Also as the header Consistency-Token." }),
  ),
});
type UserFlagsQuery = Static<typeof UserFlagsQuerySchema>;

export const UserFlagsSchema = Type.Object(
  {
    flags: Type.Array(
      Type.Object({
        key: Type.String(),
        name: Type.String(),
        enabled: Type.Boolean(),
        variant: Type.String(),
        value: Type.Unknown({ description: "The variant's value: any JSON." }),
        reason: Type.Enum([...TOLD_REASONS]),
        valid_until: Type.Optional(
          Type.String({ description: 'RFC 3339. Time alone changes this answer no earlier; absent: it cannot.' }),
        ),
        usage: Type.Optional(UsageSchema),
      }),
    ),
    stale: Type.Optional(
      Type.Boolean({ description: 'true: the store was away, and the answer rests on what was known.' }),
    ),
  },
  { description: 'The flags, by key.' },
);

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
        headers: ReadHeadersSchema,
        response: {
          200: UserFlagsSchema,
          304: { description: 'Nothing changed.', type: 'null' },
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    (request, reply) => {
      const call = callOf(request, reply);
      const { query, headers } = request;
      const overrides = overridesOf(call.caller);
      const answer = (flags: UserFlagsJson) => {
        const { etag } = flags;
        reply.header('etag', etag).header('cache-control', overrides === undefined ? 'private, no-cache' : 'no-store');
        if (matches(headers['if-none-match'], etag)) return reply.code(304).send();
        return reply.type('application/json; charset=utf-8').send(flags.text);
      };
      const asked = {
        userId: ownUserId(call, query.user_id),
        consistencyToken: query.consistency_token ?? String(headers['consistency-token'] ?? ''),
        full: false,
      };
      const flags = userFlags(evaluation, call, asked, query.all === 'true' ? ALL_FLAGS : FLAGS_ON);
      return flags instanceof Promise ? flags.then(answer) : answer(flags);
    },
  );
}
