import type { JsonObject } from '../../core/values/json.js';
import type { HttpRoute } from '../../protocol/http/http-routes.js';
import type { MessageSchemas } from '../../protocol/http/json-schema.js';
import { queryFields } from '../../protocol/http/read-request.js';
import { hasVersion } from '../../protocol/http/versions.js';
import { queryNameOf, templateOf } from '../admin/admin-path.js';
import { FOR_BROWSERS } from '../admin/stream-form.js';
import { problemDescription } from '../json/problem-schema.js';

/** The part of the OpenAPI document about the administration; its schemas are added to `schemas`. */
export function describeAdministration(
  routes: readonly HttpRoute[],
  schemas: MessageSchemas,
): Record<string, JsonObject> {
  const paths: Record<string, JsonObject> = {};
  const ids = new Set<string>();
  for (const route of routes) {
    const path = templateOf(route, (name) => `{${name}}`);
    const { name } = route.rpc;
    // An RPC may have two routes, which need two names.
    const operationId = ids.has(name) ? `${name}_${route.path.at(-1)}` : name;
    ids.add(operationId);
    const operation = { operationId, ...operationOf(route, schemas) };
    paths[path] = { ...paths[path], [route.verb.toLowerCase()]: operation };
  }
  return paths;
}

function operationOf(route: HttpRoute, schemas: MessageSchemas): JsonObject {
  const { rpc } = route;
  const comment = schemas.comment(`${rpc.parent.typeName}.${rpc.name}`);
  const [summary = '', ...rest] = comment.split(/(?<=\.)\s/);
  const body = bodyOf(route, schemas);
  return {
    summary: summary.replace(/\.$/, ''),
    description: rest.length === 0 ? comment : comment.slice(summary.length).trim(),
    tags: [tagOf(route)],
    parameters: [...pathParameters(route, schemas), ...queryParameters(route, schemas), ...preconditions(route)],
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: { ...success(route, schemas), ...problemsOf(route, body !== undefined) },
  };
}

/** The tag of a route: `administration: flags` for `/api/admin/flags/…`. */
function tagOf({ path }: HttpRoute): string {
  return `administration: ${String(path[2])}`;
}

function bodyOf({ rpc, body }: HttpRoute, schemas: MessageSchemas): JsonObject | undefined {
  if (body === '') return undefined;
  return schemas.read(body === '*' || body.message === undefined ? rpc.input : body.message);
}

function pathParameters(route: HttpRoute, schemas: MessageSchemas): JsonObject[] {
  const names: string[] = [];
  templateOf(route, (name) => String(names.push(name)));
  const fields = route.path.filter((segment) => typeof segment !== 'string');
  return fields.map(([outer, inner], i) => {
    const field = inner ?? outer;
    const comment = schemas.comment(`${field.parent.typeName}.${field.name}`);
    const query = queryNameOf(route, i);
    const otherwise =
      query === undefined
        ? ''
        : ` An id that clients may take for a part of the path, such as \`..\`, is given as \`?${query}=\`, and this part left out.`;
    return {
      name: names[i]!,
      in: 'path',
      required: true,
      schema: schemas.text(field),
      description: comment + otherwise,
    };
  });
}

function queryParameters(route: HttpRoute, schemas: MessageSchemas): JsonObject[] {
  return queryFields(route).map((field) => ({
    name: field.name,
    in: 'query',
    schema: schemas.text(field),
    description: schemas.comment(`${field.parent.typeName}.${field.name}`),
  }));
}

function preconditions({ rpc, verb }: HttpRoute): JsonObject[] {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    schema: { type: 'string' },
    description,
  });
  if (verb === 'GET') {
    if (!hasVersion(rpc.output)) return [];
    return [header('If-None-Match', 'The ETag of what the caller has: the answer is 304 where that is still so.')];
  }
  if (rpc.input.fields.every(({ name }) => name !== 'expected_version')) return [];
  return [
    header('If-Match', 'The ETag that the change was made on; stands for `expected_version`.'),
    header('If-None-Match', '`*`: there must be none yet; stands for `expected_version` 0.'),
  ];
}

function success({ rpc, verb }: HttpRoute, schemas: MessageSchemas): Record<string, JsonObject> {
  const schema = schemas.written(rpc.output);
  const comment = schemas.comment(rpc.output.typeName) || 'What came of it.';
  if (FOR_BROWSERS.has(rpc.name)) {
    const events =
      'Server-sent events: each has the name of what happened, its members as JSON in `data`, and the resume token as `id`. A heartbeat is a ' +
      'comment with an id. Where the stream fails after its beginning, the last one is `end`, with the problem in `data`.';
    const content = { 'text/event-stream': { schema: { type: 'string' } } };
    return { 200: { description: `${comment}\n\n${events}`, content } };
  }
  if (rpc.methodKind === 'server_streaming') {
    const failure = {
      type: 'object',
      properties: { error: PROBLEM },
      required: ['error'],
      additionalProperties: false,
    };
    const lines =
      'Each line is one JSON object; the last one is an `error` where the stream fails after its beginning.';
    const content = { 'application/jsonl': { schema: { anyOf: [schema, failure] } } };
    return { 200: { description: `${comment}\n\n${lines}`, content } };
  }
  const headers = { ETag: { schema: { type: 'string' }, description: 'Its id and version, like `"flg_…-7"`.' } };
  const versioned = hasVersion(rpc.output);
  const ok = {
    description: comment,
    ...(versioned ? { headers } : {}),
    content: { 'application/json': { schema } },
  };
  if (!versioned || verb !== 'GET') return { 200: ok };
  return { 200: ok, 304: { description: 'What the caller has is how it is.', headers } };
}

const PROBLEM = { $ref: '#/components/schemas/Problem' };

function problemsOf({ rpc, verb }: HttpRoute, hasBody: boolean): Record<string, JsonObject> {
  const statuses = [400, 401, 403, 404, 429, 503];
  if (verb !== 'GET') statuses.push(409);
  if (rpc.input.fields.some(({ name }) => name === 'expected_version')) statuses.push(412);
  if (hasBody) statuses.push(413, 415);
  return Object.fromEntries(
    statuses
      .toSorted((a, b) => a - b)
      .map((status) => [
        String(status),
        { description: problemDescription(status), content: { 'application/problem+json': { schema: PROBLEM } } },
      ]),
  );
}
