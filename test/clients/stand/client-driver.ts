import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { busy } from '../../timing.js';

/** What an application in some language is told of where the server is, and how it proves who it is. */
export interface ClientOptions {
  readonly host: string;
  readonly flagdPort: number;
  readonly httpPort: number;
  readonly httpUrl: string;
  readonly token: string;
  readonly cache: boolean;
  readonly selector?: string;
}

export type AskedType = 'boolean' | 'string' | 'integer' | 'float' | 'object';

export interface Question {
  readonly type: AskedType;
  readonly flag: string;
  /** The caller's default. */
  readonly otherwise: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** An evaluation's details as every OpenFeature SDK has them. */
export interface Details {
  readonly value: unknown;
  readonly reason?: string;
  readonly variant?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a provider reported by itself. */
export interface Reported {
  readonly name: string;
  /** As the SDK calls it, like `PROVIDER_CONFIGURATION_CHANGED`. */
  readonly event: string;
  readonly flags: readonly string[];
}

/** An opened client within a driver. */
export interface Client {
  ask(question: Question): Promise<Details>;
  /** What was reported since the last call of this. */
  news(): readonly Reported[];
}

const ANSWER_MS = busy(30_000);
const CLOSE_MS = 5_000;

/** A process in some language that asks published clients what it is told to, by JSON lines. */
export class ClientDriver {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #reported: Reported[] = [];
  readonly #read = new Map<string, number>();
  #said = '';
  #lastId = 0;

  constructor(program: string, args: readonly string[], cwd: string) {
    this.#child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-4_000);
    });
    this.#child.once('exit', () => this.#failAll());
    this.#child.once('error', (error) => {
      this.#said += error.message;
      this.#failAll();
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const message = JSON.parse(line) as Answer | Reported;
      if ('event' in message) this.#reported.push(message);
      else this.#waiting.get(message.id)?.(message);
    });
  }

  async open(name: string, provider: string, options: ClientOptions): Promise<Client> {
    await this.#call('open', { name, provider, options });
    return {
      ask: async (question) => (await this.#call('ask', { name, provider, ...question })) as Details,
      news: () => {
        const own = this.#reported.filter((each) => each.name === name);
        const before = this.#read.get(name) ?? 0;
        this.#read.set(name, own.length);
        return own.slice(before);
      },
    };
  }

  /** Has the application end, or ends it where it does not do so soon. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = once(this.#child, 'exit');
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS);
    void this.#call('close', {}).catch(() => undefined);
    await ended;
    clearTimeout(killing);
  }

  async #call(operation: string, given: object): Promise<object> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = await new Promise<Answer>((resolve, reject) => {
      const late = () => reject(new Error(`no answer to ${operation} ${JSON.stringify(given)}: ${this.#said}`));
      const timer = setTimeout(late, ANSWER_MS);
      this.#waiting.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      this.#child.stdin?.write(`${JSON.stringify({ id, operation, ...given })}\n`);
    });
    this.#waiting.delete(id);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result ?? {};
  }

  #failAll(): void {
    for (const [id, answered] of this.#waiting) answered({ id, error: `the driver has ended: ${this.#said}` });
  }
}

interface Answer {
  readonly id: number;
  readonly result?: object;
  readonly error?: string;
}
