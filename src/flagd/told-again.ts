import { SECOND_MS } from '../core/values/time/time.js';
import { SNAPSHOT_STALE_MS } from '../services/evaluating/target-views.js';

/**
 * How long after a change it is told once more. Until then another server that has not heard of the change may have answered by what was
 * before it, and as if that held: it is sure of flags that were confirmed so lately. Two seconds are for the answer to arrive.
 */
export const AGAIN_MS = SNAPSHOT_STALE_MS + 2 * SECOND_MS;

/**
 * The flags that the reader of one stream is told of once more. Readers ask at once when they are told of a change, and keep the answer:
 * behind a load balancer it may come from a server that does not know of the change yet, and no other event would ever void it.
 */
export class ToldAgain {
  /** When each flag is due, in that order. */
  readonly #due = new Map<string, number>();
  readonly #tell: (keys: readonly string[]) => boolean;
  #timer: NodeJS.Timeout | undefined;
  #takes: boolean = true;

  /** @param tell false asks for no more until {@link writable} is called */
  constructor(tell: (keys: readonly string[]) => boolean) {
    this.#tell = tell;
  }

  /** These flags are told of now. */
  add(keys: Iterable<string>): void {
    const due = Date.now() + AGAIN_MS;
    for (const key of keys) {
      this.#due.delete(key);
      this.#due.set(key, due);
    }
    this.#arm();
  }

  /** Something else was written, whose reader takes more, or does not. */
  wrote(takes: boolean): void {
    this.#takes = takes;
  }

  /** The reader takes events again; false: what was due was enough for it. */
  writable(): boolean {
    this.#takes = true;
    this.#tellDue();
    return this.#takes;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#due.clear();
    this.#takes = false;
  }

  #tellDue(): void {
    // What is due to a reader that is behind waits, and is told of each flag once.
    if (!this.#takes) return;
    const now = Date.now();
    const keys: string[] = [];
    for (const [key, due] of this.#due) {
      if (due > now) break;
      this.#due.delete(key);
      keys.push(key);
    }
    if (keys.length > 0) this.#takes = this.#tell(keys);
    this.#arm();
  }

  #arm(): void {
    const [first] = this.#due.values();
    if (this.#timer !== undefined || first === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#tellDue();
      },
      Math.max(0, first - Date.now()),
    );
    this.#timer.unref();
  }
}
