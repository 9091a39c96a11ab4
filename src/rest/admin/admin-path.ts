import { invalid } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';
import type { HttpRoute } from '../../protocol/http/http-routes.js';

/** Where a person's or an organization's name goes in the query, in place of the part of the path after its collection. */
const NAMED_BY_QUERY: Readonly<Record<string, string>> = {
  '/api/admin/users': 'user_id',
  '/api/admin/organizations': 'organization_id',
};

/** What the part after a collection is called, the same for all methods of a path. */
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

/** A route's path with its variables in the way that `variable` spells them. */
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

/** The query parameter that may stand for a route's variable, and for its part of the path, if one may. */
export function queryNameOf({ path }: Pick<HttpRoute, 'path'>, variable: number): string | undefined {
  const at = path.map((segment, i) => (typeof segment === 'string' ? -1 : i)).filter((i) => i >= 0)[variable];
  return at === undefined ? undefined : NAMED_BY_QUERY[`/${path.slice(0, at).join('/')}`];
}

/**
 * What stands in a request's path for each variable of its route. Ids may hold anything, `/` and `..` too: the path is
 * split as it came, and each part decoded once.
 */
export function variablesOf({ path }: Pick<HttpRoute, 'path'>, url: string): readonly string[] {
  const parts = url.split('?', 1)[0]!.split('/').slice(1);
  return path.flatMap((segment, i) => (typeof segment === 'string' ? [] : [decoded(parts[i] ?? '')]));
}

/** The parameters of a request's query, each with every value that it is given. */
export function queryOf(url: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  for (const pair of queryPairs(url)) {
    const [name, value] = nameAndValue(pair);
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/**
 * `/api/admin/users/unlocks?user_id=ID` as `/api/admin/users/ID/unlocks`: clients, and proxies, take an id like `..` or
 * `a/b` in a path for part of the path. Any other address is given back as it is.
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
  // Not decoded: what is malformed is refused where it can be answered.
  const id = named.slice(parameter.length).replaceAll('+', '%20').replaceAll('/', '%2F').replaceAll('?', '%3F');
  return `${collection}/${id}${path.slice(collection.length)}${others === '' ? '' : `?${others}`}`;
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
