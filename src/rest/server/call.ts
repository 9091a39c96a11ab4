import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Call, Caller } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, after authentication; null before it, and on public routes. */
    caller: Caller | null;
    /** The error of a failed request, for the observer. */
    failure: unknown;
    /** For the observer: when it arrived, in monotonic milliseconds, and whether the observer was told of its end. */
    beganAt: number;
    ended: boolean;
  }
}

/** Who calls, on routes that authenticate. */
export function callerOf({ caller, routeOptions }: FastifyRequest): Caller {
  if (caller === null) throw new Error(`${routeOptions.url} needs a caller and does not authenticate`);
  return caller;
}

/** The services' call for a request. */
export function callOf(request: FastifyRequest, reply: FastifyReply): RequestCall {
  return new RequestCall(request, reply);
}

/** The services' call for a request. Its signal is made when it is first used, since most calls need none. */
class RequestCall implements Call {
  readonly caller: Caller;
  readonly requestId: string;
  readonly #reply: FastifyReply;
  #gone: AbortController | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.caller = callerOf(request);
    this.requestId = request.id;
    this.#reply = reply;
  }

  /** Aborted when the client has gone. Fastify's own signal is aborted as soon as the body was read. */
  get signal(): AbortSignal {
    if (this.#gone !== undefined) return this.#gone.signal;
    const gone = new AbortController();
    this.#gone = gone;
    const { raw } = this.#reply;
    const look = (): void => {
      if (!raw.writableFinished) gone.abort(new Error('the client has gone'));
    };
    if (raw.closed) look();
    else raw.once('close', look);
    return gone.signal;
  }
}

/** The query parameter that {@link ownUserId} reads. */
export const UserIdParameter = Type.Optional(
  Type.String({ description: 'For machine tokens: whose. People name nobody but themselves.' }),
);

/**
 * The user whose own data a request is about. For people that is themselves: any other user that they name does not exist
 * for them. A machine names the user by `?user_id=`.
 */
export function ownUserId({ caller }: Pick<Call, 'caller'>, userId: string | undefined): string {
  if (caller.kind === 'person') {
    if (userId !== undefined && userId !== caller.userId) throw notFound(`no user ${quote(userId)}`);
    return caller.userId;
  }
  if (userId === undefined || userId === '') {
    throw invalid('a machine token names the user by the query parameter user_id; add ?user_id=ID');
  }
  return userId;
}
