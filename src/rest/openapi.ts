import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { ProblemSchema } from './schemas/problem-schema.js';

/** Collects the description of every route registered from now on; `app.swagger()` gives it as OpenAPI 3.1. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  app.addSchema(ProblemSchema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version: '1.0.0',
        description:
          'Feature flags that unlock. Each path also answers with, or without, its last slash. Failures are problem details (RFC 9457).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'flags', description: 'Which features are on, and for whom.' },
        { name: 'progress', description: 'How far users have come.' },
        { name: 'events', description: 'What users did.' },
        { name: 'streams', description: 'What changes, as it happens.' },
        { name: 'operations', description: 'For the machines that watch this one.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A machine token, or a JWT of a person.' },
        },
      },
      security: [{ bearer: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
}
