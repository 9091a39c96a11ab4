import { forbidden, invalid } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';
import type { CookieRequest } from './session-cookie.js';

/** What the console sends with each request that may change something: a header that no form can send, nor another page without being asked. */
const CONSOLE_HEADER = 'x-latchkey-console';

const READS = ['GET', 'HEAD'];

/**
 * Rejects with FORBIDDEN a request by a cookie that another page may have brought about: one that is not of this very origin, or
 * that may change something and lacks the console's header. Browsers add cookies to requests whoever makes them; `Sec-Fetch-Site` and
 * `Origin` no page can set.
 */
export function requireOwnPage(request: CookieRequest & { readonly method: string }): void {
  const { headers, method } = request;
  if (!isSameOrigin(request)) {
    const said = headers['sec-fetch-site'] ?? headers.origin ?? null;
    throw forbidden(
      `a session is for pages of this server’s own origin, ${originOf(request)}; this request says that it comes from ${quote(said)}`,
    );
  }
  if (READS.includes(method) || headers[CONSOLE_HEADER] !== undefined) return;
  throw forbidden(`a request by a session that may change something carries the header ${CONSOLE_HEADER}: 1`);
}

/**
 * Rejects with FORBIDDEN signing in from another page, which could have somebody work in a session that is not their own. Programs
 * say nothing of pages.
 */
export function requireOwnSignIn(request: CookieRequest): void {
  const { headers, host } = request;
  const { origin } = headers;
  const ofPage = headers['sec-fetch-site'] !== undefined || origin !== undefined;
  if (origin?.startsWith('http:') && originOf(request) === origin && !/^(?:localhost|127\.|\[::1\])/i.test(host)) {
    throw invalid('a browser keeps a session over https alone, or on the machine itself; open this page by https');
  }
  if (ofPage && !isSameOrigin(request)) {
    throw forbidden(`pages of ${quote(origin ?? headers['sec-fetch-site'] ?? null)} sign nobody in here`);
  }
}

function isSameOrigin(request: CookieRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = request.headers;
  return origin !== undefined && origin !== 'null' && origin === originOf(request);
}

/** The origin that a request was sent to, as browsers write it; '' where its host is none. */
function originOf({ protocol, host }: CookieRequest): string {
  const url = `${protocol}://${host}`;
  return URL.canParse(url) ? new URL(url).origin : '';
}
