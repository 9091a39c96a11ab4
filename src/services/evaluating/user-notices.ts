/**
 * Wakes whoever waits for a user's state to change, when a notice of it arrives here. A notice may be lost: every wait ends
 * by itself, and what is waited for is looked at again then.
 */
export class UserNotices {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** A notice: this user's state changed. */
  raise(userId: string): void {
    for (const wake of this.#waiting.get(userId) ?? []) wake();
  }

  /**
   * Resolves at the first notice about any of these users, or after `limitMs`. Ask for it *before* looking at the store,
   * so that no change falls between the look and the wait.
   */
  next(userIds: Iterable<string>, limitMs: number): Promise<void> {
    const ids = [...userIds];
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        for (const id of ids) this.#forget(id, wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      for (const id of ids) {
        const waiting = this.#waiting.get(id) ?? new Set();
        this.#waiting.set(id, waiting.add(wake));
      }
    });
  }

  #forget(userId: string, wake: () => void): void {
    const waiting = this.#waiting.get(userId);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#waiting.delete(userId);
  }
}
