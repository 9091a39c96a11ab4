/**
 * A consumer in a process of its own, for tests that kill it: `consumer-process.ts lanes|events REDIS_URL LOCK_MS`.
 * Writes `ready`, then `working` for each piece of work, and never finishes one.
 */
import { openBullmqEventIntake } from '../bullmq-event-intake.js';
import { openBullmqWorkQueue } from '../bullmq-work-queue.js';

const [kind, redisUrl = '', lockMs = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const onError = (error: unknown): void => void process.stderr.write(`${String(error)}\n`);
const connection = { redisUrl, onError, lockDurationMs: Number(lockMs), stalledIntervalMs: Number(lockMs) };

function work(): Promise<void> {
  say('working');
  return new Promise(() => undefined);
}

if (kind === 'lanes') {
  const queue = await openBullmqWorkQueue(connection);
  await queue.consume(work, { concurrency: 1, onError });
} else {
  await openBullmqEventIntake(connection).consume(work, { concurrency: 1, onError });
}
say('ready');
