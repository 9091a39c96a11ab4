/** The address of Redis, as its driver takes it: a URL, or Sentinels with the master's name. */
export interface RedisAddress {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: object;
  readonly name?: string;
  readonly sentinels?: { host: string; port: number }[];
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly enableTLSForSentinelMode?: boolean;
  readonly sentinelTLS?: object;
}

/** The default prefix of a deployment's keys and channels. Deployments with other prefixes can share a Redis. */
export const DEFAULT_REDIS_PREFIX = 'latchkey';

const SENTINEL = /^redis(s?)\+sentinel:\/\/(?:([^@/]*)@)?([^@/?]+)\/([^/?]+)(?:\/(\d+))?(?:\?(.*))?$/;
const DEFAULT_SENTINEL_PORT = 26_379;

/** Whether a URL is one of Sentinels: `redis+sentinel://` or, with TLS, `rediss+sentinel://`. */
export function namesSentinels(url: string): boolean {
  return /^rediss?\+sentinel:/.test(url);
}

/**
 * Reads `redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DATABASE?sentinel_password=…`, where user and password are
 * those of Redis itself. Throws with what is wrong; the message never has a password.
 */
export function parseSentinelUrl(url: string): RedisAddress {
  const [, secure, userinfo = '', hosts = '', name = '', db, query = ''] = SENTINEL.exec(url) ?? [];
  if (name === '') throw unreadable();
  const options = new URLSearchParams(query);
  const unknown = [...options.keys()].find((key) => key !== 'sentinel_password' && key !== 'sentinel_username');
  if (unknown !== undefined) throw new Error(`the Redis address has an unknown option ${JSON.stringify(unknown)}`);
  const colon = userinfo.indexOf(':');
  const username = decoded(colon < 0 ? userinfo : userinfo.slice(0, colon));
  const password = colon < 0 ? '' : decoded(userinfo.slice(colon + 1));
  const [sentinelUsername, sentinelPassword] = [options.get('sentinel_username'), options.get('sentinel_password')];
  return {
    sentinels: hosts.split(',').map(hostAndPort),
    name: decoded(name),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(db === undefined ? {} : { db: Number(db) }),
    ...(sentinelUsername === null ? {} : { sentinelUsername }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(secure === 's' ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}

function hostAndPort(text: string): { host: string; port: number } {
  const [, host = '', port] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === '' || Number(port ?? 1) > 65_535) throw unreadable();
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? DEFAULT_SENTINEL_PORT : Number(port) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unreadable();
  }
}

function unreadable(): Error {
  return new Error(
    'the Redis address cannot be read: write redis+sentinel://HOST:PORT,HOST:PORT/MASTER, specials as %XX',
  );
}
