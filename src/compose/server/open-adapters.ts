import type { Config } from '../../config/config.js';
import { ConfigError } from '../../config/environment.js';
import { openLocalNotifier } from '../../notify/local/local-notifier.js';
import type { Notifier } from '../../notify/notifier.js';
import { openRedisNotifier } from '../../notify/redis/redis-notifier.js';
import type { Logger } from '../../observability/logger.js';
import { openBullmqDeliveryQueue } from '../../queue/bullmq/bullmq-delivery-queue.js';
import { openBullmqEventIntake } from '../../queue/bullmq/bullmq-event-intake.js';
import { openBullmqWorkQueue } from '../../queue/bullmq/bullmq-work-queue.js';
import type { DeliveryQueue } from '../../queue/delivery-queue.js';
import { openEmbeddedDeliveryQueue } from '../../queue/embedded/embedded-delivery-queue.js';
import { openEmbeddedWorkQueue } from '../../queue/embedded/embedded-work-queue.js';
import type { EventIntakeQueue, WorkQueue } from '../../queue/queue.js';
import { migrateMysql } from '../../store/mysql/migrate-mysql.js';
import { openMysqlStore } from '../../store/mysql/mysql-store.js';
import type { MigrationReport } from '../../store/sql/schema/migrate.js';
import type { SqlStore } from '../../store/sql/sql-store.js';
import { migrateSqlite } from '../../store/sqlite/migrate-sqlite.js';
import { serveAlone } from '../../store/sqlite/serve-alone.js';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.js';

type Database = Config['database'];

/** Brings the database's schema up to this release. */
export async function migrate(database: Database): Promise<MigrationReport> {
  return database.kind === 'mysql' ? migrateMysql({ url: database.url }) : migrateSqlite({ path: database.path });
}

export interface OpenStoreOptions {
  readonly onPoolWait: (waitedMs: number) => void;
  readonly dropProperties: boolean;
}

/** Opens the store. An embedded one is migrated first; another one's schema is checked when the store can be reached. */
export async function openStore(database: Database, options: OpenStoreOptions): Promise<SqlStore> {
  if (database.kind === 'sqlite') {
    await migrate(database);
    return openSqliteStore({ path: database.path, ...options });
  }
  return openMysqlStore({ url: database.url, poolSize: database.poolSize, checkSchema: false, ...options });
}

/** Reserves an embedded database for this server; gives the function that releases it. MySQL may serve any number of servers. */
export function takeStore(database: Database): () => void {
  if (database.kind === 'mysql') return () => undefined;
  try {
    return serveAlone(database.path);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

/** Opens the notifier: on Redis where there is one, else for this process alone. */
export function openNotifier({ redisUrl, redisPrefix: prefix }: Config, logger: Logger): Promise<Notifier> {
  const onError = (error: unknown): void => logger.warn({ err: error }, 'the notifier');
  return redisUrl === undefined
    ? Promise.resolve(openLocalNotifier({ onError }))
    : openRedisNotifier({ redisUrl, prefix, onError });
}

/** Opens the work queue, likewise. */
export function openWorkQueue(
  { redisUrl, redisPrefix: prefix }: Config,
  logger: Logger,
): Promise<WorkQueue> | WorkQueue {
  if (redisUrl === undefined) return openEmbeddedWorkQueue();
  return openBullmqWorkQueue({ redisUrl, prefix, onError: (error) => logger.warn({ err: error }, 'the queue') });
}

/** Opens the delivery queue, likewise. */
export function openDeliveryQueue(
  { redisUrl, redisPrefix: prefix }: Config,
  logger: Logger,
): Promise<DeliveryQueue> | DeliveryQueue {
  if (redisUrl === undefined) return openEmbeddedDeliveryQueue();
  return openBullmqDeliveryQueue({
    redisUrl,
    prefix,
    onError: (error) => logger.warn({ err: error }, 'the delivery queue'),
  });
}

/** Opens the intake of events by the queue; undefined without Redis, or where it is switched off. */
export function openEventIntake(
  { redisUrl, redisPrefix: prefix, queueIntake }: Config,
  logger: Logger,
): EventIntakeQueue | undefined {
  if (redisUrl === undefined || !queueIntake) return undefined;
  return openBullmqEventIntake({
    redisUrl,
    prefix,
    onError: (error) => logger.warn({ err: error }, 'the event queue'),
  });
}
