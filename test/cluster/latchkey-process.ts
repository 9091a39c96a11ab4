import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BUILT_SERVER, build } from '../servers/built.js';
import { busy } from '../timing.js';

const ROOT = new URL('../../', import.meta.url);
const FREE_PORTS = { GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', OPS_ADDR: '127.0.0.1:0' };
/** What every server with MySQL must be given; all that share a database have it in common. */
const SECRET = { LATCHKEY_SECRET: 'the-secret-of-all-servers-of-these-tests' };
const READY_MS = busy(30_000);
/** A process that a test starts, or starts again after a kill, need not compile what another one has compiled. */
const COMPILED = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', ROOT)) };

export interface LatchkeyProcess {
  readonly pid: number;
  /** HOST:PORT, or `off`. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  /** What it wrote to standard error. */
  log(): string;
  /** Ends it with this signal and gives its exit code; null when the signal itself ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** Starts a Latchkey process, as it is built, with these settings and nothing else of this environment. */
export async function startLatchkey(
  environment: Record<string, string>,
  words: readonly string[] = [],
): Promise<LatchkeyProcess> {
  build();
  const child = spawn(process.execPath, [BUILT_SERVER, 'serve', ...words], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...COMPILED, ...FREE_PORTS, ...SECRET, ...environment },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const line = await readyLine(child, () => log);
  return {
    pid: child.pid!,
    grpcAddress: /grpc=(\S*)/.exec(line)?.[1] ?? '',
    httpAddress: /http=(\S*)/.exec(line)?.[1] ?? '',
    log: () => log,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

/** Brings a database's schema up to date, as an operator does before the servers start. */
export function migrateDatabase(url: string): void {
  build();
  execFileSync(process.execPath, [BUILT_SERVER, 'migrate'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...COMPILED, DATABASE_URL: url },
    stdio: 'ignore',
  });
}

async function readyLine(child: ChildProcess, log: () => string): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready within ${READY_MS} ms: ${log()}`));
    }, READY_MS);
    lines.once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code} before it was ready: ${log()}`));
    });
  });
}
