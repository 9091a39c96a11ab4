import type { DoorName } from '../calls/doors.js';
import { restApp } from './rest-app.js';
import { boundConnections } from './server/bounds.js';
import { close, listen, renewTls } from './server/listen.js';
import { OpenStreams } from './server/open-streams.js';
import type { RestDoorOptions } from './server/rest-options.js';

export interface RestDoor {
  /** The `HOST:PORT` that is listened on. */
  readonly address: string;
  /** How many streams are open, by door. */
  readonly openStreams: ReadonlyMap<DoorName, number>;
  /** How many connections are open. */
  readonly openConnections: number;
  /** Reports at `/readyz` that it is not ready, and tells clients to close their connections, but goes on serving. */
  leave(): void;
  /** Uses this certificate for connections that are made from now on. */
  renewTls(tls: NonNullable<RestDoorOptions['tls']>): void;
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
    draining: () => draining,
    open,
  });
  const connections = boundConnections(app, options);
  const bound = await listen(app, address, 'HTTP_ADDR');
  let drained: Promise<void> | undefined;
  return {
    address: bound,
    get openConnections() {
      return connections.size;
    },
    get openStreams() {
      return open.counts;
    },
    leave: () => {
      draining = true;
    },
    renewTls: (tls) => renewTls(app, tls),
    drain: (limitMs) => {
      draining = true;
      open.endAll();
      drained ??= close(app, limitMs);
      return drained;
    },
  };
}
