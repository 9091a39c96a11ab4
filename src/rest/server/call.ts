import type { FastifyRequest } from 'fastify';
import type { Call, Caller } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication; null on public routes and before it. */
    caller: Caller | null;
    /** What went wrong, for the observer. */
    failure: unknown;
  }
}

/** What services know of a request. */
export function callOf(request: FastifyRequest): Call {
  return new RequestCall(request);
}

/** The signal is made on first use: most calls need none. */
class RequestCall implements Call {
  readonly caller: Caller;
  readonly requestId: string;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    if (request.caller === null)
      throw new Error(`${request.routeOptions.url} needs a caller and does not authenticate`);
    this.caller = request.caller;
    this.requestId = request.id;
    this.#request = request;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

/**
 * Whose own data a request is about: people's are always their own, whatever else they name does not exist for them; a
 * machine says whose by `?user_id=`.
 */
export function ownUserId({ caller }: Call, userId: string | undefined): string {
  if (caller.kind === 'person') {
    if (userId !== undefined && userId !== caller.userId) throw notFound(`no user ${quote(userId)}`);
    return caller.userId;
  }
  if (userId === undefined || userId === '') {
    throw invalid('a machine token names the user by the query parameter user_id; add ?user_id=ID');
  }
  return userId;
}
