import { type DescField, type DescMessage, type DescMethod, type FileRegistry, getOption } from '@bufbuild/protobuf';

/** A method and a path by which an RPC is served, from its `google.api.http` option. */
export interface HttpRoute {
  readonly rpc: DescMethod;
  readonly verb: HttpVerb;
  /** Without the leading slash. */
  readonly path: readonly PathSegment[];
  /** What the body holds: `*` is the whole request except what is in the path, '' is nothing, else it is one field. */
  readonly body: '*' | '' | DescField;
}

export type HttpVerb = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** A part of a path: a word, or the field of the request whose value it is. */
export type PathSegment = string | FieldPath;
export type FieldPath = readonly [DescField] | readonly [DescField, DescField];

/** A `google.api.HttpRule`, with the members that this server serves. */
interface Rule {
  readonly pattern: { readonly case?: string; readonly value?: unknown };
  readonly body: string;
  readonly responseBody: string;
  readonly additionalBindings: readonly Rule[];
}

const OPTION = 'google.api.http';
const VERBS: readonly HttpVerb[] = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];

/** Every route of every service, in the order of the protocol. */
export function httpRoutes(registry: FileRegistry): readonly HttpRoute[] {
  const option = registry.getExtension(OPTION);
  if (option === undefined) throw new Error(`the protocol does not know the option ${OPTION}`);
  return [...registry].flatMap((type) => {
    if (type.kind !== 'service') return [];
    return type.methods.flatMap((rpc) => {
      const rule = getOption(rpc, option) as unknown as Rule;
      return [rule, ...rule.additionalBindings].flatMap((each) => routeOf(rpc, each) ?? []);
    });
  });
}

function routeOf(rpc: DescMethod, { pattern, body, responseBody }: Rule): HttpRoute | undefined {
  if (pattern.case === undefined) return undefined;
  const verb = VERBS.find((known) => known === pattern.case?.toUpperCase());
  const { input } = rpc;
  if (verb === undefined || typeof pattern.value !== 'string' || responseBody !== '') {
    throw new Error(`${rpc.name} is mapped to HTTP in a way that is not served`);
  }
  const path = pattern.value
    .slice(1)
    .split('/')
    .map((segment) => segmentOf(input, segment));
  return { rpc, verb, path, body: body === '' || body === '*' ? body : fieldOf(input, body) };
}

function segmentOf(input: DescMessage, segment: string): PathSegment {
  const [, name] = /^\{([\w.]+)\}$/.exec(segment) ?? [];
  if (name === undefined) {
    if (/[{}:*]/.test(segment)) throw new Error(`the path segment ${segment} is of a kind that is not served`);
    return segment;
  }
  const [outer = '', inner, ...deeper] = name.split('.');
  const field = fieldOf(input, outer);
  if (inner === undefined) return [field];
  if (field.message === undefined || deeper.length > 0) throw new Error(`${name} is no field of a field`);
  return [field, fieldOf(field.message, inner)];
}

function fieldOf(message: DescMessage, name: string): DescField {
  const field = message.fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`${message.typeName} has no field ${name}`);
  return field;
}
