import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { AdminServiceClient } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceClient } from '../gen/latchkey/v1/feature_service.js';
import { SetFlagRequest } from '../gen/latchkey/v1/flag.js';
import { CreateWebhookRequest } from '../gen/latchkey/v1/webhook.js';
import { until } from '../timing.js';
import { openReceiver, type Receiver } from '../use-cases/stands/webhook-receiver.js';
import { type LatchkeyProcess, startLatchkey } from './latchkey-process.js';

let directory: string;
let receiver: Receiver;
const running: LatchkeyProcess[] = [];
/** The first life of the process gets no answers. */
const answers: { status: 200 | 'answered' } = { status: 'answered' };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'latchkey-embedded-webhooks-'));
  receiver = await openReceiver(() => answers.status);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.end('SIGKILL')));
  await receiver.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<LatchkeyProcess> {
  const server = await startLatchkey({
    ...{ DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`, DATA_DIR: directory, LOG_LEVEL: 'warn' },
    ...{ WEBHOOKS_ALLOW_HTTP: 'true', WEBHOOKS_ALLOW_PRIVATE: 'true' },
  });
  running.push(server);
  return server;
}

/** Calls with the admin token. */
function metadata(): Metadata {
  const made = new Metadata();
  made.set('authorization', `Bearer ${readFileSync(join(directory, 'admin-token'), 'utf8').trim()}`);
  return made;
}

async function createWebhook({ grpcAddress }: LatchkeyProcess): Promise<void> {
  const client = new AdminServiceClient(grpcAddress, credentials.createInsecure());
  const types = ['dev.latchkey.flag.changed'];
  const request = CreateWebhookRequest.fromPartial({ webhook: { url: receiver.url, types } });
  await new Promise<void>((resolve, reject) => {
    client.createWebhook(request, metadata(), (error) => (error ? reject(error) : resolve()));
  });
  client.close();
}

async function createFlags({ grpcAddress }: LatchkeyProcess, keys: readonly string[]): Promise<void> {
  const client = new FeatureServiceClient(grpcAddress, credentials.createInsecure());
  for (const key of keys) {
    await new Promise<void>((resolve, reject) => {
      const request = SetFlagRequest.fromPartial({ flag: { key } });
      client.setFlag(request, metadata(), (error) => (error ? reject(error) : resolve()));
    });
  }
  client.close();
}

it('an embedded process that is killed while it delivers has lost nothing when it is started again', async () => {
  let server = await start();
  await createWebhook(server);
  const keys = Array.from({ length: 10 }, (_, n) => `flag-${n}`);
  await createFlags(server, keys);
  // Four are under way, and the others wait in memory, or have not even been shared out.
  await until(() => receiver.received.length >= 4);
  await server.end('SIGKILL');

  answers.status = 200;
  const before = receiver.received.map(({ event }) => event.id);
  server = await start();
  const after = () => receiver.received.slice(before.length);
  await until(() => new Set(after().map(({ event }) => event.subject)).size === keys.length, 60_000);
  expect(new Set(after().map(({ event }) => event.subject))).toEqual(new Set(keys));
  expect(after().map(({ event }) => event.id)).toEqual(expect.arrayContaining(before));
  expect(await server.end('SIGTERM')).toBe(0);
}, 180_000);
