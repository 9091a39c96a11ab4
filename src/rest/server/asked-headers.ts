import type { FastifyInstance } from 'fastify';

/** What a page may ask to send: as many headers as no page needs, of names that can be any. */
const MAX_LENGTH = 2_000;
const MAX_HEADERS = 50;
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,100}$/;

/**
 * Has preflight requests that ask for headers beyond these bounds ask for none: what is asked is what the answer allows. Must be
 * called before CORS is registered.
 */
export function boundAskedHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', ({ method, headers }, _reply, done) => {
    const asked = method === 'OPTIONS' ? headers['access-control-request-headers'] : undefined;
    if (asked !== undefined && !isWithinBounds(asked)) delete headers['access-control-request-headers'];
    done();
  });
}

function isWithinBounds(asked: string): boolean {
  if (asked.length > MAX_LENGTH) return false;
  const names = asked.split(',').map((name) => name.trim());
  return names.length <= MAX_HEADERS && names.every((name) => HEADER_NAME.test(name));
}
