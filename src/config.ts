import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseMysqlUrl } from './store/mysql/mysql-url.js';

export const ROLES = ['grpc', 'rest', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** How JWTs of people are checked; exactly one key. */
export interface JwtConfig {
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'publicKey'; readonly pem: string }
    | { readonly kind: 'jwks'; readonly url: string };
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly userClaim: string;
  readonly organizationClaim: string;
  readonly rolesClaim: string;
  /** Who administers the platform: the claim must hold the value. Unset: nobody does. */
  readonly platform: { readonly claim: string; readonly value: string } | undefined;
  readonly sync: boolean;
}

export interface Config {
  readonly database:
    | { readonly kind: 'mysql'; readonly url: string; readonly poolSize: number }
    | { readonly kind: 'sqlite'; readonly path: string };
  /** undefined: embedded queue and local notifier. */
  readonly redisUrl: string | undefined;
  readonly grpcAddress: string;
  readonly httpAddress: string;
  readonly roles: ReadonlySet<Role>;
  /** undefined: an embedded start makes one. */
  readonly adminToken: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly jwt: JwtConfig | undefined;
  readonly corsOrigins: readonly string[];
  /** Where the embedded admin token and the snapshot for a start without the store are kept. */
  readonly dataDir: string;
  readonly queueIntake: boolean;
  readonly lanes: number;
  readonly retentionDays: number;
  readonly cachedUsers: number;
  /** Requests a minute of one machine token or person on REST; 0: no limit. */
  readonly httpRequestsPerMinute: number;
  readonly logLevel: string;
}

/** A setting that cannot be used; the message names it, quotes it (unless it is a secret) and says what to do. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** Reads the configuration from an environment; throws {@link ConfigError}. The only reader of the environment. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const env = new Environment(environment);
  const config: Config = {
    database: database(env),
    redisUrl: redisUrl(env),
    grpcAddress: address(env, 'GRPC_ADDR', '127.0.0.1:50051'),
    httpAddress: address(env, 'HTTP_ADDR', '127.0.0.1:8080'),
    roles: roles(env),
    adminToken: adminToken(env),
    tls: tls(env),
    jwt: jwt(env),
    corsOrigins: corsOrigins(env),
    dataDir: env.text('DATA_DIR') ?? 'data',
    queueIntake: env.flag('QUEUE_INTAKE', true),
    lanes: env.integer('LANES', 32, 1, 4096),
    retentionDays: env.integer('EVENT_RETENTION_DAYS', 30, 1, 60),
    cachedUsers: env.integer('CACHED_USERS', 100_000, 1_000, 10_000_000),
    httpRequestsPerMinute: env.integer('HTTP_REQUESTS_PER_MINUTE', 0, 0, 10_000_000),
    logLevel: env.oneOf('LOG_LEVEL', 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  };
  checkPlaintext(config, env.flag('ALLOW_PLAINTEXT', false));
  return config;
}

/** The database alone, for commands that need nothing else. */
export function readDatabaseConfig(environment: Readonly<Record<string, string | undefined>> = process.env) {
  return database(new Environment(environment));
}

class Environment {
  readonly #values: Readonly<Record<string, string | undefined>>;

  constructor(values: Readonly<Record<string, string | undefined>>) {
    this.#values = values;
  }

  /** undefined where it is not set, or empty. */
  text(name: string): string | undefined {
    return this.#values[name] || undefined;
  }

  /** A secret: from the variable itself, or from the file that `NAME_FILE` names. */
  secret(name: string): string | undefined {
    const [given, file] = [this.text(name), this.text(`${name}_FILE`)];
    if (given !== undefined && file !== undefined) throw new ConfigError(`give ${name} or ${name}_FILE, not both`);
    if (file === undefined) return given;
    const content = readFile(`${name}_FILE`, file).trim();
    // As good as not set, it would quietly switch off what it is for.
    if (content === '') throw new ConfigError(`${name}_FILE=${JSON.stringify(file)} is empty; put the secret into it`);
    return content;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (['true', 'on', '1', 'yes'].includes(value)) return true;
    if (['false', 'off', '0', 'no'].includes(value)) return false;
    throw new ConfigError(`${name}=${JSON.stringify(value)} is neither true nor false`);
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new ConfigError(`${name}=${JSON.stringify(value)} is no whole number from ${min} to ${max}`);
  }

  list(name: string): readonly string[] {
    const items = (this.text(name) ?? '').split(',').map((item) => item.trim());
    return items.filter((item) => item !== '');
  }

  oneOf(name: string, fallback: string, known: readonly string[]): string {
    const value = this.text(name) ?? fallback;
    if (known.includes(value)) return value;
    throw new ConfigError(`${name}=${JSON.stringify(value)} is none of ${known.join(', ')}`);
  }
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${name}=${JSON.stringify(path)} cannot be read: ${(error as Error).message}`);
  }
}

function database(env: Environment): Config['database'] {
  const url = env.secret('DATABASE_URL') ?? 'sqlite:data/latchkey.db';
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length);
    if (path === '')
      throw new ConfigError('DATABASE_URL names no file; give sqlite:PATH, like sqlite:data/latchkey.db');
    return { kind: 'sqlite', path };
  }
  if (!/^(mysql|mariadb):\/\//.test(url)) {
    throw new ConfigError('DATABASE_URL is neither mysql://USER:PASSWORD@HOST:PORT/NAME nor sqlite:PATH');
  }
  try {
    parseMysqlUrl(url);
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: ${(error as Error).message}`);
  }
  return { kind: 'mysql', url, poolSize: env.integer('DATABASE_POOL', 16, 2, 500) };
}

function redisUrl(env: Environment): string | undefined {
  const url = env.secret('REDIS_URL');
  if (url === undefined || (/^rediss?:\/\//.test(url) && URL.canParse(url))) return url;
  throw new ConfigError('REDIS_URL is no redis://HOST:PORT address');
}

function address(env: Environment, name: string, fallback: string): string {
  const value = env.text(name) ?? fallback;
  const port = Number(/^(.+):(\d{1,5})$/.exec(value)?.[2]);
  if (port <= 65_535) return value;
  throw new ConfigError(`${name}=${JSON.stringify(value)} is no HOST:PORT, like ${fallback}`);
}

function roles(env: Environment): ReadonlySet<Role> {
  const given = env.list('ROLES');
  if (given.length === 0) return new Set(ROLES);
  return new Set(
    given.map((name) => {
      const role = ROLES.find((known) => known === name);
      if (role === undefined)
        throw new ConfigError(`ROLES has ${JSON.stringify(name)}, which is none of ${ROLES.join(', ')}`);
      return role;
    }),
  );
}

/** Origins as browsers send them: anything else would never match. */
function corsOrigins(env: Environment): readonly string[] {
  return env.list('CORS_ORIGINS').map((origin) => {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
    throw new ConfigError(
      `CORS_ORIGINS has ${JSON.stringify(origin)}, which is no origin like https://app.example.com, without a path`,
    );
  });
}

const MIN_ADMIN_TOKEN = 16;

function adminToken(env: Environment): string | undefined {
  const token = env.secret('LATCHKEY_ADMIN_TOKEN');
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token)) {
    throw new ConfigError(
      'LATCHKEY_ADMIN_TOKEN has spaces or characters that no header can carry; make one with: openssl rand -hex 32',
    );
  }
  if (token === undefined || token.length >= MIN_ADMIN_TOKEN) return token;
  throw new ConfigError(
    `LATCHKEY_ADMIN_TOKEN is shorter than ${MIN_ADMIN_TOKEN} characters; make one with: openssl rand -hex 32`,
  );
}

function tls(env: Environment): Config['tls'] {
  const [certFile, keyFile] = [env.text('TLS_CERT_FILE'), env.text('TLS_KEY_FILE')];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new ConfigError('TLS_CERT_FILE and TLS_KEY_FILE go together');
  readFile('TLS_CERT_FILE', certFile);
  readFile('TLS_KEY_FILE', keyFile);
  return { certFile, keyFile };
}

function jwt(env: Environment): JwtConfig | undefined {
  const key = jwtKey(env);
  if (key === undefined) return undefined;
  const [issuer, audience] = [env.text('JWT_ISSUER'), env.text('JWT_AUDIENCE')];
  if (key.kind !== 'secret' && (issuer === undefined || audience === undefined)) {
    throw new ConfigError(
      'with a public key, JWT_ISSUER and JWT_AUDIENCE are required: anyone may hold a token of that key',
    );
  }
  const [claim, value] = [env.text('JWT_PLATFORM_CLAIM'), env.text('JWT_PLATFORM_VALUE')];
  if ((claim === undefined) !== (value === undefined)) {
    throw new ConfigError('JWT_PLATFORM_CLAIM and JWT_PLATFORM_VALUE go together');
  }
  return {
    key,
    issuer,
    audience,
    userClaim: env.text('JWT_USER_CLAIM') ?? 'sub',
    organizationClaim: env.text('JWT_ORGANIZATION_CLAIM') ?? 'org',
    rolesClaim: env.text('JWT_ROLES_CLAIM') ?? 'roles',
    platform: claim === undefined || value === undefined ? undefined : { claim, value },
    sync: env.flag('JWT_SYNC', false),
  };
}

const MIN_JWT_SECRET_BYTES = 32;

function jwtKey(env: Environment): JwtConfig['key'] | undefined {
  const secret = env.secret('JWT_SECRET');
  const pemFile = env.text('JWT_PUBLIC_KEY_FILE');
  const url = env.text('JWT_JWKS_URL');
  if ([secret, pemFile, url].filter((given) => given !== undefined).length > 1) {
    throw new ConfigError('give exactly one of JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL');
  }
  if (secret !== undefined) {
    if (Buffer.byteLength(secret) >= MIN_JWT_SECRET_BYTES) return { kind: 'secret', secret };
    throw new ConfigError(
      `JWT_SECRET is shorter than ${MIN_JWT_SECRET_BYTES} bytes; make one with: openssl rand -base64 32`,
    );
  }
  if (pemFile !== undefined) return { kind: 'publicKey', pem: publicKey(pemFile) };
  if (url === undefined) return undefined;
  if (url.startsWith('https://') && URL.canParse(url)) return { kind: 'jwks', url };
  throw new ConfigError(`JWT_JWKS_URL=${JSON.stringify(url)} is no https address`);
}

function publicKey(file: string): string {
  const pem = readFile('JWT_PUBLIC_KEY_FILE', file);
  const wrong = `JWT_PUBLIC_KEY_FILE=${JSON.stringify(file)} holds no public key in PEM format`;
  // A private key would do, but whoever has it can make tokens: it does not belong here.
  if (pem.includes('PRIVATE KEY')) throw new ConfigError(`${wrong} but a private one; keep that where tokens are made`);
  try {
    createPublicKey(pem);
  } catch {
    throw new ConfigError(`${wrong}, like -----BEGIN PUBLIC KEY-----`);
  }
  return pem;
}

/** Tokens cross the wire with every call: without TLS only where nobody listens, or where the operator says so. */
function checkPlaintext({ tls: hasTls, roles: active, ...config }: Config, allowed: boolean): void {
  if (hasTls !== undefined || allowed) return;
  const open = [
    ['GRPC_ADDR', config.grpcAddress, active.has('grpc')],
    ['HTTP_ADDR', config.httpAddress, active.has('rest')],
  ] as const;
  for (const [name, value, listens] of open) {
    if (!listens || isLoopback(value.slice(0, value.lastIndexOf(':')))) continue;
    throw new ConfigError(
      `${name}=${value} is reachable from other machines without TLS: give TLS_CERT_FILE and TLS_KEY_FILE, or ALLOW_PLAINTEXT=true behind a proxy that has them`,
    );
  }
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** Where a start without the store finds the last configuration. */
export function snapshotFile({ dataDir }: Config): string {
  return join(dataDir, 'snapshot.json');
}

/** Where an embedded start keeps the admin token that it made. */
export function adminTokenFile({ dataDir }: Config): string {
  return join(dataDir, 'admin-token');
}
