import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../src/compose/server/open-adapters.js';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { type MariadbServer, startMariadb } from '../servers/mariadb-server.js';
import { until } from '../timing.js';
import { describeOnMariadb } from './stands/engines.js';
import { latching, OPERATOR, verified } from './stands/use-case-stand.js';

async function onServer({ adminUrl }: MariadbServer, statement: string): Promise<void> {
  const connection = await createConnection(adminUrl);
  await connection.query(statement);
  await connection.end();
}

const readiness = async (server: RunningServer): Promise<string> => {
  const answer = await fetch(`http://${server.httpAddress}/readyz`);
  return ((await answer.json()) as { readonly status: string }).status;
};

const identify = ({ composed }: RunningServer, userId: string) =>
  composed.services.users.identify(OPERATOR, { userId, emailVerified: true });

const reasonOf = async ({ composed }: RunningServer, userId: string, consistencyToken = ''): Promise<string> => {
  const asked = { userId, context: {}, flagKey: 'once', consistencyToken, full: false };
  return (await composed.services.evaluation.evaluate(OPERATOR, asked)).decision.reason;
};

describeOnMariadb('a server on a replica of the database', (engine) => {
  let primary: MariadbServer;
  let replica: MariadbServer;
  let writer: RunningServer;
  let reader: RunningServer;

  beforeAll(async () => {
    [primary, replica] = await Promise.all([startMariadb({ replicatesAs: 1 }), startMariadb({ replicatesAs: 2 })]);
    const from = `master_host = '127.0.0.1', master_port = ${primary.port}, master_user = 'admin', master_password = 'admin'`;
    await onServer(replica, `CHANGE MASTER TO ${from}, master_use_gtid = slave_pos`);
    await onServer(replica, 'START SLAVE');
    await onServer(replica, 'SET GLOBAL read_only = 1');
    await migrate({ kind: 'mysql', url: primary.url, poolSize: 2 });
    writer = await engine.start({ DATABASE_URL: primary.url, ROLES: 'rest,worker' });
    await writer.composed.services.flags.set(OPERATOR, {
      ...{ keyOrId: 'once', mustExist: false, input: latching(verified), expectedVersion: undefined },
      ...{ onRuleChange: 'KEEP', comment: '', access: [], removeAccess: [] },
    });
    reader = await engine.start({ DATABASE_URL: replica.url, ROLES: 'grpc,rest' });
  }, 240_000);
  afterAll(async () => {
    await Promise.all([writer.stop(500), reader.stop(500)]);
    await Promise.all([primary.stop('SIGKILL'), replica.stop('SIGKILL')]);
  });

  it('decides, and takes no writes', async () => {
    await identify(writer, 'first');
    await until(async () => (await reasonOf(reader, 'first')) === 'UNLOCKED');
    await expect(identify(reader, 'second')).rejects.toThrow('the store');
    await until(async () => (await readiness(reader)) === 'degraded');
    await until(async () => (await readiness(writer)) === 'ready');
  }, 120_000);

  it('answers a token when the replica has come to it and no earlier, and takes what is behind for nothing lost', async () => {
    const epoch = await reader.composed.epoch.current();
    await onServer(replica, 'STOP SLAVE SQL_THREAD');
    const { consistencyToken } = await identify(writer, 'third');
    expect(await reasonOf(writer, 'third', consistencyToken)).toBe('UNLOCKED');
    await expect(reasonOf(reader, 'third', consistencyToken)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await onServer(replica, 'START SLAVE SQL_THREAD');
    await until(async () => (await reasonOf(reader, 'third', consistencyToken).catch(() => '')) === 'UNLOCKED');
    expect(await reader.composed.epoch.refresh()).toBe(epoch);
  }, 120_000);

  it('takes writes as soon as the replica is the primary', async () => {
    await onServer(replica, 'STOP SLAVE');
    await onServer(replica, 'RESET SLAVE ALL');
    await onServer(replica, 'SET GLOBAL read_only = 0');
    await until(async () => (await readiness(reader)) === 'ready');
    const { consistencyToken } = await identify(reader, 'fourth');
    expect(await reasonOf(reader, 'fourth', consistencyToken)).toBe('UNLOCKED');
  }, 120_000);
});
