import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
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
