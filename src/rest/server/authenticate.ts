import type { FastifyRequest } from 'fastify';
import { bearerTokenOf } from '../../calls/call-headers.js';
import type { Caller, Person } from '../../calls/caller.js';
import { unauthenticated } from '../../calls/errors.js';
import type { From } from '../../calls/failed-authentications.js';
import type { Authentication } from '../../services/tokens/authentication.js';

/** Finds the person of a token. */
export interface PersonVerifier {
  person(token: string, from?: From): Person | Promise<Person>;
}

export interface AuthenticatorOptions {
  readonly machines: Pick<Authentication, 'machine'>;
  /** Finds the people of JWTs; undefined where this server takes none. */
  readonly people: PersonVerifier | undefined;
}

/** A text that may be a JWT: three parts with dots between. The last is empty in one without signature, which is refused later. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Finds the caller of a request by its `Authorization` header. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** The caller, without a promise when remembered. UNAUTHENTICATED for nobody known. */
  caller(request: Pick<FastifyRequest, 'headers' | 'ip'>): Caller | Promise<Caller> {
    return this.of(bearerTokenOf(request.headers.authorization), { getPeer: () => request.ip });
  }

  /** Whose token, or JWT, this is, likewise. */
  of(token: string, from: From): Caller | Promise<Caller> {
    const { machines, people } = this.#options;
    if (!JWT.test(token)) return machines.machine(token, from);
    if (people === undefined) {
      throw unauthenticated('this server takes no JWTs: none of JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL is set');
    }
    return people.person(token, from);
  }
}
