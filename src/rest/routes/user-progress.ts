import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { UserState } from '../../core/states/user-state.js';
import type { ProgressService } from '../../services/onboarding/progress.js';
import { rfc3339 } from '../json/flag-json.js';
import { problems } from '../json/problem-schema.js';
import { callOf, ownUserId, UserIdParameter } from '../server/call.js';

const ProgressQuerySchema = Type.Object({ user_id: UserIdParameter });
type ProgressQuery = Static<typeof ProgressQuerySchema>;

const ProgressPatchSchema = Type.Object(
  {
    stage: Type.String({ description: 'The stage that the user has come to.' }),
    allow_backward: Type.Optional(
      Type.Boolean({ description: 'Without it an earlier stage than the present one changes nothing.' }),
    ),
  },
  { additionalProperties: false },
);
type ProgressPatch = Static<typeof ProgressPatchSchema>;

const fields = {
  user_id: Type.String(),
  stage: Type.String({ description: 'The present stage; empty before the first.' }),
  stages_reached: Type.Array(Type.Object({ stage: Type.String(), reached_at: Type.String({ format: 'date-time' }) }), {
    description: 'Every stage ever reached, each once, in the order first reached.',
  }),
  updated_at: Type.Optional(
    Type.String({ format: 'date-time', description: 'When the present stage was entered; absent before the first.' }),
  ),
};

const ProgressSchema = Type.Object(fields, { description: 'How far the user has come.' });
type ProgressJson = Static<typeof ProgressSchema>;

const ProgressWrittenSchema = Type.Object(
  {
    ...fields,
    newly_unlocked: Type.Array(Type.String(), { description: 'Keys of the flags that came on through this call.' }),
    newly_locked: Type.Array(Type.String(), { description: 'Keys of the flags that went off through this call.' }),
    consistency_token: Type.String({ description: 'An evaluation that carries it sees at least this write.' }),
  },
  { description: 'How far the user has come now, and what came of it.' },
);

const PATH = '/api/user/progress/';

/** `GET` and `PATCH /api/user/progress/`: how far the calling user has come in onboarding. */
export function userProgress(app: FastifyInstance, progress: Pick<ProgressService, 'get' | 'update'>): void {
  app.get<{ Querystring: ProgressQuery }>(
    PATH,
    {
      schema: {
        summary: "The calling user's onboarding progress",
        tags: ['progress'],
        querystring: ProgressQuerySchema,
        response: { 200: ProgressSchema, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const call = callOf(request, reply);
      reply.header('cache-control', 'private, no-cache');
      return progressJson(await progress.get(call, ownUserId(call, request.query.user_id)));
    },
  );

  app.patch<{ Querystring: ProgressQuery; Body: ProgressPatch }>(
    PATH,
    {
      schema: {
        summary: 'Moves the calling user to an onboarding stage',
        tags: ['progress'],
        querystring: ProgressQuerySchema,
        body: ProgressPatchSchema,
        response: { 200: ProgressWrittenSchema, ...problems(400, 401, 403, 404, 413, 415, 429, 503) },
      },
    },
    async (request, reply) => {
      const call = callOf(request, reply);
      const { stage, allow_backward = false } = request.body;
      const userId = ownUserId(call, request.query.user_id);
      const written = await progress.update(call, { userId, stage, allowBackward: allow_backward });
      reply.header('cache-control', 'no-store');
      return {
        ...progressJson(written.user),
        newly_unlocked: written.newlyUnlocked,
        newly_locked: written.newlyLocked,
        consistency_token: written.consistencyToken,
      };
    },
  );
}

function progressJson({ id, stage, stagesReached, stageEnteredAt }: UserState): ProgressJson {
  return {
    user_id: id,
    stage,
    stages_reached: stagesReached.map((reached) => ({ stage: reached.stage, reached_at: rfc3339(reached.reachedAt) })),
    ...(stageEnteredAt === undefined ? {} : { updated_at: rfc3339(stageEnteredAt) }),
  };
}
