import { Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';

/** Listens on `HOST:PORT` and gives it as bound. Rejects with a message that names the address, and `variable` to give another. */
export async function listen(app: FastifyInstance, address: string, variable: string): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  try {
    await app.listen({ host: host.replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) });
  } catch (error) {
    await app.close();
    const taken = (error as { code?: unknown }).code === 'EADDRINUSE';
    const remedy = taken ? `another program listens there; end it, or give another ${variable}` : String(error);
    throw new Error(`cannot serve HTTP on ${address}: ${remedy}`, { cause: error });
  }
  const bound = app.server.address();
  return bound !== null && typeof bound === 'object' ? `${host}:${bound.port}` : address;
}

/** Takes no new connections and waits for requests in flight, `limitMs` at most; then cuts them off. */
export async function close(app: FastifyInstance, limitMs: number): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), limitMs);
  try {
    await app.close();
  } finally {
    clearTimeout(limit);
  }
}

/** Uses this certificate for connections that are made from now on. */
export function renewTls(app: FastifyInstance, { certificate, key }: { certificate: string; key: string }): void {
  const server: unknown = app.server;
  if (server instanceof Server) server.setSecureContext({ cert: certificate, key });
}
