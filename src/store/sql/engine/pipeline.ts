import type { SqlValue } from './sql.js';

export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

interface Waiting extends Statement {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Far below the smallest default of what an engine takes at once (16 MiB). */
const CHARACTERS_AT_ONCE = 4 * 1024 * 1024;
const STATEMENTS_AT_ONCE = 50;

/**
 * Statements on one connection, in the order they are asked for. Where the engine takes several at once, those that nobody
 * waited between go together, so that they cost one way to the engine and back: `send` gets them as a list and gives their
 * answers, or rejects with the first failure, after which it has run no other. What waits when one fails fails like it, and
 * is not sent: the failure may have ended the transaction, and nothing of it may run after that.
 */
export class Pipeline {
  readonly #send: (statements: readonly Statement[]) => Promise<readonly unknown[]>;
  readonly #together: boolean;
  #waiting: Waiting[] = [];
  #sending: boolean = false;

  constructor(
    send: (statements: readonly Statement[]) => Promise<readonly unknown[]>,
    { together }: { readonly together: boolean },
  ) {
    this.#send = send;
    this.#together = together;
  }

  add(text: string, values: readonly SqlValue[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, values, resolve, reject });
      if (!this.#sending) this.#begin();
    });
  }

  #begin(): void {
    this.#sending = true;
    if (!this.#together) {
      void this.#run();
      return;
    }
    // After everything that can be asked for without waiting: each promise that is there already has had its turn.
    queueMicrotask(() => process.nextTick(() => void this.#run()));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0, this.#together ? fitting(this.#waiting) : 1);
      try {
        const answers = await this.#send(some);
        for (const [i, { resolve }] of some.entries()) resolve(answers[i]);
      } catch (error) {
        for (const { reject } of [...some, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#sending = false;
  }
}

/** How many of the first statements go together: one at least. */
function fitting(statements: readonly Statement[]): number {
  let characters = 0;
  let count = 0;
  for (const { text, values } of statements) {
    characters += values.reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? value.length * 2 : 16),
      text.length,
    );
    if (count === STATEMENTS_AT_ONCE || (count > 0 && characters > CHARACTERS_AT_ONCE)) break;
    count++;
  }
  return count;
}
