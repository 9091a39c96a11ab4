import type { FastifyInstance } from 'fastify';
import { ClaimsSync } from './jwt/claims-sync.js';
import { JwtVerifier } from './jwt/verify-jwt.js';
import { restApp } from './rest-app.js';
import { Authenticator } from './server/authenticate.js';
import { OpenStreams } from './server/open-streams.js';
import type { RestDoorOptions } from './server/rest-options.js';

export interface RestDoor {
  /** The `HOST:PORT` that is listened on. */
  readonly address: string;
  /** Takes no new connections and waits for requests under way, which are cut off after `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

/** Serves the services over HTTP. Rejects when that cannot be done; the message names the address or the setting. */
export async function openRestDoor(options: RestDoorOptions): Promise<RestDoor> {
  const { address, ...rest } = options;
  let draining = false;
  const open = new OpenStreams();
  const app = await restApp({
    ...rest,
    authenticator: authenticatorOf(options),
    draining: () => draining,
    open,
  });
  const bound = await listen(app, address);
  let drained: Promise<void> | undefined;
  return {
    address: bound,
    drain: (limitMs) => {
      draining = true;
      open.endAll();
      drained ??= close(app, limitMs);
      return drained;
    },
  };
}

function authenticatorOf({ services, jwt, onSyncError }: RestDoorOptions): Authenticator {
  const { authentication, users } = services;
  if (jwt === undefined) return new Authenticator({ machines: authentication, people: undefined });
  const sync = jwt.sync ? new ClaimsSync({ users, onError: onSyncError ?? (() => undefined) }) : undefined;
  const people = new JwtVerifier({ ...jwt, ...(sync === undefined ? {} : { onVerified: sync.note }) });
  return new Authenticator({ machines: authentication, people });
}

async function listen(app: FastifyInstance, address: string): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  try {
    await app.listen({ host: host.replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) });
  } catch (error) {
    await app.close();
    const taken = (error as { code?: unknown }).code === 'EADDRINUSE';
    const remedy = taken ? 'another program listens there; end it, or give another HTTP_ADDR' : String(error);
    throw new Error(`cannot serve HTTP on ${address}: ${remedy}`, { cause: error });
  }
  const bound = app.server.address();
  return bound !== null && typeof bound === 'object' ? `${host}:${bound.port}` : address;
}

async function close(app: FastifyInstance, limitMs: number): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), limitMs);
  try {
    await app.close();
  } finally {
    clearTimeout(limit);
  }
}
