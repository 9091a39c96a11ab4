/**
 * Reports an outage once: the first failure, and no other until something has succeeded again. Without it, what is asked for
 * a thousand times a second would fill the log.
 */
export class OutageReport {
  readonly #onError: (error: unknown) => void;
  #underWay: boolean = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Whether the last outcome was a failure. */
  get underWay(): boolean {
    return this.#underWay;
  }

  failed(error: unknown): void {
    if (this.#underWay) return;
    this.#underWay = true;
    this.#onError(error);
  }

  succeeded(): void {
    this.#underWay = false;
  }
}
