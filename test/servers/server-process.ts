import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

const STOP_LIMIT_MS = 15_000;
const OUTPUT_KEPT_CHARACTERS = 8_000;

/** Ports that tests choose from: none of Linux's own, which begin at 32768, nor of macOS's, which begin at 49152. */
const LOWEST_PORT = 20_000;
const LOWEST_OF_THE_SYSTEM = 32_768;
/** Those that this process has been given. */
const found = new Set<number>();

/** A server that a test started; whoever started it stops it. */
export interface ServerProcess {
  readonly pid: number;
  /** The end of what it wrote to stdout and stderr. */
  output(): string;
  hasExited(): boolean;
  /** Asks it to end (SIGTERM unless another signal is given) and waits until it has; after 15 s it is killed. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The path of a program on the PATH or in the sbin folders that an ordinary user's PATH lacks; undefined if absent. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The path of a program that the tests cannot do without. Throws with what to do when it is absent. */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined) {
    throw new Error(`${name} was not found on this machine: run scripts/test once, which installs what is missing`);
  }
  return path;
}

/** Starts a server as a child that also ends when this process is killed, where the system can do that. */
export function startServerProcess(program: string, args: readonly string[]): ServerProcess {
  const setpriv = findProgram('setpriv');
  const [command, commandArgs] =
    setpriv === undefined ? [program, args] : [setpriv, ['--pdeathsig', 'KILL', program, ...args]];
  const child = spawn(command, commandArgs, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_KEPT_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(error.message)));
  // A test that forgets to stop its server must not keep jest from ending.
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('exit', () => process.removeListener('exit', killAtExit));
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    if ('unref' in stream && typeof stream.unref === 'function') {
      stream.unref();
    }
  }
  return {
    pid: child.pid ?? -1,
    output: () => output,
    hasExited: () => hasExited(child),
    stop: (signal = 'SIGTERM') => stop(child, signal),
  };
}

function hasExited(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(child)) {
    return;
  }
  child.ref();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(killer);
}

/**
 * A port on 127.0.0.1 that nobody listens on. It lies below those that the system gives to who asks for any port, and to each connection:
 * such a one could be taken before its server listens, or while a test has its server down, even by a client that tries it again and again.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, LOWEST_OF_THE_SYSTEM);
    if (!found.has(port) && (await canListen(port))) {
      found.add(port);
      return port;
    }
  }
}

/** Resolves with whether `port` could be listened on just now. */
function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Tries a server until it answers. Throws with its output when it has ended or the limit has passed. */
export async function waitUntilReady(
  server: ServerProcess,
  options: { readonly name: string; readonly limitMs: number; readonly isReady: () => Promise<boolean> },
): Promise<void> {
  const deadline = Date.now() + options.limitMs;
  while (!(await options.isReady())) {
    if (server.hasExited() || Date.now() > deadline) {
      await server.stop('SIGKILL');
      throw new Error(`${options.name} did not start; the end of its output:\n${server.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
