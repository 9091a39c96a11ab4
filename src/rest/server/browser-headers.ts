import type { FastifyInstance } from 'fastify';

export interface BrowserHeadersOptions {
  /** Whether pages of other origins may read the answers. */
  readonly shared: boolean;
  readonly secure: boolean;
}

/** Adds the headers by which browsers do nothing with an answer except read it. All of them are known at the start. */
export function browserHeaders(app: FastifyInstance, { shared, secure }: BrowserHeadersOptions): void {
  const headers = {
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': shared ? 'cross-origin' : 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'SAMEORIGIN',
    'x-permitted-cross-domain-policies': 'none',
    // Switches off a filter of old browsers that does more harm than good.
    'x-xss-protection': '0',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}
