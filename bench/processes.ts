import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Started {
  readonly process: ChildProcess;
  /** The line that told it was ready. */
  readonly line: string;
  /** What it has had of processors so far, in milliseconds. Linux. */
  processorMs(): number;
  stop(): Promise<void>;
}

/** The admin's token of the servers that `serve` starts. */
export const TOKEN = 'a-token-for-this-run-alone';

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
    processorMs() {
      // After the name: user and system time, the 14th and 15th field, in hundredths of a second.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  } satisfies Started;
}

/** Starts Latchkey with these roles, like `grpc,worker`, on one processor; gives the address of its gRPC door as well. */
export async function serve(cpu: number, roles: string, env: Readonly<Record<string, string>>) {
  const started = await start(cpu, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, {
    ...{ LATCHKEY_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn', ROLES: roles },
    ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', OPS_ADDR: '127.0.0.1:0', ...env },
  });
  return { ...started, grpcAddress: /grpc=(\S+)/.exec(started.line)![1]! };
}

/** The command on that processor alone. */
export function pinned(cpu: number, command: readonly string[]): readonly string[] {
  const there = spawnSync('taskset', ['--version']).status === 0;
  return there ? ['taskset', '-c', String(cpu), ...command] : command;
}
