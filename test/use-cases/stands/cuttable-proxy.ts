import { connect, createServer, type Server, type Socket } from 'node:net';
import { findFreePort } from '../../servers/server-process.js';

export interface CuttableProxy {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Passes nothing on in either direction, and takes new connections without a word. */
  freeze(): void;
  /** Passes on again. What was frozen is ended. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a client and a server on 127.0.0.1, for tests in which the way between them breaks. */
export async function startCuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const open = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((client) => {
        keep(client);
        if (frozen) {
          client.pause();
          return;
        }
        const target = connect({ host: '127.0.0.1', port: targetPort });
        keep(target);
        client.pipe(target).pipe(client);
        client.on('close', () => target.destroy());
        target.on('close', () => client.destroy());
      });
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  const port = await findFreePort();
  let server: Server | undefined = await open(port);
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const cut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    endAll();
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };
  return {
    port,
    cut,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    mend: async () => {
      frozen = false;
      endAll();
      server ??= await open(port);
    },
    close: cut,
  };
}
