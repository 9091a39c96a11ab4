import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { startEmbedded } from '../src/testing/embedded-latchkey.js';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const root = join(import.meta.dirname, '..');
const compose: Compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true });
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.image === 'latchkey:local');

describe('the compose file', () => {
  it('has two servers and two workers of one image', () => {
    expect(ours.map(([name]) => name)).toEqual(['migrate', 'server-1', 'server-2', 'worker-1', 'worker-2']);
    expect(ours.map(([, service]) => service.environment?.ROLES)).toEqual([
      undefined,
      'grpc,rest',
      'grpc,rest',
      'worker',
      'worker',
    ]);
  });

  it('asks each of ours for its health, as the image says', () => {
    const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(/OPS_ADDR=0\.0\.0\.0:9464/);
    expect(dockerfile).toMatch(/^HEALTHCHECK .* CMD \["node", "scripts\/health-check\.mjs"\]$/m);
    const unasked = ours.filter(([, service]) => service.healthcheck?.disable === true).map(([name]) => name);
    expect(unasked).toEqual(['migrate']);
    for (const [name, service] of ours)
      if (name !== 'migrate') expect(service.environment?.OPS_ADDR).toBe('0.0.0.0:9464');
  });

  it('builds the image once: several services that build one tag at the same time fail', () => {
    expect(services.filter(([, service]) => service.build !== undefined).map(([name]) => name)).toEqual(['migrate']);
    // The others wait for it, and must not ask a registry for what was just built.
    const others = ours.filter(([, service]) => service.build === undefined);
    expect(others.map(([, service]) => service.pull_policy)).toEqual(['never', 'never', 'never', 'never']);
  });

  it('opens ports on loopback only, each once', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length);
  });

  it('starts nothing of ours before the schema is there', () => {
    const migrated = {
      migrate: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
    };
    for (const [name, service] of ours) {
      const expected = name === 'migrate' ? { mysql: { condition: 'service_healthy' } } : migrated;
      expect({ name, waitsFor: service.depends_on }).toEqual({ name, waitsFor: expected });
    }
  });

  it('gives a service exactly the secret files that its environment names', () => {
    for (const [name, service] of ours) {
      const named = Object.entries(service.environment ?? {})
        .filter(([key]) => key.endsWith('_FILE'))
        .map(([, path]) => path.replace('/run/secrets/', ''));
      expect({ name, secrets: [...(service.secrets ?? [])].sort() }).toEqual({ name, secrets: named.sort() });
    }
  });
});

describe('scripts/health-check.mjs', () => {
  const check = promisify(execFile);
  const asks = (environment: Record<string, string>) =>
    check(process.execPath, [join(root, 'scripts/health-check.mjs')], { env: { ...environment } }).then(
      () => 'healthy',
      () => 'not healthy',
    );

  it('asks a worker at OPS_ADDR, and a server with REST at HTTP_ADDR where there is no other', async () => {
    const worker = await startEmbedded({ ROLES: 'worker' });
    const server = await startEmbedded({ ROLES: 'grpc,rest', OPS_ADDR: '' });
    try {
      const port = worker.server.opsAddress!.split(':').at(-1);
      expect(await asks({ ROLES: 'worker', OPS_ADDR: `0.0.0.0:${port}` })).toBe('healthy');
      expect(await asks({ ROLES: 'grpc,rest', HTTP_ADDR: server.httpAddress })).toBe('healthy');
    } finally {
      await Promise.all([worker.close(), server.close()]);
    }
    expect(await asks({ ROLES: 'worker', OPS_ADDR: worker.server.opsAddress! })).toBe('not healthy');
  }, 120_000);
});

describe('scripts/make-secrets', () => {
  let folder = '';
  const run = () => execFileSync('bash', [join(folder, 'scripts/make-secrets')], { encoding: 'utf8' });
  const read = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8');
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'));
    cpSync(join(root, 'scripts/make-secrets'), join(folder, 'scripts/make-secrets'));
    run();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes every file that the compose file names, into a folder that nobody else enters', () => {
    const files = Object.values(compose.secrets).map((secret) => secret.file.replace('./secrets/', ''));
    expect(readdirSync(join(folder, 'secrets')).sort()).toEqual(files.sort());
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  });

  it('puts the passwords into the addresses', () => {
    expect(new URL(read('database-url')).password).toBe(read('mysql-password'));
    expect(new URL(read('redis-url')).password).toBe(read('redis-password'));
    expect(read('mysql-password')).toMatch(/^[0-9a-f]{64}$/);
    expect(read('mysql-password')).not.toBe(read('redis-password'));
  });

  it('leaves alone what is there', () => {
    const before = read('admin-token');
    expect(run()).toBe('');
    expect(read('admin-token')).toBe(before);
  });
});
