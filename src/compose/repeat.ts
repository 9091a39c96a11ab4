export interface Repeated {
  /** For the log. */
  readonly name: string;
  /** From the end of one run to the beginning of the next, in milliseconds. */
  readonly everyMs: number;
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  /** Told of each run that failed; the next one comes all the same. */
  readonly onError: (name: string, error: unknown) => void;
}

/** Runs a piece of work again and again, never overlapping itself. The result stops it and waits for the run under way. */
export function repeat({ name, everyMs, run, onError }: Repeated): () => Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  let wake = (): void => undefined;
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await run(signal).catch((error: unknown) => {
        if (!signal.aborted) onError(name, error);
      });
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const done = loop();
  return async () => {
    abort.abort();
    wake();
    await done;
  };
}
