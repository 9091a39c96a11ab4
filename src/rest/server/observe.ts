import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../calls/caller.js';
import type { DoorName, Refusal } from '../../calls/doors.js';
import { doorOfRoute } from './door-of-route.js';
import { problemOf } from './problem.js';

/**
 * Tells the observer of each request, once: when it was answered, or when the client went away. Where the application is one door
 * alone, `door` says which; else the routes do.
 */
export function observe(app: FastifyInstance, observer: RequestObserver, door?: DoorName): void {
  app.decorateRequest('beganAt', 0);
  app.decorateRequest('ended', false);
  const end = (request: FastifyRequest, status: number, durationMs: number): void => {
    if (request.ended) return;
    request.ended = true;
    const route = routeOf(request);
    observer.callEnded(new Ended(request, { door: door ?? doorOfRoute(route), route, status, durationMs }));
  };
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    end(request, reply.statusCode, performance.now() - request.beganAt);
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    request.beganAt = performance.now();
    observer.callBegan?.(door ?? doorOfRequest(request));
    // Of a client that goes away once its body was read whole no hook tells. An answer that is sent has ended before.
    reply.raw.once('close', () => end(request, CLIENT_WENT_AWAY, performance.now() - request.beganAt));
    done();
  });
}

/** Which door a request of an application with several came by. */
export function doorOfRequest(request: FastifyRequest): DoorName {
  return doorOfRoute(routeOf(request));
}

function routeOf({ is404, routeOptions }: FastifyRequest): string {
  return is404 ? '' : (routeOptions.url ?? '');
}

/** Tells the observer of a request that was refused before routing, for which no hook runs. */
export function observeUnrouted(
  observer: RequestObserver,
  request: FastifyRequest,
  { status, door = 'rest' }: { readonly status: number; readonly door?: DoorName },
): void {
  observer.callBegan?.(door);
  observer.callEnded(new Ended(request, { door, route: '', status, durationMs: 0 }));
}

type Outcome = Pick<EndedRequest, 'door' | 'route' | 'status' | 'durationMs'>;

/** What is told of a request. What takes time to find out, and is seldom asked for, is found out when it is. */
class Ended implements EndedRequest {
  readonly door: DoorName;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest, { door, route, status, durationMs }: Outcome) {
    this.#request = request;
    this.door = door;
    this.route = route;
    this.status = door === 'connect' ? statusOfConnect(request, status) : status;
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

/** A stream of Connect's is answered with 200 before it is known what comes of it, which its failure says. */
function statusOfConnect({ failure, id }: FastifyRequest, status: number): number {
  return status === 200 && failure !== null ? problemOf(failure, id).status : status;
}

/** Logs and counts requests. */
export interface RequestObserver {
  /** Called once for each request, when it has arrived. Must not throw. */
  callBegan?(door: DoorName): void;
  /** Called for each connection or request that was refused before there was a request, with why. Must not throw. */
  refused?(why: Refusal): void;
  /** Called once for each request, when its outcome is known. Must not throw. */
  callEnded(request: EndedRequest): void;
}

export interface EndedRequest {
  readonly door: DoorName;
  /** The route's pattern, such as `/api/feature-flags/:id`, so that there are few of them; '' for no route. */
  readonly route: string;
  readonly method: string;
  /** The HTTP status, of a stream that failed in the end that of its failure; 499 when the client went away before the answer. */
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
const CLIENT_WENT_AWAY = 499;
