import { randomUUID } from 'node:crypto';
import { unauthenticated } from './errors.js';

/** The header, or the metadata, that carries a call's id both ways. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** What may be taken over from a client into logs and audit. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/** A call's id: what the client sent for one, or a new one in place of anything that does not belong in a log. */
export function requestIdOf(sent: unknown): string {
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
}

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
