import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../calls/caller.js';
import { invalid, unauthenticated } from '../../calls/errors.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { OVERRIDES_HEADER } from '../../identity/call-overrides.js';
import type { ServiceSet } from '../../services/service-set.js';
import { requireOwnPage } from './same-origin.js';
import { cookieName, cookieValue } from './session-cookie.js';
import { viewedAs } from './viewed-as.js';

export interface SessionCallersOptions {
  readonly services: Pick<ServiceSet, 'authentication' | 'sessions'>;
  readonly authenticator: Authenticator;
}

/** Finds who calls where sessions are taken beside tokens: at the administration, and about sessions themselves. */
export class SessionCallers {
  readonly #options: SessionCallersOptions;

  constructor(options: SessionCallersOptions) {
    this.#options = options;
  }

  /**
   * Who calls, by the `Authorization` header or by the session's cookie. Rejects with INVALID both together, with FORBIDDEN a cookie
   * that came with another page's request, with UNAUTHENTICATED nobody known.
   */
  async caller(request: FastifyRequest): Promise<Caller> {
    const { authenticator, services } = this.#options;
    const secret = await this.secretOf(request);
    if (secret === undefined) {
      if (request.headers.authorization !== undefined) return authenticator.caller(request);
      throw unauthenticated(
        'the request carries neither a token nor a session’s cookie; send "authorization: Bearer TOKEN", or sign in by POST /api/session',
      );
    }
    if (request.headers.authorization !== undefined) {
      throw invalid(
        'the request carries a session’s cookie and "authorization": who calls is not clear; send one of them',
      );
    }
    requireOwnPage(request);
    const caller = viewedAs(await services.authentication.session(secret, { getPeer: () => request.ip }), request);
    return authenticator.overrides.carriedBy(caller, request.headers[OVERRIDES_HEADER]);
  }

  /** The secret in the session's cookie; undefined where the request has none of this deployment. */
  async secretOf(request: FastifyRequest): Promise<string | undefined> {
    const { cookie } = request.headers;
    if (cookie?.includes('latchkey-') !== true) return undefined;
    return cookieValue(cookie, await this.cookieOf(request));
  }

  /** The name of the cookie that the request's client keeps a session in. */
  async cookieOf(request: FastifyRequest): Promise<string> {
    return cookieName(await this.#options.services.sessions.deployment(), request);
  }
}
