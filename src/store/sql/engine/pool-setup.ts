import type { Knex } from 'knex';

/** Keeps knex from writing to the console. Errors reach the caller anyway. */
export const SILENT_LOG = { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} };

/** What this file uses of knex's pool. */
interface WatchedPool {
  on(event: 'acquireRequest' | 'acquireSuccess' | 'acquireFail', listener: (request: number) => void): void;
}

/** Tells how long each connection was waited for, in milliseconds, also where none came. */
export function watchPool(knex: Knex, onWait: (waitedMs: number) => void): void {
  const pool: WatchedPool = knex.client.pool;
  const since = new Map<number, number>();
  const end = (request: number): void => {
    const start = since.get(request);
    since.delete(request);
    if (start !== undefined) onWait(performance.now() - start);
  };
  pool.on('acquireRequest', (request) => since.set(request, performance.now()));
  pool.on('acquireSuccess', end);
  pool.on('acquireFail', end);
}
