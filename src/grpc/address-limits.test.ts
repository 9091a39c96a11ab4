import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import { AddressRate } from '../calls/limits/address-rate.js';
import { TrustedProxies } from '../calls/limits/trusted-proxies.js';
import { type EmbeddedLatchkey, startEmbedded } from '../testing/embedded-latchkey.js';
import { type GrpcDoorOptions, openGrpcDoor } from './grpc-door.js';
import type { GrpcDoor } from './open-door.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openDoor(
  options: Partial<GrpcDoorOptions>,
): Promise<GrpcDoor & { readonly latchkey: EmbeddedLatchkey }> {
  const latchkey = await startEmbedded({ ROLES: 'worker' });
  closers.push(() => latchkey.close());
  const { services } = latchkey;
  const door = await openGrpcDoor({ services, address: '127.0.0.1:0', observer: () => undefined, ...options });
  closers.push(() => door.drain(100));
  return Object.create(door, { latchkey: { value: latchkey } });
}

function asker(address: string): (token: string, forwardedFor?: string) => Promise<ServiceError> {
  const client = new Client(address, credentials.createInsecure());
  closers.push(() => client.close());
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return (token, forwardedFor) => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    if (forwardedFor !== undefined) metadata.set('x-forwarded-for', forwardedFor);
    return new Promise((resolve) => {
      const path = '/latchkey.v1.FeatureService/GetProgress';
      client.makeUnaryRequest(path, asItIs, asItIs, Buffer.alloc(0), metadata, (error) => resolve(error!));
    });
  };
}

describe('an address', () => {
  it('that calls too often is told when to come again, whether its token is good or not', async () => {
    const door = await openDoor({ addresses: new AddressRate(3) });
    const ask = asker(door.address);
    expect((await ask('latchkey_wrong')).code).toBe(status.UNAUTHENTICATED);
    expect((await ask(door.latchkey.adminSecret)).code).toBe(status.INVALID_ARGUMENT);
    expect((await ask('latchkey_wrong')).code).toBe(status.UNAUTHENTICATED);
    for (const token of ['latchkey_wrong', door.latchkey.adminSecret]) {
      expect(await ask(token)).toMatchObject({
        code: status.RESOURCE_EXHAUSTED,
        details: expect.stringMatching(/^at most 3 calls from one address a minute; try again in \d+ s$/),
      });
    }
  });

  it('is the client’s that a trusted proxy names, for the log, too', async () => {
    const peers: string[] = [];
    const door = await openDoor({
      ...{ addresses: new AddressRate(1), proxies: new TrustedProxies(['127.0.0.1']) },
      observer: ({ peer }) => void peers.push(peer),
    });
    const ask = asker(door.address);
    const code = async (client: string) => (await ask(door.latchkey.adminSecret, client)).code;
    expect(await code('198.51.100.1')).toBe(status.INVALID_ARGUMENT);
    expect(await code('203.0.113.9, 198.51.100.1')).toBe(status.RESOURCE_EXHAUSTED);
    expect(await code('198.51.100.2')).toBe(status.INVALID_ARGUMENT);
    expect(peers).toEqual(['198.51.100.1', '198.51.100.1', '198.51.100.2']);
  });

  it('opens and uses streams that are for anybody as often as it may call, and no more', async () => {
    const door = await openDoor({ addresses: new AddressRate(3) });
    const client = new Client(door.address, credentials.createInsecure());
    closers.push(() => client.close());
    const asItIs = (bytes: Buffer): Buffer => bytes;
    // Opening it is one call, and each of its messages.
    const stream = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      asItIs,
      asItIs,
    );
    let answers = 0;
    stream.on('data', () => answers++);
    const ended = once(stream, 'status');
    for (let i = 0; i < 3; i++) stream.write(Buffer.from([58, 0]));
    expect(await ended.catch((error: ServiceError) => [error])).toMatchObject([{ code: status.RESOURCE_EXHAUSTED }]);
    expect(answers).toBeLessThanOrEqual(2);
    const watch = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asItIs, asItIs, Buffer.alloc(0));
    const [error] = (await once(watch.resume(), 'error')) as [ServiceError];
    expect(error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('at most 3 calls from one address'),
    });
    const checked = (): Promise<unknown> =>
      new Promise((resolve) => {
        client.makeUnaryRequest('/grpc.health.v1.Health/Check', asItIs, asItIs, Buffer.alloc(0), resolve);
      });
    expect(await checked()).toBeNull();
    await until(() => door.openStreams === 0);
  });

  it('has no more connections than it may, and they are counted until they close', async () => {
    let refused = 0;
    const door = await openDoor({ limits: { connections: { maxOfAddress: 2, onRefused: () => refused++ } } });
    const [host, port] = door.address.split(':');
    const open = () => connect(Number(port), host).on('error', () => undefined);
    const sockets = [open(), open()];
    await until(() => door.openConnections === 2);
    await once(open().resume(), 'close');
    expect(refused).toBe(1);
    for (const socket of sockets) socket.destroy();
    await until(() => door.openConnections === 0);
    expect((await asker(door.address)('latchkey_wrong')).code).toBe(status.UNAUTHENTICATED);
  });
});

it('a connection without a call is closed after a while, and the next call makes another', async () => {
  const door = await openDoor({ limits: { maxConnectionIdleMs: 50 } });
  const ask = asker(door.address);
  await ask(door.latchkey.adminSecret);
  await until(() => door.openConnections === 0);
  expect((await ask(door.latchkey.adminSecret)).code).toBe(status.INVALID_ARGUMENT);
});
