import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import { askOf } from '../rest/testing/rest-stand.js';
import { type EmbeddedLatchkey, startEmbedded } from '../testing/embedded-latchkey.js';

let latchkey: EmbeddedLatchkey;
beforeAll(async () => {
  latchkey = await startEmbedded({ ROLES: 'grpc,rest' });
});
afterAll(() => latchkey.close());

/** The value of one sample, as a scrape at the address of operations reads it. */
async function sample(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined> {
  const { text } = await askOf(`http://${latchkey.server.opsAddress}`, '/metrics');
  const line = text.split('\n').find((each) => {
    return (
      each.startsWith(`${name}{`) && Object.entries(labels).every(([key, value]) => each.includes(`${key}="${value}"`))
    );
  });
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

const requests = (door: string, operation: string, code: string) =>
  sample('latchkey_request_duration_seconds_count', { door, operation, code });

it('tells requests and their outcome by the door that they came by', async () => {
  const origin = `http://${latchkey.httpAddress}`;
  await askOf(origin, '/api/admin/flags', { token: latchkey.adminSecret });
  await askOf(origin, '/api/feature-flags/');
  await askOf(origin, '/api/session');
  await askOf(origin, '/none');
  await askOf(origin, '/healthz');
  expect(await requests('admin', 'GET /api/admin/flags', '200')).toBe(1);
  expect(await requests('rest', 'GET /api/feature-flags/', '401')).toBe(1);
  expect(await requests('console', 'GET /api/session', '401')).toBe(1);
  expect(await requests('rest', 'GET ', '404')).toBe(1);
  expect(await requests('operations', 'GET /healthz', '200')).toBe(1);
  expect(await sample('latchkey_failed_authentications_total', { door: 'console' })).toBe(1);
});

it('tells what is under way, and of that the streams, until they end', async () => {
  const stream = new AbortController();
  const headers = { authorization: `Bearer ${latchkey.adminSecret}` };
  const watched = await fetch(`http://${latchkey.httpAddress}/api/admin/stream`, { headers, signal: stream.signal });
  expect(watched.status).toBe(200);
  const client = new Client(latchkey.grpcAddress, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', headers.authorization);
  const asItIs = (bytes: Buffer): Buffer => bytes;
  const path = '/latchkey.v1.FeatureService/EvaluateStream';
  const call = client.makeBidiStreamRequest(path, asItIs, asItIs, metadata).on('error', () => undefined);
  call.resume();
  await until(async () => (await sample('latchkey_door_streams', { door: 'grpc' })) === 1);
  for (const door of ['grpc', 'admin']) {
    expect(await sample('latchkey_door_streams', { door })).toBe(1);
    expect(await sample('latchkey_requests_in_flight', { door })).toBe(1);
  }
  call.cancel();
  client.close();
  stream.abort();
  for (const door of ['grpc', 'admin']) {
    await until(async () => (await sample('latchkey_requests_in_flight', { door })) === 0);
    expect(await sample('latchkey_door_streams', { door })).toBe(0);
  }
  // The scrape itself is under way.
  expect(await sample('latchkey_requests_in_flight', { door: 'operations' })).toBe(1);
});
