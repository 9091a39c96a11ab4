import { ClaimsSync } from './jwt/claims-sync.js';
import { JwtVerifier } from './jwt/verify-jwt.js';
import { Authenticator } from './server/authenticate.js';
import type { RestDoorOptions } from './server/rest-options.js';

/** Knows machines by their tokens and, where JWTs are taken, people by theirs. */
export function authenticatorOf({
  services,
  jwt,
  onSyncError,
}: Pick<RestDoorOptions, 'services' | 'jwt' | 'onSyncError'>): Authenticator {
  const { authentication, users } = services;
  if (jwt === undefined) return new Authenticator({ machines: authentication, people: undefined });
  const sync = jwt.sync ? new ClaimsSync({ users, onError: onSyncError ?? (() => undefined) }) : undefined;
  const people = new JwtVerifier({ ...jwt, ...(sync === undefined ? {} : { onVerified: sync.note }) });
  return new Authenticator({ machines: authentication, people });
}
