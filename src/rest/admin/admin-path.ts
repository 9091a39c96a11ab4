import { invalid } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';
import type { HttpRoute } from '../../protocol/http/http-routes.js';

/** By collection, the query parameter that may name a user or an organization in place of the part of the path after it. */
const NAMED_BY_QUERY: Readonly<Record<string, string>> = {
  '/api/admin/users': 'user_id',
  '/api/admin/organizations': 'organization_id',
};

/** By collection, the name of the variable after it, which is the same for all methods of a path. */
const VARIABLES: Readonly<Record<string, string>> = {
  actions: 'action',
  backfills: 'backfill_id',
  flags: 'flag',
  organizations: 'organization_id',
  segments: 'segment_key',
  tokens: 'token_id',
  users: 'user_id',
  webhooks: 'webhook_id',
};

/** A route's path, with each variable written as `variable` gives it. */
export function templateOf({ path }: Pick<HttpRoute, 'path'>, variable: (name: string) => string): string {
  const parts = path.map((segment, i) => {
    if (typeof segment === 'string') return segment;
    const before = path[i - 1];
    const [outer, inner] = segment;
    const name = (typeof before === 'string' ? VARIABLES[before] : undefined) ?? inner?.name ?? outer.name;
    return variable(name);
  });
  return `/${parts.join('/')}`;
}

/** The query parameter that may be given in place of a variable of the path; undefined where there is none. */
export function queryNameOf({ path }: Pick<HttpRoute, 'path'>, variable: number): string | undefined {
  const at = path.map((segment, i) => (typeof segment === 'string' ? -1 : i)).filter((i) => i >= 0)[variable];
  return at === undefined ? undefined : NAMED_BY_QUERY[`/${path.slice(0, at).join('/')}`];
}

/**
 * The values of the variables of a route in a request's path. Ids may hold anything, also `/` and `..`: so the path is split
 * before it is decoded, and each part is decoded once.
 */
export function variablesOf({ path }: Pick<HttpRoute, 'path'>, url: string): readonly string[] {
  const parts = url.split('?', 1)[0]!.split('/').slice(1);
  return path.flatMap((segment, i) => (typeof segment === 'string' ? [] : [decoded(parts[i] ?? '')]));
}

/** The parameters of a request's query, each with all its values. */
export function queryOf(url: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  for (const pair of queryPairs(url)) {
    const [name, value] = nameAndValue(pair);
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/**
 * Gives `/api/admin/users/ID/unlocks` for `/api/admin/users/unlocks?user_id=ID`, and any other URL as it is. Clients and
 * proxies may change a path with an id like `..` or `a/b`, but not a query.
 */
export function namedInPath(url: string): string {
  const path = url.split('?', 1)[0]!;
  const collection = Object.keys(NAMED_BY_QUERY).find((each) => path === each || path.startsWith(`${each}/`));
  if (collection === undefined) return url;
  const pairs = queryPairs(url);
  const parameter = `${NAMED_BY_QUERY[collection]}=`;
  const named = pairs.find((pair) => pair.startsWith(parameter));
  if (named === undefined) return url;
  const others = pairs.filter((pair) => pair !== named).join('&');
  // The id is not decoded here: a malformed one is refused later, where the request can be answered.
  const id = named.slice(parameter.length).replaceAll('+', '%20').replaceAll('/', '%2F').replaceAll('?', '%3F');
  return `${collection}/${id}${path.slice(collection.length)}${others === '' ? '' : `?${others}`}`;
}

/**
 * The path and the query of a request's target. A target may also be a whole URL (RFC 9112, section 3.2.2), as proxies send it,
 * and a fragment, which no client should send, is no part of a path.
 */
export function pathAndQuery(target: string): string {
  const [url = ''] = target.split('#', 1);
  if (url.startsWith('/')) return url;
  const rest = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function queryPairs(url: string): readonly string[] {
  const mark = url.indexOf('?');
  return mark < 0
    ? []
    : url
        .slice(mark + 1)
        .split('&')
        .filter((pair) => pair !== '');
}

function nameAndValue(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  return [decoded(name.replaceAll('+', ' ')), decoded(value.replaceAll('+', ' '))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`${quote(text)} in the address is not well-formed; percent-encode it as UTF-8`);
  }
}
