import { setTimeout as sleep } from 'node:timers/promises';

export interface Repeated {
  /** What the work is called in the log. */
  readonly name: string;
  /** How long to wait after one run before the next, in milliseconds. */
  readonly everyMs: number;
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  /** Told of each run that failed. The next run comes all the same. */
  readonly onError: (name: string, error: unknown) => void;
}

/** Runs a piece of work again and again, one run at a time. Gives the function that stops it and waits for a run under way. */
export function repeat({ name, everyMs, run, onError }: Repeated): () => Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await run(signal).catch((error: unknown) => {
        if (!signal.aborted) onError(name, error);
      });
      // Ends at once, by a rejection, when it is stopped.
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const done = loop();
  return async () => {
    abort.abort();
    await done;
  };
}
