import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LatchkeyProcess, startLatchkey } from '../cluster/latchkey-process.js';

const ROOT = new URL('../../', import.meta.url);
/** `SETTING=VALUE … scripts/start --ARGUMENT …`, also over several lines. */
const START = /^((?:[A-Z_]+=\S+\s+(?:\\\n\s*)?)*)scripts\/start((?: --\w+)*)$/;
const COMMAND_LIMIT_MS = 120_000;
const END = '\u001e';

/** A reader at a terminal: one shell for all commands, and the server that `scripts/start` stands for. */
export class ConsoleSession {
  readonly #directory = mkdtempSync(join(tmpdir(), 'latchkey-console-'));
  #shell: ChildProcess | undefined;
  #server: LatchkeyProcess | undefined;

  /** Runs a command of a page, and gives what it prints, both with the addresses and paths of the page. */
  async run(command: string): Promise<string> {
    const start = START.exec(command);
    if (start !== null) return this.#start(start[1]!, start[2]!);
    const server = this.#server;
    if (server === undefined) throw new Error('scripts/start comes first');
    const here: readonly (readonly [string, string])[] = [
      ['127.0.0.1:50051', server.grpcAddress],
      ['127.0.0.1:8080', server.httpAddress],
      ['data/admin-token', join(this.#directory, 'data/admin-token')],
    ];
    const typed = here.reduce((text, [page, real]) => text.replaceAll(page, real), command);
    const printed = await this.#type(typed);
    return here.reduce((text, [page, real]) => text.replaceAll(real, page), printed);
  }

  async close(): Promise<void> {
    // The shell leads a group of its own: what it left running ends with it.
    if (this.#shell?.pid !== undefined) process.kill(-this.#shell.pid, 'SIGKILL');
    await this.#server?.end('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #start(settings: string, programArguments: string): Promise<string> {
    const data = join(this.#directory, 'data');
    const given = [...settings.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name!, value!]);
    this.#server = await startLatchkey(
      { DATABASE_URL: `sqlite:${join(data, 'latchkey.db')}`, DATA_DIR: data, ...Object.fromEntries(given) },
      programArguments.split(' ').slice(1),
    );
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: this.#directory, TMPDIR: this.#directory };
    this.#shell = spawn('bash', ['--norc'], { cwd: ROOT, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    return 'latchkey ready grpc=127.0.0.1:50051 http=127.0.0.1:8080\n';
  }

  #type(command: string): Promise<string> {
    const { stdin, stdout, stderr } = this.#shell!;
    return new Promise((resolve, reject) => {
      let printed = '';
      let complaints = '';
      const settle = (act: () => void): void => {
        clearTimeout(limit);
        stdout!.removeListener('data', take);
        stderr!.removeListener('data', complain);
        act();
      };
      const limit = setTimeout(() => settle(() => reject(new Error(`takes too long: ${command}`))), COMMAND_LIMIT_MS);
      const complain = (chunk: Buffer): void => {
        complaints += chunk.toString();
      };
      const take = (chunk: Buffer): void => {
        printed += chunk.toString();
        const [output, code] = printed.split(END);
        if (!code?.endsWith('\n')) return;
        settle(() => {
          if (Number(code) === 0) resolve(output!);
          else reject(new Error(`ended with ${code.trim()}: ${command}\n${output}${complaints}`));
        });
      };
      stdout!.on('data', take);
      stderr!.on('data', complain);
      stdin!.write(`${command}\nprintf '${END}%s\\n' "$?"\n`);
    });
  }
}
