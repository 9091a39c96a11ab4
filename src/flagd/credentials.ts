import { bearerTokenOf } from '../calls/call-headers.js';

/** As HTTP clients send what stands before `@` in an address: some of flagd's can be given a token in no other place. */
const BASIC = /^basic +([\w+/]+=*) *$/i;

/**
 * The token that a call carries: that of `authorization`, as a bearer token or as the password of any user's name, else that of the
 * selector; undefined where there is neither. Throws UNAUTHENTICATED for an `authorization` of another form.
 */
export function tokenOf(authorization: unknown, inSelector: string | undefined): string | undefined {
  if (authorization === undefined) return inSelector;
  const basic = typeof authorization === 'string' ? BASIC.exec(authorization)?.[1] : undefined;
  if (basic === undefined) return bearerTokenOf(authorization);
  const pair = Buffer.from(basic, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

/** What a call decides by itself: by the header of overrides, and by its selector, for clients that can send no other header. */
export function overridesIn(header: readonly string[], inSelector: string | undefined): string | undefined {
  const given = inSelector === undefined ? header : [...header, inSelector];
  return given.length === 0 ? undefined : given.join(',');
}
