/** Whether the session is over while somebody is at work, and who waits for the next one. */
let over: PromiseWithResolvers<void> | undefined;
const listeners = new Set<() => void>();

function changed(): void {
  for (const listener of listeners) listener();
}

/** Says that the session is over, and resolves when there is another. Rejects when `signal` is aborted before. */
export function sessionRenewed(signal?: AbortSignal): Promise<void> {
  if (over === undefined) {
    over = Promise.withResolvers<void>();
    changed();
  }
  const { promise } = over;
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}

/** Says that somebody has signed in: what waited goes on. */
export function renewSession(): void {
  const waiting = over;
  over = undefined;
  waiting?.resolve();
  changed();
}

export function isSessionOver(): boolean {
  return over !== undefined;
}

export function onSessionEnd(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
