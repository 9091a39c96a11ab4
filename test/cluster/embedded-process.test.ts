import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BUILT_SERVER, build } from '../servers/built.js';
import { type LatchkeyProcess, startLatchkey } from './latchkey-process.js';

let directory: string;
let running: LatchkeyProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'latchkey-process-'));
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.end('SIGKILL')));
  running = [];
  rmSync(directory, { recursive: true, force: true });
});

async function start(environment: Record<string, string> = {}): Promise<LatchkeyProcess> {
  const server = await startLatchkey({
    DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`,
    DATA_DIR: directory,
    LOG_LEVEL: 'info',
    ...environment,
  });
  running.push(server);
  return server;
}

const token = (): string => readFileSync(join(directory, 'admin-token'), 'utf8').trim();

async function post(
  server: LatchkeyProcess,
  path: string,
  body: unknown,
  method = 'POST',
): Promise<Record<string, unknown>> {
  const response = await fetch(`http://${server.httpAddress}${path}`, {
    method,
    headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

describe('an embedded process', () => {
  it('has lost nothing that it acknowledged when it is killed and started again', async () => {
    let server = await start();
    let acknowledged = 0;
    const sending = (async () => {
      for (let n = 0; ; n++) {
        const answer = await post(server, '/api/events', { id: `e${n}`, user_id: 'ada', action: 'saved' }).catch(
          () => null,
        );
        if (answer === null) return;
        acknowledged += Number(answer.accepted);
      }
    })();
    while (acknowledged < 50) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.end('SIGKILL');
    await sending;

    server = await start();
    const again = Array.from({ length: acknowledged }, (_, n) => ({ id: `e${n}`, user_id: 'ada', action: 'saved' }));
    expect(await post(server, '/api/events?wait=true', again)).toMatchObject({ accepted: 0, duplicates: acknowledged });
    const last = { id: 'last', user_id: 'ada', action: 'saved' };
    expect(await post(server, '/api/events?wait=true', last)).toMatchObject({ accepted: 1 });
    expect(await server.end('SIGTERM')).toBe(0);
  }, 120_000);

  it('prints one line, keeps its admin token to itself, and shows the path alone', async () => {
    const server = await start();
    expect(statSync(join(directory, 'admin-token')).mode & 0o777).toBe(0o600);
    while (!server.log().includes(join(directory, 'admin-token')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.log()).not.toContain(token());
  }, 60_000);

  it('loads the examples, once', async () => {
    const demo = async (): Promise<string> => {
      const server = await startLatchkey(
        { DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`, DATA_DIR: directory },
        ['--demo'],
      );
      running.push(server);
      const response = await fetch(`http://${server.httpAddress}/api/feature-flags/?user_id=ada&all=true`, {
        headers: { authorization: `Bearer ${token()}` },
      });
      const { flags } = (await response.json()) as { flags: { key: string }[] };
      expect(await server.end('SIGTERM')).toBe(0);
      return flags.map(({ key }) => key).join(' ');
    };
    const first = await demo();
    expect(first).toBe(
      'admin_console advanced_analytics dashboard insights_tab manager_tools new_editor report_sharing reports_tab',
    );
    expect(await demo()).toBe(first);
  }, 120_000);

  it('is alone on its database: a second one ends, a killed one leaves it free, and commands may look at it', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(/ended with 1.*another server serves the database .*latchkey\.db: end it/s);
    await first.end('SIGKILL');
    await start();
  }, 120_000);

  it('says which port is taken, and ends', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = `127.0.0.1:${(taken.address() as { port: number }).port}`;
    try {
      await expect(start({ GRPC_ADDR: address })).rejects.toThrow(
        new RegExp(`ended with 1.*cannot serve gRPC on ${address}`, 's'),
      );
      await expect(start({ HTTP_ADDR: address })).rejects.toThrow(
        new RegExp(`ended with 1.*cannot serve HTTP on ${address}`, 's'),
      );
    } finally {
      taken.close();
    }
  }, 120_000);

  it('is ended by SIGTERM while it still waits for the database', async () => {
    build();
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: 'mysql://u:p@127.0.0.1:1/x',
      LATCHKEY_ADMIN_TOKEN: 'x'.repeat(16),
      LATCHKEY_SECRET: 'x'.repeat(32),
    };
    const child = spawn(process.execPath, [BUILT_SERVER, 'serve'], {
      cwd: new URL('../../', import.meta.url),
      env,
      stdio: 'ignore',
    });
    // Within the ten seconds that it waits for the database, and after it has begun to.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([128 + 15, null]);
  }, 120_000);

  it('says that the database is not there, without its password, and ends', async () => {
    const refused = start({
      DATABASE_URL: 'mysql://latchkey:the-password@127.0.0.1:1/latchkey',
      LATCHKEY_ADMIN_TOKEN: 'the-admin-token-of-this-test',
    });
    const error = (await refused.catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/ended with 1.*the store is not available.*127\.0\.0\.1:1.*DATABASE_URL/s);
    expect(error.message).not.toContain('the-password');
  }, 120_000);
});
