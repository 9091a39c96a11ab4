import { type Call, confinedTo } from '../../calls/caller.js';
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
/** How many of them may be organizations': one of the places is always the platform's. */
const MAX_OF_ORGANIZATIONS = 1;

/** The room that this server has for previews of every kind. */
export class PreviewWork {
  readonly #readers: OpenReaders;
  #running = 0;
  #ofOrganizations = 0;

  constructor(readers: OpenReaders) {
    this.#readers = readers;
  }

  /**
   * Begins a preview, which goes on until the sink has been given the result or a failure. Rejects with what `prepare` rejects with, and
   * with LIMITED while too many previews are under way, or another organization's, where the caller is confined to one.
   */
  async begin<Result>(
    call: Call,
    sink: PreviewSink<Result>,
    prepare: () => Promise<PreparedPreview<Result>>,
  ): Promise<PreviewFeed> {
    const readers = this.#readers;
    readers.requireRoom({ reader: readerOf(call) });
    // A place is taken only for what the caller may preview: everybody else is told why not, and not to come later.
    const prepared = await prepare();
    const leave = this.#enter(confinedTo(call.caller) !== '');
    const stopping = new AbortController();
    const reader = new ProgressReader(sink);
    const signal = anySignal(stopping.signal, call.signal);
    // The page that is being read when the caller goes is read to its end, and the place is not kept for it.
    signal.addEventListener('abort', leave, { once: true });
    const open = {
      reader: readerOf(call),
      end: () => {
        sink.end(tokenEnded());
        stopping.abort();
      },
    };
    readers.add(open);
    const running = { ...prepared, signal, onProgress: (progress: PreviewProgress) => reader.tell(progress) };
    void this.#run(running, prepared, sink).finally(() => {
      leave();
      readers.delete(open);
    });
    return { writable: () => reader.writable(), close: () => stopping.abort() };
  }

  /** Takes a place, and gives what leaves it, which may be called again. */
  #enter(isConfined: boolean): () => void {
    if (this.#running >= MAX_PREVIEWS) {
      throw busy(`${MAX_PREVIEWS} previews are under way here, which is the most; try again when one has ended`);
    }
    if (isConfined && this.#ofOrganizations >= MAX_OF_ORGANIZATIONS) {
      throw busy('a preview of an organization is under way here, which is the most; try again when it has ended');
    }
    const ofOrganizations = isConfined ? 1 : 0;
    this.#running++;
    this.#ofOrganizations += ofOrganizations;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#running--;
      this.#ofOrganizations -= ofOrganizations;
    };
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
