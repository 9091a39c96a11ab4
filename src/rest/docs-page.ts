import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { notFound } from '../calls/errors.js';

/** The page's own scripts and styles, the document, and pictures within the styles; nothing from anywhere else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/** `GET /docs`: the description of the API for people, with a form to try each call. Everything in it is served from here. */
export async function docsPage(app: FastifyInstance, document: () => object): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    transformSpecification: document as () => Record<string, unknown>,
    transformSpecificationClone: false,
    uiConfig: { layout: 'BaseLayout', docExpansion: 'none', deepLinking: true, filter: true, tagsSorter: 'alpha' },
    uiHooks: {
      // The same document once more, made into text anew for each request.
      onRequest: (request, _reply, done) => {
        done(request.routeOptions.url === '/docs/yaml' ? notFound('the document is at /openapi.json') : undefined);
      },
    },
    theme: { title: 'Latchkey API' },
  });
}
