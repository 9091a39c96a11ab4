import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb-server.js';
import { until } from '../../../test/timing.js';
import {
  OTHER_CERTIFICATE,
  OTHER_KEY,
  SELF_SIGNED_CERTIFICATE,
  SELF_SIGNED_KEY,
} from '../../grpc/testing/self-signed.js';
import { openMysqlStore } from './mysql-store.js';

let folder: string;
let named: MariadbServer;
let misnamed: MariadbServer;

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const offer = (name: string, certificate: string, key: string) =>
  startMariadb({ tls: { certFile: file(`${name}.pem`, certificate), keyFile: file(`${name}-key.pem`, key) } });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-mysql-tls-'));
  named = await offer('named', SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY);
  misnamed = await offer('misnamed', OTHER_CERTIFICATE, OTHER_KEY);
}, 240_000);

afterAll(async () => {
  await Promise.all([named.stop('SIGKILL'), misnamed.stop('SIGKILL')]);
  rmSync(folder, { recursive: true, force: true });
});

/** What a ping by TLS of the server on localhost comes to, with this authority. */
async function ping({ port }: MariadbServer, caFile: string | undefined): Promise<string> {
  const ca = caFile === undefined ? '' : `&ssl_ca=${encodeURIComponent(caFile)}`;
  const url = `mysql://latchkey:latchkey@localhost:${port}/latchkey?ssl=true${ca}`;
  const store = await openMysqlStore({ url, checkSchema: false });
  try {
    await store.ping();
    return 'answered';
  } catch (error) {
    return String((error as Error).cause ?? error);
  } finally {
    await store.close();
  }
}

describe('a connection to MySQL by TLS', () => {
  it('is made where the certificate is from the given authority and for the host', async () => {
    expect(await ping(named, file('ca.pem', SELF_SIGNED_CERTIFICATE))).toBe('answered');
  });

  it('is refused where nobody is known who vouches for the certificate', async () => {
    expect(await ping(named, undefined)).toMatch(/self-signed certificate/);
    expect(await ping(named, file('other-ca.pem', OTHER_CERTIFICATE))).toMatch(/self-signed certificate/);
  });

  it('is refused where the certificate is for another host, whoever vouches for it', async () => {
    expect(await ping(misnamed, file('its-ca.pem', OTHER_CERTIFICATE))).toMatch(/localhost.* is not in the cert/);
  });

  it('uses a renewed file within seconds', async () => {
    const ca = file('renewed.pem', OTHER_CERTIFICATE);
    const url = `mysql://latchkey:latchkey@localhost:${named.port}/latchkey?ssl=true&ssl_ca=${encodeURIComponent(ca)}`;
    const store = await openMysqlStore({ url, checkSchema: false });
    try {
      await expect(store.ping()).rejects.toThrow();
      writeFileSync(ca, SELF_SIGNED_CERTIFICATE);
      await until(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        20_000,
      );
    } finally {
      await store.close();
    }
  }, 60_000);
});
