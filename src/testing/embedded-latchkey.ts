import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import type { Call } from '../calls/caller.js';
import { STORE_ANSWERS_MS } from '../calls/consistency/store-answer.js';
import { openStore } from '../compose/server/open-adapters.js';
import { type RunningServer, startServerOn } from '../compose/server/start-server.js';
import { type Config, readConfig } from '../config/config.js';
import { createLogger } from '../observability/logger.js';
import type { ServiceSet } from '../services/service-set.js';
import type { Store } from '../store/store.js';

export interface EmbeddedLatchkey {
  readonly server: RunningServer;
  readonly services: ServiceSet;
  readonly store: Store;
  /** The SQLite file. */
  readonly databasePath: string;
  /** The bootstrap admin token. */
  readonly adminSecret: string;
  /** HOST:PORT; '' without that role. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  /** A call of an operator, for services called directly. */
  readonly operator: Call;
  close(): Promise<void>;
}

/** A whole Latchkey in this process on a SQLite file of its own; `environment` adds to the settings, `log` takes what it logs. */
export async function startEmbedded(
  environment: Record<string, string> = {},
  log?: DestinationStream,
): Promise<EmbeddedLatchkey> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'));
  const databasePath = join(directory, 'latchkey.db');
  const config: Config = readConfig({
    DATABASE_URL: `sqlite:${databasePath}`,
    DATA_DIR: directory,
    GRPC_ADDR: '127.0.0.1:0',
    HTTP_ADDR: '127.0.0.1:0',
    OPS_ADDR: '127.0.0.1:0',
    LOG_LEVEL: 'silent',
    ...environment,
  });
  const server = await startServerOn(openStore, {
    ...{ config, logger: createLogger(config.logLevel, log), onUnusable: () => undefined },
    // A busy machine's store may answer late, and a decision would be marked as stale.
    storeAnswersMs: 4 * STORE_ANSWERS_MS,
  }).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  const { services, store } = server.composed;
  return {
    server,
    services,
    store,
    databasePath,
    adminSecret: server.adminSecret,
    grpcAddress: server.grpcAddress ?? '',
    httpAddress: server.httpAddress ?? '',
    operator: {
      caller: { kind: 'machine', tokenId: 'test', scopes: new Set(['admin']), organizationId: '' },
      requestId: 'test',
    },
    async close() {
      await server.stop(1_000);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
