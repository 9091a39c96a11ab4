import { spawn } from 'node:child_process';
import { startMariadb } from './mariadb-server.js';
import { startRedis } from './redis-server.js';
import { DATABASE_VARIABLE, REDIS_VARIABLE } from './test-servers.js';

/**
 * Runs a command with a MariaDB and a Redis of its own: `scripts/with-servers [--durable] COMMAND [ARGUMENT…]`.
 * With `--durable` both write to disk at every commit, as production would. Exits with the command's code.
 */
const args = process.argv.slice(2);
const durable = args[0] === '--durable';
const [command, ...commandArgs] = durable ? args.slice(1) : args;
if (command === undefined) {
  console.error('usage: scripts/with-servers [--durable] COMMAND [ARGUMENT…]');
  process.exit(2);
}

const mariadb = await startMariadb(durable ? { flushLogAtCommit: 1, bufferPoolMib: 512 } : {});
const redis = await startRedis({ appendOnly: durable });
const child = spawn(command, commandArgs, {
  stdio: 'inherit',
  env: { ...process.env, [DATABASE_VARIABLE]: mariadb.url, [REDIS_VARIABLE]: redis.url },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void child.kill(signal));
}
process.exitCode = await new Promise<number>((resolve) => {
  child.once('error', (error) => {
    console.error(`cannot run ${command}: ${error.message}`);
    resolve(127);
  });
  child.once('exit', (code) => resolve(code ?? 1));
});
await Promise.all([mariadb.stop(), redis.stop()]);
