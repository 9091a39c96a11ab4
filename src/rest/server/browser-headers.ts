import type { FastifyInstance } from 'fastify';

const POLICY = "default-src 'none';frame-ancestors 'none'";
const HTTPS_ALONE = 'max-age=31536000; includeSubDomains';

/**
 * The headers by which browsers do nothing with an answer except read it: those that OWASP's REST security cheat sheet names for
 * answers of an API, where `Content-Type` and `Cache-Control` are each route's own, and that no other page loads it without CORS.
 */
export function headersOfAnswers(secure: boolean): Readonly<Record<string, string>> {
  return {
    'content-security-policy': POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(secure ? { 'strict-transport-security': HTTPS_ALONE } : {}),
  };
}

/** Adds {@link headersOfAnswers} to every answer. All of them are known at the start. */
export function answerHeaders(app: FastifyInstance, { secure }: { readonly secure: boolean }): void {
  const headers = headersOfAnswers(secure);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** What browsers heed of a document and what it loads, and of nothing else. */
const OF_DOCUMENTS = {
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
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
