import type { FastifyInstance } from 'fastify';
import type { UserState } from '../../core/states/user-state.js';
import type { ProgressService } from '../../services/onboarding/progress.js';
import { rfc3339 } from '../json/flag-json.js';
import { problems } from '../schemas/problem-schema.js';
import {
  type ProgressJson,
  type ProgressPatch,
  ProgressPatchSchema,
  type ProgressQuery,
  ProgressQuerySchema,
  ProgressSchema,
  ProgressWrittenSchema,
} from '../schemas/progress-schema.js';
import { callOf, ownUserId } from '../server/call.js';

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
