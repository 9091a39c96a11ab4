import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import {
  findFreePort,
  requireProgram,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.js';

const START_LIMIT_MS = 60_000;
const START_ATTEMPTS = 3;

export interface MariadbOptions {
  /** `innodb_flush_log_at_trx_commit`: 1 is durable at commit, as in production (benches); 2, the default, is faster. */
  readonly flushLogAtCommit?: 0 | 1 | 2;
  /** Default 64 MiB, enough for tests. */
  readonly bufferPoolMib?: number;
  /** Writes a binary log, under this number among the servers that replicate from each other. */
  readonly replicatesAs?: number;
  /** PEM files to offer TLS with; it is offered and not demanded. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

export interface MariadbServer {
  /** `mysql://…` of an ordinary user who owns every database whose name begins with `latchkey`; names `latchkey`. */
  readonly url: string;
  /** Likewise, of a user who may do anything. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it and removes its files; by SIGKILL when that is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a MariaDB of one's own: InnoDB, a free port on 127.0.0.1, files in a temporary folder. Takes about a second. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const daemon = requireProgram('mariadbd');
  const installer = requireProgram('mariadb-install-db');
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-mariadb-'));
  try {
    await installDatabase(installer, folder);
    const { server, port } = await startDaemon(daemon, folder, options);
    return {
      url: urlOn(port),
      adminUrl: `mysql://admin:admin@127.0.0.1:${port}/latchkey`,
      port,
      pid: server.pid,
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

/** mariadbd refuses to run as root unless told that this is meant. */
function userArgs(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

function replicationArgs(serverId: number): string[] {
  return [`--server-id=${serverId}`, '--log-bin=binary', '--binlog-format=ROW', '--gtid-strict-mode=ON'];
}

function urlOn(port: number): string {
  return `mysql://latchkey:latchkey@127.0.0.1:${port}/latchkey`;
}

async function installDatabase(installer: string, folder: string): Promise<void> {
  await promisify(execFile)(installer, [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...userArgs(),
  ]);
  // An ordinary user: what needs more than its own databases fails here as it would for an operator.
  await writeFile(
    join(folder, 'init.sql'),
    [
      // Each server has these of its own; in the binary log they would meet those of others.
      'SET sql_log_bin = 0;',
      'CREATE DATABASE IF NOT EXISTS latchkey;',
      "CREATE USER IF NOT EXISTS latchkey@'127.0.0.1' IDENTIFIED BY 'latchkey';",
      "GRANT ALL PRIVILEGES ON `latchkey%`.* TO latchkey@'127.0.0.1';",
      "CREATE USER IF NOT EXISTS admin@'127.0.0.1' IDENTIFIED BY 'admin';",
      "GRANT ALL PRIVILEGES ON *.* TO admin@'127.0.0.1';",
      '',
    ].join('\n'),
  );
}

async function startDaemon(
  daemon: string,
  folder: string,
  options: MariadbOptions,
): Promise<{ server: ServerProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const server = startServerProcess(daemon, [
      '--no-defaults',
      ...userArgs(),
      `--datadir=${join(folder, 'data')}`,
      // Its own: a server that starts clears away whatever temporary tables it finds.
      `--tmpdir=${folder}`,
      `--socket=${join(folder, 'mariadb.sock')}`,
      `--pid-file=${join(folder, 'mariadb.pid')}`,
      `--init-file=${join(folder, 'init.sql')}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      '--default-storage-engine=InnoDB',
      '--character-set-server=utf8mb4',
      '--max-connections=500',
      `--innodb-flush-log-at-trx-commit=${options.flushLogAtCommit ?? 2}`,
      `--innodb-buffer-pool-size=${options.bufferPoolMib ?? 64}M`,
      '--innodb-log-file-size=64M',
      ...(options.replicatesAs === undefined ? ['--skip-log-bin'] : replicationArgs(options.replicatesAs)),
      ...(options.tls === undefined ? [] : [`--ssl-cert=${options.tls.certFile}`, `--ssl-key=${options.tls.keyFile}`]),
    ]);
    try {
      await waitUntilReady(server, { name: 'mariadbd', limitMs: START_LIMIT_MS, isReady: () => answers(urlOn(port)) });
      return { server, port };
    } catch (error) {
      // The port was free a moment ago; another process may have taken it since.
      if (attempt === START_ATTEMPTS || !/address already in use/i.test(server.output())) {
        throw error;
      }
    }
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await createConnection(url);
    await connection.query('SELECT 1');
    await connection.end();
    return true;
  } catch {
    return false;
  }
}
