import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findFreePort,
  requireProgram,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.js';

const START_LIMIT_MS = 20_000;
const COMMAND_LIMIT_MS = 5_000;
const START_ATTEMPTS = 3;

export interface RedisOptions {
  /** Keep an append-only file, as a production queue should (default false: a restart comes back empty). */
  readonly appendOnly?: boolean;
}

export interface RedisServer {
  /** `redis://127.0.0.1:PORT`, without a database number. */
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number;
  /** Forgets everything, in every database. */
  flush(): Promise<void>;
  /** Ends it and leaves it down, its files kept; `restart` brings it back. */
  down(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it unless it is down (SIGKILL when that is given), and starts it again on the same port. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it for good and removes its files. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a Redis of one's own: a free port on 127.0.0.1, `noeviction`, files in a temporary folder. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const program = requireProgram('redis-server');
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-redis-'));
  try {
    const first = await startOnFreePort(program, folder, options);
    const port = first.port;
    let server = first.server;
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      get pid() {
        return server.pid;
      },
      flush: async () => {
        await redisCommand(port, 'FLUSHALL');
      },
      down: (signal) => server.stop(signal),
      restart: async (signal) => {
        await server.stop(signal);
        server = await start(program, folder, port, options);
      },
      stop: async (signal) => {
        await server.stop(signal);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Sends one inline command and resolves with the reply as Redis wrote it. Rejects on an error reply or after 5 s. */
export function redisCommand(port: number, command: string, database = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = '';
    socket.setTimeout(COMMAND_LIMIT_MS, () => socket.destroy(new Error(`Redis did not answer ${command}`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`Redis closed the connection at ${command}`)));
    socket.once('connect', () => socket.write(`SELECT ${database}\r\n${command}\r\n`));
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
      const replies = received.split('\r\n').slice(0, -1);
      const failed = replies.find((reply) => reply.startsWith('-'));
      if (failed !== undefined) {
        reject(new Error(`${command}: ${failed.slice(1)}`));
        socket.destroy();
      } else if (replies.length > 1) {
        resolve(replies[1] ?? '');
        socket.destroy();
      }
    });
  });
}

async function startOnFreePort(
  program: string,
  folder: string,
  options: RedisOptions,
): Promise<{ server: ServerProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      return { server: await start(program, folder, port, options), port };
    } catch (error) {
      if (attempt === START_ATTEMPTS || !/address already in use/i.test(String(error))) {
        throw error;
      }
    }
  }
}

async function start(program: string, folder: string, port: number, options: RedisOptions): Promise<ServerProcess> {
  const server = startServerProcess(program, [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
    ...['--save', '', '--appendonly', options.appendOnly === true ? 'yes' : 'no'],
    ...['--maxmemory-policy', 'noeviction', '--databases', '1024', '--daemonize', 'no'],
  ]);
  await waitUntilReady(server, {
    name: 'redis-server',
    limitMs: START_LIMIT_MS,
    isReady: async () => {
      const reply = await redisCommand(port, 'PING').catch(() => '');
      return reply === '+PONG';
    },
  });
  return server;
}
