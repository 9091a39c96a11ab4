import { unauthenticated } from './errors.js';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * The token that `authorization` carries, a header or metadata. Throws UNAUTHENTICATED where there is none; what came in its
 * place is not repeated, as it may be a secret.
 */
export function bearerTokenOf(authorization: unknown): string {
  if (authorization === undefined) {
    throw unauthenticated('the call carries no token; send "authorization: Bearer TOKEN" with it');
  }
  const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw unauthenticated('"authorization" is not of the form "Bearer TOKEN"');
  return token;
}
