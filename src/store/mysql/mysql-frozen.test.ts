import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb-server.js';
import { StoreUnavailable } from '../store.js';
import { sampleEvent, unique } from '../testing/samples.js';
import { migrateMysql } from './migrate-mysql.js';
import { openMysqlStore } from './mysql-store.js';

let server: MariadbServer;

beforeAll(async () => {
  server = await startMariadb();
});

afterAll(() => server.stop());

describe('a database server that hangs', () => {
  it('is unavailable within the statements’ time, inside a transaction too, and is used again when it answers', async () => {
    await migrateMysql(server);
    const store = await openMysqlStore({ url: server.url, statementTimeoutMs: 300, acquireTimeoutMs: 300 });
    try {
      await store.inbox.append([sampleEvent()]);
      const id = unique('user');
      const interrupted = store.transaction(async (tx) => {
        await tx.users.lock([id]);
        process.kill(server.pid, 'SIGSTOP');
        await tx.users.advance([id]);
      });
      await expect(interrupted).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.inbox.append([sampleEvent()])).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.states.users([id])).rejects.toBeInstanceOf(StoreUnavailable);
      process.kill(server.pid, 'SIGCONT');
      expect(await store.inbox.append([sampleEvent()])).toEqual([true]);
      expect((await store.states.users([id])).get(id)?.revision).toBe(0);
    } finally {
      process.kill(server.pid, 'SIGCONT');
      await store.close();
    }
  });

  it('is unavailable when it is gone, at once', async () => {
    const store = await openMysqlStore({ url: server.url });
    try {
      await server.stop('SIGKILL');
      const start = performance.now();
      await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.transaction((tx) => tx.now())).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(openMysqlStore({ url: server.url })).rejects.toBeInstanceOf(StoreUnavailable);
      expect(performance.now() - start).toBeLessThan(2000);
    } finally {
      await store.close();
    }
  });
});
