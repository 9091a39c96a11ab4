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
  readonly sentinels?: NodeAddress[];
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly enableTLSForSentinelMode?: boolean;
  readonly sentinelTLS?: object;
}

/** The default prefix of a deployment's keys and channels. Deployments with other prefixes can share a Redis. */
export const DEFAULT_REDIS_PREFIX = 'latchkey';

/** The nodes by which a Redis Cluster is found, and what each of its nodes wants to know. */
export interface ClusterAddress {
  readonly nodes: readonly NodeAddress[];
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

const SENTINEL = /^redis(s?)\+sentinel:\/\/(?:([^@/]*)@)?([^@/?]+)\/([^/?]+)(?:\/(\d+))?(?:\?(.*))?$/;
const DEFAULT_SENTINEL_PORT = 26_379;
const SENTINEL_FORM = 'redis+sentinel://HOST:PORT,HOST:PORT/MASTER';

const CLUSTER = /^redis(s?)\+cluster:\/\/(?:([^@/]*)@)?([^@/?]+)\/?$/;
const DEFAULT_PORT = 6_379;
const CLUSTER_FORM = 'redis+cluster://HOST:PORT,HOST:PORT, without a database number';

/** Whether a URL is one of Sentinels: `redis+sentinel://` or, with TLS, `rediss+sentinel://`. */
export function namesSentinels(url: string): boolean {
  return /^rediss?\+sentinel:/.test(url);
}

/** Whether a URL is one of a Redis Cluster: `redis+cluster://` or, with TLS, `rediss+cluster://`. */
export function namesCluster(url: string): boolean {
  return /^rediss?\+cluster:/.test(url);
}

/**
 * Reads `redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DATABASE?sentinel_password=…`, where user and password are
 * those of Redis itself. Throws with what is wrong; the message never has a password.
 */
export function parseSentinelUrl(url: string): RedisAddress {
  const [, secure, userinfo = '', hosts = '', name = '', db, query = ''] = SENTINEL.exec(url) ?? [];
  if (name === '') throw unreadable(SENTINEL_FORM);
  const options = new URLSearchParams(query);
  const unknown = [...options.keys()].find((key) => key !== 'sentinel_password' && key !== 'sentinel_username');
  if (unknown !== undefined) throw new Error(`the Redis address has an unknown option ${JSON.stringify(unknown)}`);
  const [sentinelUsername, sentinelPassword] = [options.get('sentinel_username'), options.get('sentinel_password')];
  return {
    sentinels: hosts.split(',').map((host) => hostAndPort(host, DEFAULT_SENTINEL_PORT, SENTINEL_FORM)),
    name: decoded(name, SENTINEL_FORM),
    ...credentials(userinfo, SENTINEL_FORM),
    ...(db === undefined ? {} : { db: Number(db) }),
    ...(sentinelUsername === null ? {} : { sentinelUsername }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(secure === 's' ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}

/**
 * Reads `redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT`. One node that answers is enough: it knows the others. Throws with
 * what is wrong; the message never has a password.
 */
export function parseClusterUrl(url: string): ClusterAddress {
  const [, secure, userinfo = '', hosts = ''] = CLUSTER.exec(url) ?? [];
  if (hosts === '') throw unreadable(CLUSTER_FORM);
  return {
    nodes: hosts.split(',').map((host) => hostAndPort(host, DEFAULT_PORT, CLUSTER_FORM)),
    ...credentials(userinfo, CLUSTER_FORM),
    ...(secure === 's' ? { tls: {} } : {}),
  };
}

function credentials(userinfo: string, form: string): { readonly username?: string; readonly password?: string } {
  const colon = userinfo.indexOf(':');
  const username = decoded(colon < 0 ? userinfo : userinfo.slice(0, colon), form);
  const password = colon < 0 ? '' : decoded(userinfo.slice(colon + 1), form);
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function hostAndPort(text: string, defaultPort: number, form: string): NodeAddress {
  const [, host = '', port] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === '' || Number(port ?? 1) > 65_535) throw unreadable(form);
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
}

function decoded(part: string, form: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unreadable(form);
  }
}

function unreadable(form: string): Error {
  return new Error(`the Redis address cannot be read: write ${form}, specials as %XX`);
}
