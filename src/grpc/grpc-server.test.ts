import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { Client, credentials, logVerbosity, type ServiceError, setLogVerbosity, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { service as healthService } from 'grpc-health-check';
import { EvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { busy, until } from '../../test/timing.js';
import { GrpcServer } from './grpc-server.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from './testing/self-signed.js';
import { connect, type EvaluateMethod, evaluate, startTestServer } from './testing/test-server.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const echo: EvaluateMethod = { handle: ({ flagKey }) => EvaluateResponse.fromPartial({ flagKey }) };

async function start(method: EvaluateMethod, options?: Parameters<typeof startTestServer>[1]) {
  const started = await startTestServer(method, options);
  closers.push(() => started.server.drain(100));
  return started;
}

function client(address: string): Client {
  const connected = connect(address);
  closers.push(() => connected.close());
  return connected;
}

interface HealthAnswer {
  readonly status: string;
}

function check(connected: Client, service: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = healthService.Check!;
  return new Promise((resolve, reject) => {
    connected.makeUnaryRequest(
      path,
      requestSerialize,
      (bytes) => responseDeserialize(bytes) as HealthAnswer,
      { service },
      (error, answer) => (error ? reject(error) : resolve(answer?.status ?? 'nothing')),
    );
  });
}

function watch(connected: Client, service: string) {
  const { path, requestSerialize, responseDeserialize } = healthService.Watch!;
  const stream = connected.makeServerStreamRequest(
    path,
    requestSerialize,
    (bytes) => responseDeserialize(bytes) as HealthAnswer,
    { service },
  );
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  stream.on('data', (answer: HealthAnswer) => {
    seen.push(answer.status);
    first.resolve();
  });
  stream.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => stream.on('end', resolve));
  return { seen, ended, first: first.promise };
}

describe('a gRPC server', () => {
  it('gives the address with the port that it took', async () => {
    const { address } = await start(echo);
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
    expect(await evaluate(client(address), 'f')).toMatchObject({ flagKey: 'f' });
  });

  it('names the address when its port is taken', async () => {
    const { address } = await start(echo);
    const second = new GrpcServer();
    // grpc-js also writes it to the console.
    setLogVerbosity(logVerbosity.NONE);
    closers.push(() => setLogVerbosity(logVerbosity.ERROR));
    await expect(second.listen(address)).rejects.toThrow(new RegExp(`cannot serve gRPC on ${address}: .*EADDRINUSE`));
    await second.drain(100);
  });

  it('reports the health of itself and of each service, and knows no other', async () => {
    const { server, address } = await start(echo);
    const connected = client(address);
    expect(await check(connected, '')).toBe('SERVING');
    expect(await check(connected, 'latchkey.v1.FeatureService')).toBe('SERVING');
    await expect(check(connected, 'latchkey.v1.Other')).rejects.toMatchObject({ code: status.NOT_FOUND });
    server.setServing(false);
    expect(await check(connected, 'latchkey.v1.FeatureService')).toBe('NOT_SERVING');
  });

  it('tells clients to make another connection when theirs is too old, and not before', async () => {
    const { address } = await start(echo, { server: { maxConnectionAgeMs: 500 } });
    const session = connectHttp2(`http://${address}`);
    const startedAt = performance.now();
    await once(session, 'goaway');
    expect(performance.now() - startedAt).toBeGreaterThan(400);
    session.destroy();
  });

  it('speaks TLS with the certificate it is given, and nothing else then', async () => {
    const tls = { certificate: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY };
    const { address } = await start(echo, { server: { tls } });

    const secure = new Client(address, credentials.createSsl(Buffer.from(SELF_SIGNED_CERTIFICATE)));
    closers.push(() => secure.close());
    expect(await evaluate(secure, 'f')).toMatchObject({ flagKey: 'f' });
    await expect(evaluate(client(address), 'f')).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it('does not wait for a client that does not finish the handshake of TLS', async () => {
    const tls = { certificate: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY };
    let slow = 0;
    const slowHandshake = (): void => {
      slow++;
    };
    const { server, address } = await start(echo, { server: { tls, handshakeMs: 100, slowHandshake } });
    const [host, port] = address.split(':');
    for (const begun of ['', '\x16\x03\x01']) {
      const socket = connectSocket(Number(port), host);
      socket.write(begun);
      await once(socket.resume(), 'close');
    }
    await until(() => server.openConnections === 0);
    expect(slow).toBe(2);
    // What is no TLS at all is ended at once, and is not slow.
    const plain = connectSocket(Number(port), host);
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await once(plain.resume(), 'close');
    expect(slow).toBe(2);
  });
});

describe('draining', () => {
  it('says NOT_SERVING, ends the streams, lets calls in flight end, and takes no new ones', async () => {
    const release = Promise.withResolvers<void>();
    const { server, address } = await start({
      handle: async ({ flagKey }) => {
        await release.promise;
        return EvaluateResponse.fromPartial({ flagKey });
      },
    });
    const connected = client(address);
    const health = watch(connected, '');
    await health.first;
    const inFlight = evaluate(connected, 'f');
    // The call is in flight once the server has answered one that was sent after it.
    await check(connected, '');

    const drained = server.drain(5000);
    await health.ended;
    expect(health.seen).toEqual(['SERVING', 'NOT_SERVING']);
    await expect(evaluate(client(address), 'new')).rejects.toMatchObject({ code: status.UNAVAILABLE });
    release.resolve();
    expect(await inFlight).toMatchObject({ flagKey: 'f' });
    expect(await drained).toBe(true);
  });

  it('cuts off what does not end within the limit, and tells the work to stop', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { server, address } = await start({
      handle: (_request, { signal }) => {
        signal.addEventListener('abort', () => resolve());
        return new Promise<EvaluateResponse>(() => undefined);
      },
    });
    const connected = client(address);
    const call = evaluate(connected, 'f').catch((error: ServiceError) => error.code);
    await check(connected, '');
    const startedAt = performance.now();
    expect(await server.drain(200)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(busy(2000));
    expect(await call).not.toBe(status.OK);
    await aborted;
  });
});
