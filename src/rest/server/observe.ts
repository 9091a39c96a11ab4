import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CLIENT_WENT_AWAY, type RequestObserver } from './observer.js';
import { problemOf } from './problem.js';

/** Tells the observer of each request, once: when it was answered, or when the client went away. */
export function observe(app: FastifyInstance, observer: RequestObserver): void {
  const ended = new WeakSet<FastifyRequest>();
  const end = (request: FastifyRequest, status: number, durationMs: number): void => {
    if (ended.has(request)) return;
    ended.add(request);
    const route = request.is404 ? '' : (request.routeOptions.url ?? '');
    observer.callEnded({ ...told(request), route, status, durationMs });
  };
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    end(request, reply.statusCode, reply.elapsedTime);
    done();
  });
  const began = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', (request, _reply, done) => {
    began.set(request, performance.now());
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    const now = performance.now();
    end(request, CLIENT_WENT_AWAY, now - (began.get(request) ?? now));
    done();
  });
}

/** Tells the observer of a request that was refused before routing, for which no hook runs. */
export function observeUnrouted(observer: RequestObserver, request: FastifyRequest, status: number): void {
  observer.callEnded({ ...told(request), route: '', status, durationMs: 0 });
}

function told(request: FastifyRequest) {
  const { failure, caller, method, id: requestId, ip: peer } = request;
  return {
    ...{ method, requestId, peer, caller: caller ?? undefined, error: failure ?? undefined },
    unexpected: failure != null && problemOf(failure, requestId).unexpected,
  };
}
