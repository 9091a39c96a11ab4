import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
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

/** What servers with MySQL must be given, and all of one database have in common. */
const SECRET = 'a-secret-of-all-servers-for-this-run-alone';

/** Runs a file of `bench` that is written in TypeScript. */
export const TYPESCRIPT = ['node', '--no-warnings', '--import', './test/servers/typescript.mjs'] as const;

/** Starts a program on one processor (where `taskset` is there) and waits for a line that matches. */
export async function start(cpu: number, command: readonly string[], ready: RegExp, env: Record<string, string> = {}) {
  const child = spawn(pinned(cpu, command)[0]!, pinned(cpu, command).slice(1), {
    env: { ...process.env, LATCHKEY_SECRET: SECRET, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
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
    processorMs: () => processorMsOf(child.pid!),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  } satisfies Started;
}

/** The folder for processor profiles of the servers under test, `PROFILE` in the environment; none by default. */
const PROFILE = process.env.PROFILE;

/** Starts Latchkey with these roles, like `grpc,worker`, on one processor; gives the addresses of its doors as well. */
export async function serve(cpu: number, roles: string, env: Readonly<Record<string, string>>) {
  const profiled = PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`];
  const started = await start(cpu, ['node', ...profiled, 'dist/main.js', 'serve'], /^latchkey ready/, {
    ...{ LATCHKEY_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn', ROLES: roles },
    ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', OPS_ADDR: '127.0.0.1:0', ...env },
  });
  const address = (door: string): string => new RegExp(`${door}=(\\S+)`).exec(started.line)?.[1] ?? '';
  return { ...started, grpcAddress: address('grpc'), httpAddress: address('http') };
}

const hasTaskset = spawnSync('taskset', ['--version']).status === 0;

/** The command on that processor alone. */
export function pinned(cpu: number, command: readonly string[]): readonly string[] {
  return hasTaskset ? ['taskset', '-c', String(cpu), ...command] : command;
}

/** Keeps this process to one processor: for a bench that makes the load itself, beside a server on another one. */
export function pinThisProcess(cpu: number): void {
  if (hasTaskset) spawnSync('taskset', ['-apc', String(cpu), String(process.pid)]);
}

/** What all threads of a process have had of processors so far, in milliseconds. Linux. */
export function processorMsOf(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return ns / 1e6;
}

/** What a process holds in memory. Linux. */
export function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
