import { OutageReport } from '../outages/outage-report.js';
import type { ServiceSet } from '../services/service-set.js';
import { Authenticator, type VisitorsOptions } from './authenticator.js';
import type { CallOverrides } from './call-overrides.js';
import { ClaimsSync } from './claims-sync.js';
import type { JwtOptions } from './jwt-options.js';
import { JwtVerifier } from './verify-jwt.js';

export interface AuthenticatorParts {
  readonly services: Pick<ServiceSet, 'authentication' | 'users'>;
  /** How people's JWTs are checked; undefined where only machines call. */
  readonly jwt?: JwtOptions | undefined;
  /** Lets calls decide flags by themselves; none may when left out. */
  readonly overrides?: CallOverrides | undefined;
  /** Lets people in without a token where doors take visitors. */
  readonly visitors?: VisitorsOptions | undefined;
  /** Told of claims of a JWT that could not be written to its user; the request is answered all the same. */
  readonly onSyncError?: ((error: unknown) => void) | undefined;
  /** Told of what was not taken of a claim that only targets, at each token; it should be reported once in a while. */
  readonly onLeftOut?: ((claim: string, what: string) => void) | undefined;
  /** Told once of an issuer whose keys cannot be fetched, and again when that has ended and begins anew. */
  readonly onIssuerAway?: ((error: unknown) => void) | undefined;
}

/**
 * Knows machines by their tokens and, where JWTs are taken, people by theirs. One serves all doors of a process, so that what it
 * remembers (verified tokens, the issuer's keys) is held once.
 */
export function authenticatorOf({
  services,
  jwt,
  overrides,
  visitors,
  onSyncError,
  onLeftOut,
  onIssuerAway,
}: AuthenticatorParts): Authenticator {
  const { authentication, users } = services;
  if (jwt === undefined) return new Authenticator({ machines: authentication, people: undefined, overrides, visitors });
  const sync = jwt.sync ? new ClaimsSync({ users, onError: onSyncError ?? (() => undefined) }) : undefined;
  const away = new OutageReport(onIssuerAway ?? (() => undefined));
  const people = new JwtVerifier({
    ...jwt,
    failures: authentication.failures,
    onKeysFetched: (error) => (error === undefined ? away.succeeded() : away.failed(error)),
    onVerified: (verified) => {
      for (const [claim, what] of Object.entries(verified.leftOut)) onLeftOut?.(claim, what);
      sync?.note(verified);
    },
  });
  return new Authenticator({ machines: authentication, people, overrides, visitors });
}
