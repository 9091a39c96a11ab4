import { DEFAULT_REDIS_PREFIX, namesSentinels, parseSentinelUrl } from '../redis/redis-address.js';
import { ConfigError, type Environment } from './environment.js';

/** The URL of Redis, `redis://`, `rediss://`, or one of Sentinels; undefined without Redis. */
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

/** The prefix of this deployment's keys and channels. It must not have braces, which would make another hash tag. */
export function redisPrefix(env: Environment): string {
  const prefix = env.text('REDIS_PREFIX') ?? DEFAULT_REDIS_PREFIX;
  if (/^[\w.-]{1,64}$/.test(prefix)) return prefix;
  throw new ConfigError(
    `REDIS_PREFIX=${JSON.stringify(prefix)} has other characters than letters, digits, ".", "_" and "-", or more than 64`,
  );
}
