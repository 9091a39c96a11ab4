import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../calls/errors.js';

/** What the page may load: its own scripts and styles, the document, and pictures in styles; nothing from elsewhere. */
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

/** `GET /docs`: the description of the API for people, with a form to try each call. This server serves all that it loads. */
export function docsPage(
  app: FastifyInstance,
  { document, basePath }: { readonly document: () => object; readonly basePath: string },
): void {
  void app.register(swaggerUi, {
    routePrefix: '/docs',
    indexPrefix: basePath,
    staticCSP: POLICY,
    transformSpecification: document as () => Record<string, unknown>,
    transformSpecificationClone: false,
    uiConfig: { layout: 'BaseLayout', docExpansion: 'none', deepLinking: true, filter: true, tagsSorter: 'alpha' },
    uiHooks: {
      // The viewer's own copy of the document is not served: it would be made into text for each request.
      onRequest: (request, _reply, done) => {
        done(request.routeOptions.url === '/docs/yaml' ? notFound('the document is at /openapi.json') : undefined);
      },
    },
    theme: { title: 'Latchkey API' },
  });
}
