import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Config, readConfig } from '../../config/config.js';
import { adminToken, ticketSecrets } from './own-secrets.js';

const [GIVEN, FORMER] = ['g'.repeat(32), 'f'.repeat(32)];
const MYSQL = { DATABASE_URL: 'mysql://u:p@127.0.0.1:1/x' };

let folder = '';
const configOf = (environment: Record<string, string> = {}): Config =>
  readConfig({ DATABASE_URL: `sqlite:${join(folder, 'x.db')}`, DATA_DIR: join(folder, 'data'), ...environment });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the secrets of a server', () => {
  it('are those that are given, the present one first', async () => {
    const given = configOf({ LATCHKEY_SECRET: GIVEN, LATCHKEY_SECRET_PREVIOUS: FORMER, LATCHKEY_ADMIN_TOKEN: GIVEN });
    expect(await ticketSecrets(given)).toEqual([GIVEN, FORMER]);
    expect(await adminToken(given)).toEqual({ secret: GIVEN, file: undefined });
    expect(await ticketSecrets(configOf({ LATCHKEY_SECRET: GIVEN }))).toEqual([GIVEN]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('must be given with MySQL, where servers have them in common', async () => {
    const alone = configOf({ ...MYSQL, LATCHKEY_ADMIN_TOKEN: GIVEN });
    await expect(ticketSecrets(alone)).rejects.toThrow(
      'LATCHKEY_SECRET (or LATCHKEY_SECRET_FILE) is required with MySQL',
    );
    await expect(adminToken(configOf(MYSQL))).rejects.toThrow('LATCHKEY_ADMIN_TOKEN (or LATCHKEY_ADMIN_TOKEN_FILE) is');
  });

  it('are made by the first start of an embedded server, in files that are whole and for their owner alone', async () => {
    const config = configOf();
    const starts = await Promise.all(Array.from({ length: 8 }, () => ticketSecrets(config)));
    expect(new Set(starts.flat()).size).toBe(1);
    expect(starts[0]![0]).toMatch(/^[0-9a-f]{64}$/);
    const { secret, file } = await adminToken(config);
    expect(readFileSync(file!, 'utf8')).toBe(`${secret}\n`);
    expect(readdirSync(config.dataDir).sort()).toEqual(['admin-token', 'secret']);
    for (const name of ['admin-token', 'secret']) expect(statSync(join(config.dataDir, name)).mode & 0o777).toBe(0o600);
    expect(await ticketSecrets(config)).toEqual(starts[0]);
    expect(await adminToken(config)).toEqual({ secret, file });
  });

  it('are not made up where the file is there and says nothing', async () => {
    const config = configOf();
    await ticketSecrets(config);
    const file = join(config.dataDir, 'secret');
    writeFileSync(file, '\n');
    await expect(ticketSecrets(config)).rejects.toThrow(`${file} is empty; remove it`);
  });
});
