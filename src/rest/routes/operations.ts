import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { authorize } from '../../calls/permissions.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { problems } from '../json/problem-schema.js';
import { callerOf } from '../server/call.js';
import { isLocal } from '../server/local-request.js';
import type { RestDoorOptions } from '../server/rest-options.js';

export interface OperationsOptions extends Pick<RestDoorOptions, 'ready' | 'metrics'> {
  readonly authenticator: Authenticator;
  /** Whether the door has begun to drain. */
  readonly draining: () => boolean;
}

const StatusSchema = Type.Object({ status: Type.String() });

/** The routes for operators and their machines: whether the process is alive and ready, and its metrics. */
export function operations(app: FastifyInstance, options: OperationsOptions): void {
  const { ready, metrics, authenticator, draining } = options;
  const tags = ['operations'];

  app.get(
    '/healthz',
    { schema: { summary: 'Whether the process is alive', tags, security: [], response: { 200: StatusSchema } } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return { status: 'alive' };
    },
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary:
          'Whether it serves: "ready", or "degraded" (without the store, from what is held, or without writes); else 503',
        tags,
        security: [],
        response: { 200: StatusSchema, 503: StatusSchema },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      const now = await ready();
      if (draining() || !now.ready) {
        return reply.code(503).send({ status: draining() ? 'draining' : 'not ready' });
      }
      return { status: now.degraded ? 'degraded' : 'ready' };
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        summary: "Metrics in Prometheus' text format; without a token only from this machine",
        tags,
        response: {
          200: { description: 'Metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
          ...problems(401, 403),
        },
      },
      onRequest: async (request) => {
        if (request.headers.authorization === undefined && isLocal(request)) return;
        request.caller = await authenticator.caller(request);
        authorize({ caller: callerOf(request) }, 'ReadMetrics');
      },
    },
    async (_request, reply) => {
      reply.type('text/plain; version=0.0.4; charset=utf-8').header('cache-control', 'no-store');
      return reply.send(await metrics());
    },
  );
}
