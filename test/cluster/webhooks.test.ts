import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { AdminServiceClient } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceClient } from '../gen/latchkey/v1/feature_service.js';
import { Rule_Policy, SetFlagRequest } from '../gen/latchkey/v1/flag.js';
import { CreateWebhookRequest, type CreateWebhookResponse } from '../gen/latchkey/v1/webhook.js';
import { startRedis } from '../servers/redis-server.js';
import { createDatabase, type TestDatabase } from '../servers/test-servers.js';
import { pause, until } from '../timing.js';
import { isSignedBy, openReceiver, type Receiver } from '../use-cases/stands/webhook-receiver.js';
import { type LatchkeyProcess, migrateDatabase, startLatchkey } from './latchkey-process.js';

const USERS = 500;
const PER_CALL = 10;
/** How many workers die while unlocks are on their way, at least: the sending waits for them. */
const KILLS = 4;
const TOKEN = 'the-admin-token-of-this-test';
const UNLOCKED = 'dev.latchkey.unlocked';
/** Long enough that whoever is killed is killed with attempts under way. */
const ANSWER_MS = 150;

let database: TestDatabase;
let redis: Awaited<ReturnType<typeof startRedis>>;
let sql: Connection;
let directory: string;
let server: LatchkeyProcess;
let workers: LatchkeyProcess[] = [];
let receiver: Receiver;

const settings = (roles: string): Record<string, string> => ({
  DATABASE_URL: database.url,
  REDIS_URL: redis.url,
  DATA_DIR: directory,
  LATCHKEY_ADMIN_TOKEN: TOKEN,
  LOG_LEVEL: 'warn',
  ROLES: roles,
  WEBHOOKS_ALLOW_HTTP: 'true',
  WEBHOOKS_ALLOW_PRIVATE: 'true',
});

beforeAll(async () => {
  database = await createDatabase();
  redis = await startRedis();
  directory = mkdtempSync(join(tmpdir(), 'latchkey-webhooks-'));
  sql = await createConnection({ uri: database.url });
  migrateDatabase(database.url);
  receiver = await openReceiver((n, response) => {
    // Slow, and now and then broken.
    setTimeout(() => response.writeHead(n % 25 === 24 ? 503 : 200).end(), ANSWER_MS);
    return 'answered';
  });
  server = await startLatchkey(settings('grpc,rest'));
  workers = await Promise.all([startLatchkey(settings('worker')), startLatchkey(settings('worker'))]);
}, 120_000);

afterAll(async () => {
  await Promise.all([server, ...workers].map((server) => server?.end('SIGKILL')));
  await receiver.close();
  await sql.end();
  await redis.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

describe('webhooks of workers that are killed again and again', () => {
  it('tell of every unlock at least once, each under one id', async () => {
    const secret = await createWebhook();
    await setFlag();
    const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
    const disturbance = disturb();
    for (let n = 0; n < USERS; n += PER_CALL) {
      if (n === USERS / 2) await redis.flush();
      await until(() => disturbance.kills() >= Math.floor((n * KILLS) / USERS), 60_000);
      await send(users.slice(n, n + PER_CALL));
      await pause(100);
    }
    await until(
      async () => (await count("SELECT COUNT(*) AS n FROM unlocks WHERE kind = 'unlocked'")) === USERS,
      60_000,
    );
    await disturbance.stop();
    const unfinished = "SELECT COUNT(*) AS n FROM deliveries WHERE state <> 'delivered'";
    await until(async () => (await count('SELECT COUNT(*) AS n FROM outbound_events')) === 0, 60_000);
    await until(async () => (await count(unfinished)) === 0, 90_000);

    const idsOf = new Map<string, Set<string>>();
    for (const { event } of receiver.received)
      idsOf.set(event.subject, (idsOf.get(event.subject) ?? new Set()).add(event.id));
    expect(new Set(idsOf.keys())).toEqual(new Set(users));
    expect([...idsOf.values()].filter(({ size }) => size !== 1)).toEqual([]);
    expect(receiver.received.every(({ event }) => event.type === UNLOCKED)).toBe(true);
    expect(receiver.received.every((one) => isSignedBy(secret, one))).toBe(true);
    expect(await count('SELECT COUNT(*) AS n FROM deliveries')).toBe(USERS);
  }, 480_000);

  it('end with their process, on SIGTERM, with 0', async () => {
    const codes = await Promise.all([server, ...workers].map((server) => server.end('SIGTERM')));
    expect(codes).toEqual([0, 0, 0]);
  }, 60_000);
});

/** Kills a worker every half second or so, by turns, and starts another in its place. */
function disturb(): { kills(): number; stop(): Promise<void> } {
  let stopped = false;
  let kills = 0;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await pause(500);
      const victim = kills % workers.length;
      await workers[victim]!.end('SIGKILL');
      kills++;
      workers[victim] = await startLatchkey(settings('worker'));
    }
  };
  const done = loop();
  return {
    kills: () => kills,
    async stop() {
      stopped = true;
      await done;
    },
  };
}

async function count(text: string): Promise<number> {
  const [rows] = await sql.query<RowDataPacket[]>(text);
  return Number(rows[0]!.n);
}

async function createWebhook(): Promise<string> {
  const client = new AdminServiceClient(server.grpcAddress, credentials.createInsecure());
  const request = CreateWebhookRequest.fromPartial({ webhook: { url: receiver.url, types: [UNLOCKED] } });
  const { secret } = await new Promise<CreateWebhookResponse>((resolve, reject) => {
    client.createWebhook(request, bearer(), (error: ServiceError | null, response: CreateWebhookResponse) =>
      error ? reject(error) : resolve(response),
    );
  });
  client.close();
  return secret;
}

async function setFlag(): Promise<void> {
  const conditions = {
    all: [{ fact: 'actionCount', params: { action: 'saved' }, operator: 'greaterThanInclusive', value: 1 }],
  };
  const client = new FeatureServiceClient(server.grpcAddress, credentials.createInsecure());
  const request = SetFlagRequest.fromPartial({
    flag: { key: 'saver', rules: [{ conditions, policy: Rule_Policy.LATCHING }] },
  });
  await new Promise<void>((resolve, reject) => {
    client.setFlag(request, bearer(), (error) => (error ? reject(error) : resolve()));
  });
  client.close();
}

function bearer(): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${TOKEN}`);
  return metadata;
}

async function send(users: readonly string[]): Promise<void> {
  const response = await fetch(`http://${server.httpAddress}/api/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(users.map((userId) => ({ id: userId, source: 'cluster', user_id: userId, action: 'saved' }))),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}
