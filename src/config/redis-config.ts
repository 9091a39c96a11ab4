import { DEFAULT_REDIS_PREFIX, namesSentinels, parseSentinelUrl } from '../redis/redis-address.js';
import { ConfigError, type Environment } from './environment.js';

/** Where Redis is: `redis://`, `rediss://`, or by Sentinels; undefined for none. */
export function redisUrl(env: Environment): string | undefined {
  const url = env.secret('REDIS_URL');
  if (url !== undefined && namesSentinels(url)) {
    try {
      parseSentinelUrl(url);
      return url;
    } catch (error) {
      throw new ConfigError(`REDIS_URL: ${(error as Error).message}`);
    }
  }
  if (url === undefined || (/^rediss?:\/\//.test(url) && URL.canParse(url))) return url;
  throw new ConfigError('REDIS_URL is no redis://HOST:PORT address');
}

/** What stands before this deployment's keys and channels. Braces would make another hash tag of it than is meant. */
export function redisPrefix(env: Environment): string {
  const prefix = env.text('REDIS_PREFIX') ?? DEFAULT_REDIS_PREFIX;
  if (/^[\w.-]{1,64}$/.test(prefix)) return prefix;
  throw new ConfigError(
    `REDIS_PREFIX=${JSON.stringify(prefix)} has other characters than letters, digits, ".", "_" and "-", or more than 64`,
  );
}
