import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { rpcsOf } from '../../src/grpc/testing/door-stand.js';
import { FeatureServiceClient, FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';
import { Rule_Policy } from '../gen/latchkey/v1/flag.js';
import { type RedisServer, startRedis } from '../servers/redis-server.js';
import { until } from '../timing.js';
import { type CuttableProxy, startCuttableProxy } from './stands/cuttable-proxy.js';
import { describeOnEachEngine, type Engine } from './stands/engines.js';

type Rpcs = ReturnType<typeof rpcsOf<FeatureServiceDefinition>>;

/** A server with both doors, as callers see it. */
interface Server {
  readonly server: RunningServer;
  readonly rpc: Rpcs;
}

interface Ask {
  readonly userId: string;
  readonly flagKey: string;
  readonly token: string;
}

/** What a write answered: the flags that it says it has unlocked for the user, and its token. */
interface Written {
  readonly newlyUnlocked: readonly string[];
  readonly token: string;
}

interface Write {
  readonly name: string;
  readonly flagKey: string;
  /** Done by a worker, which is told by itself, whoever took it in. */
  readonly byWorker?: true;
  readonly write: (rpc: Rpcs, userId: string) => Promise<Written>;
}

const clients: FeatureServiceClient[] = [];

async function serverOf(starting: Promise<RunningServer>): Promise<Server> {
  const server = await starting;
  const client = new FeatureServiceClient(server.grpcAddress!, credentials.createInsecure());
  clients.push(client);
  return { server, rpc: rpcsOf(client, FeatureServiceDefinition, server.adminSecret) };
}

async function rest({ server }: Server, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`http://${server.httpAddress}${path}`, {
    headers: { authorization: `Bearer ${server.adminSecret}`, ...headers },
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

type Read = (server: Server, ask: Ask) => Promise<boolean | undefined>;

/** Reads, and asks again while the store does not answer in time, as it may not on a busy machine. */
async function answerOf(read: Read, server: Server, ask: Ask): Promise<boolean | undefined> {
  let answer: boolean | undefined;
  await until(async () => {
    try {
      answer = await read(server, ask);
      return true;
    } catch (error) {
      if (/UNAVAILABLE|503/.test(String(error))) return false;
      throw error;
    }
  });
  return answer;
}

/** Every way to ask whether a flag is on for a user. */
const READS: Readonly<Record<string, Read>> = {
  Evaluate: async ({ rpc }, { userId, flagKey, token }) =>
    (await rpc.evaluate({ flagKey, context: { userId }, consistencyToken: token })).enabled,
  BatchEvaluate: async ({ rpc }, { userId, flagKey, token }) => {
    const asked = { contexts: [{ userId }], flagKeys: [flagKey], consistencyToken: token };
    return (await rpc.batchEvaluate(asked)).results[0]?.decisions[0]?.enabled;
  },
  GetRequirements: async ({ rpc }, { userId, flagKey, token }) =>
    (await rpc.getRequirements({ userId, flagKey, consistencyToken: token })).decision?.enabled,
  ListRequirements: async ({ rpc }, { userId, flagKey, token }) => {
    const { requirements } = await rpc.listRequirements({ userId, consistencyToken: token });
    return requirements.find(({ decision }) => decision?.flagKey === flagKey)?.decision?.enabled;
  },
  'GET /api/feature-flags/': async (server, { userId, flagKey, token }) => {
    const query = new URLSearchParams({ user_id: userId, consistency_token: token });
    const { flags } = (await rest(server, `/api/feature-flags/?${query}`)) as { flags: { key: string }[] };
    return flags.some(({ key }) => key === flagKey);
  },
  'GET /api/feature-flags/:key/requirements': async (server, { userId, flagKey, token }) => {
    const path = `/api/feature-flags/${flagKey}/requirements?user_id=${userId}`;
    const told = (await rest(server, path, { 'consistency-token': token })) as { decision: { enabled: boolean } };
    return told.decision.enabled;
  },
};

const latching = (condition: object) => [{ policy: Rule_Policy.LATCHING, conditions: { all: [condition] } }];
const FLAGS = {
  granted: latching({ fact: 'stage', operator: 'equal', value: 'nowhere' }),
  verified: latching({ fact: 'emailVerified', operator: 'equal', value: true }),
  staged: latching({ fact: 'stage', operator: 'equal', value: 'there' }),
  counted: latching({ fact: 'actionCount', params: { action: 'a' }, operator: 'greaterThanInclusive', value: 2 }),
};

const WRITES: readonly Write[] = [
  {
    name: 'SetFlag',
    flagKey: 'granted',
    write: async (rpc, userId) => {
      const { newlyUnlocked, consistencyToken } = await rpc.setFlag({ flag: { key: 'granted' }, access: [{ userId }] });
      expect(newlyUnlocked.map((unlock) => unlock.userId)).toEqual([userId]);
      return { newlyUnlocked: newlyUnlocked.map(({ flagKey }) => flagKey), token: consistencyToken };
    },
  },
  {
    name: 'Identify',
    flagKey: 'verified',
    write: async (rpc, userId) => {
      const { newlyUnlocked, consistencyToken } = await rpc.identify({ userId, emailVerified: true });
      return { newlyUnlocked, token: consistencyToken };
    },
  },
  {
    name: 'UpdateProgress',
    flagKey: 'staged',
    write: async (rpc, userId) => {
      const { newlyUnlocked, consistencyToken } = await rpc.updateProgress({ userId, stage: 'there' });
      return { newlyUnlocked, token: consistencyToken };
    },
  },
  {
    name: 'Track that waits',
    flagKey: 'counted',
    byWorker: true,
    write: async (rpc, userId) => {
      const events = ['1', '2'].map((id) => ({ id, userId, action: 'a' }));
      const { accepted, newlyUnlocked, consistencyToken } = await rpc.track({ events, wait: true });
      expect(accepted).toBe(2);
      expect(newlyUnlocked.map((unlock) => unlock.userId)).toEqual([userId]);
      return { newlyUnlocked: newlyUnlocked.map(({ flagKey }) => flagKey), token: consistencyToken };
    },
  },
];

describeOnEachEngine('read your writes:', (engine) => {
  let withWorker: Server;
  let cut: Server;
  let stop: () => Promise<void> = () => Promise.resolve();

  beforeAll(async () => {
    ({ withWorker, cut, stop } = await startServers(engine));
  }, 120_000);
  afterAll(async () => {
    for (const client of clients.splice(0)) client.close();
    await stop();
  });

  describe.each(WRITES)('$name answers with what flipped and a token', ({ name, flagKey, write, byWorker }) => {
    const seen = async (writer: Server, reader: Server, prefix: string): Promise<void> => {
      await Promise.all(
        Object.entries(READS).map(async ([door, read], i) => {
          // A user for each: what one read has loaded would be there for the next.
          const userId = `${prefix}-${name.split(' ')[0]}-${i}`;
          expect([door, await answerOf(read, reader, { userId, flagKey, token: '' })]).toEqual([door, false]);
          const { newlyUnlocked, token } = await write(writer.rpc, userId);
          expect(newlyUnlocked).toEqual([flagKey]);
          expect(token).not.toBe('');
          if (writer !== reader && !(byWorker && reader === withWorker)) {
            expect([door, await answerOf(read, reader, { userId, flagKey, token: '' })]).toEqual([door, false]);
          }
          expect([door, await answerOf(read, reader, { userId, flagKey, token })]).toEqual([door, true]);
        }),
      );
    };

    it('that the same server honours', () => seen(withWorker, withWorker, 'same'), 30_000);

    if (engine.name === 'SQLite and the embedded queue') return;

    it('that a server honours which hears no notices', () => seen(withWorker, cut, 'to-cut'), 30_000);

    it('that the others honour of a server that tells nobody', () => seen(cut, withWorker, 'from-cut'), 30_000);
  });

  it('SetFlag’s token stands for the flag itself, too', async () => {
    for (const [i, [writer, reader]] of [[withWorker, cut] as const, [cut, withWorker] as const].entries()) {
      for (const [n, [door, read]] of Object.entries(READS).entries()) {
        const flagKey = `made-${i}-${n}`;
        const flag = {
          key: flagKey,
          rules: FLAGS.verified,
          isEnabledGlobally: true,
          prerequisites: [{ flagKey: 'base' }],
        };
        const { newlyUnlocked, consistencyToken: token } = await writer.rpc.setFlag({ flag });
        // Whom a flag concerns by itself, streams tell.
        expect(newlyUnlocked).toEqual([]);
        expect([door, await answerOf(read, reader, { userId: 'anybody', flagKey, token })]).toEqual([door, true]);
      }
    }
  });

  it('SetFlag tells of everything that rows flipped for their users, on and off', async () => {
    const { rpc } = withWorker;
    await rpc.setFlag({ flag: { key: 'follows', isEnabledGlobally: true, prerequisites: [{ flagKey: 'granted' }] } });
    const put = await rpc.setFlag({
      flag: { key: 'granted' },
      access: [{ userId: 'x' }, { userId: 'y' }, { role: 'r' }],
    });
    const both = ['x', 'y'].flatMap((userId) => ['follows', 'granted'].map((flagKey) => ({ userId, flagKey })));
    const sorted = <T extends { userId: string; flagKey: string }>(list: readonly T[]) =>
      list.toSorted((a, b) => (a.userId + a.flagKey < b.userId + b.flagKey ? -1 : 1));
    expect(sorted(put.newlyUnlocked)).toEqual(both);
    expect(put.newlyLocked).toEqual([]);
    const again = await rpc.setFlag({ flag: { key: 'granted' }, access: [{ userId: 'x' }] });
    expect([again.newlyUnlocked, again.newlyLocked]).toEqual([[], []]);
    const dropped = await rpc.setFlag({ flag: { key: 'granted' }, removeAccess: [{ userId: 'x' }, { userId: 'y' }] });
    expect(dropped.newlyUnlocked).toEqual([]);
    expect(sorted(dropped.newlyLocked)).toEqual(both);
  });
});

/** On MariaDB two servers, one of which neither tells nor hears anything; on SQLite one that is both. */
async function startServers(engine: Engine) {
  const roles = { ROLES: 'grpc,rest,worker' };
  const flags = async (server: Server) => {
    await server.rpc.setFlag({ flag: { key: 'base', isEnabledGlobally: true } });
    for (const [key, rules] of Object.entries(FLAGS)) await server.rpc.setFlag({ flag: { key, rules } });
  };
  if (engine.name === 'SQLite and the embedded queue') {
    const server = await serverOf(engine.start(roles));
    await flags(server);
    return { withWorker: server, cut: server, stop: () => Promise.resolve() };
  }
  const redis: RedisServer = await startRedis();
  const proxy: CuttableProxy = await startCuttableProxy(redis.port);
  const here = await serverOf(engine.start({ ...roles, REDIS_URL: redis.url }));
  const there = await serverOf(engine.start({ ROLES: 'grpc,rest', REDIS_URL: `redis://127.0.0.1:${proxy.port}` }));
  await flags(here);
  await until(() => there.server.composed.services.keeper.snapshot.flags.has('counted'));
  await proxy.cut();
  return {
    ...{ withWorker: here, cut: there },
    stop: async () => {
      await proxy.close();
      await redis.stop();
    },
  };
}
