import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../grpc/testing/self-signed.js';
import { readConfig, readDatabaseConfig } from './config.js';
import { ConfigError } from './environment.js';

const directory = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function errorOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`accepted ${JSON.stringify(environment)}`);
}

const SECRET = 'hunter2-and-then-some-more-of-it';
const SERVED = {
  TLS_CERT_FILE: file('served.pem', SELF_SIGNED_CERTIFICATE),
  TLS_KEY_FILE: file('served.key', SELF_SIGNED_KEY),
};
const { publicKey, privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('readConfig', () => {
  it('needs nothing: the defaults are the embedded server on this machine alone', () => {
    expect(readConfig({})).toEqual({
      ...{ database: { kind: 'sqlite', path: 'data/latchkey.db' }, redisUrl: undefined },
      ...{ grpcAddress: '127.0.0.1:50051', httpAddress: '127.0.0.1:8080', roles: new Set(['grpc', 'rest', 'worker']) },
      ...{ redisPrefix: 'latchkey', grpcMaxConnectionAgeMs: 0, drainDelayMs: 0, httpBasePath: '', console: true },
      ...{
        opsAddress: undefined,
        auditRetentionDays: 365,
        trustedProxies: [],
        limits: { callsPerMinuteOfAddress: 0, connectionsOfAddress: 0 },
        signInsPerMinute: 10,
        testOverrides: false,
        environmentName: '',
      },
      ...{
        maxStreams: 10_000,
        maxStreamsPerToken: 1_000,
        grpcCallsPerMinute: 0,
        failedAuthenticationsPerMinute: 600,
        streamHeartbeatMs: 15_000,
      },
      webhooks: { allowHttp: false, allowPrivate: false, source: '/latchkey' },
      ...{ adminToken: undefined, secret: undefined, previousSecret: undefined },
      ...{
        tls: undefined,
        jwt: undefined,
        contexts: { clientAttributes: undefined, visitors: undefined },
        corsOrigins: [],
        dataDir: 'data',
        queueIntake: true,
      },
      ...{
        lanes: 32,
        timeZone: 'UTC',
        searchAttributes: [],
        retentionDays: 30,
        dropProperties: false,
        cachedUsers: 100_000,
        cachedBytes: 268_435_456,
      },
      ...{ httpRequestsPerMinute: 0, logLevel: 'info' },
    });
  });

  it('treats an empty variable as one that is not set', () => {
    const empty = { DATABASE_URL: '', REDIS_URL: '', ROLES: '', LATCHKEY_ADMIN_TOKEN: '', JWT_SECRET: '', LANES: '' };
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it('reads every setting', () => {
    const pem = file('key.pem', publicKey);
    const config = readConfig({
      ...{ DATABASE_URL: 'mariadb://u:p@db:3307/latchkey', DATABASE_POOL: '5', REDIS_URL: 'rediss://cache:6380/2' },
      ...{ ROLES: ' worker, grpc ', LATCHKEY_ADMIN_TOKEN_FILE: file('admin', `${SECRET}\n`), QUEUE_INTAKE: 'off' },
      ...{
        JWT_PUBLIC_KEY_FILE: pem,
        JWT_ISSUER: 'i',
        JWT_AUDIENCE: 'web, mobile',
        JWT_AUDIENCE_CLAIM: 'client_id',
        JWT_PLATFORM_CLAIM: 'c',
        JWT_PLATFORM_VALUE: 'v',
      },
      ...{ CORS_ORIGINS: 'https://a.example,https://b.example:8443', LANES: '64', EVENT_RETENTION_DAYS: '7' },
      ...{ GRPC_ADDR: '[::1]:50051', HTTP_ADDR: 'localhost:0', LOG_LEVEL: 'warn', DATA_DIR: '/tmp/x' },
      ...{ TIME_ZONE: 'europe/lisbon', USER_SEARCH_ATTRIBUTES: 'email, profile.name' },
    });
    expect(config).toMatchObject({
      searchAttributes: ['email', 'profile.name'],
      ...{ database: { kind: 'mysql', poolSize: 5 }, redisUrl: 'rediss://cache:6380/2', adminToken: SECRET },
      ...{ roles: new Set(['worker', 'grpc']), queueIntake: false, lanes: 64, retentionDays: 7, logLevel: 'warn' },
      ...{ corsOrigins: ['https://a.example', 'https://b.example:8443'], timeZone: 'Europe/Lisbon' },
      jwt: {
        ...{ key: { kind: 'publicKey', pem: publicKey }, platform: { claim: 'c', value: 'v' }, userClaim: 'sub' },
        ...{ audiences: ['web', 'mobile'], audienceClaim: 'client_id' },
      },
    });
  });

  const wrong: readonly (readonly [string, Record<string, string>, string])[] = [
    ['another database', { DATABASE_URL: `postgres://u:${SECRET}@h/d` }, 'DATABASE_URL is neither mysql://'],
    ['no database name', { DATABASE_URL: `mysql://u:${SECRET}@h` }, 'DATABASE_URL: the database URL names no database'],
    [
      'an unreadable database',
      { DATABASE_URL: `mysql://u:${SECRET}@h:99999/d` },
      'DATABASE_URL: the database URL cannot',
    ],
    ['an unknown option', { DATABASE_URL: `mysql://u:${SECRET}@h/d?pool=3` }, 'unknown option "pool"'],
    ['a database without a file', { DATABASE_URL: 'sqlite:' }, 'DATABASE_URL names no file'],
    [
      'a database twice',
      { DATABASE_URL: 'sqlite:x', DATABASE_URL_FILE: '/y' },
      'give DATABASE_URL or DATABASE_URL_FILE',
    ],
    [
      'a pool of one',
      { DATABASE_URL: 'mysql://h/d', DATABASE_POOL: '1' },
      'DATABASE_POOL="1" is no whole number from 2',
    ],
    ['another cache', { REDIS_URL: `http://:${SECRET}@h` }, 'REDIS_URL is no redis://'],
    [
      'a Sentinel without a master',
      { REDIS_URL: `redis+sentinel://:${SECRET}@h:1,h:2` },
      'REDIS_URL: the Redis address',
    ],
    [
      'a Cluster with a database number',
      { REDIS_URL: `redis+cluster://:${SECRET}@h:1,h:2/3` },
      'REDIS_URL: the Redis address',
    ],
    ['a prefix with braces', { REDIS_PREFIX: '{a}' }, 'REDIS_PREFIX="{a}" has other characters'],
    [
      'a CA that is not there',
      { DATABASE_URL: `mysql://u:${SECRET}@h/d?ssl=true&ssl_ca=/nowhere/ca.pem` },
      'DATABASE_URL: ssl_ca="/nowhere/ca.pem" cannot be read',
    ],
    ['an address without a port', { GRPC_ADDR: 'localhost' }, 'GRPC_ADDR="localhost" is no HOST:PORT'],
    ['a port beyond all', { HTTP_ADDR: '127.0.0.1:70000' }, 'HTTP_ADDR="127.0.0.1:70000" is no HOST:PORT'],
    ['an open address', { HTTP_ADDR: '0.0.0.0:8080' }, 'HTTP_ADDR=0.0.0.0:8080 is reachable from other machines'],
    ['an address that only looks local', { GRPC_ADDR: '127.example.com:1' }, 'reachable from other machines'],
    ['an unknown role', { ROLES: 'grpc,queue' }, 'ROLES has "queue", which is none of grpc, rest, worker'],
    ['a short admin token', { LATCHKEY_ADMIN_TOKEN: 'hunter2' }, 'shorter than 16 characters'],
    ['a short secret', { LATCHKEY_SECRET: 'hunter2hunter2' }, 'LATCHKEY_SECRET is shorter than 32 characters'],
    [
      'a former secret that is short',
      { LATCHKEY_SECRET: SECRET.repeat(2), LATCHKEY_SECRET_PREVIOUS: 'hunter2' },
      'LATCHKEY_SECRET_PREVIOUS is shorter than 32 characters',
    ],
    [
      'a former secret alone',
      { LATCHKEY_SECRET_PREVIOUS: SECRET.repeat(2) },
      'LATCHKEY_SECRET_PREVIOUS is given without LATCHKEY_SECRET',
    ],
    ['an admin token of two words', { LATCHKEY_ADMIN_TOKEN: `${SECRET} ${SECRET}` }, 'no header can carry'],
    [
      'a missing file',
      { LATCHKEY_ADMIN_TOKEN_FILE: '/nowhere/x' },
      'LATCHKEY_ADMIN_TOKEN_FILE="/nowhere/x" cannot be read',
    ],
    ['an empty file', { JWT_SECRET_FILE: file('empty', ' \n') }, 'is empty; put the secret into it'],
    ['a certificate alone', { TLS_CERT_FILE: '/x' }, 'TLS_CERT_FILE and TLS_KEY_FILE go together'],
    [
      'certificates that are not there',
      { TLS_CERT_FILE: '/x', TLS_KEY_FILE: '/y' },
      'TLS_CERT_FILE="/x" cannot be read',
    ],
    [
      'a certificate that is none',
      { TLS_CERT_FILE: file('no-cert.pem', 'x'), TLS_KEY_FILE: file('k1', SELF_SIGNED_KEY) },
      'no-cert.pem" holds no certificate in PEM format',
    ],
    [
      'a key that is none',
      { TLS_CERT_FILE: file('c1', SELF_SIGNED_CERTIFICATE), TLS_KEY_FILE: file('no-key.pem', 'hunter2') },
      'no-key.pem" holds no private key in PEM format',
    ],
    [
      "another certificate's key",
      { TLS_CERT_FILE: file('c2', SELF_SIGNED_CERTIFICATE), TLS_KEY_FILE: file('other.pem', privateKey) },
      'other.pem" is not the key of the certificate',
    ],
    [
      'clients’ certificates without one of its own',
      { TLS_CLIENT_CA_FILE: '/x' },
      'TLS_CLIENT_CA_FILE asks clients for certificates: give TLS_CERT_FILE and TLS_KEY_FILE',
    ],
    [
      'an authority that is none',
      { ...SERVED, TLS_CLIENT_CA_FILE: file('no-ca.pem', SELF_SIGNED_KEY) },
      'TLS_CLIENT_CA_FILE="',
    ],
    [
      'a prefix of attributes with spaces',
      { CLIENT_ATTRIBUTES: 'my own ' },
      'CLIENT_ATTRIBUTES="my own " is no beginning',
    ],
    ['half a way in', { ANONYMOUS_ACCESS: 'half' }, 'ANONYMOUS_ACCESS="half" is neither true nor false'],
    ['a short secret', { JWT_SECRET: 'hunter2' }, 'JWT_SECRET has 7 bytes and needs at least 32'],
    ['two keys', { JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://h/k' }, 'exactly one of JWT_SECRET'],
    ['keys in the clear', { JWT_JWKS_URL: 'http://h/k', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' }, 'is no https URL'],
    ['keys of nobody', { JWT_JWKS_URL: 'https://h/k' }, 'JWT_ISSUER and JWT_AUDIENCE are required'],
    ['no key at all', { JWT_PUBLIC_KEY_FILE: file('no.pem', 'x') }, 'holds no public key in PEM format'],
    [
      'a private key',
      { JWT_PUBLIC_KEY_FILE: file('private.pem', privateKey) },
      'holds a private key; give the public one',
    ],
    ['a claim for no audience', { JWT_SECRET: SECRET, JWT_AUDIENCE_CLAIM: 'c' }, 'JWT_AUDIENCE gives none'],
    ['a claim without its value', { JWT_SECRET: SECRET, JWT_PLATFORM_CLAIM: 'c' }, 'go together'],
    ['half a switch', { QUEUE_INTAKE: 'maybe' }, 'QUEUE_INTAKE="maybe" is neither true nor false'],
    ['lanes beyond all', { LANES: '5000' }, 'LANES="5000" is no whole number from 1 to 4096'],
    [
      'an offset for a time zone',
      { TIME_ZONE: '+01:00' },
      'TIME_ZONE="+01:00" is not a time zone of the IANA database',
    ],
    ['an attribute twice', { USER_SEARCH_ATTRIBUTES: 'email, email' }, 'USER_SEARCH_ATTRIBUTES: "email" stands twice'],
    ['a path that leads nowhere', { USER_SEARCH_ATTRIBUTES: 'a..b' }, '"a..b" is no attribute'],
    ['too many attributes', { USER_SEARCH_ATTRIBUTES: 'a,b,c,d,e,f,g,h,i' }, 'at most 8 attributes, not 9'],
    ['half a lane', { LANES: '1.5' }, 'LANES="1.5" is no whole number'],
    ['a retention that days cannot tell', { EVENT_RETENTION_DAYS: '59' }, 'from 1 to 58'],
    ['an origin with a path', { CORS_ORIGINS: 'https://a.example/' }, 'CORS_ORIGINS has "https://a.example/"'],
    ['a proxy by name', { TRUSTED_PROXIES: '10.0.0.0/8,proxy' }, 'TRUSTED_PROXIES has "proxy"'],
    ['a network of no kind', { TRUSTED_PROXIES: '10.0.0.0/33' }, 'TRUSTED_PROXIES has "10.0.0.0/33"'],
    ['a name of many lines', { LATCHKEY_ENVIRONMENT: 'a\nb' }, 'LATCHKEY_ENVIRONMENT="a\\nb" is no name'],
    ['an unknown level', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL="loud" is none of trace'],
  ];
  it.each(wrong)('refuses %s, and tells no secret', (_, environment, message) => {
    const error = errorOf(environment);
    expect(error).toContain(message);
    expect(error).not.toContain('hunter2');
    expect(error).not.toContain('BEGIN PRIVATE');
  });

  it('listens in the clear beyond this machine only when told to, or with certificates, or not at all', () => {
    const open = { GRPC_ADDR: '0.0.0.0:1', HTTP_ADDR: '[::]:2' };
    expect(errorOf(open)).toContain('GRPC_ADDR=0.0.0.0:1');
    expect(readConfig({ ...open, ALLOW_PLAINTEXT: 'true' }).grpcAddress).toBe('0.0.0.0:1');
    expect(readConfig({ ...open, ROLES: 'worker' }).roles.size).toBe(1);
    const [cert, key] = [file('c', SELF_SIGNED_CERTIFICATE), file('k', SELF_SIGNED_KEY)];
    expect(readConfig({ ...open, TLS_CERT_FILE: cert, TLS_KEY_FILE: key }).tls).toEqual({
      certificate: SELF_SIGNED_CERTIFICATE,
      key: SELF_SIGNED_KEY,
      files: { certFile: cert, keyFile: key },
    });
    expect(readConfig({ ...SERVED, TLS_CLIENT_CA_FILE: cert }).tls).toMatchObject({
      clientAuthorities: SELF_SIGNED_CERTIFICATE,
    });
  });

  it('lets visitors in, and takes attributes of clients, only when told to', () => {
    const given = { ANONYMOUS_ACCESS: 'true', CLIENT_ATTRIBUTES: 'client_' };
    expect(readConfig(given).contexts).toEqual({ clientAttributes: 'client_', visitors: { requestsPerMinute: 600 } });
    expect(readConfig({ ANONYMOUS_REQUESTS_PER_MINUTE: '5' }).contexts.visitors).toBeUndefined();
  });

  it('gives a process without REST an address for health and metrics, and another one where it is told to', () => {
    expect(readConfig({ ROLES: 'worker' }).opsAddress).toBe('127.0.0.1:9464');
    expect(readConfig({ ROLES: 'grpc' }).opsAddress).toBe('127.0.0.1:9464');
    expect(readConfig({ OPS_ADDR: '127.0.0.1:9000' }).opsAddress).toBe('127.0.0.1:9000');
    expect(errorOf({ OPS_ADDR: '0.0.0.0:9000' })).toContain('OPS_ADDR=0.0.0.0:9000 is reachable from other machines');
    expect(errorOf({ ROLES: 'worker', OPS_ADDR: '9000' })).toContain('OPS_ADDR="9000" is no HOST:PORT');
  });

  it('names the deployment, and bounds who tries to sign in', () => {
    const config = readConfig({ LATCHKEY_ENVIRONMENT: 'staging', SIGN_INS_PER_MINUTE: '3' });
    expect([config.environmentName, config.signInsPerMinute]).toEqual(['staging', 3]);
  });

  it('keeps the audit for ever where it is told 0 days', () => {
    expect(readConfig({ AUDIT_RETENTION_DAYS: '0' }).auditRetentionDays).toBeUndefined();
    expect(readConfig({ TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8,127.0.0.1' }).trustedProxies).toEqual([
      ...['10.0.0.0/8', 'fd00::/8', '127.0.0.1'],
    ]);
  });

  it('reads the database alone for commands that need no more', () => {
    expect(readDatabaseConfig({ DATABASE_URL: 'sqlite:x', JWT_SECRET: 'short' })).toEqual({
      kind: 'sqlite',
      path: 'x',
    });
  });
});
