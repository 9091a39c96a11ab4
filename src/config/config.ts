import { isIP } from 'node:net';
import { join } from 'node:path';
import { faultOfSearchedAttributes } from '../core/states/searched-attributes.js';
import { didYouMean } from '../core/values/nearest-name.js';
import { A_TIME_ZONE, timeZoneNamed } from '../core/values/time/time-zone.js';
import type { JwtOptions } from '../identity/jwt-options.js';
import { parseMysqlUrl, readTlsFiles } from '../store/mysql/mysql-url.js';
import { address, isLoopback } from './address.js';
import { type ContextConfig, readContextConfig } from './context-config.js';
import { ConfigError, Environment } from './environment.js';
import { type FlagdConfig, readFlagdConfig } from './flagd-config.js';
import { readJwtConfig } from './jwt-config.js';
import { type LimitsConfig, readLimitsConfig } from './limits-config.js';
import { redisPrefix, redisUrl } from './redis-config.js';
import { readSecretConfig, type SecretConfig } from './secret-config.js';
import { readTlsConfig, type TlsConfig } from './tls-config.js';

export const ROLES = ['grpc', 'rest', 'worker'] as const;
export type Role = (typeof ROLES)[number];

export interface Config extends SecretConfig {
  readonly database:
    | { readonly kind: 'mysql'; readonly url: string; readonly poolSize: number }
    | { readonly kind: 'sqlite'; readonly path: string };
  /** The Redis of queue and notifier; undefined for the embedded queue and the local notifier. */
  readonly redisUrl: string | undefined;
  /** The prefix of all keys and channels in Redis. */
  readonly redisPrefix: string;
  readonly grpcAddress: string;
  /** How old a connection to gRPC may become before its client is told to make another; 0 for any age. */
  readonly grpcMaxConnectionAgeMs: number;
  /** The listener for flagd's clients; undefined where there is none. */
  readonly flagd: FlagdConfig | undefined;
  readonly httpAddress: string;
  /** What all paths of REST begin with, like `/flags`; '' for nothing. */
  readonly httpBasePath: string;
  /** Whether REST serves the console. */
  readonly console: boolean;
  /** Where health and metrics are served by themselves; undefined where REST alone serves them. */
  readonly opsAddress: string | undefined;
  readonly roles: ReadonlySet<Role>;
  readonly tls: TlsConfig | undefined;
  readonly jwt: JwtOptions | undefined;
  readonly contexts: ContextConfig;
  readonly corsOrigins: readonly string[];
  /** How often one address may try to sign in a minute; 0 for any number. */
  readonly signInsPerMinute: number;
  /** What people call this deployment, as consoles show it; '' for nothing. */
  readonly environmentName: string;
  /** The addresses and networks of proxies that are believed when they say what a client's address is. */
  readonly trustedProxies: readonly string[];
  /** The folder for the embedded admin token and secret, and for the snapshot that a start without the store reads. */
  readonly dataDir: string;
  readonly queueIntake: boolean;
  readonly lanes: number;
  /** The time zone of users for whom nobody named one, by its name. */
  readonly timeZone: string;
  /** The paths of the attributes by which administrators find users, besides their ids. */
  readonly searchAttributes: readonly string[];
  readonly retentionDays: number;
  /** Whether the properties of an event go when it has been counted, rather than with the event. */
  readonly dropProperties: boolean;
  /** How long the audit is kept, and with it tokens that were revoked or have expired; undefined for ever. */
  readonly auditRetentionDays: number | undefined;
  readonly cachedUsers: number;
  readonly cachedBytes: number;
  /** How many authentications a minute may fail that come from one address; 0 for any number. */
  readonly failedAuthenticationsPerMinute: number;
  readonly limits: LimitsConfig;
  /** How many calls a minute one machine token may make on gRPC, messages of streams included; 0 for any number. */
  readonly grpcCallsPerMinute: number;
  /** How many requests a minute one machine token or person may make on REST; 0 for any number. */
  readonly httpRequestsPerMinute: number;
  /** How many streams may be open at once in this process. */
  readonly maxStreams: number;
  /** How many of them, those of users aside, may be opened with one token; 0 for any number. */
  readonly maxStreamsPerToken: number;
  readonly streamHeartbeatMs: number;
  readonly webhooks: {
    readonly allowHttp: boolean;
    readonly allowPrivate: boolean;
    /** The `source` of the CloudEvents that are sent, a URI reference. */
    readonly source: string;
  };
  /** Whether calls with a token of the scope `test` may decide flags by themselves. */
  readonly testOverrides: boolean;
  /** For how long a server that stops reports that it is not ready, before it refuses connections. */
  readonly drainDelayMs: number;
  readonly logLevel: string;
}

/** Reads the configuration from an environment; throws {@link ConfigError}. The only reader of the environment. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  return configOf(new Environment(environment));
}

/**
 * Reads the configuration from settings that were all given for it, where an environment has other variables, too; throws
 * {@link ConfigError} also for a setting that has no effect, as nothing reads it beside the others.
 */
export function readSettings(settings: Readonly<Record<string, string>>): Config {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'string') throw new ConfigError(`${name} is no text but a ${typeof value}: put it in quotes`);
  }
  const env = new Environment(settings);
  const config = configOf(env);
  const [unread] = env.unread();
  if (unread === undefined) return config;
  const hint = didYouMean(unread, env.asked());
  throw new ConfigError(`${unread} is no setting, or has no effect beside the others: leave it out${hint}`);
}

function configOf(env: Environment): Config {
  const active = roles(env);
  const config: Config = {
    database: database(env),
    redisUrl: redisUrl(env),
    redisPrefix: redisPrefix(env),
    grpcMaxConnectionAgeMs: env.integer('GRPC_MAX_CONNECTION_AGE', 0, 0, 86_400) * 1_000,
    grpcAddress: address(env, 'GRPC_ADDR', '127.0.0.1:50051'),
    flagd: readFlagdConfig(env),
    httpAddress: address(env, 'HTTP_ADDR', '127.0.0.1:8080'),
    httpBasePath: httpBasePath(env),
    console: env.flag('CONSOLE', true),
    opsAddress: opsAddress(env, active),
    roles: active,
    ...readSecretConfig(env),
    tls: readTlsConfig(env),
    jwt: readJwtConfig(env),
    contexts: readContextConfig(env),
    corsOrigins: corsOrigins(env),
    signInsPerMinute: env.integer('SIGN_INS_PER_MINUTE', 10, 0, 1_000_000),
    environmentName: environmentName(env),
    trustedProxies: trustedProxies(env),
    dataDir: env.text('DATA_DIR') ?? 'data',
    queueIntake: env.flag('QUEUE_INTAKE', true),
    lanes: env.integer('LANES', 32, 1, 4096),
    timeZone: timeZone(env),
    searchAttributes: searchAttributes(env),
    retentionDays: env.integer('EVENT_RETENTION_DAYS', 30, 1, 58),
    dropProperties: env.oneOf('EVENT_PROPERTIES', 'keep', ['keep', 'drop']) === 'drop',
    auditRetentionDays: env.integer('AUDIT_RETENTION_DAYS', 365, 0, 36_500) || undefined,
    cachedUsers: env.integer('CACHED_USERS', 100_000, 1_000, 10_000_000),
    cachedBytes: env.integer('CACHED_MIB', 256, 16, 65_536) * 2 ** 20,
    failedAuthenticationsPerMinute: env.integer('FAILED_AUTHENTICATIONS_PER_MINUTE', 600, 0, 10_000_000),
    limits: readLimitsConfig(env),
    grpcCallsPerMinute: env.integer('GRPC_CALLS_PER_MINUTE', 0, 0, 100_000_000),
    httpRequestsPerMinute: env.integer('HTTP_REQUESTS_PER_MINUTE', 0, 0, 10_000_000),
    maxStreamsPerToken: env.integer('MAX_STREAMS_PER_TOKEN', 1_000, 0, 1_000_000),
    maxStreams: env.integer('MAX_STREAMS', 10_000, 0, 1_000_000),
    streamHeartbeatMs: env.integer('STREAM_HEARTBEAT_SECONDS', 15, 1, 300) * 1_000,
    webhooks: {
      allowHttp: env.flag('WEBHOOKS_ALLOW_HTTP', false),
      allowPrivate: env.flag('WEBHOOKS_ALLOW_PRIVATE', false),
      source: webhooksSource(env),
    },
    testOverrides: env.flag('TEST_OVERRIDES', false),
    drainDelayMs: env.integer('DRAIN_DELAY_SECONDS', 0, 0, 300) * 1_000,
    logLevel: env.oneOf('LOG_LEVEL', 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  };
  checkPlaintext(config, env.flag('ALLOW_PLAINTEXT', false));
  return config;
}

/** The database's settings alone, for commands that need no others. */
export function readDatabaseConfig(environment: Readonly<Record<string, string | undefined>> = process.env) {
  return database(new Environment(environment));
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
    readTlsFiles(parseMysqlUrl(url).tlsFiles ?? {});
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: ${(error as Error).message}`);
  }
  return { kind: 'mysql', url, poolSize: env.integer('DATABASE_POOL', 16, 2, 500) };
}

/** A path that needs no encoding, so that it is the same wherever it is written. A last slash is left out. */
function httpBasePath(env: Environment): string {
  const given = env.text('HTTP_BASE_PATH') ?? '';
  const path = given.replace(/\/$/, '');
  if (path === '' || (path.length <= 255 && /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/.test(path))) return path;
  throw new ConfigError(
    `HTTP_BASE_PATH=${JSON.stringify(given)} is no path like /flags, of letters, digits, ".", "_", "~" and "-" between slashes`,
  );
}

/** A process with REST has health and metrics there; any other could not be asked how it does without an address for them. */
function opsAddress(env: Environment, active: ReadonlySet<Role>): string | undefined {
  if (env.text('OPS_ADDR') === undefined && active.has('rest')) return undefined;
  return address(env, 'OPS_ADDR', '127.0.0.1:9464');
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

/** The allowed origins. Each must be written as browsers send it, or it would never match. */
function corsOrigins(env: Environment): readonly string[] {
  return env.list('CORS_ORIGINS').map((origin) => {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
    throw new ConfigError(
      `CORS_ORIGINS has ${JSON.stringify(origin)}, which is no origin like https://app.example.com, without a path`,
    );
  });
}

function environmentName(env: Environment): string {
  const name = env.text('LATCHKEY_ENVIRONMENT') ?? '';
  if (name.length <= 64 && !/\p{Cc}/u.test(name)) return name;
  throw new ConfigError(
    `LATCHKEY_ENVIRONMENT=${JSON.stringify(name)} is no name of at most 64 characters, like production`,
  );
}

function timeZone(env: Environment): string {
  const given = env.text('TIME_ZONE') ?? 'UTC';
  const zone = timeZoneNamed(given);
  if (zone !== undefined) return zone;
  throw new ConfigError(`TIME_ZONE=${JSON.stringify(given)} is not ${A_TIME_ZONE}`);
}

function searchAttributes(env: Environment): readonly string[] {
  const paths = env.list('USER_SEARCH_ATTRIBUTES');
  const fault = faultOfSearchedAttributes(paths);
  if (fault === undefined) return paths;
  throw new ConfigError(`USER_SEARCH_ATTRIBUTES: ${fault}`);
}

/** The addresses and networks of the proxies before REST. */
function trustedProxies(env: Environment): readonly string[] {
  return env.list('TRUSTED_PROXIES').map((proxy) => {
    const [, host = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(proxy) ?? [];
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(host)] ?? -1;
    if (Number(bits) <= longest) return proxy;
    throw new ConfigError(
      `TRUSTED_PROXIES has ${JSON.stringify(proxy)}, which is no address or network like 10.0.0.0/8 or fd00::/8`,
    );
  });
}

/** The `source` of webhooks' events, for which CloudEvents asks for a URI reference, absolute or relative. */
function webhooksSource(env: Environment): string {
  const source = env.text('WEBHOOKS_SOURCE') ?? '/latchkey';
  if (/^[\x21-\x7e]{1,255}$/.test(source) && URL.canParse(source, 'https://latchkey.invalid')) return source;
  throw new ConfigError(
    `WEBHOOKS_SOURCE=${JSON.stringify(source)} is no URI reference of at most 255 characters, like /latchkey or https://flags.example.com`,
  );
}

/** Refuses to send tokens in plaintext: without TLS a door listens on loopback only, unless the operator allows more. */
function checkPlaintext({ tls: hasTls, roles: active, ...config }: Config, allowed: boolean): void {
  if (hasTls !== undefined || allowed) return;
  const open = [
    ['GRPC_ADDR', config.grpcAddress, active.has('grpc')],
    ['FLAGD_ADDR', config.flagd?.address, active.has('grpc')],
    ['HTTP_ADDR', config.httpAddress, active.has('rest')],
    ['OPS_ADDR', config.opsAddress, true],
  ] as const;
  for (const [name, value, listens] of open) {
    if (!listens || value === undefined || isLoopback(value)) continue;
    throw new ConfigError(
      `${name}=${value} is reachable from other machines without TLS: give TLS_CERT_FILE and TLS_KEY_FILE, or ALLOW_PLAINTEXT=true behind a proxy that has them`,
    );
  }
}

/** Where a start without the store finds the last configuration. */
export function snapshotFile({ dataDir }: Config): string {
  return join(dataDir, 'snapshot.json');
}

/** Where the last beat of this server's pulse is kept, by which a start notices that the database has gone back. */
export function pulseFile({ dataDir }: Config): string {
  return join(dataDir, 'pulse.json');
}

/** Where an embedded start keeps the admin token that it made. */
export function adminTokenFile({ dataDir }: Config): string {
  return join(dataDir, 'admin-token');
}

/** Where an embedded start keeps the secret that it made. */
export function secretFile({ dataDir }: Config): string {
  return join(dataDir, 'secret');
}
