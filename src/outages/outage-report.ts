/**
 * Reports an outage once: the failure that it begins with, and none after that until something has succeeded again. What
 * is asked a thousand times a second would fill a log otherwise.
 */
export class OutageReport {
  readonly #onError: (error: unknown) => void;
  #underWay: boolean = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Whether the last that was heard is a failure. */
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
