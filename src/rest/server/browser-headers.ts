import type { FastifyInstance } from 'fastify';

const POLICY = "default-src 'none';frame-ancestors 'none'";
const HTTPS_ALONE = 'max-age=31536000; includeSubDomains';

/**
 * Adds to every answer the headers by which browsers do nothing with it except read it: those that OWASP's REST security cheat sheet
 * names for answers of an API, where `Content-Type` and `Cache-Control` are each route's own. All of them are known at the start.
 */
export function answerHeaders(app: FastifyInstance, { secure }: { readonly secure: boolean }): void {
  const headers = {
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(secure ? { 'strict-transport-security': HTTPS_ALONE } : {}),
  };
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** What browsers heed of a document and what it loads, and of nothing else. */
const OF_DOCUMENTS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-dns-prefetch-control': 'off',
  'x-permitted-cross-domain-policies': 'none',
};

/** Adds to the answers of these routes, which are pages and what pages load, what keeps other pages away from them. */
export function pageHeaders(pages: FastifyInstance): void {
  pages.addHook('onRequest', (_request, reply, done) => {
    reply.headers(OF_DOCUMENTS);
    done();
  });
}
