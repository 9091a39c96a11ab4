import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../calls/caller.js';
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

/** Logs and counts requests. */
export interface RequestObserver {
  /** Called once for each request, when its outcome is known. Must not throw. */
  callEnded(request: EndedRequest): void;
}

export interface EndedRequest {
  /** The route's pattern, such as `/api/feature-flags/:id`, so that there are few of them; '' for no route. */
  readonly route: string;
  readonly method: string;
  /** The HTTP status; 499 when the client went away before the answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  /** Who called; undefined when the request ended before that was known, and on public routes. */
  readonly caller: Caller | undefined;
  /** The client's address. */
  readonly peer: string;
  /** What went wrong; undefined on success. */
  readonly error: unknown;
  /** Whether `error` is a defect, which is not told to the client, and at which a person has to look. */
  readonly unexpected: boolean;
}

/** The status of a request whose client went away before the answer. */
export const CLIENT_WENT_AWAY = 499;
