import {
  DEFAULT_REDIS_PREFIX,
  namesCluster,
  namesSentinels,
  parseClusterUrl,
  parseSentinelUrl,
} from '../redis/redis-address.js';
import { ConfigError, type Environment } from './environment.js';

/** The URL of Redis, `redis://`, `rediss://`, one of Sentinels or of a Cluster; undefined without Redis. */
export function redisUrl(env: Environment): string | undefined {
  const url = env.secret('REDIS_URL');
  const parse = url === undefined ? undefined : parserOf(url);
  if (url !== undefined && parse !== undefined) {
    try {
      parse(url);
      return url;
    } catch (error) {
      throw new ConfigError(`REDIS_URL: ${(error as Error).message}`);
    }
  }
  if (url === undefined || (/^rediss?:\/\//.test(url) && URL.canParse(url))) return url;
  throw new ConfigError('REDIS_URL is no redis://HOST:PORT address');
}

function parserOf(url: string): ((url: string) => unknown) | undefined {
  if (namesSentinels(url)) return parseSentinelUrl;
  return namesCluster(url) ? parseClusterUrl : undefined;
}

/** The prefix of this deployment's keys and channels. It must not have braces, which would make another hash tag. */
export function redisPrefix(env: Environment): string {
  const prefix = env.text('REDIS_PREFIX') ?? DEFAULT_REDIS_PREFIX;
  if (/^[\w.-]{1,64}$/.test(prefix)) return prefix;
  throw new ConfigError(
    `REDIS_PREFIX=${JSON.stringify(prefix)} has other characters than letters, digits, ".", "_" and "-", or more than 64`,
  );
}
