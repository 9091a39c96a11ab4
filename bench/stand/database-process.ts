import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Place } from './places.js';

/** The process of a place's MariaDB. */
export async function databasePid({ query }: Pick<Place, 'query'>): Promise<number> {
  const [row] = (await query('SELECT @@pid_file AS path')) as readonly { readonly path: string }[];
  return Number(readFileSync(row!.path, 'utf8'));
}

/** The process of a place's Redis. */
export async function redisPid({ environment }: Pick<Place, 'environment'>): Promise<number> {
  const redis = new Redis(environment.REDIS_URL!);
  const information = await redis.info('server');
  redis.disconnect();
  return Number(/process_id:(\d+)/.exec(information)![1]);
}
