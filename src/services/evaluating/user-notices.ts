import { withTimeLimit } from '../../outages/time-limit.js';

/**
 * Wakes calls that wait for a user's state to change when a notice of a change arrives at this server. Notices may be lost:
 * every wait has a limit, after which the call asks the store.
 */
export class UserNotices {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** A notice: this user's state changed. */
  raise(userId: string): void {
    for (const wake of this.#waiting.get(userId) ?? []) wake();
  }

  /**
   * Resolves at the first notice about any of these users, or after `limitMs`. Call it *before* asking the store, so that
   * a change between the question and the wait is not missed.
   */
  next(userIds: Iterable<string>, limitMs: number): Promise<void> {
    const ids = [...userIds];
    const { promise: noticed, resolve: wake } = Promise.withResolvers<void>();
    for (const id of ids) {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting.add(wake));
    }
    return withTimeLimit(limitMs, noticed, () => undefined).finally(() => {
      for (const id of ids) this.#forget(id, wake);
    });
  }

  #forget(userId: string, wake: () => void): void {
    const waiting = this.#waiting.get(userId);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#waiting.delete(userId);
  }
}
