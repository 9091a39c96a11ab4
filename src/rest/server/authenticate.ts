import { bearerTokenOf } from '../../calls/call-headers.js';
import type { Caller, Person } from '../../calls/caller.js';
import { unauthenticated } from '../../calls/errors.js';
import type { Authentication } from '../../services/tokens/authentication.js';

/** Who people's tokens belong to. */
export interface PersonVerifier {
  person(token: string): Person | Promise<Person>;
}

export interface AuthenticatorOptions {
  readonly machines: Pick<Authentication, 'machine'>;
  /** Undefined: this server takes no JWTs. */
  readonly people: PersonVerifier | undefined;
}

/** Three parts with dots between; the last is empty in a token without signature, which is refused as any other. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Tells who is calling by the `Authorization` header. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** At once when remembered; rejects with UNAUTHENTICATED when it is nobody known. */
  caller(authorization: string | undefined): Caller | Promise<Caller> {
    const token = bearerTokenOf(authorization);
    const { machines, people } = this.#options;
    if (!JWT.test(token)) return machines.machine(token);
    if (people === undefined) {
      throw unauthenticated('this server takes no JWTs: none of JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL is set');
    }
    return people.person(token);
  }
}
