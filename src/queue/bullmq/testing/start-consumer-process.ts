import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ConsumerProcess {
  /** Resolves when it has begun to work on something. */
  readonly working: Promise<void>;
  /** Ends it by SIGKILL, in mid-job. */
  kill(): Promise<void>;
}

/** Starts a consumer of lanes or of events that takes work and never finishes it. */
export function startConsumerProcess(kind: 'lanes' | 'events', redisUrl: string, lockMs: number): ConsumerProcess {
  const loader = new URL('../../../../test/servers/typescript.mjs', import.meta.url);
  const program = fileURLToPath(new URL('./consumer-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', loader.href, program, kind, redisUrl, String(lockMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const working = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'working') {
        resolve();
      }
    });
    child.once('exit', () => reject(new Error('the consumer ended before it had work')));
  });
  // Its end is what kill() brings about; only a test that waits for work minds it.
  working.catch(() => undefined);
  return {
    working,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
