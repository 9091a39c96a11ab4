import type { SqlValue, Statement } from './dialect.js';

interface Waiting extends Statement {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How much text is sent at once: far below the least that an engine takes by default (16 MiB). */
const CHARACTERS_AT_ONCE = 4 * 1024 * 1024;
const STATEMENTS_AT_ONCE = 50;

/**
 * Runs statements on one connection, in the order in which they are asked for. Where the engine takes several at once,
 * statements that are asked for without waiting in between are sent together and cost one round trip. `send` gets them as a list
 * and gives their answers, or rejects with the first failure, after which it must not have run any other.
 *
 * When a statement fails, those that wait fail with the same error and are not sent: the failure may have ended the
 * transaction, and nothing that belonged to it may run afterwards.
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
    // Runs after everything that can be asked for without waiting: promises that are settled have had their turn by then.
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

/** How many of the first statements are sent together; one at least. */
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
