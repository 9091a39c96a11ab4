import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An error as a database or a proxy before it answers it. */
export interface Refusal {
  readonly errno: number;
  readonly sqlState: string;
  readonly message: string;
}

export interface DatabaseProxy {
  readonly port: number;
  /** Leads connections that are made from now on to the database on another port. Those that are open stay where they are. */
  redirect(port: number): void;
  /** Answers every statement with this error, on every connection, in place of passing it on; undefined ends that. */
  refuse(refusal: Refusal | undefined): void;
  close(): Promise<void>;
}

const COM_QUERY = 3;
const HEADER_BYTES = 4;

/** Stands between a client and a MariaDB on 127.0.0.1, as a proxy does that knows of several databases. */
export async function startDatabaseProxy(targetPort: number): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  let leadsTo = targetPort;
  let refusal: Refusal | undefined;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    const target = connect({ host: '127.0.0.1', port: leadsTo });
    keep(client);
    keep(target);
    client.on('data', (data) => {
      if (refusal !== undefined && beginsStatement(data)) client.write(errorPacket(refusal));
      else target.write(data);
    });
    target.pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    redirect: (port) => {
      leadsTo = port;
    },
    refuse: (next) => {
      refusal = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Whether these bytes of a client begin a statement: the packet that is first in its exchange says so. */
function beginsStatement(data: Buffer): boolean {
  return data.length > HEADER_BYTES && data[3] === 0 && data[HEADER_BYTES] === COM_QUERY;
}

function errorPacket({ errno, sqlState, message }: Refusal): Buffer {
  const body = Buffer.from(`\u0000\u0000\u0000#${sqlState}${message}`, 'utf8');
  body.writeUInt8(0xff, 0);
  body.writeUInt16LE(errno, 1);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntLE(body.length, 0, 3);
  header.writeUInt8(1, 3);
  return Buffer.concat([header, body]);
}
