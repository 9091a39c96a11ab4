import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_SERVER, build } from '../../servers/built.js';
import { findFreePort, type ServerProcess, startServerProcess, waitUntilReady } from '../../servers/server-process.js';
import { pause } from '../../timing.js';

const ADMIN_TOKEN = 'the-token-of-the-tests-of-the-console';
const ATTEMPTS = 20;

export interface ConsoleServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** `127.0.0.1:PORT`. */
  readonly grpcAddress: string;
  /** What all paths begin with; '' for nothing. */
  readonly basePath: string;
  readonly adminToken: string;
  /** The SQLite file. */
  readonly databasePath: string;
  /** Calls the administration with the admin token; rejects where it is refused. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Begins a session of the admin token's, as the form does; gives its cookie. */
  session(): Promise<{ readonly name: string; readonly value: string }>;
  /** Ends the process, or starts it again on the same store and the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The real server as a process of its own with the built console, on a SQLite file of its own; `environment` adds to the settings. */
export async function startConsoleServer(
  environment: Record<string, string> = {},
  ...programArguments: readonly string[]
): Promise<ConsoleServer> {
  build();
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-console-'));
  const databasePath = join(directory, 'latchkey.db');
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const { HTTP_BASE_PATH: basePath = '', LATCHKEY_ADMIN_TOKEN: adminToken = ADMIN_TOKEN } = environment;
  const grpcAddress = `127.0.0.1:${await findFreePort()}`;
  const settings = {
    DATABASE_URL: `sqlite:${databasePath}`,
    DATA_DIR: directory,
    GRPC_ADDR: grpcAddress,
    HTTP_ADDR: `127.0.0.1:${port}`,
    LATCHKEY_ADMIN_TOKEN: adminToken,
    LATCHKEY_SECRET: 'the-secret-of-all-servers-of-these-tests',
    LOG_LEVEL: 'error',
    SIGN_INS_PER_MINUTE: '0',
    ...environment,
  };
  let server: ServerProcess | undefined;
  const start = async (): Promise<void> => {
    const assigned = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const command = [process.execPath, BUILT_SERVER, 'serve', ...programArguments];
    server = startServerProcess('/usr/bin/env', [...assigned, ...command]);
    await waitUntilReady(server, {
      name: 'latchkey',
      limitMs: 60_000,
      isReady: () =>
        fetch(`${origin}${basePath}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
    });
  };
  const stop = async (): Promise<void> => {
    await server?.stop();
    server = undefined;
  };
  await start();
  const bearer = { authorization: `Bearer ${adminToken}` };
  return {
    ...{ origin, grpcAddress, basePath, adminToken, databasePath, start, stop },
    async admin(method, path, body) {
      const json = { 'content-type': 'application/json' };
      const given = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...bearer, ...json } };
      for (let attempt = 1; ; attempt += 1) {
        const response = await fetch(`${origin}${basePath}${path}`, { method, headers: bearer, ...given });
        const text = await response.text();
        if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
        // What the store was too late for is asked again, as clients do.
        if (response.status !== 503 || attempt === ATTEMPTS)
          throw new Error(`${method} ${path}: ${response.status} ${text}`);
        await pause(200);
      }
    },
    async session() {
      const response = await fetch(`${origin}${basePath}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-latchkey-console': '1', origin },
        body: JSON.stringify({ token: adminToken }),
      });
      const [cookie = ''] = response.headers.getSetCookie();
      const [, name, value] = /^([^=]+)=([^;]+)/.exec(cookie) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no session: ${response.status}`);
      return { name, value };
    },
    async close() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
