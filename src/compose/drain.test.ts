import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import { readTlsFiles, type TlsConfig } from '../config/tls-config.js';
import { OTHER_CERTIFICATE, OTHER_KEY, SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../grpc/testing/self-signed.js';
import { startEmbedded } from '../testing/embedded-latchkey.js';
import { watchTls } from './watches/watch-tls.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-drain-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a server that stops', () => {
  it('says first that it is not ready, goes on serving for the delay, and closes then', async () => {
    const latchkey = await startEmbedded({ DRAIN_DELAY_SECONDS: '5' });
    const { httpAddress, server } = latchkey;
    const readyAt = (address: string) => fetch(`http://${address}/readyz`).then(({ status }) => status);
    const addresses = [httpAddress, server.opsAddress!];
    expect(await Promise.all(addresses.map(readyAt))).toEqual([200, 200]);
    const startedAt = performance.now();
    const stopped = latchkey.close();
    await until(async () => (await Promise.all(addresses.map(readyAt))).every((status) => status === 503));
    const headers = { authorization: `Bearer ${latchkey.adminSecret}` };
    const answer = await fetch(`http://${httpAddress}/api/feature-flags/?user_id=a`, { headers });
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await stopped;
    expect(performance.now() - startedAt).toBeGreaterThan(4_990);
    await expect(readyAt(httpAddress)).rejects.toThrow();
  }, 60_000);
});

describe('TLS files that are renewed', () => {
  const [certFile, keyFile] = [() => join(folder, 'cert.pem'), () => join(folder, 'key.pem')];
  const write = (certificate: string, key: string): void => {
    writeFileSync(certFile(), certificate);
    writeFileSync(keyFile(), key);
  };
  /** Whom the certificate is for that a new connection is shown. */
  const shownAt = (address: string, protocol: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const [host = '', port] = address.split(':');
      const options = { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: [protocol] };
      const socket = connect(options, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.once('error', reject);
    });

  it('are looked at again, and what cannot be served with is not taken', async () => {
    write(SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY);
    const renewed: TlsConfig[] = [];
    const errors: unknown[] = [];
    const stop = watchTls({
      tls: readTlsFiles({ certFile: certFile(), keyFile: keyFile() }),
      onRenewed: (tls) => renewed.push(tls),
      onError: (_name, error) => errors.push(error),
      everyMs: 5,
    });
    write(OTHER_CERTIFICATE, SELF_SIGNED_KEY);
    await until(() => errors.length > 0, 5_000);
    expect(renewed).toEqual([]);
    write(OTHER_CERTIFICATE, OTHER_KEY);
    await until(() => renewed.length > 0, 5_000);
    await stop();
    expect(renewed).toMatchObject([{ certificate: OTHER_CERTIFICATE, key: OTHER_KEY }]);
  });

  it('with other authorities of clients are taken, too', async () => {
    write(SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY);
    const clientCaFile = join(folder, 'clients.pem');
    writeFileSync(clientCaFile, SELF_SIGNED_CERTIFICATE);
    const renewed: TlsConfig[] = [];
    const stop = watchTls({
      tls: readTlsFiles({ certFile: certFile(), keyFile: keyFile(), clientCaFile }),
      onRenewed: (tls) => renewed.push(tls),
      onError: () => undefined,
      everyMs: 5,
    });
    writeFileSync(clientCaFile, OTHER_CERTIFICATE);
    await until(() => renewed.length > 0, 5_000);
    await stop();
    expect(renewed).toMatchObject([{ clientAuthorities: OTHER_CERTIFICATE }]);
  });

  it('are shown to new connections at every address', async () => {
    write(SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY);
    const latchkey = await startEmbedded({ TLS_CERT_FILE: certFile(), TLS_KEY_FILE: keyFile() });
    const { grpcAddress, httpAddress, server } = latchkey;
    const shown = () =>
      Promise.all([
        shownAt(grpcAddress, 'h2'),
        shownAt(httpAddress, 'http/1.1'),
        shownAt(server.opsAddress!, 'http/1.1'),
      ]);
    try {
      expect(await shown()).toEqual(['localhost', 'localhost', 'localhost']);
      write(OTHER_CERTIFICATE, OTHER_KEY);
      await until(async () => (await shown()).every((name) => name === 'db.invalid'), 25_000);
    } finally {
      await latchkey.close();
    }
  }, 120_000);
});
