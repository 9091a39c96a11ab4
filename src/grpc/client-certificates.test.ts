import { type ChannelCredentials, Client, credentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { type Certified, makeAuthority } from '../../test/servers/certificates.js';
import type { GrpcServer } from './grpc-server.js';
import { evaluate, startTestServer } from './testing/test-server.js';

const [ours, clients, others] = ['the server’s', 'the clients’', 'another'].map((name) => makeAuthority(name));
const served = ours!.issue('a server');
const tls = { ...served, clientAuthorities: clients!.certificate };
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(): Promise<{ readonly server: GrpcServer; readonly address: string }> {
  const started = await startTestServer(
    { handle: ({ flagKey }) => EvaluateResponse.fromPartial({ flagKey }) },
    { server: { tls } },
  );
  closers.push(() => started.server.drain(100));
  return started;
}

/** Whether a client with that certificate gets its answer by a connection of its own. */
async function isServed(address: string, own: Certified | undefined): Promise<boolean> {
  const client = new Client(address, channel(own), { 'grpc.use_local_subchannel_pool': 1 });
  try {
    return (await evaluate(client, 'f')).flagKey === 'f';
  } catch (error) {
    expect(error).toMatchObject({ code: status.UNAVAILABLE });
    return false;
  } finally {
    client.close();
  }
}

function channel(own: Certified | undefined): ChannelCredentials {
  const trusted = Buffer.from(ours!.certificate);
  return own === undefined
    ? credentials.createSsl(trusted)
    : credentials.createSsl(trusted, Buffer.from(own.key), Buffer.from(own.certificate));
}

describe('a server that asks clients for certificates', () => {
  it('serves those of its authorities, and nobody who has none, an expired one, or one of others', async () => {
    const { address } = await start();
    const certificate = clients!.issue('a client');
    const asked = {
      good: await isServed(address, certificate),
      none: await isServed(address, undefined),
      expired: await isServed(address, clients!.issue('late', new Date(Date.now() - 60_000))),
      ofOthers: await isServed(address, others!.issue('a client')),
      ofTheServersAuthority: await isServed(address, ours!.issue('a client')),
      withoutItsKey: await isServed(address, { ...certificate, key: others!.issue('x').key }).catch(() => false),
    };
    expect(asked).toEqual({
      ...{ good: true, none: false, expired: false },
      ...{ ofOthers: false, ofTheServersAuthority: false, withoutItsKey: false },
    });
  });

  it('serves those of other authorities from when these are renewed', async () => {
    const { server, address } = await start();
    const [before, after] = [clients!.issue('a client'), others!.issue('a client')];
    server.renewTls({ ...served, clientAuthorities: others!.certificate });
    expect([await isServed(address, before), await isServed(address, after)]).toEqual([false, true]);
    server.renewTls({ ...served, clientAuthorities: clients!.certificate + others!.certificate });
    expect([await isServed(address, before), await isServed(address, after)]).toEqual([true, true]);
  });
});
