import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call } from '../calls/caller.js';
import { type RunningNode, startNode } from '../compose/start-node.js';
import { type Config, readConfig } from '../config/config.js';
import { createLogger } from '../observability/logger.js';
import type { ServiceSet } from '../services/service-set.js';
import type { Store } from '../store/store.js';

export interface EmbeddedLatchkey {
  readonly node: RunningNode;
  readonly services: ServiceSet;
  readonly store: Store;
  /** The bootstrap admin token. */
  readonly adminSecret: string;
  /** HOST:PORT; '' without that role. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  /** A call of an operator, for services called directly. */
  readonly operator: Call;
  close(): Promise<void>;
}

/** A whole Latchkey in this process on a SQLite file of its own; `environment` adds to the settings. */
export async function startEmbedded(environment: Record<string, string> = {}): Promise<EmbeddedLatchkey> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'));
  const config: Config = readConfig({
    DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`,
    DATA_DIR: directory,
    GRPC_ADDR: '127.0.0.1:0',
    HTTP_ADDR: '127.0.0.1:0',
    LOG_LEVEL: 'silent',
    ...environment,
  });
  const node = await startNode(config, createLogger(config.logLevel)).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  const { services, store } = node.composed;
  return {
    node,
    services,
    store,
    adminSecret: node.adminSecret,
    grpcAddress: node.grpcAddress ?? '',
    httpAddress: node.httpAddress ?? '',
    operator: {
      caller: { kind: 'machine', tokenId: 'test', scopes: new Set(['admin']), organizationId: '' },
      requestId: 'test',
    },
    async close() {
      await node.stop(1_000);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
