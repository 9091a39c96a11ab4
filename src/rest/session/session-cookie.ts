import type { FastifyRequest } from 'fastify';
import { invalid } from '../../calls/errors.js';
import { isLocal } from '../server/local-request.js';

/** What a cookie goes by that a browser brings: the request's connection, and what it says of where it comes from. */
export type CookieRequest = Pick<FastifyRequest, 'headers' | 'protocol' | 'host' | 'raw'>;

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * The name of the session's cookie. It has a part of the deployment's id, as a browser tells cookies apart by host and name and not
 * by port. The prefix has browsers take it from this very host and by TLS alone; on plain loopback, where not all of them take it, the
 * name goes without.
 * @param deployment its id, a UUID
 */
export function cookieName(deployment: string, request: CookieRequest): string {
  const name = `latchkey-${deployment.replaceAll('-', '').slice(0, 8)}`;
  return isPlainLoopback(request) ? name : `__Host-${name}`;
}

/** The `Set-Cookie` header that gives a browser a session. */
export function sessionCookie(name: string, secret: string, lifeMs: number): string {
  const secure = name.startsWith('__Host-') ? '; Secure' : '';
  return `${name}=${secret}; Path=/; Max-Age=${Math.max(0, Math.floor(lifeMs / 1_000))}; HttpOnly; SameSite=Strict${secure}`;
}

/** The `Set-Cookie` header that takes it away. */
export function clearingCookie(name: string): string {
  return sessionCookie(name, '', 0);
}

/** The value of a cookie; undefined where there is none. Throws INVALID where there are two: another page may have set one of them. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals > 0 && pair.slice(0, equals).trim() === name ? [pair.slice(equals + 1).trim()] : [];
  });
  if (values.length > 1) throw invalid(`the cookie ${name} came ${values.length} times; delete it, and sign in again`);
  return values[0];
}

/** Whether a browser on this machine asks without TLS and without a proxy between, as far as can be told. */
function isPlainLoopback(request: CookieRequest): boolean {
  const { headers, protocol, host } = request;
  const elsewhere = headers.origin !== undefined && headers.origin !== `http://${host}`;
  return protocol === 'http' && LOOPBACK_HOST.test(host) && !elsewhere && isLocal(request);
}
