import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, isIP, type Socket, type Server as SocketServer } from 'node:net';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import type { Connections } from '../../calls/limits/connections.js';
import type { Handshakes } from './handshakes.js';

/**
 * Listens for a grpc-js server. The sockets are taken here, and not by grpc-js, so that they can be counted and bounded before any
 * byte of theirs is read; grpc-js gets them once the handshake of TLS is done, where there is one.
 */
export class Listener {
  readonly #connections: Connections;
  readonly #begin: (socket: Socket) => void;
  readonly #servers: SocketServer[] = [];

  /** @param handshakes of TLS; undefined for plaintext */
  constructor(server: Server, handshakes: Handshakes | undefined, connections: Connections) {
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    handshakes?.onDone((secured) => injector.injectConnection(secured));
    this.#begin = (socket) => (handshakes === undefined ? injector.injectConnection(socket) : handshakes.begin(socket));
    this.#connections = connections;
  }

  /** Listens on all addresses of a host; port 0 is a free one, the same on all of them. Gives the port. */
  async listen(host: string, port: number): Promise<number> {
    const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
    let bound = port;
    try {
      for (const { address } of addresses) bound = await this.#listen(address, bound);
    } catch (error) {
      void this.close();
      throw error;
    }
    return bound;
  }

  /** Takes no new connections, and resolves when those that are open have closed. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await Promise.all(closed);
  }

  async #listen(host: string, port: number): Promise<number> {
    const server = createServer((socket) => {
      // A socket may fail before anybody else listens for it.
      socket.on('error', () => undefined);
      if (this.#connections.take(socket)) this.#begin(socket);
    });
    server.listen({ host, port });
    await once(server, 'listening');
    this.#servers.push(server);
    const bound = server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : port;
  }
}
