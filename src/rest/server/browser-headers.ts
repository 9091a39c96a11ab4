import type { FastifyInstance } from 'fastify';

export interface BrowserHeadersOptions {
  /** Whether pages of other origins may read what is answered. */
  readonly shared: boolean;
  readonly secure: boolean;
}

/** Adds what tells browsers to do nothing with an answer but to read it. All of it is known at the start. */
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
    // The filter that old browsers have does more harm than good.
    'x-xss-protection': '0',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}
