import type { AdminRoutes, Problem } from '../../../src/protocol/gen/admin-json.js';
import { ApiError, awayError } from './api-error.js';
import { sessionRenewed } from './session-end.js';
import { noteSessionUse } from './session-use.js';
import { viewHeaders } from './view-as.js';

export type Route = keyof AdminRoutes;

/** What a route of the administration is called with. What it does not have is left out. */
export type CallOf<R extends Route> = Calls[R];

type Calls = {
  [R in Route]: Part<'path', AdminRoutes[R]['path']> &
    Part<'query', AdminRoutes[R]['query']> &
    Part<'body', AdminRoutes[R]['body']> & {
      readonly signal?: AbortSignal;
      /** The ETag that a change was made on; another one by now is a conflict. */
      readonly ifMatch?: string;
    };
};

type Part<Name extends string, T> = [T] extends [undefined | Record<string, never>]
  ? { readonly [K in Name]?: undefined }
  : Record<string, never> extends T
    ? { readonly [K in Name]?: T }
    : { readonly [K in Name]: T };

interface AnyCall {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly ifMatch?: string;
}

/** This server's address of an API path, below whatever path it is served: `/api/session` and the like. */
export function apiUrl(path: string): string {
  return new URL(`..${path}`, document.baseURI).href;
}

/**
 * Calls a route of the administration with the browser's session and gives what it answers. Rejects with {@link ApiError}. Where the
 * session is over, waits until somebody has signed in again, and repeats the call.
 */
export async function call<R extends Route>(route: R, given: CallOf<R>): Promise<AdminRoutes[R]['response']> {
  const response = await requestOf(route, given);
  return (await response.json()) as AdminRoutes[R]['response'];
}

/** The answer of a route of the administration, as it comes. See {@link call}. */
export function requestOf<R extends Route>(route: R, given: CallOf<R>): Promise<Response> {
  const { path = {}, query = {}, body, signal, ifMatch } = given as AnyCall;
  const [method = '', template = ''] = route.split(' ');
  const address = apiUrl(template.replaceAll(/\{(\w+)\}/g, (_, name: string) => segmentOf(path[name] ?? '')));
  return request(`${address}${searchOf(query)}`, {
    method,
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  });
}

/** A part of a path. Throws for those that browsers take for a way up or for nothing: they would address another route. */
function segmentOf(id: string): string {
  if (id === '' || id === '.' || id === '..') throw new TypeError(`"${id}" cannot stand in an address; use the API`);
  return encodeURIComponent(id);
}

/** Asks this server by the session, and gives an answer that succeeded. See {@link call}. */
export async function request(
  url: string,
  init: RequestInit & { readonly headers: Record<string, string> },
): Promise<Response> {
  for (;;) {
    const response = await send(url, init);
    if (response.ok) return response;
    const error = await errorOf(response);
    if (error.status !== 401) throw error;
    await sessionRenewed(init.signal ?? undefined);
  }
}

/** One request, with what the server asks of those that come by a session. Rejects with {@link ApiError} where there is no answer. */
export async function send(
  url: string,
  init: RequestInit & { readonly headers: Record<string, string> },
): Promise<Response> {
  const headers = {
    ...init.headers,
    ...viewHeaders(),
    'x-latchkey-console': '1',
    ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  try {
    const response = await fetch(url, { ...init, headers, credentials: 'same-origin', cache: 'no-store' });
    if (response.ok) noteSessionUse();
    return response;
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw awayError(error);
  }
}

/** The failure that an answer tells of. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(response.status, problem, Number.isFinite(retryAfterS) ? retryAfterS * 1_000 : undefined);
}

function searchOf(query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, unknown][]) {
    if (value === undefined || value === '') continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  return search.size === 0 ? '' : `?${search}`;
}
