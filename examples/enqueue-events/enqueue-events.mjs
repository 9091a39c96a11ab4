// Puts events onto Latchkey's intake queue with nothing but BullMQ. Run: REDIS_URL=redis://127.0.0.1:6379 npm start
import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const user = process.argv[2] ?? 'alice';

const queue = new Queue('latchkey-events', { connection: { url }, prefix: '{latchkey}' });
queue.on('error', (error) => console.error(`queue: ${error.message}`));

const event = (action, more = {}) => ({
  id: randomUUID(),
  source: 'examples/enqueue-events',
  user_id: user,
  action,
  occurred_at: new Date().toISOString(),
  ...more,
});

// One event is one job; a list saves Redis most of the work.
const one = await queue.add('track', event('report_exported', { value: 3, properties: { format: 'pdf' } }));
const many = await queue.add('track', [event('report_viewed'), event('report_viewed'), event('report_shared')]);

console.log(`enqueued jobs ${one.id} and ${many.id} for ${user}`);
await queue.close();
