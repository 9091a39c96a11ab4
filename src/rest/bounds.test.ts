import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import { AddressRate } from '../calls/limits/address-rate.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../grpc/testing/self-signed.js';
import { askOf, type RestStand, startRestStand } from './testing/rest-stand.js';
import { slowMetrics } from './testing/slow-metrics.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

function open(origin: string): Socket {
  const { hostname, port } = new URL(origin);
  return connect(Number(port), hostname).on('error', () => undefined);
}

/** Sends this, and gives all that is answered until the server closes the connection. */
async function answerTo(origin: string, raw: string): Promise<string> {
  const socket = open(origin);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(raw);
  await once(socket, 'close');
  return text;
}

const withDoor = async (options: Parameters<RestStand['withDoor']>[0], use: (origin: string) => Promise<void>) => {
  const refused: string[] = [];
  const observer = { callEnded: () => undefined, refused: (why: string) => void refused.push(why) };
  await stand.withDoor({ observer, ...options }, (_, origin) => use(origin));
  return refused;
};

const QUICK = { checkEveryMs: 20 };
const ASKED = 'GET /healthz HTTP/1.1\r\nhost: a\r\n';

describe('a request', () => {
  it('with a path or a query that is too long is 414, and with headers that are 431, in problem details', async () => {
    const refused = await withDoor({}, async (origin) => {
      const long = await askOf(origin, `/api/feature-flags/?user_id=${'x'.repeat(16 * 1024)}`);
      expect(long).toMatchObject({ status: 414, json: { code: 'LIMITED', detail: expect.stringContaining('16384') } });
      expect(long.text.length).toBeLessThan(500);
      const text = await answerTo(origin, `${ASKED}x: ${'y'.repeat(33 * 1024)}\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
      for (const header of [
        'content-type: application/problem+json',
        'x-content-type-options: nosniff',
        'connection: close',
      ])
        expect(text).toContain(`\r\n${header}`);
      expect(text).toContain('"code":"LIMITED"');
      expect(text).not.toContain('yyy');
    });
    expect(refused).toEqual(['malformed']);
  });

  it('with a body that is too long is 413 before any of it is read, and closes the connection', async () => {
    const token = await stand.machine(['track']);
    await withDoor({}, async (origin) => {
      const head = `POST /api/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
      expect(await answerTo(origin, `${head}content-length: 1048577\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
      const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
      expect(await answerTo(origin, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`)).toMatch(
        /^HTTP\/1\.1 413 /,
      );
    });
  });

  it('that is no HTTP is 400, whatever it consists of', async () => {
    const refused = await withDoor({}, async (origin) => {
      for (const raw of [
        '\x16\x03\x01 nonsense\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        `${ASKED}content-length: x\r\n\r\n`,
      ]) {
        expect(await answerTo(origin, raw)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"code":"INVALID"/s);
      }
      const smuggled = `${ASKED}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
      expect(await answerTo(origin, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
    });
    expect(refused).toEqual(Array(4).fill('malformed'));
  });
});

describe('a client that is slow', () => {
  it('with its headers, its body or its next request is not waited for', async () => {
    const timeouts = { ...QUICK, headersMs: 100, requestMs: 200, stalledMs: 400, idleMs: 100 };
    const token = await stand.machine(['track']);
    const refused = await withDoor({ timeouts }, async (origin) => {
      expect(await answerTo(origin, 'GET /healthz HT')).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*problem\+json/s);
      const body = `content-length: 10\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}\r\n\r\n{"`;
      expect(await answerTo(origin, `POST /api/events HTTP/1.1\r\nhost: a\r\n${body}`)).not.toMatch(/ 200 /);
      expect(await answerTo(origin, `${ASKED}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
      expect(await answerTo(origin, '')).not.toMatch(/ 200 /);
    });
    expect(refused).toEqual(['slow', 'slow', 'slow']);
  });

  it('with its handshake is not waited for', async () => {
    const tls = { certificate: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY };
    const refused = await withDoor({ tls, timeouts: { ...QUICK, headersMs: 100 } }, async (origin) => {
      // Neither who says nothing nor who begins, and leaves it at that.
      for (const raw of ['', '\x16\x03\x01']) expect(await answerTo(origin, raw)).toBe('');
    });
    expect(refused).toEqual(['slow', 'slow']);
  });

  it('to take its answer loses it', async () => {
    const large = `${'x'.repeat(32 * 1024 * 1024)}\n`;
    const given = Promise.withResolvers<string>();
    const observer = { callEnded: () => undefined, refused: given.resolve };
    const options = { observer, timeouts: { ...QUICK, stalledMs: 300 }, metrics: () => large };
    await withDoor(options, async (origin) => {
      const socket = open(origin);
      socket.write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n');
      expect(await given.promise).toBe('stalled');
      // What was on the way already can be read.
      let read = 0;
      socket.on('data', (chunk) => {
        read += chunk.length;
      });
      await once(socket, 'close');
      expect(read).toBeLessThan(large.length);
    });
  });

  it('is not who waits for an answer that takes long', async () => {
    const { options, release, inFlight } = slowMetrics();
    const refused = await withDoor({ ...options, timeouts: { ...QUICK, stalledMs: 50 } }, async (origin) => {
      const answer = askOf(origin, '/metrics');
      await inFlight;
      await new Promise((resolve) => setTimeout(resolve, 200));
      release();
      expect(await answer).toMatchObject({ status: 200, text: 'done' });
    });
    expect(refused).toEqual([]);
  });
});

describe('an address', () => {
  it('that asks too often is told when to come again, whoever asks, and probes are not counted', async () => {
    const token = await stand.machine(['admin']);
    await withDoor({ addresses: new AddressRate(2), corsOrigins: ['https://app.example'] }, async (origin) => {
      expect((await askOf(origin, '/api/feature-flags/')).status).toBe(401);
      expect((await askOf(origin, '/none')).status).toBe(404);
      for (const path of [
        '/api/admin/flags',
        '/api/feature-flags/',
        '/none',
        '/openapi.json',
        '/api/session',
        '/api/stream',
      ]) {
        const headers = { origin: 'https://app.example' };
        const { status, headers: answered, json } = await askOf(origin, path, { token, headers });
        expect({ path, status, json }).toMatchObject({ status: 429, json: { code: 'LIMITED' } });
        expect(answered.get('retry-after')).toMatch(/^[1-9]\d*$/);
        expect(answered.get('access-control-allow-origin')).toBe('https://app.example');
      }
      for (const path of ['/healthz', '/readyz', '/metrics']) expect((await askOf(origin, path)).status).toBe(200);
    });
  });

  it('that asks what it may ask too often is told, too', async () => {
    await withDoor({ addresses: new AddressRate(1), corsOrigins: ['https://app.example'] }, async (origin) => {
      const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
      const asked = () => askOf(origin, '/api/feature-flags/', { method: 'OPTIONS', headers });
      expect((await asked()).status).toBe(204);
      expect((await asked()).status).toBe(429);
      expect((await askOf(origin, '/none')).status).toBe(429);
    });
  });

  it('is the client’s that a trusted proxy names', async () => {
    await withDoor({ addresses: new AddressRate(1), trustedProxies: ['127.0.0.1'] }, async (origin) => {
      const status = async (client: string) =>
        (await askOf(origin, '/none', { headers: { 'x-forwarded-for': client } })).status;
      expect(await status('2001:db8:0:1::1')).toBe(404);
      expect(await status('2001:db8:0:1::2')).toBe(429);
      expect(await status('2001:db8:0:2::1')).toBe(404);
      // Some proxies write the ports, too.
      expect(await status('[2001:db8:0:2::1]:40000')).toBe(429);
      expect(await status('198.51.100.9:40000, 127.0.0.1:80')).toBe(404);
      expect(await status('198.51.100.9:40001, 127.0.0.1:81')).toBe(429);
      expect(await status('198.51.100.8:40001, 127.0.0.1:81')).toBe(404);
    });
  });

  it('has no more connections than it may', async () => {
    const refused = await withDoor({ connections: { maxOfAddress: 2 } }, async (origin) => {
      const sockets = [open(origin), open(origin)];
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      await once(open(origin), 'close');
      sockets[0]!.destroy();
      await until(async () => (await askOf(origin, '/healthz').catch(() => undefined))?.status === 200);
      sockets[1]!.destroy();
    });
    expect(refused).toEqual(expect.arrayContaining(['connections']));
  });
});
