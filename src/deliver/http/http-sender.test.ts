import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { busy } from '../../../test/timing.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../../grpc/testing/self-signed.js';
import { type HttpSenderOptions, httpSender } from './http-sender.js';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Receiver {
  readonly port: number;
  readonly requests: { readonly url: string; readonly headers: Record<string, unknown>; readonly body: string }[];
}

async function receive(answer: RequestListener, tls = false): Promise<Receiver> {
  const requests: Receiver['requests'] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      requests.push({ url: request.url ?? '', headers: request.headers, body });
      answer(request, response);
    });
  };
  const server: Server = tls
    ? createTlsServer({ cert: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY }, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

const local = (options: Partial<HttpSenderOptions> = {}) =>
  httpSender({ allowHttp: true, allowPrivate: true, ...options });
const strict = (options: Partial<HttpSenderOptions> = {}) =>
  httpSender({ allowHttp: true, allowPrivate: false, ...options });
const message = (url: string) => ({ url, headers: { 'webhook-id': 'evt_1' }, body: '{"some":"ü"}' });
const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }];

describe('sending', () => {
  it('posts the body as it is and tells the status', async () => {
    const receiver = await receive((_, response) => response.writeHead(202).end('thanks'));
    const sent = await local().send(message(`http://127.0.0.1:${receiver.port}/hooks?a=1`));
    expect(sent).toEqual({ kind: 'answered', status: 202, durationMs: expect.any(Number) });
    expect(receiver.requests).toMatchObject([
      { url: '/hooks?a=1', body: '{"some":"ü"}', headers: { 'webhook-id': 'evt_1', 'content-length': '13' } },
    ]);
  });

  it('connects to the address that was looked up, by the name: Host, SNI and certificate are the name’s', async () => {
    const receiver = await receive((_, response) => response.end(), true);
    const ca = SELF_SIGNED_CERTIFICATE;
    const looked: string[] = [];
    const lookup = async (host: string) => {
      looked.push(host);
      return toLoopback();
    };
    const sender = local({ ca, lookup });
    const named = await sender.send(message(`https://receiver.test:${receiver.port}/`));
    expect(named).toMatchObject({ kind: 'failed', error: expect.stringMatching(/ERR_TLS_CERT_ALTNAME_INVALID/) });
    expect(await sender.send(message(`https://localhost:${receiver.port}/`))).toMatchObject({ status: 200 });
    expect(await sender.send(message(`https://127.0.0.1:${receiver.port}/`))).toMatchObject({ status: 200 });
    expect(looked).toEqual(['receiver.test', 'localhost']);
    expect(receiver.requests.map(({ headers }) => headers.host)).toEqual([
      `localhost:${receiver.port}`,
      `127.0.0.1:${receiver.port}`,
    ]);
  });

  it('refuses a certificate that nobody vouches for, and sends nothing', async () => {
    const receiver = await receive((_, response) => response.end(), true);
    const sent = await local().send(message(`https://localhost:${receiver.port}/`));
    expect(sent).toMatchObject({ kind: 'failed', error: expect.stringMatching(/SELF_SIGNED|self.signed/) });
    expect(receiver.requests).toEqual([]);
  });

  it('follows no redirect', async () => {
    const target = await receive((_, response) => response.end());
    const receiver = await receive((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    expect(await local().send(message(`http://127.0.0.1:${receiver.port}/`))).toMatchObject({ status: 307 });
    expect(target.requests).toEqual([]);
  });

  it('stops reading a huge answer, which counts by its status', async () => {
    let written = 0;
    const receiver = await receive((_, response) => {
      const more = (): void => {
        while (!response.destroyed && written < 64 * 1024 * 1024) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536))) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    expect(await local().send(message(`http://127.0.0.1:${receiver.port}/`))).toMatchObject({ status: 200 });
    // What the sockets' buffers hold, and no more.
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it('gives up at its deadline: on silence, on an answer that drips, and on a name that does not resolve', async () => {
    const silent = await receive(() => undefined);
    const dripping = await receive((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const timely = { timeoutMs: 300 };
    const failure = { kind: 'failed', error: 'no whole answer within 300 ms' };
    const start = performance.now();
    expect(await local(timely).send(message(`http://127.0.0.1:${silent.port}/`))).toMatchObject(failure);
    expect(await local(timely).send(message(`http://127.0.0.1:${dripping.port}/`))).toMatchObject(failure);
    const lookup = () => new Promise<never>(() => undefined);
    expect(await local({ ...timely, lookup }).send(message('http://slow.test/'))).toMatchObject(failure);
    expect(performance.now() - start).toBeLessThan(busy(5_000));
  });

  it('says why, when nobody listens, the name is unknown, or the connection ends early', async () => {
    const closed = createSocketServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    ends.push(() => closed.close());
    const { port } = closed.address() as AddressInfo;
    const broken = await local().send(message(`http://127.0.0.1:${port}/`));
    expect(broken).toMatchObject({ kind: 'failed', error: expect.stringMatching(/ECONNRESET|ended/) });
    await new Promise((resolve) => closed.close(resolve));
    const refused = await local().send(message(`http://127.0.0.1:${port}/`));
    expect(refused).toMatchObject({ kind: 'failed', error: expect.stringMatching(/ECONNREFUSED/) });
    const unknown = await local({ lookup: async () => [] }).send(message('http://unknown.test/'));
    expect(unknown).toMatchObject({ kind: 'failed', error: 'unknown.test has no address' });
  });

  it('tries a name’s other addresses where one cannot be connected to', async () => {
    const receiver = await receive((_, response) => response.end());
    const lookup = async () => [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    expect(await local({ lookup }).send(message(`http://two.test:${receiver.port}/`))).toMatchObject({ status: 200 });
    expect(receiver.requests).toHaveLength(1);
  });

  it('looks a name up once for all who ask at the same time, and anew afterwards', async () => {
    const receiver = await receive((_, response) => response.end());
    let asked = 0;
    const lookup = async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return toLoopback();
    };
    const sender = local({ lookup });
    const send = () => sender.send(message(`http://busy.test:${receiver.port}/`));
    expect(await Promise.all([send(), send(), send()])).toMatchObject(Array(3).fill({ status: 200 }));
    expect(asked).toBe(1);
    await send();
    expect(asked).toBe(2);
  });

  it('tells how long it is asked to wait', async () => {
    const answers = ['120', new Date(Date.now() + 60_000).toUTCString(), 'soon', '-5'];
    const receiver = await receive((_, response) =>
      response.writeHead(503, { 'retry-after': answers.shift() ?? '' }).end(),
    );
    const send = () => local().send(message(`http://127.0.0.1:${receiver.port}/`));
    expect(await send()).toMatchObject({ status: 503, retryAfterMs: 120_000 });
    const dated = await send();
    expect('retryAfterMs' in dated && dated.retryAfterMs).toBeGreaterThan(50_000);
    expect(await send()).not.toHaveProperty('retryAfterMs');
    expect(await send()).not.toHaveProperty('retryAfterMs');
  });
});

describe('what must not be reached', () => {
  it('is refused when any of a name’s addresses is private, wherever it stands among public ones', async () => {
    for (const addresses of [
      ['127.0.0.1'],
      ['8.8.8.8', '10.0.0.1'],
      ['192.168.1.1', '8.8.8.8'],
      ['2606:4700::1111', '::ffff:169.254.169.254'],
    ]) {
      const lookup = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const sent = await strict({ lookup }).send(message('http://mixed.test/'));
      expect(sent).toMatchObject({ kind: 'failed', error: expect.stringMatching(/^refused: mixed.test resolves to /) });
    }
  });

  it('is not reached by a name that answers otherwise the second time: it is asked once', async () => {
    const receiver = await receive((_, response) => response.end());
    let asked = 0;
    // Nobody listens there; a second look, for the connection, would find the receiver.
    const lookup = async () => {
      asked += 1;
      return asked === 1 ? [{ address: '127.0.0.2', family: 4 }] : toLoopback();
    };
    const sender = httpSender({ allowHttp: true, allowPrivate: true, lookup, timeoutMs: 500 });
    const first = await sender.send(message(`http://rebinding.test:${receiver.port}/`));
    expect(first).toMatchObject({ kind: 'failed', error: expect.stringMatching(/ECONNREFUSED/) });
    expect([asked, receiver.requests]).toEqual([1, []]);
    // And each attempt asks anew: what was public at the first is refused at the second.
    const judged = await strict({ lookup }).send(message(`http://rebinding.test:${receiver.port}/`));
    expect(judged).toMatchObject({ error: 'refused: rebinding.test resolves to 127.0.0.1, a loopback address' });
    expect([asked, receiver.requests]).toEqual([2, []]);
  });

  it('is refused as an address, in any spelling, and over http where that is not allowed', async () => {
    const receiver = await receive((_, response) => response.end());
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost']) {
      const sent = await strict().send(message(`http://${host}:${receiver.port}/`));
      expect(sent).toMatchObject({ kind: 'failed', error: expect.stringMatching(/WEBHOOKS_ALLOW_PRIVATE/) });
    }
    const plain = httpSender({ allowHttp: false, allowPrivate: true });
    expect(await plain.send(message(`http://127.0.0.1:${receiver.port}/`))).toMatchObject({
      error: expect.stringMatching(/not https/),
    });
    expect(receiver.requests).toEqual([]);
  });
});
