import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Started {
  readonly process: ChildProcess;
  /** The line that told it was ready. */
  readonly line: string;
  stop(): Promise<void>;
}

/** Starts a program on one processor (where `taskset` is there) and waits for a line that matches. */
export async function start(cpu: number, command: readonly string[], ready: RegExp, env: Record<string, string> = {}) {
  const child = spawn(pinned(cpu, command)[0]!, pinned(cpu, command).slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  const line = await new Promise<string>((resolve, reject) => {
    lines.on('line', (text) => ready.test(text) && resolve(text));
    child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended with ${code} before it was ready`)));
  });
  child.removeAllListeners('exit');
  // A bench that fails must not leave its servers behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    process: child,
    line,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  } satisfies Started;
}

/** The command on that processor alone. */
export function pinned(cpu: number, command: readonly string[]): readonly string[] {
  const there = spawnSync('taskset', ['--version']).status === 0;
  return there ? ['taskset', '-c', String(cpu), ...command] : command;
}
