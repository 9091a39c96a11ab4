import { type HttpRoute, httpRoutes } from '../../src/protocol/http/http-routes.js';
import { REGISTRY } from '../../src/protocol/http/registry.js';
import { templateOf } from '../../src/rest/admin/admin-path.js';
import { type Made, type Reach, type RouteExample, RPC_EXAMPLES } from './example-calls.js';

/** Every route of the administration, as the table names it. */
export const ADMIN_ROUTES: ReadonlyMap<string, HttpRoute> = new Map(
  httpRoutes(REGISTRY).map((route) => [`${route.verb} ${templateOf(route, (name) => `:${name}`)}`, route]),
);

type Json = Record<string, unknown>;

/** The good request of the route's RPC, as HTTP sends it. */
export function adminExample(call: string, about: string, reach: Reach, made: Made): RouteExample {
  const route = ADMIN_ROUTES.get(call)!;
  const { name } = route.rpc;
  const json = snakeCased(RPC_EXAMPLES[about === '' ? name : `${name} ${about}`]!(reach, made)) as Json;
  const path = route.path.map((segment) => {
    if (typeof segment === 'string') return segment;
    const [outer, inner] = segment;
    const holder = inner === undefined ? json : (json[outer.name] as Json);
    const field = inner ?? outer;
    const value = String(holder[field.name]);
    delete holder[field.name];
    return encodeURIComponent(value);
  });
  if (route.body === '*') return { path: `/${path.join('/')}`, body: json };
  const { body } = route;
  const { [body === '' ? '' : body.name]: held, ...rest } = json;
  const query = new URLSearchParams(rest as Record<string, string>).toString();
  return { path: `/${path.join('/')}${query === '' ? '' : `?${query}`}`, ...(body === '' ? {} : { body: held ?? {} }) };
}

/** Names as the protocol has them, from those of the generated code. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(member),
    ]),
  );
}
