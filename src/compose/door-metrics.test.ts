import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectWire, type Events, grpcWire, type Wire } from '../../test/flagd/wires.js';
import { until } from '../../test/timing.js';
import { openEventSource } from '../../test/use-cases/stands/event-source.js';
import { readConfig } from '../config/config.js';
import { Metrics } from '../observability/metrics.js';
import { askOf } from '../rest/testing/rest-stand.js';
import { type EmbeddedLatchkey, startEmbedded } from '../testing/embedded-latchkey.js';
import { doorLimits } from './server/door-limits.js';

let latchkey: EmbeddedLatchkey;
beforeAll(async () => {
  latchkey = await startEmbedded({ ROLES: 'grpc,rest', FLAGD_ADDR: '127.0.0.1:0' });
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

describe('the doors of OpenFeature', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const FLAGS = '/ofrep/v1/evaluate/flags';
  const RESOLVE = '/flagd.evaluation.v2.Service/ResolveBoolean';
  const STREAM = '/flagd.evaluation.v2.Service/EventStream';
  let client: Client;
  /** The wires of flagd by the door that they come by. */
  let wires: Readonly<Record<'flagd' | 'connect', Wire>>;

  beforeAll(() => {
    client = new Client(latchkey.server.flagdAddress!, credentials.createInsecure());
    wires = { flagd: grpcWire(client), connect: connectWire(`http://${latchkey.httpAddress}`, 'proto') };
  });
  afterAll(() => client.close());

  it('have their requests, failures and durations told each under its own name', async () => {
    const origin = `http://${latchkey.httpAddress}`;
    const { adminSecret: token } = latchkey;
    const failed = (door: string) => sample('latchkey_failed_authentications_total', { door });
    const before = await Promise.all(['ofrep', 'connect', 'flagd'].map(async (door) => (await failed(door)) ?? 0));
    for (const [by, flag] of [
      [token, '/none'],
      [token, ''],
      ['latchkey_nobody', ''],
    ] as const)
      await askOf(origin, `${FLAGS}${flag}`, { token: by, body: {} });
    for (const wire of Object.values(wires)) {
      await wire.call('v2', 'ResolveBoolean', { flagKey: 'none' }, bearer(token));
      await wire.call('v2', 'ResolveAll', {}, bearer(token));
      await wire.call('v2', 'ResolveBoolean', {}, bearer('latchkey_nobody'));
    }
    const counted = [
      ...[['ofrep', `POST ${FLAGS}/:key`, '404'] as const, ['ofrep', `POST ${FLAGS}`, '200'] as const],
      ['ofrep', `POST ${FLAGS}`, '401'] as const,
      ...[['connect', `POST ${RESOLVE}`, '404'] as const, ['connect', `POST ${RESOLVE}`, '401'] as const],
      ['connect', `POST ${RESOLVE.replace('Boolean', 'All')}`, '200'] as const,
      ...[['flagd', RESOLVE, 'NOT_FOUND'] as const, ['flagd', RESOLVE, 'UNAUTHENTICATED'] as const],
      ['flagd', RESOLVE.replace('Boolean', 'All'), 'OK'] as const,
    ];
    for (const [door, operation, code] of counted) {
      const labels = { door, operation, code };
      await until(async () => (await requests(door, operation, code)) === 1);
      expect(await sample('latchkey_request_duration_seconds_sum', labels)).toBeGreaterThan(0);
      expect(await sample('latchkey_request_duration_seconds_bucket', { ...labels, le: '+Inf' })).toBe(1);
    }
    for (const [i, door] of ['ofrep', 'connect', 'flagd'].entries()) expect(await failed(door)).toBe(before[i]! + 1);
    // Nothing of it was counted at the doors that share their listeners.
    for (const door of ['rest', 'grpc', 'admin'])
      for (const [, operation] of counted) {
        expect(await sample('latchkey_request_duration_seconds_count', { door, operation })).toBeUndefined();
      }
  });

  it('have their streams told while they are open, and with what they ended', async () => {
    const { adminSecret: token, httpAddress } = latchkey;
    const doors = ['ofrep', 'connect', 'flagd'];
    const each = (name: string) => Promise.all(doors.map((door) => sample(name, { door })));
    const answered = await askOf(`http://${httpAddress}`, FLAGS, { token, body: {} });
    const { eventStreams } = answered.json as { eventStreams: [{ endpoint: { requestUri: string } }] };
    const source = await openEventSource(httpAddress, eventStreams[0].endpoint.requestUri);
    const opened: Events[] = Object.values(wires).map((wire) => wire.events('v2', bearer(token)));
    for (const events of opened) expect(await events.next()).toEqual({ type: 'provider_ready' });
    expect(await each('latchkey_door_streams')).toEqual([1, 1, 1]);
    expect(await each('latchkey_requests_in_flight')).toEqual([1, 1, 1]);
    expect(await requests('connect', `POST ${STREAM}`, '200')).toBeUndefined();
    source.kill();
    for (const events of opened) events.close();
    await until(async () => (await each('latchkey_requests_in_flight')).every((open) => open === 0));
    expect(await each('latchkey_door_streams')).toEqual([0, 0, 0]);
    expect(await requests('ofrep', 'GET /ofrep/v1/stream', '499')).toBe(1);
    expect(await requests('connect', `POST ${STREAM}`, '499')).toBe(1);
    expect(await requests('flagd', STREAM, 'CANCELLED')).toBe(1);
    // Over Connect a stream that is refused is answered with 200: what it was refused with stands at its end.
    for (const wire of Object.values(wires))
      await expect(wire.events('v2', bearer('latchkey_nobody')).next()).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    await until(async () => (await requests('connect', `POST ${STREAM}`, '401')) === 1);
    await until(async () => (await requests('flagd', STREAM, 'UNAUTHENTICATED')) === 1);
    expect(await requests('connect', `POST ${STREAM}`, '200')).toBeUndefined();
  });

  it('have the handshakes of TLS that took too long told by the listener', async () => {
    const metrics = new Metrics();
    const limits = doorLimits(readConfig({}), metrics);
    limits.grpcConnections('flagd').slowHandshake();
    limits.grpcConnections('grpc').slowHandshake();
    limits.grpcConnections('grpc').connections.onRefused?.();
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('latchkey_refused_total{'));
    expect(lines.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'latchkey_refused_total{door="flagd",why="slow"} 1',
      'latchkey_refused_total{door="grpc",why="connections"} 1',
      'latchkey_refused_total{door="grpc",why="slow"} 1',
    ]);
  });
});
