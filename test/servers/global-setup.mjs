/**
 * Jest calls this once before all tests: one MariaDB and one Redis for the whole run, named to the tests by environment.
 * Where TEST_DATABASE_URL or TEST_REDIS_URL is set already, that server is used and left running.
 */
import './typescript.mjs';
import { makeScratchFolder } from './scratch-folder.mjs';

export default async function startSharedServers() {
  const { startMariadb } = await import('./mariadb-server.ts');
  const { startRedis } = await import('./redis-server.ts');
  const started = [{ stop: makeScratchFolder() }];
  globalThis.latchkeyTestServers = started;
  if (!process.env.TEST_DATABASE_URL) {
    const mariadb = await startMariadb();
    started.push(mariadb);
    process.env.TEST_DATABASE_URL = mariadb.url;
  }
  if (!process.env.TEST_REDIS_URL) {
    const redis = await startRedis();
    started.push(redis);
    process.env.TEST_REDIS_URL = redis.url;
  }
}
