import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsoleServer, startConsoleServer } from '../../console/stand/console-server.js';
import { findFreePort } from '../../servers/server-process.js';
import type { ClientOptions } from './client-driver.js';
import { seedClientFlags } from './client-flags.js';

const ADMIN_TOKEN = 'latchkey_the-token-of-the-tests-of-the-clients';
export const JWT_SECRET = 'the-secret-by-which-the-tests-of-clients-sign';

export interface ClientsServer extends ConsoleServer {
  readonly flagdAddress: string;
  /** A token of scope `evaluate`. */
  readonly evaluateToken: string;
  /** What a client of any language is told; `cache` and more are added. */
  readonly clientOptions: ClientOptions;
}

/** The real server as a process of its own, with all doors for OpenFeature's clients open and the flags of the matrix made. */
export async function startClientsServer(environment: Record<string, string> = {}): Promise<ClientsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-clients-'));
  const tokenFile = join(folder, 'token');
  const flagdPort = await findFreePort();
  // Clients that can send nothing are known by the listener: it is given the admin token, and uses of it only the right to evaluate.
  await writeFile(tokenFile, ADMIN_TOKEN, { mode: 0o600 });
  const server = await startConsoleServer({
    ...{
      FLAGD_ADDR: `127.0.0.1:${flagdPort}`,
      FLAGD_TOKEN_FILE: tokenFile,
      JWT_SECRET,
      JWT_PLATFORM_CLAIM: 'platform',
    },
    ...{ JWT_PLATFORM_VALUE: 'yes', LATCHKEY_ADMIN_TOKEN: ADMIN_TOKEN, ...environment },
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  await seedClientFlags(server);
  const made = (await server.admin('POST', '/api/admin/tokens', { name: 'clients', scopes: ['evaluate'] })) as {
    readonly secret: string;
  };
  return {
    ...server,
    flagdAddress: `127.0.0.1:${flagdPort}`,
    evaluateToken: made.secret,
    clientOptions: {
      ...{ host: '127.0.0.1', flagdPort, httpPort: Number(new URL(server.origin).port), httpUrl: server.origin },
      ...{ token: made.secret, cache: false },
    },
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The variables by which the programs of the pages in `docs/clients/` know where the server is, and who they are. */
export function variablesOf({ clientOptions }: ClientsServer): Record<string, string> {
  const { host, flagdPort, httpPort, httpUrl, token } = clientOptions;
  return {
    ...{ LATCHKEY_URL: httpUrl, LATCHKEY_TOKEN: token, LATCHKEY_HOST: host, LATCHKEY_PORT: String(httpPort) },
    ...{ FLAGD_HOST: host, FLAGD_PORT: String(flagdPort) },
  };
}
