import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../calls/caller.js';
import { problemOf } from './problem.js';

/** Tells the observer of each request, once: when it was answered, or when the client went away. */
export function observe(app: FastifyInstance, observer: RequestObserver): void {
  app.decorateRequest('beganAt', 0);
  app.decorateRequest('ended', false);
  const end = (request: FastifyRequest, status: number, durationMs: number): void => {
    if (request.ended) return;
    request.ended = true;
    const route = request.is404 ? '' : (request.routeOptions.url ?? '');
    observer.callEnded(new Ended(request, route, status, durationMs));
  };
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    end(request, reply.statusCode, performance.now() - request.beganAt);
    done();
  });
  app.addHook('onRequest', (request, _reply, done) => {
    request.beganAt = performance.now();
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    end(request, CLIENT_WENT_AWAY, performance.now() - request.beganAt);
    done();
  });
}

/** Tells the observer of a request that was refused before routing, for which no hook runs. */
export function observeUnrouted(observer: RequestObserver, request: FastifyRequest, status: number): void {
  observer.callEnded(new Ended(request, '', status, 0));
}

/** What is told of a request. What takes time to find out, and is seldom asked for, is found out when it is. */
class Ended implements EndedRequest {
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest, route: string, status: number, durationMs: number) {
    this.#request = request;
    this.route = route;
    this.status = status;
    this.durationMs = durationMs;
  }

  get method(): string {
    return this.#request.method;
  }

  get requestId(): string {
    return this.#request.id;
  }

  get peer(): string {
    return this.#request.ip;
  }

  get caller(): Caller | undefined {
    return this.#request.caller ?? undefined;
  }

  get error(): unknown {
    return this.#request.failure ?? undefined;
  }

  get unexpected(): boolean {
    const { error } = this;
    return error !== undefined && problemOf(error, this.requestId).unexpected;
  }
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
