import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { presentRevisions } from '../../calls/consistency/present-revisions.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { Logger } from '../../observability/logger.js';
import { PULSE_KEPT_MS } from '../../store/sql/engine/pulse.js';
import type { SqlStore } from '../../store/sql/sql-store.js';
import type { EpochWatch } from './epoch-watch.js';

/** That the store gave something in an older revision than before. */
export interface Older {
  readonly kind: 'configuration' | 'users' | 'organizations';
  /** Whose; '' for the configuration. */
  readonly id: string;
  /** The revision that the store gave before. */
  readonly revision: number;
}

export interface RollbackWatchOptions {
  readonly store: Pick<SqlStore, 'checkWriting' | 'transaction' | 'pulse' | 'renewEpoch'>;
  readonly epoch: EpochWatch;
  /** Where the last beat is kept for the next start. */
  readonly path: string;
  readonly logger: Logger;
  readonly failed: (name: string, error: unknown) => void;
}

/** The last beat of this server's pulse, and the epoch in which it was. */
interface Pulse {
  readonly server: string;
  readonly beats: number;
  readonly epoch: string;
}

/** What was found older than it was, by which the loss was noticed. */
interface Loss {
  readonly kind: Older['kind'] | 'pulse';
  readonly expected: number;
  readonly found: number;
}

/** How old the last beat may be at a start: after that the database may have dropped the counter, and has not gone back. */
const BEFORE_MS = PULSE_KEPT_MS - DAY_MS;
/** How long a plain read may be behind what was committed; what is older for longer is looked at where writes are taken. */
const BEHIND_MS = 1_000;
const FOLDER_OF_OWNER = 0o700;

/**
 * Notices a database that has gone back, by a fail-over that lost writes or a restore from a backup, and begins another epoch: then
 * every server drops what it holds, and tokens of what was lost count no more. It notices by this server's own pulse, a counter that
 * only grows, whose last beat survives a restart; and by states and configurations that come back older than they were.
 */
export class RollbackWatch {
  readonly #options: RollbackWatchOptions;
  readonly #stopping = new AbortController();
  #last: Pulse | undefined;
  #looking: boolean = false;
  #unkept: boolean = false;

  constructor(options: RollbackWatchOptions) {
    this.#options = options;
  }

  /** Raises the pulse, now and then; begins another epoch where it has gone back. */
  async beat(): Promise<void> {
    const { store, epoch } = this.#options;
    const last = this.#last ?? (await this.#fromBefore());
    const beats = await store.pulse(last.server);
    if (beats <= last.beats) {
      await this.#beginEpoch(last.epoch, { kind: 'pulse', expected: last.beats + 1, found: beats });
    }
    this.#last = { server: last.server, beats, epoch: await epoch.current() };
    await this.#keep(this.#last);
  }

  /** The store gave something older than before: looks at it where writes are taken, once a server that is behind has caught up. */
  suspect(older: Older): void {
    if (this.#looking || this.#stopping.signal.aborted) return;
    this.#looking = true;
    this.#look(older)
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#options.failed('the look for lost writes', error);
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #look({ kind, id, revision }: Older): Promise<void> {
    const { store, epoch } = this.#options;
    const former = await epoch.current();
    await sleep(BEHIND_MS, undefined, { ref: false, signal: this.#stopping.signal });
    const ids = { users: kind === 'users' ? [id] : [], organizations: kind === 'organizations' ? [id] : [] };
    const present = await presentRevisions(store, ids);
    const found = kind === 'configuration' ? present.configuration : (present[kind].get(id) ?? 0);
    if (found < revision && former === (await epoch.current())) {
      await this.#beginEpoch(former, { kind, expected: revision, found });
    }
  }

  async #beginEpoch(noticedIn: string, loss: Loss): Promise<void> {
    const { store, epoch, logger } = this.#options;
    await store.renewEpoch(noticedIn);
    await epoch.refresh();
    logger.error(
      loss,
      'the database has gone back and lost writes that were committed: another epoch has begun, all that was held is read again',
    );
  }

  /** The pulse before this start, if the database may be the one that it is of. */
  async #fromBefore(): Promise<Pulse> {
    const epoch = await this.#options.epoch.current();
    const content = await readRecent(this.#options.path).catch(() => '{}');
    const { server, beats, epoch: of } = parse(content);
    const known = typeof server === 'string' && server.length <= 64 && Number.isSafeInteger(beats) && of === epoch;
    return known ? { server, beats: beats as number, epoch } : { server: randomUUID(), beats: 0, epoch };
  }

  async #keep(pulse: Pulse): Promise<void> {
    const { path, logger } = this.#options;
    // Another process may keep its own in the same folder at the same time: the last one's stays.
    const temporary = `${path}.${randomUUID()}`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_OF_OWNER });
      await writeFile(temporary, JSON.stringify(pulse));
      await rename(temporary, path);
      this.#unkept = false;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      // Said once: without the file a start does not notice that the database went back while nothing ran.
      if (!this.#unkept) logger.warn({ err: error }, 'the pulse could not be kept for the next start');
      this.#unkept = true;
    }
  }
}

async function readRecent(path: string): Promise<string> {
  const { mtimeMs } = await stat(path);
  return Date.now() - mtimeMs < BEFORE_MS ? readFile(path, 'utf8') : '{}';
}

function parse(content: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(content) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
