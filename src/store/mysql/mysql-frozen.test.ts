import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb-server.js';
import { busy } from '../../../test/timing.js';
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
        await freeze(server.pid);
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
      expect(performance.now() - start).toBeLessThan(busy(2000));
    } finally {
      await store.close();
    }
  });
});

/** Resolves when every thread has stopped: one that has not yet may still carry out a statement. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  for (;;) {
    const threads = await readdir(`/proc/${pid}/task`);
    const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
    if (stats.every((stat) => /^\d+ \(.*\) [Tt] /.test(stat))) return;
    await sleep(1);
  }
}
