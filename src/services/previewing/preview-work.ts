import type { Call } from '../../calls/caller.js';
import { asLatchkeyError, busy } from '../../calls/errors.js';
import { type OpenReaders, readerOf, tokenEnded } from '../../calls/open-readers.js';
import type { PreviewFeed, PreviewProgress, PreviewSink } from './preview-event.js';
import { PreviewRun, type PreviewRunOptions } from './preview-run.js';

/** What a preview goes through, and what comes of it. */
export interface PreparedPreview<Result> extends Omit<PreviewRunOptions, 'signal' | 'onProgress'> {
  /** The result of the users who were decided so far. */
  readonly result: () => Result;
}

/** How many previews may be under way: each reads all users, so more of them would not be done sooner. */
const MAX_PREVIEWS = 2;

/** The room that this server has for previews of every kind. */
export class PreviewWork {
  readonly #readers: OpenReaders;
  #running = 0;

  constructor(readers: OpenReaders) {
    this.#readers = readers;
  }

  /**
   * Begins a preview, which goes on until the sink has been given the result or a failure. Rejects with what `prepare` rejects with, and
   * with LIMITED while too many previews are under way.
   */
  async begin<Result>(
    call: Call,
    sink: PreviewSink<Result>,
    prepare: () => Promise<PreparedPreview<Result>>,
  ): Promise<PreviewFeed> {
    const readers = this.#readers;
    readers.requireRoom({ reader: readerOf(call) });
    if (this.#running >= MAX_PREVIEWS) {
      throw busy(`${MAX_PREVIEWS} previews are under way here, which is the most; try again when one has ended`);
    }
    this.#running++;
    let begun = false;
    try {
      const stopping = new AbortController();
      const prepared = await prepare();
      const reader = new ProgressReader(sink);
      const signal = anySignal(stopping.signal, call.signal);
      const open = {
        reader: readerOf(call),
        end: () => {
          sink.end(tokenEnded());
          stopping.abort();
        },
      };
      readers.add(open);
      const running = { ...prepared, signal, onProgress: (progress: PreviewProgress) => reader.tell(progress) };
      begun = true;
      void this.#run(running, prepared, sink).finally(() => readers.delete(open));
      return { writable: () => reader.writable(), close: () => stopping.abort() };
    } finally {
      if (!begun) this.#running--;
    }
  }

  async #run<Result>(
    options: PreviewRunOptions,
    { result }: PreparedPreview<Result>,
    sink: PreviewSink<Result>,
  ): Promise<void> {
    try {
      await new PreviewRun(options).run();
      sink.write({ type: 'result', result: result() });
      sink.end(undefined);
    } catch (error) {
      sink.end(asLatchkeyError(error));
    } finally {
      this.#running--;
    }
  }
}

/** Tells progress while the reader keeps up. Progress that is not read is left out, or it would pile up. */
class ProgressReader {
  readonly #sink: Pick<PreviewSink<never>, 'write'>;
  #full: boolean = false;

  constructor(sink: Pick<PreviewSink<never>, 'write'>) {
    this.#sink = sink;
  }

  tell(progress: PreviewProgress): void {
    if (!this.#full) this.#full = !this.#sink.write({ type: 'progress', progress });
  }

  writable(): void {
    this.#full = false;
  }
}

function anySignal(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}
