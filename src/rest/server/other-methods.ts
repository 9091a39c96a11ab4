import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify';
import { HttpError } from './problem.js';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Collects the routes that are registered from now on. Gives a function to call after the last: it has other methods of the
 * same paths answered with 405 and the list of the methods that there are, and OPTIONS with that list.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const taken = new Map<string, Set<string>>();
  let finished = false;
  app.addHook('onRoute', ({ url, method }) => {
    if (finished || !url.startsWith('/')) return;
    const methods = taken.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    taken.set(url, methods);
  });
  return () => {
    finished = true;
    for (const [url, methods] of taken) {
      const allow = METHODS.filter((method) => methods.has(method)).join(', ');
      const tell = (reply: FastifyReply) => reply.code(204).header('allow', allow).send();
      const refuse = (method: string): never => {
        throw new HttpError(405, 'INVALID', `${method} is no method of this path; it takes ${allow}`, {
          headers: { allow },
        });
      };
      app.route({
        url,
        method: 'OPTIONS',
        schema: { hide: true },
        onRequest: async (_request, reply) => tell(reply),
        handler: async (_request, reply) => tell(reply),
      });
      app.route({
        url,
        method: app.supportedMethods.filter((method) => method !== 'OPTIONS' && !methods.has(method)),
        schema: { hide: true },
        onRequest: async ({ method }) => refuse(method),
        handler: async ({ method }) => refuse(method),
      });
    }
  };
}
