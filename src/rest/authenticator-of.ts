import { ClaimsSync } from './jwt/claims-sync.js';
import { JwtVerifier } from './jwt/verify-jwt.js';
import { Authenticator } from './server/authenticate.js';
import type { RestDoorOptions } from './server/rest-options.js';

/** Knows machines by their tokens and, where JWTs are taken, people by theirs. */
export function authenticatorOf({
  services,
  jwt,
  onSyncError,
  onLeftOut,
}: Pick<RestDoorOptions, 'services' | 'jwt' | 'onSyncError' | 'onLeftOut'>): Authenticator {
  const { authentication, users } = services;
  if (jwt === undefined) return new Authenticator({ machines: authentication, people: undefined });
  const sync = jwt.sync ? new ClaimsSync({ users, onError: onSyncError ?? (() => undefined) }) : undefined;
  const people = new JwtVerifier({
    ...jwt,
    failures: authentication.failures,
    onVerified: (verified) => {
      for (const [claim, what] of Object.entries(verified.leftOut)) onLeftOut?.(claim, what);
      sync?.note(verified);
    },
  });
  return new Authenticator({ machines: authentication, people });
}
