import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CLIENT_WENT_AWAY, type RequestObserver } from './observer.js';
import { problemOf } from './problem.js';

/** Tells the observer of each request, once: answered, or given up by the client. */
export function observe(app: FastifyInstance, observer: RequestObserver): void {
  const ended = new WeakSet<FastifyRequest>();
  const end = (request: FastifyRequest, status: number, durationMs: number): void => {
    if (ended.has(request)) return;
    ended.add(request);
    const { failure, caller } = request;
    observer.callEnded({
      route: request.is404 ? '' : (request.routeOptions.url ?? ''),
      method: request.method,
      status,
      durationMs,
      requestId: request.id,
      caller: caller ?? undefined,
      peer: request.ip,
      error: failure ?? undefined,
      unexpected: failure !== null && problemOf(failure, request.id).unexpected,
    });
  };
  const beganAt = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', (request, _reply, done) => {
    beganAt.set(request, performance.now());
    done();
  });
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    end(request, reply.statusCode, reply.elapsedTime);
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    end(request, CLIENT_WENT_AWAY, performance.now() - (beganAt.get(request) ?? performance.now()));
    done();
  });
}
