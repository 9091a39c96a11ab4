import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '../../core/values/json.js';
import { describedProtocol } from '../../protocol/http/described-protocol.js';
import { ProblemSchema } from '../json/problem-schema.js';
import { describeAdministration } from './describe-admin.js';

/**
 * Collects the descriptions of the routes that are registered from now on; `app.swagger()` gives them as OpenAPI 3.1.
 * @param basePath what all paths of the server begin with: '' or like `/flags`
 */
export async function describeApi(app: FastifyInstance, basePath: string): Promise<void> {
  app.addSchema(ProblemSchema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version: '1.0.0',
        description:
          'Feature flags that unlock. Each path also answers with, or without, its last slash. Failures are problem details ' +
          '(RFC 9457).\n\nThe administration below `/api/admin` is the same as the gRPC services, whose comments are quoted here: ' +
          'INVALID_ARGUMENT is answered with 400, UNAUTHENTICATED with 401, PERMISSION_DENIED with 403, NOT_FOUND with 404, ' +
          'ABORTED with 409 (412 where a header demanded the version), RESOURCE_EXHAUSTED with 429, UNAVAILABLE with 503. Without ' +
          'an `update_mask` the members of the body are the mask: `null` and `[]` set a field to its default, and each member is ' +
          'written as a whole: `rules` with what each rule leaves out at its default, `attributes` in place of those that are stored.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      ...(basePath === '' ? {} : { servers: [{ url: basePath }] }),
      tags: [
        { name: 'flags', description: 'Which features are on, and for whom.' },
        { name: 'progress', description: 'How far users have come.' },
        { name: 'events', description: 'What users did.' },
        { name: 'streams', description: 'What changes, as it happens.' },
        {
          name: 'ofrep',
          description:
            'The OpenFeature Remote Evaluation Protocol 0.3, for OpenFeature clients. Failures have the form of that protocol.',
        },
        { name: 'operations', description: 'For the machines that watch this one.' },
        {
          name: 'session',
          description:
            'Signing in to the administration from a browser. The cookie is taken here and below `/api/admin`, in requests of pages of ' +
            'this origin; one that may change something carries the header `x-latchkey-console: 1`.',
        },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A machine token, or a JWT of a person.' },
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'The same, for OpenFeature clients.',
          },
        },
      },
      security: [{ bearer: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
}

/** The whole document: the routes that are registered with descriptions, and the administration as the protocol describes it. */
export function openApiDocument(app: FastifyInstance): object {
  const { tags = [], paths = {}, components = {}, ...document } = app.swagger() as unknown as PublicDocument;
  const { routes, schemas } = describedProtocol();
  const administration = describeAdministration(routes, schemas);
  const operations = Object.values(administration).flatMap((path) => Object.values(path) as { tags: string[] }[]);
  const taken = Object.keys(schemas.byName).find((name) => name in (components.schemas ?? {}));
  if (taken !== undefined)
    throw new Error(`two schemas of the document are called ${taken}; rename the one of src/rest`);
  const names = [...new Set(operations.flatMap((operation) => operation.tags))];
  return {
    ...document,
    tags: [...tags, ...names.map((name) => ({ name }))],
    paths: { ...paths, ...administration },
    components: { ...components, schemas: { ...components.schemas, ...schemas.byName } },
  };
}

interface PublicDocument {
  readonly tags?: readonly JsonObject[];
  readonly paths?: JsonObject;
  readonly components?: { readonly schemas?: JsonObject };
}
