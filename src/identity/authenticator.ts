import { bearerTokenOf } from '../calls/call-headers.js';
import type { Caller, Person } from '../calls/caller.js';
import { unauthenticated } from '../calls/errors.js';
import { CallRate } from '../calls/limits/call-rate.js';
import { type From, networkOf } from '../calls/limits/failed-authentications.js';
import type { Authentication } from '../services/tokens/authentication.js';
import { CallOverrides, OVERRIDES_HEADER } from './call-overrides.js';

/** Finds the person of a token. */
export interface PersonVerifier {
  person(token: string, from?: From): Person | Promise<Person>;
}

/** Lets people in who have not signed in. */
export interface VisitorsOptions {
  /** How many requests a minute may come from one address without credentials; 0 for any number. */
  readonly requestsPerMinute: number;
  /** Milliseconds that go on and never back. */
  readonly uptimeMs?: (() => number) | undefined;
}

export interface AuthenticatorOptions {
  readonly machines: Pick<Authentication, 'machine'>;
  /** Finds the people of JWTs; undefined where this server takes none. */
  readonly people: PersonVerifier | undefined;
  /** Lets calls decide flags by themselves; none may when left out. */
  readonly overrides?: CallOverrides | undefined;
  /** Undefined where everybody has to say who they are. */
  readonly visitors?: VisitorsOptions | undefined;
}

/** A text that may be a JWT: three parts with dots between. The last is empty in one without signature, which is refused later. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

const NOBODY = { kind: 'person', userId: '', organizationId: '', roles: undefined, platformAdmin: false } as const;

/** Of a request over HTTP, what says who sent it, and what of the answer they decide by themselves. */
export interface Sent {
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly [OVERRIDES_HEADER]?: string | readonly string[] | undefined;
  };
  /** The address that it came from. */
  readonly ip: string;
}

/** Finds the caller by the bearer token that a request carries. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly overrides: CallOverrides;

  readonly #visits: CallRate | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.overrides = options.overrides ?? new CallOverrides(false);
    const { visitors } = options;
    this.#visits =
      visitors &&
      new CallRate(visitors.requestsPerMinute, {
        what: 'requests without credentials from one address',
        uptimeMs: visitors.uptimeMs,
      });
  }

  /** Whether {@link ofAnybody} lets visitors in. */
  get takesVisitors(): boolean {
    return this.#visits !== undefined;
  }

  /** The caller with the overrides that the request carries, without a promise when remembered. UNAUTHENTICATED for nobody known. */
  caller({ headers, ip }: Sent): Caller | Promise<Caller> {
    const known = this.of(bearerTokenOf(headers.authorization), { getPeer: () => ip });
    const carried = headers[OVERRIDES_HEADER];
    if (carried === undefined) return known;
    return known instanceof Promise
      ? known.then((caller) => this.overrides.carriedBy(caller, carried))
      : this.overrides.carriedBy(known, carried);
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

  /**
   * The same where visitors are let in, as at the doors of OpenFeature: whoever brings no token at all is one of them. Throws LIMITED
   * where too many of these come from one address. A token that is refused is refused here, too.
   */
  ofAnybody(token: string | undefined, from: From): Caller | Promise<Caller> {
    if (token !== undefined || this.#visits === undefined) return this.of(token ?? bearerTokenOf(undefined), from);
    const visitorFrom = networkOf(from.getPeer());
    this.#visits.take(visitorFrom);
    return { ...NOBODY, visitorFrom };
  }
}
